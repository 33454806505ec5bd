#include "export/tensorrt.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/quoting.h"
#include "base/text.h"

namespace floe {
namespace {

using onnx::TensorProto;

// Element types of an operator's first input or, of Where, its second.
enum class Types {
  kFloats,   // float32, float16, bfloat16; float64 is narrowed by the parser
  kNumbers,  // and int32, int64
  kAny,      // and bool
  kBools,
};

struct Row {
  std::string_view op;
  Types types;
};

// Operators by name, from the support matrix. What is not here is refused.
constexpr Row kRows[] = {
    {"Abs", Types::kNumbers},
    {"Acos", Types::kFloats},
    {"Acosh", Types::kFloats},
    {"Add", Types::kNumbers},
    {"And", Types::kBools},
    {"ArgMax", Types::kNumbers},
    {"ArgMin", Types::kNumbers},
    {"Asin", Types::kFloats},
    {"Asinh", Types::kFloats},
    {"Atan", Types::kFloats},
    {"Atanh", Types::kFloats},
    {"AveragePool", Types::kFloats},
    {"BatchNormalization", Types::kFloats},
    {"Cast", Types::kAny},
    {"Ceil", Types::kFloats},
    {"Clip", Types::kFloats},
    {"Concat", Types::kAny},
    {"ConstantOfShape", Types::kAny},
    {"Conv", Types::kFloats},
    {"ConvTranspose", Types::kFloats},
    {"Cos", Types::kFloats},
    {"Cosh", Types::kFloats},
    {"CumSum", Types::kFloats},
    {"DepthToSpace", Types::kNumbers},
    {"Div", Types::kNumbers},
    {"Einsum", Types::kFloats},
    {"Elu", Types::kFloats},
    {"Equal", Types::kNumbers},
    {"Erf", Types::kFloats},
    {"Exp", Types::kFloats},
    {"Expand", Types::kAny},
    {"Floor", Types::kFloats},
    {"GRU", Types::kFloats},
    {"Gather", Types::kAny},
    {"GatherElements", Types::kAny},
    {"GatherND", Types::kAny},
    {"Gemm", Types::kFloats},
    {"Greater", Types::kNumbers},
    {"GreaterOrEqual", Types::kNumbers},
    {"HardSigmoid", Types::kFloats},
    {"HardSwish", Types::kFloats},
    {"Identity", Types::kAny},
    {"If", Types::kAny},
    {"IsInf", Types::kFloats},
    {"IsNaN", Types::kNumbers},
    {"LRN", Types::kFloats},
    {"LSTM", Types::kFloats},
    {"LayerNormalization", Types::kFloats},
    {"LeakyRelu", Types::kFloats},
    {"Less", Types::kNumbers},
    {"LessOrEqual", Types::kNumbers},
    {"Log", Types::kFloats},
    {"LogSoftmax", Types::kFloats},
    {"Loop", Types::kAny},
    {"MatMul", Types::kFloats},
    {"Max", Types::kNumbers},
    {"MaxPool", Types::kFloats},
    {"Min", Types::kNumbers},
    {"Mod", Types::kNumbers},
    {"Mul", Types::kNumbers},
    {"Neg", Types::kNumbers},
    {"NonMaxSuppression", Types::kFloats},
    {"NonZero", Types::kFloats},
    {"Not", Types::kBools},
    {"Or", Types::kBools},
    {"PRelu", Types::kFloats},
    {"Pad", Types::kNumbers},
    {"Pow", Types::kNumbers},
    {"RandomNormal", Types::kFloats},
    {"RandomNormalLike", Types::kFloats},
    {"RandomUniform", Types::kFloats},
    {"RandomUniformLike", Types::kFloats},
    {"Range", Types::kNumbers},
    {"Reciprocal", Types::kFloats},
    {"ReduceL1", Types::kNumbers},
    {"ReduceL2", Types::kNumbers},
    {"ReduceLogSum", Types::kNumbers},
    {"ReduceLogSumExp", Types::kNumbers},
    {"ReduceMax", Types::kNumbers},
    {"ReduceMean", Types::kNumbers},
    {"ReduceMin", Types::kNumbers},
    {"ReduceProd", Types::kNumbers},
    {"ReduceSum", Types::kNumbers},
    {"ReduceSumSquare", Types::kNumbers},
    {"Relu", Types::kNumbers},
    {"Reshape", Types::kAny},
    {"Resize", Types::kFloats},
    {"ReverseSequence", Types::kAny},
    {"Round", Types::kFloats},
    {"ScatterElements", Types::kNumbers},
    {"ScatterND", Types::kNumbers},
    {"Selu", Types::kFloats},
    {"Shape", Types::kAny},
    {"Sigmoid", Types::kFloats},
    {"Sign", Types::kNumbers},
    {"Sin", Types::kFloats},
    {"Sinh", Types::kFloats},
    {"Size", Types::kAny},
    {"Slice", Types::kAny},
    {"Softmax", Types::kFloats},
    {"Softplus", Types::kFloats},
    {"Softsign", Types::kFloats},
    {"SpaceToDepth", Types::kNumbers},
    {"Split", Types::kAny},
    {"Sqrt", Types::kFloats},
    {"Squeeze", Types::kAny},
    {"Sub", Types::kNumbers},
    {"Sum", Types::kNumbers},
    {"Tan", Types::kFloats},
    {"Tanh", Types::kFloats},
    {"Tile", Types::kAny},
    {"TopK", Types::kNumbers},
    {"Transpose", Types::kAny},
    {"Unsqueeze", Types::kAny},
    {"Where", Types::kAny},
    {"Xor", Types::kBools},
    // Quantised types have rules of their own, below.
    {"DequantizeLinear", Types::kAny},
    {"QuantizeLinear", Types::kFloats},
};

bool Takes(Types types, int32_t element) {
  switch (element) {
    case TensorProto::FLOAT:
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::DOUBLE:
      return types != Types::kBools;
    case TensorProto::INT32:
    case TensorProto::INT64:
      return types == Types::kNumbers || types == Types::kAny;
    case TensorProto::BOOL:
      return types == Types::kAny || types == Types::kBools;
    default:
      return false;
  }
}

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

class Examiner {
 public:
  Examiner(const OnnxModel& model, std::vector<ExportProblem>* problems) : problems_(problems) {
    for (const NamedTensor& weight : model.weights) {
      constants_.insert(weight.name);
      types_[weight.name].mutable_tensor_type()->set_elem_type(OnnxType(weight.tensor.dtype()));
    }
  }

  void Graph(const onnx::GraphProto& graph) {
    for (const auto& t : graph.initializer()) {
      constants_.insert(t.name());
      types_[t.name()].mutable_tensor_type()->set_elem_type(t.data_type());
      if (t.raw_data().find_first_not_of('\0') != std::string::npos) nonzero_.insert(t.name());
    }
    for (const auto* list : {&graph.input(), &graph.output(), &graph.value_info()}) {
      for (const auto& info : *list) types_[info.name()] = info.type();
    }
    for (const auto& node : graph.node()) Node(node);
  }

 private:
  void Node(const onnx::NodeProto& node) {
    const auto* row = std::ranges::find(kRows, node.op_type(), &Row::op);
    if (row == std::end(kRows) || !node.domain().empty()) {
      Report(node, fmt::format("its ONNX parser has no {}", node.op_type()),
             "end the model before it with --output");
    } else {
      Type(node, row->types);
      Restrictions(node);
    }
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g()) Graph(attribute.g());
    }
  }

  void Type(const onnx::NodeProto& node, Types types) {
    const int at = node.op_type() == "Where" ? 1 : 0;
    if (node.input_size() <= at || node.op_type() == "DequantizeLinear") return;
    const auto found = types_.find(node.input(at));
    if (found == types_.end()) return;
    const int32_t element = found->second.tensor_type().elem_type();
    if (node.op_type() == "Cast" && element == TensorProto::UINT8) return;
    if (Takes(types, element)) return;
    Report(node,
           fmt::format("its {} takes no {}", node.op_type(),
                       onnx::TensorProto::DataType_Name(static_cast<TensorProto::DataType>(element))),
           "cast to float32 or int32 in the model");
  }

  void Restrictions(const onnx::NodeProto& node) {
    const std::string& op = node.op_type();
    const auto constant = [&](int i) {
      return node.input_size() <= i || node.input(i).empty() || constants_.contains(node.input(i));
    };
    if (op == "MaxPool" && node.output_size() > 1) Report(node, "its MaxPool gives no indices", "");
    if (op == "MaxPool" && HasInts(node, "dilations", 1)) Report(node, "its MaxPool has no dilations", "");
    if (op == "MaxPool" || op == "AveragePool") {
      const onnx::AttributeProto* kernel = Attribute(node, "kernel_shape");
      if (kernel != nullptr && kernel->ints_size() < 2)
        Report(node, fmt::format("its {} is of 2 or 3 dimensions", op), "");
    }
    if (op == "CumSum" && !constant(1)) Report(node, "its CumSum wants a constant axis", "");
    if ((op == "Squeeze" || op == "Unsqueeze") && !constant(1)) Report(node, "it wants constant axes", "");
    if ((op == "QuantizeLinear" || op == "DequantizeLinear") && node.input_size() > 2 &&
        nonzero_.contains(node.input(2))) {
      Report(node, "its quantisation has a zero point of 0", "quantise symmetrically");
    }
    if (op == "ScatterND" && Attribute(node, "reduction") != nullptr)
      Report(node, "its ScatterND has no reduction", "");
    if (op == "Resize") {
      const onnx::AttributeProto* mode = Attribute(node, "mode");
      if (mode != nullptr && mode->s() == "cubic") Report(node, "its Resize is nearest or linear", "");
    }
  }

  void Report(const onnx::NodeProto& node, std::string reason, std::string remedy) {
    std::vector<std::string> sources;
    const std::string_view text = node.doc_string();
    if (text.starts_with("from ")) {
      for (const std::string_view part : SplitText(text.substr(5), ',')) sources.emplace_back(TrimText(part));
    }
    problems_->push_back(
        {node.name(), node.op_type(), std::move(sources), std::move(reason), std::move(remedy)});
  }

  std::vector<ExportProblem>* problems_;
  TypeMap types_;
  std::set<std::string> constants_, nonzero_;
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
  Examiner(model, &problems).Graph(model.proto.graph());
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
  const bool narrow = HasType(graph, TensorProto::FLOAT16) || HasType(graph, TensorProto::BFLOAT16);
  if (narrow) words.push_back("--stronglyTyped");
  return words;
}

std::string ShellLine(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + ShellWord(word);
  return line;
}

}  // namespace floe
