#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "export/emit/ops.h"
#include "graph/builder.h"

namespace floe {

void Emit(const Reduce& op, Emitter& e) {
  const std::string_view name = kReduceNames[static_cast<size_t>(op.kind)];
  // Only ReduceSum has its axes as an input before opset 18.
  if (op.kind == ReduceKind::kSum) {
    onnx::NodeProto& node = e.Add(name, {e.In(0), e.Ints(op.axes)}, {e.Out(0)});
    SetInt(node, "keepdims", op.keep_dims);
    return;
  }
  onnx::NodeProto& node = e.AddSame(name);
  SetInts(node, "axes", op.axes);
  SetInt(node, "keepdims", op.keep_dims);
}

void Emit(const ArgReduce& op, Emitter& e) {
  onnx::NodeProto& node = e.AddSame(kArgNames[static_cast<size_t>(op.kind)]);
  SetInt(node, "axis", op.axis);
  SetInt(node, "keepdims", op.keep_dims);
  if (op.select_last) SetInt(node, "select_last_index", 1);
}

void Emit(const TopK& op, Emitter& e) {
  const Operand k = e.InAsVector(1, DType::kInt64, "int64");
  Operand indices = e.Out(1);
  onnx::NodeProto& node = e.Add("TopK", {e.In(0), k}, {e.Out(0), indices});
  SetInt(node, "axis", op.axis);
  if (!op.largest) SetInt(node, "largest", 0);
  if (!op.sorted) SetInt(node, "sorted", 0);
  // The schema has two outputs whether or not both are used.
  if (!indices.present()) node.add_output(e.Temporary({DType::kInt64, {}}, "unused").name);
}

void Emit(const Cumulative& op, Emitter& e) {
  if (op.kind != CumulativeKind::kCumSum) {
    return e.Refuse("ONNX has no cumulative product", "fix the input's shape with --input NAME=SHAPE");
  }
  onnx::NodeProto& node = e.AddSame("CumSum");
  if (op.exclusive) SetInt(node, "exclusive", 1);
  if (op.reverse) SetInt(node, "reverse", 1);
}

void Emit(const Unique&, Emitter& e) {
  SetInt(e.Add("Unique", {e.In(0)}, {e.Out(0), {}, e.Out(1), e.Out(2)}), "sorted", 0);
}

void Emit(const NonMaxSuppression& op, Emitter& e) {
  const Operand most = e.InAsVector(2, DType::kInt64, "int64");
  onnx::NodeProto& node = e.Add("NonMaxSuppression",
                                {e.In(0), e.In(1), most, e.InAsVector(3, DType::kFloat32, "float"),
                                 e.InAsVector(4, DType::kFloat32, "float")},
                                {e.Out(0)});
  if (op.box_order == BoxOrder::kCenter) SetInt(node, "center_point_box", 1);
}

void Emit(const QuantizeLinear& op, Emitter& e) {
  const bool per_axis = e.InShape(1).has_rank() && e.InShape(1).rank() == 1;
  onnx::NodeProto& node = e.AddSame("QuantizeLinear");
  if (per_axis) SetInt(node, "axis", op.axis);
}

void Emit(const DequantizeLinear& op, Emitter& e) {
  const bool per_axis = e.InShape(1).has_rank() && e.InShape(1).rank() == 1;
  onnx::NodeProto& node = e.AddSame("DequantizeLinear");
  if (per_axis) SetInt(node, "axis", op.axis);
}

namespace {

// A whole number that ONNX's seed, a float, holds exactly; 0, which is no seed there, only for no seed.
int64_t SeedOf(const Random& op) {
  constexpr uint64_t kExact = uint64_t{1} << 24;
  if (op.seed == 0 && op.seed2 == 0) return 0;
  const auto seed = static_cast<uint64_t>(op.seed), seed2 = static_cast<uint64_t>(op.seed2);
  const uint64_t mixed = (seed2 == 0 ? seed : seed * 7919 + seed2) % kExact;
  return mixed == 0 ? 1 : static_cast<int64_t>(mixed);
}

}  // namespace

// Numbers in [0, 1) or normal ones, of another generator.
void Emit(const Random& op, Emitter& e) {
  const bool normal = op.kind == RandomKind::kNormal;
  if (!normal && op.kind != RandomKind::kUniform) {
    return e.Refuse("ONNX has no generator of this kind", "feed the numbers with --input");
  }
  const Operand out = e.Out(0);
  auto shape = ConstantInts(e.graph(), e.node().inputs[0]);
  if (out.type.shape.IsStatic()) shape = out.type.shape.Static();
  onnx::NodeProto* node = nullptr;
  // An empty list of numbers is no attribute.
  if (shape && !shape->empty()) {
    node = &e.Add(normal ? "RandomNormal" : "RandomUniform", {}, {out});
    SetInts(*node, "shape", *shape);
  } else {
    const Operand dims = shape ? e.Constant(Tensor::FromVector<int64_t>(*shape), "shape")
                               : e.Cast(e.In(0), DType::kInt64, "shape");
    const Operand like = e.Temporary({DType::kFloat32, out.type.shape}, "like");
    e.Add("ConstantOfShape", {dims}, {like});
    node = &e.Add(normal ? "RandomNormalLike" : "RandomUniformLike", {like}, {out});
  }
  SetInt(*node, "dtype", OnnxType(op.to));
  if (const int64_t seed = SeedOf(op); seed != 0) SetFloat(*node, "seed", static_cast<double>(seed));
}

namespace {

Tensor AsInt64(const Tensor& t) {
  if (t.dtype() != DType::kInt32) return t;
  std::vector<int64_t> wide(t.data<int32_t>(), t.data<int32_t>() + t.size());
  return Tensor::FromVector<int64_t>(std::move(wide));
}

DType Widened(DType dtype) {
  return dtype == DType::kInt32 ? DType::kInt64 : dtype;
}

}  // namespace

// ai.onnx.ml's LabelEncoder, for tables between text and numbers; int32 goes through int64.
void Emit(const LookupTable&, Emitter& e) {
  const Tensor* keys = ConstantOf(e.graph(), e.node().inputs[1]);
  const Tensor* values = ConstantOf(e.graph(), e.node().inputs[2]);
  const Tensor* fallback = ConstantOf(e.graph(), e.node().inputs[3]);
  if (keys == nullptr || values == nullptr || fallback == nullptr || fallback->size() != 1) {
    return e.Refuse("a table whose contents only the run knows", "initialise the table in the model");
  }
  const auto word = [](DType dtype) -> std::string_view {
    return dtype == DType::kString    ? "strings"
           : dtype == DType::kInt64   ? "int64s"
           : dtype == DType::kFloat32 ? "floats"
                                      : "";
  };
  const DType key_type = Widened(keys->dtype()), value_type = Widened(values->dtype());
  const std::string_view from = word(key_type), to = word(value_type);
  if (from.empty() || to.empty() || (from == to && from != "strings")) {
    return e.Refuse(
        fmt::format("ONNX has no table from {} to {}", DTypeName(keys->dtype()), DTypeName(values->dtype())),
        "");
  }
  const Operand asked = e.Cast(e.In(0), key_type, "keys");
  Operand found = e.Out(0);
  if (value_type != values->dtype()) found = e.Temporary({value_type, found.type.shape}, "found");
  onnx::NodeProto& node = e.Add("LabelEncoder", {asked}, {found}, "ai.onnx.ml");
  const auto set = [&](const std::string& name, const Tensor& t) {
    if (t.dtype() == DType::kString) {
      SetStrings(node, name + "strings", {t.data<std::string>(), t.data<std::string>() + t.size()});
    } else if (t.dtype() == DType::kInt64) {
      SetInts(node, name + "int64s", {t.data<int64_t>(), t.data<int64_t>() + t.size()});
    } else {
      onnx::AttributeProto* attribute = node.add_attribute();
      attribute->set_name(name + "floats");
      attribute->set_type(onnx::AttributeProto::FLOATS);
      for (int64_t i = 0; i < t.size(); ++i) attribute->add_floats(t.data<float>()[i]);
    }
  };
  set("keys_", AsInt64(*keys));
  set("values_", AsInt64(*values));
  if (to == "strings") SetString(node, "default_string", *fallback->data<std::string>());
  if (to == "int64s") SetInt(node, "default_int64", *AsInt64(*fallback).data<int64_t>());
  if (to == "floats") SetFloat(node, "default_float", *fallback->data<float>());
  if (value_type != values->dtype()) {
    SetInt(e.Add("Cast", {found}, {e.Out(0)}), "to", OnnxType(values->dtype()));
  }
}

void Emit(const MatrixDeterminant&, Emitter& e) {
  e.AddSame("Det");
}

void Emit(const StringMap& op, Emitter& e) {
  const bool is_lower = op.kind == StringMapKind::kLower;
  if (!is_lower && op.kind != StringMapKind::kUpper) {
    return e.Refuse(fmt::format("ONNX has no operator for it at opset {}", e.opset()),
                    "cut the model before or after it with --input or --output");
  }
  onnx::NodeProto& node = e.AddSame("StringNormalizer");
  SetString(node, "case_change_action", is_lower ? "LOWER" : "UPPER");
  SetString(node, "locale", "C");  // ASCII alone
}

void Emit(const StringToNumber& op, Emitter& e) {
  SetInt(e.AddSame("Cast"), "to", OnnxType(op.to));
}

void Emit(const AsString& op, Emitter& e) {
  const bool plain = op.precision < 0 && !op.scientific && !op.shortest && op.width < 0 && op.fill.empty();
  if (!plain || !IsInteger(e.InType(0))) {
    return e.Refuse("ONNX has no way to say how numbers are written",
                    "end the model before it with --output");
  }
  SetInt(e.AddSame("Cast"), "to", OnnxType(DType::kString));
}

void Emit(const If&, Emitter& e) {
  std::vector<std::string> bound;
  for (size_t i = 1; i < e.node().inputs.size(); ++i) bound.push_back(e.In(i).name);
  std::vector<Operand> outputs;
  for (size_t i = 0; i < e.node().outputs.size(); ++i) {
    const Operand out = e.Out(i);
    outputs.push_back(out.present() ? out : e.Temporary(e.graph().value(e.node().outputs[i]).type, "unused"));
  }
  Operand condition = e.In(0);
  const Shape& shape = condition.type.shape;
  if (shape.has_rank() && shape.rank() > 0) {
    const Operand scalar = e.Temporary({DType::kBool, Shape(std::vector<Dim>{})}, "condition");
    e.Add("Reshape", {condition, e.Ints({})}, {scalar});
    condition = scalar;
  }
  onnx::NodeProto& node = e.Add("If", {condition}, std::move(outputs));
  e.AddBody(node, "then_branch", *e.node().bodies[0], bound);
  e.AddBody(node, "else_branch", *e.node().bodies[1], bound);
}

void Emit(const Loop& op, Emitter& e) {
  const Node& loop = e.node();
  const auto carried = static_cast<size_t>(op.carried);
  std::vector<Operand> inputs;
  for (size_t i = 0; i < 2 + carried; ++i) inputs.push_back(e.In(i));
  // The body's inputs: iteration, condition, carried values of its own; captured ones by their names outside.
  std::vector<std::string> bound(2 + carried);
  for (size_t i = 2 + carried; i < loop.inputs.size(); ++i) bound.push_back(e.In(i).name);
  std::vector<Operand> outputs;
  for (size_t i = 0; i < loop.outputs.size(); ++i) {
    const Operand out = e.Out(i);
    outputs.push_back(out.present() ? out : e.Temporary(e.graph().value(loop.outputs[i]).type, "unused"));
  }
  onnx::NodeProto& node = e.Add("Loop", std::move(inputs), std::move(outputs));
  e.AddBody(node, "body", *loop.bodies[0], bound);
}

}  // namespace floe
