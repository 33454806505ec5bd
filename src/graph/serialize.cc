// The bytes of a graph (integers are varints, texts have their length in front):
//
//   graph    name, count, value..., count, input id..., count, output id..., count, node...
//   value    name, type, flags u8 (1: constant, 2: elements), [count, dim...], count, source...,
//            [contents, as the writer of constants puts them]
//   type     dtype u8, 0 for an unknown rank or rank + 1, dim...
//   dim      0 unknown, 1 and a symbol, or the number + 2
//   node     op name, count, field..., name, count, (input id + 1, or 0 if absent)..., count, output id...,
//            count, source..., count, body graph...
//   field    name, index of its type among FieldRef's, the value
//
// Ids number the values as they are listed. Nodes stand in an order of execution, so an input id always
// refers to a graph input, a constant, or an output of an earlier node.
#include "graph/serialize.h"

#include <algorithm>
#include <unordered_map>

#include "base/check.h"
#include "graph/infer_util.h"

namespace floe {
namespace {

enum ValueFlags : uint8_t { kIsConstant = 1, kHasElements = 2 };

void WriteDim(ByteWriter& w, const Dim& dim) {
  if (dim.known()) {
    w.Varint(static_cast<uint64_t>(dim.value()) + 2);
  } else {
    w.Varint(dim.symbol().empty() ? 0 : 1);
    if (!dim.symbol().empty()) w.String(dim.symbol());
  }
}

Dim ReadDim(ByteReader& r) {
  const uint64_t tag = r.Varint();
  if (tag == 0) return {};
  if (tag == 1) return Dim(std::string(r.String()));
  if (tag - 2 > static_cast<uint64_t>(INT64_MAX)) r.Fail("a dimension is too large");
  return static_cast<int64_t>(tag - 2);
}

void WriteTexts(ByteWriter& w, const std::vector<std::string>& texts) {
  w.Varint(texts.size());
  for (const std::string& s : texts) w.String(s);
}

std::vector<std::string> ReadTexts(ByteReader& r) {
  std::vector<std::string> texts(r.Count(1));
  for (std::string& s : texts) s = r.String();
  return texts;
}

struct FieldWriter {
  ByteWriter& w;
  void operator()(const int64_t* v) const { w.I64(*v); }
  void operator()(const double* v) const { w.F64(*v); }
  void operator()(const bool* v) const { w.U8(*v ? 1 : 0); }
  void operator()(const std::string* v) const { w.String(*v); }
  void operator()(const DType* v) const { w.U8(static_cast<uint8_t>(*v)); }
  void operator()(const std::vector<int64_t>* v) const {
    w.Varint(v->size());
    for (const int64_t x : *v) w.I64(x);
  }
  void operator()(const std::vector<double>* v) const {
    w.Varint(v->size());
    for (const double x : *v) w.F64(x);
  }
  void operator()(const std::vector<std::string>* v) const { WriteTexts(w, *v); }
  void operator()(const EnumRef& e) const { w.U8(*e.value); }
};

DType ReadDType(ByteReader& r) {
  const uint8_t number = r.U8();
  if (number > static_cast<uint8_t>(DType::kString)) r.Fail("an element type that does not exist");
  return static_cast<DType>(number);
}

struct FieldReader {
  ByteReader& r;
  void operator()(int64_t* v) const { *v = r.I64(); }
  void operator()(double* v) const { *v = r.F64(); }
  void operator()(bool* v) const { *v = r.U8() != 0; }
  void operator()(std::string* v) const { *v = r.String(); }
  void operator()(DType* v) const { *v = ReadDType(r); }
  void operator()(std::vector<int64_t>* v) const {
    v->resize(r.Count(8));
    for (int64_t& x : *v) x = r.I64();
  }
  void operator()(std::vector<double>* v) const {
    v->resize(r.Count(8));
    for (double& x : *v) x = r.F64();
  }
  void operator()(std::vector<std::string>* v) const { *v = ReadTexts(r); }
  void operator()(const EnumRef& e) const {
    const uint8_t number = r.U8();
    if (number >= e.names.size()) r.Fail("a field has a value that does not exist");
    *e.value = number;
  }
};

bool IsKind(const OpInfo& info, size_t i) {
  return !info.kinds.empty() && info.field_name(i) == "kind";
}

void WriteOp(ByteWriter& w, const Op& op) {
  const OpInfo& info = InfoOf(op);
  Op copy = op;
  w.String(OpName(op));
  w.Varint(info.field_count - (info.kinds.empty() ? 0 : 1));
  for (size_t i = 0; i < info.field_count; ++i) {
    if (IsKind(info, i)) continue;
    const FieldRef field = info.field(copy, i);
    w.String(info.field_name(i));
    w.U8(static_cast<uint8_t>(field.index()));
    std::visit(FieldWriter{w}, field);
  }
}

Op ReadOp(ByteReader& r) {
  const std::string name(r.String());
  std::optional<Op> op = MakeOp(name);
  if (!op) r.Fail("there is no op '" + name + "'");
  const OpInfo& info = InfoOf(*op);
  for (size_t left = r.Count(2); left > 0; --left) {
    const std::string_view wanted = r.String();
    size_t at = 0;
    while (at < info.field_count && (info.field_name(at) != wanted || IsKind(info, at))) ++at;
    if (at == info.field_count) r.Fail(name + " has no field '" + std::string(wanted) + "'");
    const FieldRef field = info.field(*op, at);
    if (r.U8() != field.index()) r.Fail("field '" + std::string(wanted) + "' is of another type");
    std::visit(FieldReader{r}, field);
  }
  return *op;
}

}  // namespace

void WriteType(ByteWriter& w, const TensorType& type) {
  w.U8(static_cast<uint8_t>(type.dtype));
  w.Varint(type.shape.has_rank() ? type.shape.rank() + 1 : 0);
  for (const Dim& d : type.shape.dims()) WriteDim(w, d);
}

TensorType ReadType(ByteReader& r) {
  TensorType type;
  type.dtype = ReadDType(r);
  const size_t rank = r.Count(1);
  if (rank == 0) return type;
  if (rank - 1 > kMaxRank) r.Fail("a tensor has too many dimensions");
  std::vector<Dim> dims;
  int64_t bytes = static_cast<int64_t>(std::max<size_t>(DTypeSize(type.dtype), 1));
  for (size_t i = 0; i + 1 < rank; ++i) {
    dims.push_back(ReadDim(r));
    const int64_t size = dims.back().known() ? std::max<int64_t>(dims.back().value(), 1) : 1;
    if (__builtin_mul_overflow(bytes, size, &bytes)) r.Fail("a tensor is too large");
  }
  type.shape = Shape(std::move(dims));
  return type;
}

void WriteGraph(ByteWriter& w, const Graph& graph, const ConstantWriter& write_constant) {
  const std::vector<ValueId> values = graph.Values();
  std::unordered_map<ValueId, uint64_t> number;
  w.String(graph.name());
  w.Varint(values.size());
  for (const ValueId id : values) {
    const Value& v = graph.value(id);
    number.emplace(id, number.size());
    w.String(v.name);
    WriteType(w, v.type);
    w.U8(static_cast<uint8_t>((v.is_constant() ? kIsConstant : 0) | (v.elements ? kHasElements : 0)));
    if (v.elements) {
      w.Varint(v.elements->size());
      for (const Dim& d : *v.elements) WriteDim(w, d);
    }
    WriteTexts(w, v.sources);
    if (v.is_constant()) write_constant(w, id, v.constant);
  }
  const auto write_ids = [&](const std::vector<ValueId>& ids) {
    w.Varint(ids.size());
    for (const ValueId id : ids) w.Varint(number.at(id));
  };
  write_ids(graph.inputs());
  write_ids(graph.outputs());
  const std::vector<NodeId> order = graph.Order();
  w.Varint(order.size());
  for (const NodeId id : order) {
    const Node& node = graph.node(id);
    WriteOp(w, node.op);
    w.String(node.name);
    w.Varint(node.inputs.size());
    for (const ValueId in : node.inputs) w.Varint(in == kNoValue ? 0 : number.at(in) + 1);
    write_ids(node.outputs);
    WriteTexts(w, node.sources);
    w.Varint(node.bodies.size());
    for (const auto& body : node.bodies) WriteGraph(w, *body, write_constant);
  }
}

// Builds a Graph's tables from bytes and checks every reference on the way.
class GraphReader {
 public:
  GraphReader(ByteReader& r, const ConstantReader& read_constant) : r_(r), read_constant_(read_constant) {}

  std::unique_ptr<Graph> Read(int depth) {
    if (depth > kMaxBodyDepth) r_.Fail("bodies are nested too deep");
    auto graph = std::make_unique<Graph>(std::string(r_.String()));
    const size_t values = r_.Count(kLeastValueBytes);
    for (size_t i = 0; i < values; ++i) ReadValue(*graph);
    std::vector<bool> defined(values);
    for (size_t i = 0; i < values; ++i) defined[i] = graph->values_[i].is_constant();
    for (size_t left = r_.Count(1); left > 0; --left) {
      const ValueId id = ReadId(values);
      if (defined[static_cast<size_t>(id)]) r_.Fail("an input of the graph is listed twice or constant");
      defined[static_cast<size_t>(id)] = true;
      graph->inputs_.push_back(id);
    }
    for (size_t left = r_.Count(1); left > 0; --left) graph->outputs_.push_back(ReadId(values));
    for (size_t left = r_.Count(kLeastNodeBytes); left > 0; --left) ReadNode(*graph, defined, depth);
    if (std::ranges::find(defined, false) != defined.end()) r_.Fail("a value has no origin");
    return graph;
  }

 private:
  static constexpr size_t kLeastValueBytes = 6;
  static constexpr size_t kLeastNodeBytes = 7;

  ValueId ReadId(size_t values) {
    const uint64_t id = r_.Varint();
    if (id >= values) r_.Fail("a value is out of range");
    return static_cast<ValueId>(id);
  }

  void ReadValue(Graph& graph) {
    Value v;
    v.name = r_.String();
    if (v.name.empty() || graph.names_.contains(v.name)) r_.Fail("a value has no name of its own");
    v.type = ReadType(r_);
    const uint8_t flags = r_.U8();
    if ((flags & kHasElements) != 0) {
      v.elements.emplace(r_.Count(1));
      for (Dim& d : *v.elements) d = ReadDim(r_);
      const auto count = v.type.shape.rank() <= 1 ? v.type.shape.ElementCount() : std::nullopt;
      const bool shape_like = v.type.dtype == DType::kInt32 || v.type.dtype == DType::kInt64;
      if (!shape_like || count != static_cast<int64_t>(v.elements->size())) {
        r_.Fail("contents of '" + v.name + "' do not fit its type");
      }
    }
    v.sources = ReadTexts(r_);
    if ((flags & kIsConstant) != 0) {
      if (!v.type.IsStatic()) r_.Fail("constant '" + v.name + "' has no full type");
      v.constant = read_constant_(r_, v.type);
      if (v.constant.dtype() != v.type.dtype || v.constant.dims() != v.type.shape.Static()) {
        r_.Fail("constant '" + v.name + "' is not of its type");
      }
    }
    graph.names_.emplace(v.name, static_cast<ValueId>(graph.values_.size()));
    graph.values_.push_back(std::move(v));
  }

  void ReadNode(Graph& graph, std::vector<bool>& defined, int depth) {
    const NodeId id = static_cast<NodeId>(graph.nodes_.size());
    Node node;
    node.op = ReadOp(r_);
    node.name = r_.String();
    for (size_t left = r_.Count(1); left > 0; --left) {
      const uint64_t in = r_.Varint();
      if (in > defined.size() || (in > 0 && !defined[in - 1])) r_.Fail("an input is used before it is made");
      node.inputs.push_back(in == 0 ? kNoValue : static_cast<ValueId>(in - 1));
    }
    for (size_t left = r_.Count(1); left > 0; --left) {
      const ValueId out = ReadId(defined.size());
      if (defined[static_cast<size_t>(out)]) r_.Fail("a value is made twice");
      defined[static_cast<size_t>(out)] = true;
      graph.values_[static_cast<size_t>(out)].producer = id;
      graph.values_[static_cast<size_t>(out)].output_index = static_cast<int>(node.outputs.size());
      node.outputs.push_back(out);
    }
    node.sources = ReadTexts(r_);
    const size_t bodies = r_.Count(5);
    const OpTraits& traits = InfoOf(node.op).traits;
    const auto fits = [](size_t n, int least, int most) {
      return n >= static_cast<size_t>(least) && n <= static_cast<size_t>(most);
    };
    if (!fits(node.inputs.size(), traits.min_inputs, traits.max_inputs) ||
        !fits(node.outputs.size(), traits.min_outputs, traits.max_outputs) ||
        bodies != static_cast<size_t>(traits.bodies)) {
      r_.Fail("node '" + node.name + "' has a wrong number of inputs, outputs or bodies");
    }
    for (size_t i = 0; i < bodies; ++i) node.bodies.push_back(Read(depth + 1));
    CheckBodies(node);
    graph.nodes_.push_back(std::move(node));
    for (const ValueId in : graph.nodes_.back().inputs) graph.AddUse(in, id);
  }

  void CheckBodies(const Node& node) const {
    const auto require = [&](const Graph& body, size_t inputs, size_t outputs) {
      if (body.inputs().size() != inputs || body.outputs().size() != outputs) {
        r_.Fail("a body of node '" + node.name + "' does not fit it");
      }
    };
    const size_t in = node.inputs.size();
    const size_t out = node.outputs.size();
    if (IsOp<Group>(node.op)) require(*node.bodies[0], in, out);
    if (IsOp<If>(node.op)) {
      for (const auto& body : node.bodies) require(*body, in - 1, out);
    }
    if (const Loop* loop = OpCast<Loop>(node.op)) {
      require(*node.bodies[0], in, out + 1);
      if (loop->carried < 0 || loop->carried > static_cast<int64_t>(std::min(in - 2, out))) {
        r_.Fail("node '" + node.name + "' carries more values than it has");
      }
    }
  }

  ByteReader& r_;
  const ConstantReader& read_constant_;
};

std::unique_ptr<Graph> ReadGraph(ByteReader& reader, const ConstantReader& read_constant) {
  return GraphReader(reader, read_constant).Read(0);
}

}  // namespace floe
