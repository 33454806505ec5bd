// One golden case of the conformance set: read, imported, run on the reference backend, compared.
#ifndef FLOE_TESTS_FRONTEND_GOLDEN_CASE_H_
#define FLOE_TESTS_FRONTEND_GOLDEN_CASE_H_

#include <string>

namespace floe {

enum class CaseVerdict { kRight, kRefused, kWrong, kFailed };

struct CaseResult {
  CaseVerdict verdict = CaseVerdict::kFailed;
  std::string test;    // the test the case stems from
  std::string reason;  // "" when right
};

// `folder` has graph.pb, io.npz and meta.json. kRefused: the importer said why it cannot; kFailed: importing
// or running threw something else. With `declared_shapes` the importer knows of the inputs' shapes only what
// the graph says.
CaseResult RunGoldenCase(const std::string& folder, bool declared_shapes = false);

}  // namespace floe

#endif  // FLOE_TESTS_FRONTEND_GOLDEN_CASE_H_
