// What --feed and --fetch say, the same for every command that runs something.
#ifndef FLOE_TOOLS_FEEDS_H_
#define FLOE_TOOLS_FEEDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "floe/compile.h"
#include "floe/engine.h"
#include "floe/tensor.h"

namespace floe::tools {

// NAME=FILE.npy, or NAME=FILE.npz:KEY, or NAME=PICTURE, the file's bytes as a string, or
// NAME=PICTURE,[PICTURE...], a list of such. Throws
// Error: kUsage (not of that form, no such key), kModel (the file).
NamedTensor ReadFeed(const std::string& text);
std::vector<NamedTensor> ReadFeeds(const std::vector<std::string>& texts);

// The input of the model that the feed is for, with its shape.
void ImplyInput(ModelSelection& model, const NamedTensor& feed);
// On a model, feeds say what its inputs are, with their shapes, unless the user did.
void ImplyInputs(ModelSelection& model, const std::vector<NamedTensor>& feeds);

// A string alone is a list of one where the engine takes a list.
Tensor Fitted(const Tensor& feed, const TensorSpec& spec);

// What an input gets that nobody feeds. Throws Error(kUsage) where a dimension is open.
Tensor MadeUpInput(const TensorSpec& spec, uint32_t seed);

// `name` as a user writes it: what the engine calls it, or the TensorFlow tensor with or without ":0".
bool SameName(const TensorSpec& spec, const std::string& name);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_FEEDS_H_
