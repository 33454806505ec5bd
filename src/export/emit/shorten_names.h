// Values by the fewest scopes that tell them apart.
#ifndef FLOE_EXPORT_EMIT_SHORTEN_NAMES_H_
#define FLOE_EXPORT_EMIT_SHORTEN_NAMES_H_

#include <string>
#include <unordered_set>

#include "formats/onnx/write.h"

namespace floe {

// A name of a value stands in the file four times and more. What the nodes keep in full, in their own names,
// their first outputs need not repeat: the scopes that all nodes of the model stand in go, and so does what
// follows the scope in which a value is alone ("net/block1/conv/BatchNorm/add" is "block1/conv/BatchNorm"
// beside "net/block1/conv/Relu"). Of initializers that the exporter named, `made_constants`, only the scopes
// of all go. Names at the model's edges stay, those below them too. Names are unique in the whole model
// before and after.
void ShortenNames(OnnxModel* model, const std::unordered_set<std::string>& made_constants);

}  // namespace floe

#endif  // FLOE_EXPORT_EMIT_SHORTEN_NAMES_H_
