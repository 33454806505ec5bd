#include "graph/builder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/check.h"
#include "base/element_type.h"
#include "base/error.h"

namespace floe {
namespace {

constexpr size_t kMaxFoldedOutputBytes = 1 << 16;
constexpr size_t kMaxFoldedInputBytes = 1 << 20;

template <typename T>
Tensor FillNumbers(std::vector<int64_t> dims, const std::vector<double>& values) {
  Tensor tensor(DTypeOf<T>::value, std::move(dims));
  T* out = tensor.data<T>();
  for (int64_t i = 0; i < tensor.size(); ++i) {
    const double v = values[values.size() == 1 ? 0 : static_cast<size_t>(i)];
    if constexpr (std::is_same_v<T, bool>)
      out[i] = v != 0;
    else if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>)
      out[i] = T(static_cast<float>(v));
    else if constexpr (std::is_same_v<T, std::complex<float>>)
      out[i] = T(static_cast<float>(v), 0);
    else
      out[i] = static_cast<T>(v);
  }
  return tensor;
}

Tensor FromDims(DType dtype, const std::vector<Dim>& dims, size_t rank) {
  Tensor tensor(dtype, rank == 0 ? Ints{} : Ints{static_cast<int64_t>(dims.size())});
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dtype == DType::kInt32)
      tensor.data<int32_t>()[i] = static_cast<int32_t>(dims[i].value());
    else
      tensor.data<int64_t>()[i] = dims[i].value();
  }
  return tensor;
}

// A Dim has no negative numbers: a negative element comes as unknown, so known ones are exact.
bool AllKnown(const Value& value) {
  return value.elements && (value.type.dtype == DType::kInt32 || value.type.dtype == DType::kInt64) &&
         std::all_of(value.elements->begin(), value.elements->end(), [](const Dim& d) { return d.known(); });
}

size_t TensorBytes(const Tensor& tensor) {
  size_t bytes = tensor.size_bytes();
  if (tensor.dtype() != DType::kString) return bytes;
  for (int64_t i = 0; i < tensor.size(); ++i) bytes += tensor.data<std::string>()[i].size();
  return bytes;
}

bool MayFold(const Graph& graph, const Node& node) {
  const OpTraits& traits = InfoOf(node.op).traits;
  if (traits.random || traits.bodies > 0 || IsOp<Assert>(node.op) || node.inputs.empty()) return false;
  size_t bytes = 0;
  for (const ValueId input : node.inputs) {
    if (input == kNoValue) continue;
    if (!graph.value(input).is_constant()) return false;
    bytes += TensorBytes(graph.value(input).constant);
  }
  if (bytes > kMaxFoldedInputBytes) return false;
  return std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) {
    const TensorType& type = graph.value(output).type;
    return type.IsStatic() ? type.StaticBytes() <= kMaxFoldedOutputBytes : bytes <= kMaxFoldedOutputBytes;
  });
}

}  // namespace

std::vector<ValueId> Builder::AddNode(Op op, std::vector<ValueId> inputs, int outputs, std::string name,
                                      std::vector<std::unique_ptr<Graph>> bodies) {
  NodeOptions options;
  options.name = name.empty() ? source_ + "/" + std::string(OpName(op)) : std::move(name);
  for (int i = 0; i < std::max(outputs, 1); ++i)
    options.output_names.push_back(i == 0 ? options.name : options.name + ":" + std::to_string(i));
  options.sources = sources_;
  options.outputs = outputs;
  options.bodies = std::move(bodies);
  const NodeId node = graph_.AddNode(std::move(op), std::move(inputs), std::move(options));
  return Fold(node);
}

std::vector<ValueId> Builder::Fold(NodeId id) {
  const std::vector<ValueId> outputs = graph_.node(id).outputs;
  std::vector<Tensor> results;
  if (InfoOf(graph_.node(id).op).traits.random || !Evaluate(id, &results)) return outputs;
  CHECK(results.size() == outputs.size());
  std::vector<std::string> names;
  for (const ValueId output : outputs) names.push_back(graph_.value(output).name);
  graph_.RemoveNode(id);
  std::vector<ValueId> constants;
  for (size_t i = 0; i < results.size(); ++i)
    constants.push_back(graph_.AddConstant(std::move(names[i]), std::move(results[i])));
  return constants;
}

bool Builder::Evaluate(NodeId id, std::vector<Tensor>* results) const {
  const Node& node = graph_.node(id);
  const bool known =
      !node.outputs.empty() && std::all_of(node.outputs.begin(), node.outputs.end(),
                                           [&](ValueId o) { return AllKnown(graph_.value(o)); });
  if (known) {
    for (const ValueId output : node.outputs) {
      const Value& value = graph_.value(output);
      results->push_back(FromDims(value.type.dtype, *value.elements, value.type.shape.rank()));
    }
    return true;
  }
  if (evaluator_ == nullptr || !MayFold(graph_, node)) return false;
  std::vector<ValueId> inputs;
  const std::unique_ptr<Graph> problem = ExtractProblem(graph_, id, &inputs);
  try {
    *results = evaluator_->Evaluate(*problem, {});
  } catch (const Error&) {
    return false;  // what fails for these values fails when it is run, if it is run: it may lie in a branch
                   // not taken
  }
  return true;
}

ValueId Builder::Constant(Tensor tensor, std::string name) {
  return graph_.AddConstant(name.empty() ? source_ + "/const" : std::move(name), std::move(tensor));
}
ValueId Builder::Int64s(Ints values) {
  return Constant(Tensor::FromVector<int64_t>(values));
}
ValueId Builder::Int64(int64_t value) {
  return Constant(Tensor::Scalar<int64_t>(value));
}
ValueId Builder::Scalar(DType dtype, double value) {
  return Constant(TensorOfNumbers(dtype, {}, {value}));
}

ValueId Builder::ShapeTensor(ValueId x) {
  if (shape(x).IsStatic()) return Int64s(shape(x).Static());
  return Add(ShapeOf{}, {x});
}

ValueId Builder::DimTensor(ValueId x, int64_t axis) {
  const Shape& s = shape(x);
  if (s.has_rank()) {
    if (axis < 0) axis += static_cast<int64_t>(s.rank());
    if (axis < 0 || axis >= static_cast<int64_t>(s.rank()))
      Throw(ErrorCode::kModel, "node '{}': expected a tensor with dimension {}, found {}", source_, axis,
            s.ToString());
    if (s[static_cast<size_t>(axis)].known()) return Int64s({s[static_cast<size_t>(axis)].value()});
  }
  return SliceVector(ShapeTensor(x), axis, axis + 1);
}

ValueId Builder::ToInt64(ValueId x) {
  return CastTo(x, DType::kInt64);
}
ValueId Builder::ToVector(ValueId scalar) {
  return Reshape(scalar, {1});
}
ValueId Builder::ToScalar(ValueId vector) {
  return Reshape(vector, {});
}

ValueId Builder::ConcatVectors(std::vector<ValueId> parts) {
  if (parts.size() == 1) return parts[0];
  return Add(Concat{.axis = 0}, std::move(parts));
}

ValueId Builder::SliceVector(ValueId x, int64_t begin, int64_t end) {
  return Slice(x, {begin}, {end}, {0});
}

ValueId Builder::CastTo(ValueId x, DType to) {
  if (dtype(x) == to) return x;
  if (const Tensor* t = constant(x);
      t != nullptr && t->size() <= 1024 && (IsInteger(t->dtype()) || t->dtype() == DType::kBool)) {
    if (to == DType::kInt64) return Constant(Tensor::FromValues<int64_t>(t->dims(), TensorToInts(*t)));
  }
  return Add(Cast{.to = to}, {x});
}

ValueId Builder::Reshape(ValueId x, Ints dims) {
  const Shape& s = shape(x);
  if (s.IsStatic() && s.Static() == dims) return x;
  const Tensor* t = constant(x);
  if (t != nullptr && std::find(dims.begin(), dims.end(), -1) == dims.end() &&
      ElementCount(dims) == t->size())
    return Constant(t->Reshaped(std::move(dims)));
  return Add(floe::Reshape{}, {x, Int64s(std::move(dims))});
}

ValueId Builder::Transpose(ValueId x, Ints perm) {
  bool same = true;
  for (size_t i = 0; i < perm.size(); ++i) same = same && perm[i] == static_cast<int64_t>(i);
  if (same) return x;
  if (const Tensor* t = constant(x); t != nullptr && t->rank() == perm.size()) {
    if (!survey_ || t->size_bytes() <= kMaxFoldedInputBytes) return Constant(PermuteTensor(*t, perm));
    Ints dims;
    for (const int64_t axis : perm) dims.push_back(t->dims()[static_cast<size_t>(axis)]);
    return Constant(Tensor::ConstView(t->dtype(), std::move(dims), nullptr));
  }
  return Add(floe::Transpose{.perm = std::move(perm)}, {x});
}

ValueId Builder::Slice(ValueId x, Ints begins, Ints ends, Ints axes, Ints steps) {
  std::vector<ValueId> inputs = {x, Int64s(std::move(begins)), Int64s(std::move(ends)),
                                 Int64s(std::move(axes))};
  if (!steps.empty()) inputs.push_back(Int64s(std::move(steps)));
  return Add(floe::Slice{}, std::move(inputs));
}

ValueId Builder::Unary(UnaryKind kind, ValueId x) {
  return Add(floe::Unary{kind}, {x});
}
ValueId Builder::Binary(BinaryKind kind, ValueId a, ValueId b) {
  return Add(floe::Binary{kind}, {a, b});
}
ValueId Builder::Reduce(ReduceKind kind, ValueId x, Ints axes, bool keep_dims) {
  return Add(floe::Reduce{.kind = kind, .axes = std::move(axes), .keep_dims = keep_dims}, {x});
}

ValueId Builder::Zeros(DType type, ValueId dims) {
  const ValueId zero = type == DType::kString ? Constant(Tensor(DType::kString, {})) : Scalar(type, 0);
  return Add(Expand{}, {zero, dims});
}

ValueId Builder::ZerosLike(ValueId x) {
  return Zeros(dtype(x), ShapeTensor(x));
}

Ints TensorToInts(const Tensor& tensor) {
  Ints ints;
  const bool real = VisitRealType(tensor.dtype(), [&]<typename T>(std::type_identity<T>) {
    if constexpr (std::is_integral_v<T>) ints.assign(tensor.data<T>(), tensor.data<T>() + tensor.size());
  });
  if (!real || IsFloat(tensor.dtype())) {
    Throw(ErrorCode::kModel, "tensor of {}: expected integers", DTypeName(tensor.dtype()));
  }
  return ints;
}

Tensor TensorOfNumbers(DType dtype, std::vector<int64_t> dims, const std::vector<double>& values) {
  Tensor tensor;
  const bool numbers = VisitNumberType(
      dtype, [&]<typename T>(std::type_identity<T>) { tensor = FillNumbers<T>(std::move(dims), values); });
  if (!numbers) {
    Throw(ErrorCode::kModel, "element type {}: expected a type of numbers", DTypeName(dtype));
  }
  return tensor;
}

Tensor PermuteTensor(const Tensor& tensor, const Ints& perm) {
  const size_t rank = tensor.rank();
  CHECK(perm.size() == rank);
  Ints dims(rank), strides(rank, 1), steps(rank);
  for (size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * tensor.dims()[i];
  for (size_t i = 0; i < rank; ++i) {
    dims[i] = tensor.dims()[static_cast<size_t>(perm[i])];
    steps[i] = strides[static_cast<size_t>(perm[i])];
  }
  Tensor result(tensor.dtype(), dims);
  const size_t size = DTypeSize(tensor.dtype());
  Ints at(rank, 0);
  int64_t from = 0;
  for (int64_t i = 0; i < result.size(); ++i) {
    if (tensor.dtype() == DType::kString)
      result.data<std::string>()[i] = tensor.data<std::string>()[from];
    else
      std::memcpy(static_cast<char*>(result.raw()) + static_cast<size_t>(i) * size,
                  static_cast<const char*>(tensor.raw()) + static_cast<size_t>(from) * size, size);
    for (size_t d = rank; d-- > 0;) {
      from += steps[d];
      if (++at[d] < dims[d]) break;
      from -= steps[d] * dims[d];
      at[d] = 0;
    }
  }
  return result;
}

}  // namespace floe
