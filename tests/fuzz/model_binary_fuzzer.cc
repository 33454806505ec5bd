// Any bytes as a model file: GraphDef, MetaGraph or SavedModel, in whatever form they look like.
#include "formats/tensorflow/model_file.h"
#include "formats/tensorflow/tensor_proto.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const floe::fuzz::Folder folder;
  const std::string path = folder.Write("model.pb", {data, size});
  floe::fuzz::Accepts([&] {
    const bool looks = floe::LooksLikeTensorFlowModel(path);
    const floe::TensorFlowModel model = floe::ReadTensorFlowModel(path);
    floe::fuzz::Require(looks);
    for (const auto& node : model.graph.node()) {
      const auto value = node.attr().find("value");
      if (value == node.attr().end()) continue;
      floe::fuzz::Accepts([&] { floe::TensorFromProto(value->second.tensor(), node.name()); });
    }
  });
  return 0;
}
