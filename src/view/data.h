// What the viewer shows, as data: one or more sides (a TensorFlow model, our graph, an engine) made of nodes
// with slash-separated names, and for an engine what a report adds. json.h has the form in which the page
// receives it.
#ifndef FLOE_VIEW_DATA_H_
#define FLOE_VIEW_DATA_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace floe::view {

constexpr int kHistogramBins = 32;

// The contents of a constant or variable in numbers. Complex numbers count as their two parts.
struct TensorSummary {
  std::string type;  // "float32[3, 3, 3, 32]"
  int64_t elements = 0;
  uint64_t bytes = 0;
  std::string contents;  // hash of type and bytes, 16 hex digits: equal tensors have equal hashes
  std::string preview;   // the first elements: "1, 2, 3, …"
  // Of the finite numbers; absent for strings and for a tensor without any.
  struct Numbers {
    double min = 0, max = 0, mean = 0, deviation = 0;
    int64_t zeros = 0;
    int64_t not_finite = 0;
    std::array<int64_t, kHistogramBins> histogram{};  // equal bins from min to max
  };
  std::optional<Numbers> numbers;
};

// Output `port` of node `node` of the same side.
struct Source {
  int32_t node = 0;
  int32_t port = 0;
};

// A kernel that the planner weighed.
struct Candidate {
  std::string kernel;
  std::string refusal;      // "" when it could
  double time_ns = -1;      // -1: not measured
  double estimate_ns = -1;  // -1: none
};

enum class NodeRole : uint8_t { kOther, kInput, kOutput, kConstant, kVariable };

struct Node {
  std::string name;  // unique in the side; "a/b" lies in the scope "a"
  std::string op;
  NodeRole role = NodeRole::kOther;
  bool opens = false;      // the scope of its name is its body: a call, a fused kernel
  bool auxiliary = false;  // nothing the outputs depend on: saving, initialising, training
  std::vector<Source> inputs;
  std::vector<int32_t> controls;  // nodes that must run before
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<std::string> outputs;  // a type for each, "" where it is not known
  std::string device;
  std::string status, reason, remedy;  // as `floe check` says it; "" where it says nothing
  std::string note;                    // anything else worth a line on the card
  std::optional<TensorSummary> tensor;
  int64_t macs = 0;
  int64_t parameters = 0;
  int64_t bytes = -1;     // written by a TensorFlow node; read and written by a step. -1: not known
  double ms = -1;         // -1: not measured
  double error = -1;      // of the output's range, after all that lies before; -1: not compared
  double own_error = -1;  // what it adds itself
  std::string kernel;     // of an engine's step
  std::vector<std::string> sources;  // TensorFlow nodes this came from
  std::vector<Candidate> candidates;
  std::string change;  // "added", "removed", "changed" or "same" after Diff
  std::string lookup;  // another name under which reports know this node ("function/node"); not shown
};

struct Side {
  std::string title;  // "mobilenet.pb"
  std::string kind;   // "GraphDef", "SavedModel", "Graph", "Engine"...
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> warnings;
  std::vector<Node> nodes;
  std::string
      build_command;  // "floe build mobilenet.pb": --input and --output follow; "" where nothing can be built
};

// One buffer of the arena and when it is in use.
struct Lifetime {
  std::string name;
  uint64_t offset = 0, bytes = 0;
  int32_t first_step = 0, last_step = 0;
};

struct Report {
  std::vector<std::pair<std::string, std::string>> summary;
  std::vector<std::pair<std::string, std::string>> provenance;
  std::string preprocess_json;  // "" when there is none
  std::string digest;
  uint64_t arena_bytes = 0;
  std::vector<Lifetime> lifetimes;
  struct Difference {
    std::string output;
    double max_abs = 0, relative = 0, cosine = 1;
    std::string problem;  // why it could not be compared
  };
  std::string compared_with;
  std::vector<Difference> differences;
};

struct Data {
  std::string title;
  std::vector<Side> sides;
  std::optional<Report> report;  // of the last side, an engine
  bool report_first = false;     // the page opens with it, not with the graph
};

}  // namespace floe::view

#endif  // FLOE_VIEW_DATA_H_
