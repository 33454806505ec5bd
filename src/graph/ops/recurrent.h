// Recurrent layers, as ONNX defines them. batch_first: x is [B, T, I] and y is [B, T, D, H].
#ifndef FLOE_GRAPH_OPS_RECURRENT_H_
#define FLOE_GRAPH_OPS_RECURRENT_H_

#include <tuple>
#include <vector>

#include "graph/field.h"
#include "graph/ops/traits.h"

namespace floe {

enum class Direction : uint8_t { kForward = 0, kReverse = 1, kBidirectional = 2 };
constexpr std::string_view kDirectionNames[] = {"forward", "reverse", "bidirectional"};
constexpr auto& EnumNames(Direction) {
  return kDirectionNames;
}

// (x [T, B, I], w [D, 4H, I], r [D, 4H, H][, b [D, 8H], lengths [B], h0 [D, B, H], c0, peepholes [D, 3H]]) ->
// (y [T, D, B, H], h, c): ONNX's LSTM, gates in order i o f c. forget_bias is added to the f gate.
struct Lstm {
  static constexpr std::string_view kName = "Lstm";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 8, .max_outputs = 3};
  Direction direction = Direction::kForward;
  int64_t hidden_size = 0;
  bool batch_first = false;
  double clip = 0;
  double forget_bias = 0;
  std::vector<std::string> activations;
  template <typename Self = Lstm>
  static constexpr auto Fields() {
    return std::tuple{Field{"direction", &Self::direction},     Field{"hidden_size", &Self::hidden_size},
                      Field{"batch_first", &Self::batch_first}, Field{"clip", &Self::clip},
                      Field{"forget_bias", &Self::forget_bias}, Field{"activations", &Self::activations}};
  }
};

// (x, w [D, 3H, I], r [D, 3H, H][, b [D, 6H], lengths, h0]) -> (y [T, D, B, H], h): ONNX's GRU, gates z r h.
struct Gru {
  static constexpr std::string_view kName = "Gru";
  static constexpr OpTraits kTraits{.min_inputs = 3, .max_inputs = 6, .max_outputs = 2};
  Direction direction = Direction::kForward;
  int64_t hidden_size = 0;
  bool batch_first = false;
  double clip = 0;
  bool linear_before_reset = false;
  std::vector<std::string> activations;
  template <typename Self = Gru>
  static constexpr auto Fields() {
    return std::tuple{Field{"direction", &Self::direction},
                      Field{"hidden_size", &Self::hidden_size},
                      Field{"batch_first", &Self::batch_first},
                      Field{"clip", &Self::clip},
                      Field{"linear_before_reset", &Self::linear_before_reset},
                      Field{"activations", &Self::activations}};
  }
};

}  // namespace floe

#endif  // FLOE_GRAPH_OPS_RECURRENT_H_
