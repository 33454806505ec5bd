// Contents of constants in the text form.
#ifndef FLOE_GRAPH_TEXT_CONSTANT_H_
#define FLOE_GRAPH_TEXT_CONSTANT_H_

#include <string>

#include "floe/tensor.h"
#include "graph/text_scanner.h"

namespace floe {

std::string PrintContents(const Tensor& tensor, bool exact);
// Reads what PrintContents prints, or seeded(n), for a constant of this type.
Tensor ParseContents(TextScanner& scanner, DType dtype, const std::vector<int64_t>& dims);

// A text in quotes with escapes, as {fmt} prints strings in lists.
std::string Quote(std::string_view text);
// As it is when it consists of harmless characters, else quoted.
std::string PrintName(std::string_view name);

}  // namespace floe

#endif  // FLOE_GRAPH_TEXT_CONSTANT_H_
