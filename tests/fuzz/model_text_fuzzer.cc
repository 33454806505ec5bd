// Any text as a model in text form; what is read comes back equal.
#include "formats/tensorflow/model_file.h"
#include "formats/tensorflow/proto_file.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const floe::fuzz::Folder folder;
  const std::string path = folder.Write("model.pbtxt", {data, size});
  floe::fuzz::Accepts([&] {
    const floe::TensorFlowModel model = floe::ReadTensorFlowModel(path);
    const std::string text = floe::MessageToText(model.graph);
    floe::tf::GraphDef copy;
    floe::ParseText(floe::AsBytes(text), "again", &copy);
    floe::fuzz::Require(floe::MessageToText(copy) == text);
  });
  return 0;
}
