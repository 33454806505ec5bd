#include "export/layout/min_cut.h"

#include <algorithm>

namespace floe {

int MinCut::AddNode() {
  out_.emplace_back();
  return static_cast<int>(out_.size()) - 1;
}

void MinCut::AddEdge(int from, int to, int64_t capacity) {
  out_[static_cast<size_t>(from)].push_back(static_cast<int>(edges_.size()));
  edges_.push_back({to, capacity});
  out_[static_cast<size_t>(to)].push_back(static_cast<int>(edges_.size()));
  edges_.push_back({from, 0});
}

void MinCut::AddHyperedge(const std::vector<int>& members, int64_t cost) {
  const int in = AddNode();
  const int out = AddNode();
  AddEdge(in, out, cost);
  for (const int member : members) {
    AddEdge(member, in, kInfinite);
    AddEdge(out, member, kInfinite);
  }
}

bool MinCut::Level() {
  level_.assign(out_.size(), -1);
  std::vector<int> queue{kSource};
  level_[kSource] = 0;
  for (size_t i = 0; i < queue.size(); ++i) {
    const int at = queue[i];
    for (const int e : out_[static_cast<size_t>(at)]) {
      const Edge& edge = edges_[static_cast<size_t>(e)];
      int& level = level_[static_cast<size_t>(edge.to)];
      if (edge.capacity == 0 || level >= 0) continue;
      level = level_[static_cast<size_t>(at)] + 1;
      queue.push_back(edge.to);
    }
  }
  return level_[kSink] >= 0;
}

// One augmenting path by an explicit stack: networks are as deep as models.
int64_t MinCut::Push() {
  std::vector<int> path;
  int at = kSource;
  while (at != kSink) {
    std::size_t& next = next_[static_cast<size_t>(at)];
    const std::vector<int>& out = out_[static_cast<size_t>(at)];
    while (next < out.size()) {
      const Edge& edge = edges_[static_cast<size_t>(out[next])];
      if (edge.capacity > 0 && level_[static_cast<size_t>(edge.to)] == level_[static_cast<size_t>(at)] + 1)
        break;
      ++next;
    }
    if (next < out.size()) {
      path.push_back(out[next]);
      at = edges_[static_cast<size_t>(out[next])].to;
      continue;
    }
    if (path.empty()) return 0;
    at = edges_[static_cast<size_t>(path.back() ^ 1)].to;
    path.pop_back();
    ++next_[static_cast<size_t>(at)];
  }
  int64_t amount = kInfinite;
  for (const int e : path) amount = std::min(amount, edges_[static_cast<size_t>(e)].capacity);
  for (const int e : path) {
    edges_[static_cast<size_t>(e)].capacity -= amount;
    edges_[static_cast<size_t>(e ^ 1)].capacity += amount;
  }
  return amount;
}

std::vector<bool> MinCut::Solve() {
  while (Level()) {
    next_.assign(out_.size(), 0);
    while (Push() > 0) {
    }
  }
  // The last search left without a level what the source no longer reaches.
  std::vector<bool> with_sink(out_.size());
  for (size_t i = 0; i < out_.size(); ++i) with_sink[i] = level_[i] < 0;
  return with_sink;
}

}  // namespace floe
