// A minimum cut of a small network (Dinic's algorithm).
#ifndef FLOE_EXPORT_LAYOUT_MIN_CUT_H_
#define FLOE_EXPORT_LAYOUT_MIN_CUT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace floe {

class MinCut {
 public:
  static constexpr int kSource = 0;
  static constexpr int kSink = 1;
  static constexpr int64_t kInfinite = int64_t{1} << 60;

  int AddNode();
  void AddEdge(int from, int to, int64_t capacity);
  // `cost` is paid once unless all members end on one side (Lawler's construction).
  void AddHyperedge(const std::vector<int>& members, int64_t cost);
  // Whether each node lies with the sink, in the cheapest cut with the most nodes there.
  std::vector<bool> Solve();

 private:
  struct Edge {
    int to;
    int64_t capacity;
  };
  bool Level();
  int64_t Push();  // one augmenting path; 0 when there is none

  std::vector<Edge> edges_;               // 2i and 2i + 1 are each other's reverse
  std::vector<std::vector<int>> out_{2};  // edges of each node
  std::vector<int> level_;
  std::vector<std::size_t> next_;
};

}  // namespace floe

#endif  // FLOE_EXPORT_LAYOUT_MIN_CUT_H_
