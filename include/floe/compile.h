// From a TensorFlow model to an engine: what `floe build` does, as a function. Link floe::compiler.
#ifndef FLOE_COMPILE_H_
#define FLOE_COMPILE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/engine.h"
#include "floe/tensor.h"

namespace floe {

// What part of which model. The texts are those of the command line.
struct ModelSelection {
  std::string path;                  // .pb, .pbtxt, .meta, SavedModel folder, checkpoint prefix or folder
  std::string checkpoint;            // variables for a graph file; "" = what the model names itself
  std::vector<std::string> inputs;   // "NAME[=SHAPE]"; an inner tensor cuts the graph there
  std::vector<std::string> outputs;  // "NAME"; empty: the signature's, or the only sink
  std::vector<std::string> sets;     // "NAME=VALUE": a tensor becomes a constant
  std::string signature;
  std::vector<std::string> tags;  // of the graph in a SavedModel; empty: {"serve"}, else the only graph
  std::optional<int64_t> step;    // of a checkpoint folder; absent: the newest
};

struct CompileOptions {
  std::string target = "cpu";  // a backend's name
  std::string isa;             // "" = the best of this machine
  int threads = 0;             // what measurements are made with; 0: one a processor
  // "fp32"; "bf16": products with constants in bf16 wherever that is faster (CPUs with AVX512_BF16); "auto":
  // so many of them as move no output by more than `error_budget` of its range, on made-up inputs, and none
  // where the processor has no bf16.
  std::string precision = "fp32";
  double error_budget = 1e-2;
  // Time the candidate kernels on this machine; without, they are ranked by estimate.
  bool tune = true;
  std::string timing_cache;  // file; "" = $XDG_CACHE_HOME/floe/timing.json; "none" = in memory only
  // How many times the model's weights the packed ones may take; faster kernels beyond that are passed over
  // where they gain least. 0: no limit.
  double max_weight_growth = 1.5;
  // Run once against the reference backend and refuse to hand out an engine that differs.
  bool self_check = true;
  // Further sets of input shapes, each "NAME=SHAPE" for the inputs that differ: one engine serves them all
  // with one copy of the weights. The shapes of the selection itself come first if they leave no dimension
  // open.
  std::vector<std::vector<std::string>> profiles;
  std::string preprocess_json;  // carried in the engine for classify; "" = none
  std::vector<std::string> labels;

  std::vector<std::string> skip_passes;
  std::string stop_after;  // end the pipeline after this pass
  // Called with the text form of the graph after the pass of that name ("all": each).
  std::string print_after;
  std::function<void(std::string_view pass, std::string_view text)> print;

  // Called now and then with what is being done and how far it is, 0 to 1.
  std::function<void(std::string_view what, double fraction)> progress;
  std::function<bool()> cancelled;  // true ends the build with Error(kInterrupted)
};

// Throws Error: kUsage (a name that is not there, with the nearest ones; an open dimension, with the option
// that fixes it), kModel (damaged, or an operation that cannot be converted, with node, reason and remedy),
// kAccuracy (the self-check).
std::shared_ptr<const Engine> Compile(const ModelSelection& model, const CompileOptions& options = {});

}  // namespace floe

#endif  // FLOE_COMPILE_H_
