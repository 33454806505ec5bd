// op_defs.txt, compiled in.
#ifndef FLOE_FORMATS_TENSORFLOW_OP_DEFS_TEXT_H_
#define FLOE_FORMATS_TENSORFLOW_OP_DEFS_TEXT_H_

#include <string_view>

namespace floe {

std::string_view OpDefsText();

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_OP_DEFS_TEXT_H_
