// What `info` and `explain` say of an engine, as JSON.
#ifndef FLOE_TOOLS_ENGINE_JSON_H_
#define FLOE_TOOLS_ENGINE_JSON_H_

#include <nlohmann/json.hpp>

#include "engine/plan.h"

namespace floe::tools {

nlohmann::ordered_json TypeJson(const TensorType& type);  // {"dtype": "float32", "shape": [1, null]}
nlohmann::ordered_json IoJson(const std::vector<IoSpec>& specs);
nlohmann::ordered_json StepJson(const Plan& plan, const Step& step);
std::string ShapeText(const TensorType& type);  // "1x224x224x3"; "?" for what is not known
// The kernel's name, "if" or "loop".
std::string ActionName(const Step& step);
// "Conv+Add+Relu": the ops a kernel step computes.
std::string OpsOf(const Step& step);

}  // namespace floe::tools

#endif  // FLOE_TOOLS_ENGINE_JSON_H_
