// What every op struct says of itself beside its fields.
#ifndef FLOE_GRAPH_OPS_TRAITS_H_
#define FLOE_GRAPH_OPS_TRAITS_H_

#include <cstdint>
#include <string_view>

namespace floe {

constexpr int kVariadic = 1 << 20;

struct OpTraits {
  int min_inputs = 1;  // an input up to max_inputs may be absent (kNoValue)
  int max_inputs = 1;
  int min_outputs = 1;
  int max_outputs = 1;
  bool elementwise = false;  // output i depends on input elements i (after broadcasting) alone
  bool alias = false;        // output 0 has the bytes of input 0 under another shape: no work at run time
  bool random = false;       // two runs differ: neither folded nor merged with its like
  int bodies = 0;            // sub-graphs
};

// The memory order of images: N, spatial dimensions, C or N, C, spatial dimensions.
enum class Layout : uint8_t { kNhwc = 0, kNchw = 1 };
constexpr std::string_view kLayoutNames[] = {"NHWC", "NCHW"};
constexpr auto& EnumNames(Layout) {
  return kLayoutNames;
}

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_TRAITS_H_
