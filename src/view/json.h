// The data as the page receives it.
//
//   {"schema": "floe.view/1", "title": "...", "sides": [SIDE...], "report": REPORT, "first": "report" or
//    "graph"}; "report" may be absent
//
//   SIDE    {"title", "kind", "command", "facts": [[label, text]...], "warnings": [text...],
//            "strings": [text...], "nodes": [NODE...]}
//   NODE    every key but the first two may be absent; S is an index into the side's "strings"
//     "n"   name                             "o"   operation, S
//     "r"   role, S: input, output, constant, variable
//     "g"   1: the scope of its name is its body (a call, a fused kernel)
//     "x"   1: auxiliary
//     "i"   inputs: [node, port, node, port...]
//     "c"   control inputs: [node...]        "a"   attributes: [key S, value S, ...]
//     "t"   types of the outputs: [S...]     "d"   device, S
//     "s"   status, S                        "w"   reason, S
//     "f"   remedy, S                        "e"   note, S
//     "m"   multiply-accumulates             "p"   parameters
//     "b"   bytes                            "ms"  milliseconds
//     "err" error, of the output's range     "own" what the node adds to it itself
//     "k"   kernel, S                        "src" names of the TensorFlow nodes: [S...]
//     "q"   candidates: [[kernel S, refusal S, time in ns or null, estimate in ns or null]...]
//     "h"   change, S: added, removed, changed, same
//     "v"   contents: {"type", "elements", "bytes", "hash", "preview", "min", "max", "mean", "deviation",
//           "zeros", "not_finite", "histogram": [count...]}; from "min" on absent without numbers
//   REPORT  {"summary": [[label, text]...], "provenance": [[label, text]...], "preprocess", "digest",
//            "arena", "lifetimes": [[name, offset, bytes, first step, last step]...], "compared_with",
//            "differences": [{"output", "max_abs", "relative", "cosine", "problem"}...]}
#ifndef FLOE_VIEW_JSON_H_
#define FLOE_VIEW_JSON_H_

#include <string>

#include "view/data.h"

namespace floe::view {

// Holds no character that could end a script element or a comment of a page.
std::string ToJson(const Data& data);

}  // namespace floe::view

#endif  // FLOE_VIEW_JSON_H_
