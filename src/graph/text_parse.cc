#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "graph/serialize.h"
#include "graph/text.h"
#include "graph/text_constant.h"

namespace floe {
namespace {

// A value as it is declared: name, type if given, TensorFlow tensors.
struct Declared {
  TextScanner::Place place;
  std::string name;
  std::optional<TensorType> type;
  std::vector<std::string> sources;
};

std::vector<int64_t> ParseInts(TextScanner& scanner) {
  std::vector<int64_t> out;
  scanner.Expect("[");
  while (!scanner.Take(']')) {
    if (!out.empty()) scanner.Expect(",");
    out.push_back(scanner.Integer());
  }
  return out;
}

struct FieldParser {
  TextScanner& scanner;

  void operator()(int64_t* v) const { *v = scanner.Integer(); }
  void operator()(double* v) const { *v = scanner.Number(); }
  void operator()(bool* v) const {
    *v = scanner.TakeWord("true");
    if (!*v && !scanner.TakeWord("false")) scanner.Fail("expected true or false");
  }
  void operator()(std::string* v) const { *v = scanner.Quoted(); }
  void operator()(DType* v) const {
    const TextScanner::Place from = scanner.place();
    const auto dtype = DTypeFromName(scanner.Word());
    if (!dtype) scanner.FailAt(from, "expected an element type");
    *v = *dtype;
  }
  void operator()(std::vector<int64_t>* v) const { *v = ParseInts(scanner); }
  void operator()(std::vector<double>* v) const {
    scanner.Expect("[");
    v->clear();
    while (!scanner.Take(']')) {
      if (!v->empty()) scanner.Expect(",");
      v->push_back(scanner.Number());
    }
  }
  void operator()(std::vector<std::string>* v) const {
    scanner.Expect("[");
    v->clear();
    while (!scanner.Take(']')) {
      if (!v->empty()) scanner.Expect(",");
      v->push_back(scanner.Quoted());
    }
  }
  void operator()(const EnumRef& e) const {
    const TextScanner::Place from = scanner.place();
    const std::string word = scanner.Word();
    const auto at = std::ranges::find(e.names, word);
    if (at == e.names.end()) scanner.FailAt(from, "'" + word + "' is no value of this field");
    *e.value = static_cast<uint8_t>(at - e.names.begin());
  }
};

class Parser {
 public:
  explicit Parser(TextScanner& scanner) : scanner_(scanner) {}

  std::unique_ptr<Graph> ParseGraph(int depth) {
    if (depth > kMaxBodyDepth) scanner_.Fail("bodies are nested too deep");
    scanner_.Expect("graph");
    auto graph = std::make_unique<Graph>(scanner_.Name());
    scanner_.Expect("(");
    while (!scanner_.Take(')')) {
      if (!graph->inputs().empty()) scanner_.Expect(",");
      const Declared in = ParseDeclared(*graph);
      graph->value(graph->AddInput(in.name, in.type.value_or(TensorType()))).sources = in.sources;
    }
    scanner_.Expect("->");
    std::vector<std::pair<TextScanner::Place, std::string>> outputs;
    scanner_.Expect("(");
    while (!scanner_.Take(')')) {
      if (!outputs.empty()) scanner_.Expect(",");
      const TextScanner::Place place = scanner_.place();
      scanner_.Expect("%");
      outputs.emplace_back(place, scanner_.Name());
    }
    scanner_.Expect("{");
    while (!scanner_.Take('}')) ParseLine(*graph, depth);
    for (const auto& [place, name] : outputs) graph->AddOutput(Find(*graph, place, name));
    return graph;
  }

 private:
  ValueId Find(const Graph& graph, TextScanner::Place place, const std::string& name) const {
    const ValueId id = graph.FindValue(name);
    if (id == kNoValue) scanner_.FailAt(place, "'%" + name + "' is not defined");
    return id;
  }

  Dim ParseDim() {
    if (scanner_.Take('?')) return {};
    const TextScanner::Place from = scanner_.place();
    const bool quoted = scanner_.Peek('"');
    const std::string word = scanner_.Name();
    if (!quoted) {
      if (const auto number = ParseInt(word)) {
        if (*number < 0) scanner_.FailAt(from, "a dimension is negative");
        return *number;
      }
    }
    return Dim(word);
  }

  TensorType ParseType() {
    const TextScanner::Place from = scanner_.place();
    const std::string word = scanner_.Word();
    const auto dtype = DTypeFromName(word);
    if (!dtype && word != "invalid") scanner_.FailAt(from, "'" + word + "' is no element type");
    TensorType type{dtype.value_or(DType::kInvalid), {}};
    scanner_.Expect("[");
    if (scanner_.TakeWord("...")) {
      scanner_.Expect("]");
      return type;
    }
    std::vector<Dim> dims;
    while (!scanner_.Take(']')) {
      if (!dims.empty()) scanner_.Expect(",");
      dims.push_back(ParseDim());
    }
    type.shape = Shape(std::move(dims));
    return type;
  }

  Declared ParseDeclared(const Graph& graph) {
    Declared out{scanner_.place(), {}, {}, {}};
    scanner_.Expect("%");
    out.name = scanner_.Name();
    if (out.name.empty()) scanner_.FailAt(out.place, "a value without a name");
    if (graph.FindValue(out.name) != kNoValue) {
      scanner_.FailAt(out.place, "'%" + out.name + "' is defined twice");
    }
    if (scanner_.Take(':')) out.type = ParseType();
    while (scanner_.Take('@')) out.sources.push_back(scanner_.Quoted());
    return out;
  }

  void ParseLine(Graph& graph, int depth) {
    std::vector<Declared> outputs;
    const TextScanner::Place start = scanner_.place();
    while (scanner_.Peek('%')) {
      outputs.push_back(ParseDeclared(graph));
      if (!scanner_.Take(',')) break;
    }
    if (!outputs.empty()) scanner_.Expect("=");
    if (scanner_.TakeWord("const")) return ParseConstant(graph, start, outputs);
    ParseNode(graph, outputs, depth);
  }

  void ParseConstant(Graph& graph, TextScanner::Place start, const std::vector<Declared>& outputs) {
    if (outputs.size() != 1 || !outputs[0].type || !outputs[0].type->IsStatic()) {
      scanner_.FailAt(start, "a constant needs one name and its full type");
    }
    const TensorType& type = *outputs[0].type;
    Tensor contents = ParseContents(scanner_, type.dtype, type.shape.Static());
    graph.value(graph.AddConstant(outputs[0].name, std::move(contents))).sources = outputs[0].sources;
  }

  void ParseFields(Op& op) {
    const OpInfo& info = InfoOf(op);
    if (!scanner_.Take('{')) return;
    for (bool first = true; !scanner_.Take('}'); first = false) {
      if (!first) scanner_.Expect(",");
      const TextScanner::Place from = scanner_.place();
      const std::string name = scanner_.Word();
      size_t i = 0;
      while (i < info.field_count && info.field_name(i) != name) ++i;
      if (i == info.field_count) {
        scanner_.FailAt(from, fmt::format("{} has no field '{}'", OpName(op), name));
      }
      scanner_.Expect("=");
      std::visit(FieldParser{scanner_}, info.field(op, i));
    }
  }

  Op ParseOp() {
    const TextScanner::Place from = scanner_.place();
    const std::string name = scanner_.Word();
    std::optional<Op> op = MakeOp(name);
    if (op) return *op;
    std::vector<std::string> all;
    for (const OpInfo& info : AllOps()) {
      if (info.kinds.empty()) all.emplace_back(info.name);
      for (const std::string_view kind : info.kinds) all.emplace_back(kind);
    }
    scanner_.FailAt(from, "there is no op '" + name + "'" + DidYouMean(name, all));
  }

  void ParseNode(Graph& graph, const std::vector<Declared>& outputs, int depth) {
    const TextScanner::Place start = scanner_.place();
    Op op = ParseOp();
    std::vector<ValueId> inputs;
    scanner_.Expect("(");
    while (!scanner_.Take(')')) {
      if (!inputs.empty()) scanner_.Expect(",");
      const TextScanner::Place place = scanner_.place();
      if (scanner_.TakeWord("_")) {
        inputs.push_back(kNoValue);
        continue;
      }
      scanner_.Expect("%");
      inputs.push_back(Find(graph, place, scanner_.Name()));
    }
    ParseFields(op);
    NodeOptions options;
    options.outputs = static_cast<int>(outputs.size());
    for (const Declared& d : outputs) options.output_names.push_back(d.name);
    if (!outputs.empty()) options.name = outputs[0].name;
    if (scanner_.TakeWord("name")) options.name = scanner_.Quoted();
    if (scanner_.TakeWord("from")) {
      do {
        options.sources.push_back(scanner_.Quoted());
      } while (scanner_.Take(','));
    }
    while (scanner_.PeekWord("graph")) options.bodies.push_back(ParseGraph(depth + 1));
    AddNode(graph, start, std::move(op), std::move(inputs), std::move(options), outputs);
  }

  void AddNode(Graph& graph, TextScanner::Place start, Op op, std::vector<ValueId> inputs,
               NodeOptions options, const std::vector<Declared>& outputs) {
    NodeId id = kNoNode;
    try {
      id = graph.AddNode(std::move(op), std::move(inputs), std::move(options));
    } catch (const Error& e) {
      scanner_.FailAt(start, e.what());
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      Value& v = graph.value(graph.node(id).outputs[i]);
      v.sources = outputs[i].sources;
      if (!outputs[i].type) continue;
      const auto both = MergeShapes(v.type.shape, outputs[i].type->shape);
      const DType stated = outputs[i].type->dtype;
      const bool fits = stated == v.type.dtype || v.type.dtype == DType::kInvalid;
      if (!both || !fits) {
        scanner_.FailAt(outputs[i].place, fmt::format("'%{}' is {}, not {}", v.name, v.type.ToString(),
                                                      outputs[i].type->ToString()));
      }
      v.type = {stated, *both};
    }
  }

  TextScanner& scanner_;
};

}  // namespace

std::unique_ptr<Graph> ParseGraph(std::string_view text) {
  TextScanner scanner(text);
  std::unique_ptr<Graph> graph = Parser(scanner).ParseGraph(0);
  if (!scanner.AtEnd()) scanner.Fail("expected the end of the text");
  return graph;
}

}  // namespace floe
