// The header of a .npy file.
//
//   "\x93NUMPY", major, minor (1 byte each), header length (2 bytes in version 1, 4 in 2 and 3), a Python
//   dict literal
//   {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } padded with spaces and ended by a newline so
//   that the elements begin at a multiple of 64.
#ifndef FLOE_FORMATS_NPY_HEADER_H_
#define FLOE_FORMATS_NPY_HEADER_H_

#include <string>
#include <vector>

#include "base/bytes.h"
#include "floe/tensor.h"

namespace floe {

struct NpyHeader {
  enum class Text { kNone, kUtf32, kBytes };  // `<U`, `|S`

  DType dtype = DType::kInvalid;
  Text text = Text::kNone;
  size_t item_size = 0;  // bytes of one element in the file
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<int64_t> dims;
  size_t data_offset = 0;
};

// Throws Error(kModel) naming `subject`. The dims' product fits an int64.
NpyHeader ParseNpyHeader(Bytes bytes, const std::string& subject);
// `descr` as numpy writes it: "<f4", "|b1", "<U7".
std::string MakeNpyHeader(const std::string& descr, const std::vector<int64_t>& dims);

}  // namespace floe

#endif  // FLOE_FORMATS_NPY_HEADER_H_
