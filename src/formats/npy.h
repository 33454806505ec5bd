// numpy's files: one array (.npy) or a zip of them (.npz).
//
// Read: format versions 1 to 3, C and Fortran order, either byte order; bool, integers, floats of 16 to 64
// bits, complex, `<U` (as UTF-8) and `|S` strings. numpy has no bfloat16: files that carry it call it raw
// two-byte data
// (`<V2`, `|V2`), and so do ours.
// Arrays in our own layout (little-endian, C order) of a .npy file are views of its mapping, anything else is
// copied.
#ifndef FLOE_FORMATS_NPY_H_
#define FLOE_FORMATS_NPY_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "floe/tensor.h"

namespace floe {

// All readers throw Error(kModel) naming the file (and the member of an archive) on anything damaged or
// unsupported.
Tensor ReadNpy(const std::string& path);
// In the order of the archive; names without ".npy".
std::vector<NamedTensor> ReadNpz(const std::string& path);
// `subject` names the bytes in errors. The tensor is a view of `bytes`, kept alive by `keep_alive`, if that
// is given and the layout allows, else a copy.
Tensor ParseNpy(Bytes bytes, const std::string& subject, std::shared_ptr<const void> keep_alive = nullptr);

// Strings are written as `<U` of the longest element, at least 1; strings that are not UTF-8 as `|S`.
// The files appear whole or not at all; throw Error(kResource) if the disk refuses.
std::string FormatNpy(const Tensor& tensor);  // the bytes of a .npy file
void WriteNpy(const std::string& path, const Tensor& tensor);
// Members are stored, not compressed. Names may hold '/' and ':'; throws Error(kUsage) if two are equal.
void WriteNpz(const std::string& path, std::span<const NamedTensor> tensors);

}  // namespace floe

#endif  // FLOE_FORMATS_NPY_H_
