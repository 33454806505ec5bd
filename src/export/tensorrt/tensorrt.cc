#include "export/tensorrt/tensorrt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include "base/quoting.h"
#include "base/text.h"
#include "export/tensorrt/operators.h"
#include "formats/onnx/provenance.h"

namespace floe {
namespace {

using onnx::TensorProto;

constexpr int64_t kMostTopK = 3840;

using TypeMap = std::map<std::string, onnx::TypeProto>;

const onnx::AttributeProto* Attribute(const onnx::NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

bool HasInts(const onnx::NodeProto& node, std::string_view name, int64_t other_than) {
  const onnx::AttributeProto* a = Attribute(node, name);
  return a != nullptr && std::ranges::any_of(a->ints(), [&](int64_t v) { return v != other_than; });
}

int64_t IntOf(const onnx::NodeProto& node, std::string_view name, int64_t fallback) {
  const onnx::AttributeProto* a = Attribute(node, name);
  return a == nullptr ? fallback : a->i();
}

std::string TextOf(const onnx::NodeProto& node, std::string_view name) {
  const onnx::AttributeProto* a = Attribute(node, name);
  return a == nullptr ? "" : a->s();
}

bool IsAmong(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// The values of a node whose type its row is about: as a rule the first input.
std::vector<std::string> TypedValues(const onnx::NodeProto& node) {
  const std::string& op = node.op_type();
  std::vector<std::string> names(node.output().begin(), node.output().end());
  if (op == "If" || op == "Constant" || op == "ConstantOfShape" || node.input().empty()) return names;
  if (op == "Loop" || op == "Scan") {
    for (int i = op == "Loop" ? 2 : 0; i < node.input_size(); ++i) names.push_back(node.input(i));
    return names;
  }
  if (op == "Cast") return {node.input(0), node.output(0)};
  const int at = op == "Where" ? 1 : op == "OneHot" ? 2 : 0;
  return at < node.input_size() ? std::vector<std::string>{node.input(at)} : std::vector<std::string>();
}

class Examiner {
 public:
  Examiner(const OnnxModel& model, std::vector<ExportProblem>* problems) : problems_(problems) {
    for (const NamedTensor& weight : model.weights) {
      constants_.insert(weight.name);
      types_[weight.name].mutable_tensor_type()->set_elem_type(OnnxType(weight.tensor.dtype()));
    }
  }

  void Model(const onnx::ModelProto& model) {
    for (const auto& opset : model.opset_import()) {
      if (!opset.domain().empty() ||
          (opset.version() >= kOldestTensorRtOpset && opset.version() <= kNewestTensorRtOpset))
        continue;
      problems_->push_back({model.graph().name(),
                            "model",
                            {},
                            fmt::format("its ONNX parser reads opset {} to {}, found {}",
                                        kOldestTensorRtOpset, kNewestTensorRtOpset, opset.version()),
                            "export with --opset 17"});
    }
    for (const auto& info : model.graph().input()) Edge(info, "input");
    Graph(model.graph());
    for (const auto& info : model.graph().output()) Edge(info, "output");
  }

 private:
  void Graph(const onnx::GraphProto& graph) {
    for (const auto& t : graph.initializer()) {
      constants_.insert(t.name());
      types_[t.name()].mutable_tensor_type()->set_elem_type(t.data_type());
      if (t.raw_data().find_first_not_of('\0') != std::string::npos) nonzero_.insert(t.name());
      if (t.data_type() == TensorProto::INT64 && t.raw_data().size() == sizeof(int64_t))
        std::memcpy(&numbers_[t.name()], t.raw_data().data(), sizeof(int64_t));
    }
    for (const auto* list : {&graph.input(), &graph.output(), &graph.value_info()}) {
      for (const auto& info : *list) types_[info.name()] = info.type();
    }
    for (const auto& node : graph.node()) Node(node);
  }

  // What goes in and out of the network: of the types with few bits only bytes.
  void Edge(const onnx::ValueInfoProto& info, const std::string& what) {
    const int32_t element = info.type().tensor_type().elem_type();
    if ((TensorRtType(element) & (kAnyType | kUint8)) != 0) return;
    problems_->push_back(
        {info.name(), what, {}, "its networks have no " + what + " of " + TypeName(element), ""});
  }

  void Node(const onnx::NodeProto& node) {
    if (node.op_type() == "Constant") constants_.insert(node.output().begin(), node.output().end());
    const TensorRtOperator* row = FindTensorRtOperator(node.op_type());
    if (row == nullptr || !node.domain().empty()) {
      Report(node, fmt::format("its ONNX parser has no {}", node.op_type()),
             "end the model before it with --output");
    } else {
      Types(node, row->types);
      Pooling(node);
      Lists(node);
      Recurrent(node);
      Quantisation(node);
      Sampling(node);
      ControlFlow(node);
    }
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) Graph(attribute.g());
    }
  }

  void Types(const onnx::NodeProto& node, unsigned types) {
    for (const std::string& name : TypedValues(node)) {
      const auto found = types_.find(name);
      if (found == types_.end()) continue;
      const int32_t element = found->second.tensor_type().elem_type();
      if (element == 0 || (TensorRtType(element) & types) != 0) continue;
      return Report(node, fmt::format("its {} takes no {}", node.op_type(), TypeName(element)),
                    "cast to float32 or int32 in the model");
    }
  }

  bool IsConstant(const onnx::NodeProto& node, int i) const {
    return node.input_size() <= i || node.input(i).empty() || constants_.contains(node.input(i));
  }

  void Pooling(const onnx::NodeProto& node) {
    const std::string& op = node.op_type();
    if (op != "MaxPool" && op != "AveragePool" && op != "LpPool") return;
    if (op == "MaxPool" && node.output_size() > 1) Report(node, "its MaxPool gives no indices", "");
    if (HasInts(node, "dilations", 1)) Report(node, fmt::format("its {} has no dilations", op), "");
    const onnx::AttributeProto* kernel = Attribute(node, "kernel_shape");
    if (op != "LpPool" && kernel != nullptr && (kernel->ints_size() < 2 || kernel->ints_size() > 3))
      Report(node, fmt::format("its {} is of 2 or 3 dimensions", op), "");
  }

  // Inputs that must be known when the engine is built.
  void Lists(const onnx::NodeProto& node) {
    const std::string& op = node.op_type();
    if (op == "CumSum" && !IsConstant(node, 1)) Report(node, "its CumSum wants a constant axis", "");
    if ((op == "Squeeze" || op == "Unsqueeze" || op.starts_with("Reduce")) && !IsConstant(node, 1))
      Report(node, "it wants constant axes", "");
    if (op == "OneHot" && !IsConstant(node, 1)) Report(node, "its OneHot wants a constant depth", "");
    if (op == "Dropout" &&
        (!IsConstant(node, 2) || (node.input_size() > 2 && nonzero_.contains(node.input(2)))))
      Report(node, "its Dropout does nothing else than inference", "");
    if (op == "TopK" && IntOf(node, "sorted", 1) != 1) Report(node, "its TopK gives sorted results only", "");
    if (const auto k = node.input_size() > 1 ? numbers_.find(node.input(1)) : numbers_.end();
        op == "TopK" && k != numbers_.end() && k->second >= kMostTopK)
      Report(node, fmt::format("its TopK takes fewer than {}, found {}", kMostTopK, k->second), "");
    if (op == "ScatterND" && !IsAmong(TextOf(node, "reduction"), {"", "none"}))
      Report(node, "its ScatterND has no reduction", "");
    if (op == "LayerNormalization" && node.output_size() > 1)
      Report(node, "its LayerNormalization has one result", "");
  }

  void Recurrent(const onnx::NodeProto& node) {
    const std::string& op = node.op_type();
    if (op != "LSTM" && op != "GRU" && op != "RNN") return;
    const onnx::AttributeProto* activations = Attribute(node, "activations");
    if (TextOf(node, "direction") == "bidirectional" && activations != nullptr) {
      const auto& all = activations->strings();
      const auto half = all.begin() + all.size() / 2;
      if (!std::equal(all.begin(), half, half, all.end()))
        Report(node, "its two directions have the same activations", "");
    }
    if (op == "LSTM" && IntOf(node, "input_forget", 0) != 0) Report(node, "its LSTM couples no gates", "");
    if (op == "LSTM" && IntOf(node, "layout", 0) != 0) Report(node, "its LSTM has the time first", "");
  }

  void Quantisation(const onnx::NodeProto& node) {
    const std::string& op = node.op_type();
    if (op != "QuantizeLinear" && op != "DequantizeLinear") return;
    if (node.input_size() > 2 && nonzero_.contains(node.input(2)))
      Report(node, "its quantisation has a zero point of 0", "quantise symmetrically");
    const auto out = types_.find(node.output(0));
    if (op == "QuantizeLinear" && out != types_.end() &&
        (TensorRtType(out->second.tensor_type().elem_type()) & kQuantised) == 0)
      Report(node, "its QuantizeLinear gives no " + TypeName(out->second.tensor_type().elem_type()),
             "quantise symmetrically");
  }

  void Sampling(const onnx::NodeProto& node) {
    if (node.op_type() == "GridSample") {
      const auto x = types_.find(node.input(0));
      if (x != types_.end() && x->second.tensor_type().shape().dim_size() != 4)
        Report(node, "its GridSample is of images with 4 dimensions", "");
    }
    if (node.op_type() != "Resize") return;
    if (!IsAmong(TextOf(node, "mode"), {"", "nearest", "linear"}))
      Report(node, "its Resize is nearest or linear", "");
    const std::string coordinates = TextOf(node, "coordinate_transformation_mode");
    if (!IsAmong(coordinates, {"", "half_pixel", "pytorch_half_pixel", "tf_half_pixel_for_nn", "asymmetric",
                               "align_corners"}))
      Report(node, fmt::format("its Resize has no coordinates {}", coordinates), "");
    if (IntOf(node, "antialias", 0) != 0) Report(node, "its Resize has no antialiasing", "");
    if (!IsAmong(TextOf(node, "keep_aspect_ratio_policy"), {"", "stretch"}))
      Report(node, "its Resize keeps no proportions", "");
  }

  const onnx::TensorShapeProto* ShapeOf(const std::string& name) const {
    const auto found = types_.find(name);
    const bool known = found != types_.end() && found->second.tensor_type().has_shape();
    return known ? &found->second.tensor_type().shape() : nullptr;
  }

  void ControlFlow(const onnx::NodeProto& node) {
    if (node.op_type() == "If") {
      const auto& then_out = node.attribute(0).g().output();
      const auto& else_out = node.attribute(1).g().output();
      for (int i = 0; i < std::min(then_out.size(), else_out.size()); ++i) {
        const auto& a = then_out[i].type().tensor_type();
        const auto& b = else_out[i].type().tensor_type();
        if (a.has_shape() && b.has_shape() && a.shape().dim_size() != b.shape().dim_size())
          return Report(node, "both branches of its If give results of one number of dimensions", "");
      }
    }
    const onnx::AttributeProto* body = node.op_type() == "Loop" ? Attribute(node, "body") : nullptr;
    if (body == nullptr) return;
    const int carried = node.input_size() - 2;
    for (int i = 0; i < carried; ++i) {
      // A dimension that the iterations change has no number in the body.
      const onnx::TensorShapeProto* first = ShapeOf(node.input(i + 2));
      const auto& inside = body->g().input(i + 2).type().tensor_type();
      bool changes = first != nullptr && !inside.has_shape();
      for (int d = 0; first != nullptr && inside.has_shape() && d < first->dim_size(); ++d)
        changes |= first->dim(d).has_dim_value() && d < inside.shape().dim_size() &&
                   !inside.shape().dim(d).has_dim_value();
      if (changes) return Report(node, "the values that its Loop carries keep their shapes", "");
    }
    for (int i = carried; i < node.output_size(); ++i) {
      const onnx::TensorShapeProto* shape = ShapeOf(node.output(i));
      if (shape == nullptr || shape->dim_size() == 0 || !shape->dim(0).has_dim_value())
        return Report(node, "how much its Loop collects is known before the run", "");
    }
  }

  static std::string TypeName(int32_t element) {
    return TensorProto::DataType_Name(static_cast<TensorProto::DataType>(element));
  }

  void Report(const onnx::NodeProto& node, std::string reason, std::string remedy) {
    problems_->push_back(
        {node.name(), node.op_type(), SourcesOf(node, node.name()), std::move(reason), std::move(remedy)});
  }

  std::vector<ExportProblem>* problems_;
  TypeMap types_;
  std::set<std::string> constants_, nonzero_;
  std::map<std::string, int64_t> numbers_;  // of constants that are one int64
};

// "2x224x224x3", 1 for an open dimension; "" when every dimension is fixed.
std::string OpenShape(const onnx::ValueInfoProto& input) {
  bool open = false;
  std::vector<std::string> dims;
  for (const auto& dim : input.type().tensor_type().shape().dim()) {
    open |= !dim.has_dim_value();
    dims.push_back(dim.has_dim_value() ? std::to_string(dim.dim_value()) : "1");
  }
  return open ? JoinText(dims, "x") : "";
}

bool HasType(const onnx::GraphProto& graph, int32_t element) {
  return std::ranges::any_of(graph.initializer(), [&](const auto& t) { return t.data_type() == element; }) ||
         std::ranges::any_of(graph.value_info(),
                             [&](const auto& v) { return v.type().tensor_type().elem_type() == element; });
}

}  // namespace

std::vector<ExportProblem> TensorRtProblems(const OnnxModel& model) {
  std::vector<ExportProblem> problems;
  Examiner(model, &problems).Model(model.proto);
  return problems;
}

std::vector<std::string> TrtexecCommand(const OnnxModel& model, const TrtexecOptions& options) {
  std::vector<std::string> words{"trtexec", "--onnx=" + options.onnx_path,
                                 "--saveEngine=" + options.engine_path};
  std::vector<std::string> shapes;
  for (const auto& input : model.proto.graph().input()) {
    const std::string shape = OpenShape(input);
    if (shape.empty()) continue;
    // trtexec wants quotes around a name that holds its own separators.
    const bool quote = input.name().find_first_of(":,") != std::string::npos;
    shapes.push_back(quote ? fmt::format("'{}':{}", input.name(), shape)
                           : fmt::format("{}:{}", input.name(), shape));
  }
  if (!shapes.empty()) words.push_back("--shapes=" + JoinText(shapes, ","));
  // The file says the type of every value: TensorRT is to keep to them.
  const onnx::GraphProto& graph = model.proto.graph();
  const bool narrow = HasType(graph, TensorProto::FLOAT16) || HasType(graph, TensorProto::BFLOAT16) ||
                      HasType(graph, TensorProto::INT8);
  if (narrow) words.push_back("--stronglyTyped");
  return words;
}

std::string ShellLine(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + ShellWord(word);
  return line;
}

}  // namespace floe
