// Graphs that parse but are not well formed: every command refuses them in one line that names the node.
#include "support/run_floe.h"

namespace floe {
namespace {

// A node in text form.
class Node {
 public:
  Node(const std::string& name, const std::string& op, const std::vector<std::string>& inputs = {}) {
    text_ = "node { name: \"" + name + "\" op: \"" + op + "\"";
    for (const std::string& input : inputs) text_ += " input: \"" + input + "\"";
  }
  Node& Attr(const std::string& key, const std::string& value) {
    text_ += " attr { key: \"" + key + "\" value { " + value + " } }";
    return *this;
  }
  operator std::string() const { return text_ + " }\n"; }  // NOLINT: reads as text

 private:
  std::string text_;
};

const std::string kFloat = "type: DT_FLOAT";

std::string Dims(const std::vector<std::string>& dims) {
  std::string text;
  for (const std::string& d : dims) text += "dim { size: " + d + " } ";
  return text;
}

std::string Input(const std::vector<std::string>& dims = {"1", "8", "8", "4"}) {
  return Node("x", "Placeholder").Attr("dtype", kFloat).Attr("shape", "shape { " + Dims(dims) + "}");
}

std::string Const(const std::string& name, const std::string& type, const std::vector<std::string>& dims,
                  const std::string& values) {
  return Node(name, "Const")
      .Attr("dtype", "type: " + type)
      .Attr("value", "tensor { dtype: " + type + " tensor_shape { " + Dims(dims) + "} " + values + " }");
}

std::string Relu(const std::string& name, const std::string& input) {
  return Node(name, "Relu", {input}).Attr("T", kFloat);
}

std::string Add(const std::string& name, const std::vector<std::string>& inputs) {
  return Node(name, "AddV2", inputs).Attr("T", kFloat);
}

std::string Conv(const std::string& strides, const std::string& padding = "SAME") {
  return Const("w", "DT_FLOAT", {"3", "3", "4", "4"}, "float_val: 0.5") +
         std::string(Node("a", "Conv2D", {"x", "w"})
                         .Attr("T", kFloat)
                         .Attr("strides", "list { " + strides + " }")
                         .Attr("padding", "s: \"" + padding + "\""));
}

std::string Call(const std::string& name, const std::string& input, const std::string& function) {
  const std::string types = "list { type: DT_FLOAT }";
  return Node(name, "PartitionedCall", {input})
      .Attr("Tin", types)
      .Attr("Tout", types)
      .Attr("f", "func { name: \"" + function + "\" }");
}

struct Case {
  const char* name;
  std::string graph;
  std::vector<std::string> texts;
};

std::string AsBody(std::string node) {
  return node.replace(0, 4, "node_def");
}

const Case kCases[] = {
    {"Cycle",
     Input() + Relu("a", "b") + Relu("b", "a") + Relu("y", "a"),
     {"model.pbtxt: expected loops", "the cycle 'a' -> 'b' -> 'a'"}},
    {"RepeatedName",
     Input() + Relu("a", "x") + Relu("a", "x"),
     {"expected unique node names, found 'a' twice"}},
    {"MissingInput",
     Input() + Relu("a", "nothere"),
     {"node 'a' (Relu) has the input 'nothere', but there is no such node"}},
    {"MissingControlInput",
     Input() + std::string(Node("a", "Relu", {"x", "^nothere"}).Attr("T", kFloat)),
     {"'a' (Relu)", "'^nothere'"}},
    {"MissingPort", Input() + Relu("a", "x:5"), {"'a'", "'x' has no output 5"}},
    {"NamelessNode", Input() + "node { op: \"Relu\" input: \"x\" }\n", {"nameless Relu"}},
    {"WrongType",
     Input() + Const("c", "DT_INT32", {"4"}, "int_val: 1") + Add("a", {"x", "c"}),
     {"'a'", "float32 and int32"}},
    {"WrongShape",
     Input() + Const("c", "DT_FLOAT", {"3"}, "float_val: 1") + Add("a", {"x", "c"}),
     {"'a'", "[1, 8, 8, 4] and [3] do not broadcast"}},
    {"TooFewInputs", Input() + Add("a", {"x"}), {"'a' (AddV2)", "expected 2 inputs, found 1"}},
    {"TooManyInputs",
     Input() + std::string(Node("a", "Relu", {"x", "x"}).Attr("T", kFloat)),
     {"'a' (Relu)", "expected 1 input, found 2"}},
    {"StrideOfZero",
     Input() + Conv("i: 1 i: 0 i: 0 i: 1"),
     {"'a' (Conv2D)", "expected positive strides, found 0"}},
    {"NegativeStride",
     Input() + Conv("i: 1 i: -1 i: -1 i: 1"),
     {"'a' (Conv2D)", "expected positive strides, found -1"}},
    {"TooFewStrides", Input() + Conv("i: 1"), {"'a' (Conv2D)", "expected 4 entries in strides, found 1"}},
    {"UnknownPadding",
     Input() + Conv("i: 1 i: 1 i: 1 i: 1", "SOMETIMES"),
     {"'a' (Conv2D)", "found SOMETIMES"}},
    {"AttributeOfAnotherKind", Input() + Conv("f: 1"), {"'a' (Conv2D)", "strides"}},
    {"MissingAttribute",
     Input() + Const("w", "DT_FLOAT", {"3", "3", "4", "4"}, "float_val: 1") +
         std::string(Node("a", "Conv2D", {"x", "w"}).Attr("T", kFloat)),
     {"'a' (Conv2D)", "attribute 'strides' is missing"}},
    {"DimensionsThatOverflow",
     Input({"1", "4611686018427387904", "4611686018427387904", "4"}) + Relu("a", "x"),
     {"'a' (Relu)", "too many elements"}},
    {"ConstantThatOverflows",
     Input() + Const("c", "DT_FLOAT", {"4611686018427387904", "9"}, "float_val: 1") + Add("a", {"x", "c"}),
     {"'c' (Const)", "more elements than 64 bits count"}},
    {"ConstantLargerThanItsFile",
     Input() + Const("c", "DT_FLOAT", {"100000", "100000"}, "float_val: 1") + Add("a", {"x", "c"}),
     {"'c' (Const)", "asks for 10000000000 elements, but the file holds 1"}},
    {"NegativeDimension",
     Input() + Const("c", "DT_FLOAT", {"-3"}, "float_val: 1") + Add("a", {"x", "c"}),
     {"'c' (Const)", "dimension -3"}},
    {"UnknownFunction",
     Input() + Call("a", "x", "g"),
     {"'a' (PartitionedCall)", "expected the function 'g'", "found none"}},
    {"FunctionThatCallsItself",
     Input() + Call("a", "x", "f") +
         "library { function { signature { name: \"f\" input_arg { name: \"q\" type: DT_FLOAT } output_arg { "
         "name: \"r\" type: DT_FLOAT } } " +
         AsBody(Call("again", "q", "f")) + "ret { key: \"r\" value: \"again:output:0\" } } }\n",
     {"function 'f'", "do not call themselves, found f -> f"}},
    {"ScalarSplitIntoAList",
     Const("s", "DT_FLOAT", {}, "float_val: 1") + Const("n", "DT_INT32", {}, "int_val: 2") +
         Const("lengths", "DT_INT64", {"2"}, "int64_val: 2 int64_val: 3") +
         std::string(Node("t", "TensorArrayV3", {"n"}).Attr("dtype", kFloat)) +
         std::string(Node("a", "TensorArraySplitV3", {"t", "s", "lengths", "t:1"}).Attr("T", kFloat)) +
         std::string(Node("r", "TensorArrayReadV3", {"t", "n", "a"}).Attr("dtype", kFloat)),
     {"'a' (TensorArraySplitV3)", "rank 1 or more, found a scalar"}},
    {"LoopThatNeverEnds",
     Input() + std::string(Node("e", "Enter", {"x"}).Attr("T", kFloat).Attr("frame_name", "s: \"w\"")) +
         std::string(Node("m", "Merge", {"e", "n"}).Attr("T", kFloat).Attr("N", "i: 2")) +
         std::string(Node("n", "NextIteration", {"m"}).Attr("T", kFloat)) + Relu("a", "m"),
     {"Merge 'm'", "depends on itself"}},
};

class BadGraph : public testing::TestWithParam<Case> {};

TEST_P(BadGraph, IsRefusedByBuildAndLeavesNothing) {
  const ScratchFolder in;
  const ScratchFolder out;
  const std::string model = in.Write("model.pbtxt", GetParam().graph);
  EXPECT_TRUE(Refuses(RunFloe({"build", model, "-o", out / "m.floe", "--timing-cache", "none"}), 3,
                      GetParam().texts));
  EXPECT_THAT(out.Names(), testing::IsEmpty());
}

TEST_P(BadGraph, IsRefusedByCheck) {
  const ScratchFolder in;
  const std::string model = in.Write("model.pbtxt", GetParam().graph);
  const Ran ran = RunFloe({"check", model});
  EXPECT_TRUE(Refuses(ran, 3, {}));
  // What is wrong with one node is in the report; what is wrong with all of it is the message.
  const std::string all = ran.out + ran.err;
  EXPECT_THAT(all, testing::HasSubstr(GetParam().texts.back()));
}

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

INSTANTIATE_TEST_SUITE_P(Cases, BadGraph, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(BadGraphText, SyntaxErrorsSayLineAndColumn) {
  const ScratchFolder folder;
  const std::string colon = folder.Write("colon.pbtxt", Input() + "node { name: \"a\" op \"Relu\" }\n");
  EXPECT_TRUE(Refuses(RunFloe({"check", colon}), 3, {"colon.pbtxt:2:21: Expected \":\""}));
  const std::string field = folder.Write("field.pbtxt", Input() + "node { nome: \"a\" }\n");
  EXPECT_TRUE(Refuses(RunFloe({"check", field}), 3,
                      {"field.pbtxt:2:12: ", "tensorflow.NodeDef", "no field named \"nome\""}));
}

}  // namespace
}  // namespace floe
