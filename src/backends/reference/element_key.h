#ifndef FLOE_BACKENDS_REFERENCE_ELEMENT_KEY_H_
#define FLOE_BACKENDS_REFERENCE_ELEMENT_KEY_H_

#include <optional>
#include <string>

#include "floe/tensor.h"

namespace floe::reference {

// A key that equal elements of one type share; nullopt for nan, which equals nothing.
std::optional<std::string> ElementKey(const Tensor& x, int64_t i);

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_ELEMENT_KEY_H_
