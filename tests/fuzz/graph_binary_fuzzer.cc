// Any bytes as a graph in an engine; what is read comes back equal. The mutator begins with the graphs of
// corpus/graph_text, so that the seeds follow the format.
#include <algorithm>

#include "fuzz.h"
#include "graph/serialize.h"
#include "graph/verify.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace floe::fuzz {
namespace {

std::unique_ptr<Graph> Read(Bytes bytes) {
  ByteReader reader(bytes, "fuzz");
  return ReadGraph(reader, ReadTensorInline);
}

std::vector<uint8_t> Write(const Graph& graph) {
  ByteWriter writer;
  WriteGraph(writer, graph, [](ByteWriter& w, ValueId, const Tensor& t) { WriteTensorInline(w, t); });
  return writer.Take();
}

}  // namespace
}  // namespace floe::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  static const std::vector<std::unique_ptr<floe::Graph>> seeds = floe::fuzz::SeedGraphs();
  if (size < 16) {
    const std::vector<uint8_t> bytes = floe::fuzz::Write(*seeds[seed % seeds.size()]);
    if (bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
    std::ranges::copy(bytes, data);
    return bytes.size();
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using floe::fuzz::Read;
  using floe::fuzz::Write;
  floe::fuzz::Accepts([&] {
    const auto graph = Read({data, size});
    const auto copy = Read(Write(*graph));
    floe::fuzz::Require(floe::HashGraph(*copy) == floe::HashGraph(*graph));
    floe::CheckTypes(*graph, floe::ErrorCode::kModel);
    graph->ReinferAll();
  });
  return 0;
}
