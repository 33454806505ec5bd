#include "frontend/tensorflow/rewrite/cut.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/check.h"
#include "base/error.h"
#include "formats/tensorflow/tensor_proto.h"
#include "frontend/tensorflow/rewrite/graph_index.h"

namespace floe {
namespace {

bool IsPlaceholder(const tf::NodeDef& node) {
  return node.op() == "Placeholder" || node.op() == "PlaceholderV2" || node.op() == "PlaceholderWithDefault";
}

std::string Show(const PartialDims& dims) {
  if (!dims) return "unknown rank";
  tf::TensorShapeProto proto;
  DimsToShapeProto(*dims, &proto);
  return ShapeProtoToString(proto);
}

// What both know; throws if they differ.
PartialDims Merge(const PartialDims& wanted, const PartialDims& known, const std::string& name) {
  if (!wanted) return known;
  if (!known) return wanted;
  const auto fail = [&] {
    Throw(ErrorCode::kUsage, "input '{}': the shape {} contradicts {}, the shape in the model", name,
          Show(wanted), Show(known));
  };
  if (wanted->size() != known->size()) fail();
  PartialDims merged = wanted;
  for (size_t i = 0; i < known->size(); ++i) {
    if ((*wanted)[i] >= 0 && (*known)[i] >= 0 && (*wanted)[i] != (*known)[i]) fail();
    if ((*wanted)[i] < 0) (*merged)[i] = (*known)[i];
  }
  return merged;
}

int FindNode(const tf::GraphDef& graph, const std::string& name) {
  for (int i = 0; i < graph.node_size(); ++i) {
    if (graph.node(i).name() == name) return i;
  }
  CHECK(false, "no node " + name);
  return -1;
}

class Cutter {
 public:
  explicit Cutter(WorkGraph& work) : work_(work), names_(work.main.graph) {}

  std::string Apply(const Cut& cut) {
    tf::NodeDef& node = *work_.main.graph.mutable_node(FindNode(work_.main.graph, cut.tensor.node));
    const tf::DataType type = RemoveRef(work_.ops.OutputType(node, cut.tensor.port));
    if (type == tf::DT_INVALID || type == tf::DT_RESOURCE || type == tf::DT_VARIANT) {
      Throw(ErrorCode::kUsage, "input '{}': expected a tensor that can be fed, found {} of node '{}' ({})",
            cut.given, type == tf::DT_INVALID ? "an output of unknown type" : DataTypeName(type), node.name(),
            node.op());
    }
    PartialDims known = KnownDims(node, cut.tensor.port, work_.main.graph.versions().producer());
    if (!known) known = cut.known_dims;
    const PartialDims dims = Merge(cut.dims, known, cut.given);
    if (IsPlaceholder(node) || (cut.tensor.port == 0 && work_.ops.OutputCount(node) == 1)) {
      tf::NodeDef placeholder = MakePlaceholder(node.name(), type, dims);
      node.Swap(&placeholder);
      return node.name();
    }
    return CutPort(node, cut.tensor.port, type, dims);
  }

  void Finish() { rewiring_.Apply(work_.main.graph); }

 private:
  // `node` becomes IdentityN(…, placeholder, …); the original lives on under another name for its other
  // outputs.
  std::string CutPort(tf::NodeDef& node, int port, tf::DataType type, const PartialDims& dims) {
    const std::string name = node.name();
    if (!split_.contains(name)) Split(node);
    tf::NodeDef& ports = *work_.main.graph.mutable_node(FindNode(work_.main.graph, name));
    const std::string placeholder = names_.Take(name + "/port_" + std::to_string(port));
    ports.set_input(port, placeholder);
    AddNode(work_.main.graph, MakePlaceholder(placeholder, type, dims));
    return placeholder;
  }

  void Split(tf::NodeDef& node) {
    const std::string name = node.name();
    const std::string original = names_.Take(name + "/original");
    tf::NodeDef ports;
    ports.set_name(name);
    ports.set_op("IdentityN");
    const int count = work_.ops.OutputCount(node);
    for (int i = 0; i < count; ++i) {
      ports.add_input(TensorRef{original, i}.Input());
      (*ports.mutable_attr())["T"].mutable_list()->add_type(RemoveRef(work_.ops.OutputType(node, i)));
    }
    node.set_name(original);
    AddNode(work_.main.graph, std::move(ports));
    split_.insert(name);
  }

  WorkGraph& work_;
  NameSet names_;
  Rewiring rewiring_;
  std::set<std::string> split_;
};

// A value as the tensor would carry it: [] becomes the tensor's shape where that is known and fits.
Tensor FitToShape(const Tensor& value, const PartialDims& dims, const std::string& name) {
  if (!dims) return value;
  const bool known = std::ranges::all_of(*dims, [](int64_t dim) { return dim >= 0; });
  const auto fail = [&] {
    Throw(ErrorCode::kUsage, "set '{}': expected a value of shape {}, found {}", name, Show(dims),
          Show(value.dims()));
  };
  const auto fits = [&] {
    if (value.rank() != dims->size()) return false;
    for (size_t i = 0; i < dims->size(); ++i) {
      if ((*dims)[i] >= 0 && (*dims)[i] != value.dims()[i]) return false;
    }
    return true;
  };
  if (fits()) return value;
  if (known && ElementCount(*dims) == value.size()) return value.Reshaped(*dims);
  if (value.rank() != 0) fail();
  if (!known) {
    // One value for a shape with unknown dimensions: the smallest tensor of that rank.
    std::vector<int64_t> ones = *dims;
    for (int64_t& dim : ones) dim = dim < 0 ? 1 : dim;
    return FitToShape(value, ones, name);
  }
  if (value.dtype() == DType::kString || ElementCount(*dims) > (int64_t{1} << 28)) fail();
  Tensor filled(value.dtype(), *dims);
  const size_t width = DTypeSize(value.dtype());
  for (int64_t i = 0; i < filled.size(); ++i) {
    std::copy_n(static_cast<const char*>(value.raw()), width,
                static_cast<char*>(filled.raw()) + static_cast<size_t>(i) * width);
  }
  return filled;
}

}  // namespace

PartialDims KnownDims(const tf::NodeDef& node, int port, int graph_version) {
  const std::string subject = "node '" + node.name() + "' (" + node.op() + ")";
  if (node.op() == "Const" && FindAttr(node, "value") != nullptr) {
    return DimsFromShapeProto(FindAttr(node, "value")->tensor().tensor_shape(), subject);
  }
  if (IsPlaceholder(node)) {
    const tf::AttrValue* shape = FindAttr(node, "shape");
    if (shape != nullptr && shape->value_case() == tf::AttrValue::kShape) {
      // Up to version 21 an empty shape said that nothing is known.
      if (shape->shape().dim_size() > 0 || graph_version > 21 || node.op() != "Placeholder") {
        return DimsFromShapeProto(shape->shape(), subject);
      }
    }
  }
  const tf::AttrValue* shapes = FindAttr(node, "_output_shapes");
  if (shapes == nullptr || port >= shapes->list().shape_size()) return std::nullopt;
  return DimsFromShapeProto(shapes->list().shape(port), subject);
}

std::vector<std::string> CutInputs(WorkGraph& work, const std::vector<Cut>& cuts) {
  Cutter cutter(work);
  std::vector<std::string> placeholders;
  for (const Cut& cut : cuts) placeholders.push_back(cutter.Apply(cut));
  cutter.Finish();
  return placeholders;
}

Tensor ValueToSet(const SetChoice& choice, tf::DataType type, const PartialDims& dims) {
  const std::string subject = "set '" + choice.name + "'";
  const DType dtype = RequireDTypeFromTf(type, subject);
  Tensor value;
  if (const Tensor* given = std::get_if<Tensor>(&choice.value)) {
    value = *given;
  } else {
    value = ParseTensorText(std::get<std::string>(choice.value), dtype, subject);
  }
  if (value.dtype() != dtype) {
    Throw(ErrorCode::kUsage, "{}: expected {}, found {}", subject, DTypeName(dtype),
          DTypeName(value.dtype()));
  }
  return FitToShape(value, dims, choice.name);
}

void SetConstant(WorkGraph& work, const TensorRef& tensor, const SetChoice& choice) {
  tf::GraphDef& graph = work.main.graph;
  tf::NodeDef& node = *graph.mutable_node(FindNode(graph, tensor.node));
  const tf::DataType type = RemoveRef(work.ops.OutputType(node, tensor.port));
  if (!DTypeFromTf(type)) {
    Throw(ErrorCode::kUsage, "set '{}': expected a tensor that can have a value, found {} of node '{}' ({})",
          choice.name, type == tf::DT_INVALID ? "an output of unknown type" : DataTypeName(type), node.name(),
          node.op());
  }
  const Tensor value = ValueToSet(choice, type, KnownDims(node, tensor.port, graph.versions().producer()));
  if (tensor.port == 0 && work.ops.OutputCount(node) == 1) {
    tf::NodeDef constant = MakeConst(node.name(), value, type);
    node.Swap(&constant);
    return;
  }
  NameSet names(graph);
  const std::string name = names.Take(tensor.node + "/port_" + std::to_string(tensor.port));
  Rewiring rewiring;
  rewiring.Redirect(tensor, name);
  rewiring.Apply(graph);
  AddNode(graph, MakeConst(name, value, type));
}

namespace {

// The shape of a sparse placeholder whose sizes are not all known has -1 for those, with which nothing can be
// computed: whoever feeds the indices feeds it.
bool IsOpenSparseShape(const GraphIndex& index, int i) {
  const std::string& name = index.node(i).name();
  constexpr std::string_view kShape = "/shape";
  if (!name.ends_with(kShape) || index.inputs(i).empty()) return false;
  const std::string stem = name.substr(0, name.size() - kShape.size());
  for (const char* part : {"/indices", "/values"}) {
    const int sibling = index.Find(stem + part);
    if (sibling < 0 || index.node(sibling).op() != "Placeholder") return false;
  }
  const tf::NodeDef& value = index.node(index.inputs(i)[0].node);
  if (value.op() != "Const" || TypeAttr(value, "dtype") != tf::DT_INT64) return false;
  const Tensor sizes = ConstValue(value);
  return std::any_of(sizes.data<int64_t>(), sizes.data<int64_t>() + sizes.size(),
                     [](int64_t size) { return size < 0; });
}

}  // namespace

void UseDefaults(WorkGraph& work) {
  std::set<std::string> to_feed;
  {
    const GraphIndex index(work.main.graph);
    for (int i = 0; i < index.size(); ++i) {
      if (index.node(i).op() == "PlaceholderWithDefault" && IsOpenSparseShape(index, i))
        to_feed.insert(index.node(i).name());
    }
  }
  for (tf::NodeDef& node : *work.main.graph.mutable_node()) {
    if (node.op() != "PlaceholderWithDefault") continue;
    if (to_feed.contains(node.name())) {
      node.set_op("Placeholder");
      node.clear_input();
      continue;
    }
    node.set_op("Identity");
    SetTypeAttr(node, "T", TypeAttr(node, "dtype"));
    node.mutable_attr()->erase("dtype");
    node.mutable_attr()->erase("shape");
  }
}

}  // namespace floe
