// Any bytes as a serialized tf.Example, read for features of every type.
#include "backends/reference/evaluate.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const floe::DType to : {floe::DType::kFloat32, floe::DType::kInt64, floe::DType::kString}) {
    for (const int64_t count : {-1, 2}) {
      floe::Graph g;
      const floe::ValueId x = g.AddInput("x", {floe::DType::kString, {1}});
      const floe::NodeId node = g.AddNode(floe::ExampleFeature{"a", to, count}, {x});
      g.AddOutput(g.node(node).outputs[0]);
      floe::fuzz::Accepts(
          [&] { floe::EvaluateGraph(g, std::vector{floe::Tensor::FromVector<std::string>({bytes})}); });
    }
  }
  return 0;
}
