// Reads the lines of op_defs.txt, whose form scripts/make_op_defs.py describes. The text is our own, so a
// mistake in it is an InternalError.
#ifndef FLOE_FORMATS_TENSORFLOW_OP_DEFS_PARSER_H_
#define FLOE_FORMATS_TENSORFLOW_OP_DEFS_PARSER_H_

#include <string_view>

#include "formats/tensorflow/op_defs.h"

namespace floe {

TfOpDef ParseOpDefLine(std::string_view line);

}  // namespace floe

#endif  // FLOE_FORMATS_TENSORFLOW_OP_DEFS_PARSER_H_
