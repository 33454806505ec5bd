#include "formats/npy.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"
#include "formats/npy_header.h"
#include "formats/raw_elements.h"
#include "formats/utf.h"

namespace floe {
namespace {

constexpr int64_t kMaxEmptyStrings = 1 << 20;  // strings of zero size take no bytes of the file

std::string ReadText(Bytes item, const NpyHeader& header, const std::string& subject) {
  std::string text;
  if (header.text == NpyHeader::Text::kBytes) {
    text = AsText(item);
  } else {
    for (size_t at = 0; at < item.size(); at += 4) {
      uint32_t code = 0;
      for (size_t i = 0; i < 4; ++i)
        code |= static_cast<uint32_t>(item[at + (header.big_endian ? 3 - i : i)]) << (8 * i);
      if (!AppendUtf8(code, &text)) Throw(ErrorCode::kModel, "{}: {:#x} is no character", subject, code);
    }
  }
  text.erase(text.find_last_not_of('\0') + 1);  // padding
  return text;
}

Tensor ReadStrings(Bytes data, const NpyHeader& header, const std::vector<int64_t>& dims,
                   const std::string& subject) {
  Tensor tensor(DType::kString, dims);
  auto* out = tensor.data<std::string>();
  for (size_t i = 0; i < static_cast<size_t>(tensor.size()); ++i) {
    out[i] = ReadText(data.subspan(i * header.item_size, header.item_size), header, subject);
  }
  return tensor;
}

template <typename Element>
void Gather(const void* from, const std::vector<int64_t>& dims, void* to) {
  const auto* source = static_cast<const Element*>(from);
  auto* target = static_cast<Element*>(to);
  const size_t rank = dims.size();
  std::vector<int64_t> index(rank, 0), stride(rank, 1);
  for (size_t d = 1; d < rank; ++d) stride[d] = stride[d - 1] * dims[d - 1];
  const int64_t count = ElementCount(dims);
  int64_t offset = 0;
  for (int64_t i = 0; i < count; ++i) {
    target[i] = source[offset];
    for (size_t d = rank; d-- > 0;) {
      offset += stride[d];
      if (++index[d] < dims[d]) break;
      offset -= stride[d] * dims[d];
      index[d] = 0;
    }
  }
}

// Elements in the order of increasing first index -> row-major.
Tensor FromFortranOrder(const Tensor& flat, const std::vector<int64_t>& dims) {
  Tensor tensor(flat.dtype(), dims);
  if (flat.dtype() == DType::kString) {
    Gather<std::string>(flat.raw(), dims, tensor.raw());
    return tensor;
  }
  struct Bytes16 {
    uint64_t words[2];
  };
  switch (DTypeSize(flat.dtype())) {
    case 1:
      Gather<uint8_t>(flat.raw(), dims, tensor.raw());
      break;
    case 2:
      Gather<uint16_t>(flat.raw(), dims, tensor.raw());
      break;
    case 4:
      Gather<uint32_t>(flat.raw(), dims, tensor.raw());
      break;
    case 8:
      Gather<uint64_t>(flat.raw(), dims, tensor.raw());
      break;
    default:
      Gather<Bytes16>(flat.raw(), dims, tensor.raw());
      break;
  }
  return tensor;
}

std::string DescrOf(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return "|b1";
    case DType::kInt8:
      return "|i1";
    case DType::kUInt8:
      return "|u1";
    case DType::kBFloat16:
      return "<V2";
    default:
      break;
  }
  const char kind = IsFloat(dtype) ? 'f' : IsComplex(dtype) ? 'c' : IsSigned(dtype) ? 'i' : 'u';
  return fmt::format("<{}{}", kind, DTypeSize(dtype));
}

void AppendStrings(const Tensor& tensor, std::string* npy) {
  const auto* strings = tensor.data<std::string>();
  std::vector<std::vector<uint32_t>> decoded;
  size_t longest_text = 1, longest_bytes = 1;
  bool utf8 = true;
  for (int64_t i = 0; i < tensor.size(); ++i) {
    auto codes = utf8 ? DecodeUtf8(strings[i]) : std::nullopt;
    utf8 = codes.has_value();
    longest_bytes = std::max(longest_bytes, strings[i].size());
    if (!utf8) continue;
    longest_text = std::max(longest_text, codes->size());
    decoded.push_back(std::move(*codes));
  }
  if (!utf8) {
    *npy = MakeNpyHeader(fmt::format("|S{}", longest_bytes), tensor.dims());
    for (int64_t i = 0; i < tensor.size(); ++i) {
      *npy += strings[i];
      npy->append(longest_bytes - strings[i].size(), '\0');
    }
    return;
  }
  *npy = MakeNpyHeader(fmt::format("<U{}", longest_text), tensor.dims());
  for (const auto& codes : decoded) {
    for (const uint32_t code : codes) {
      for (int shift = 0; shift < 32; shift += 8) *npy += static_cast<char>(code >> shift);
    }
    npy->append(4 * (longest_text - codes.size()), '\0');
  }
}

}  // namespace

Tensor ParseNpy(Bytes bytes, const std::string& subject, std::shared_ptr<const void> keep_alive) {
  const NpyHeader header = ParseNpyHeader(bytes, subject);
  const int64_t count = ElementCount(header.dims);
  const Bytes rest = bytes.subspan(header.data_offset);
  const bool too_many = header.item_size == 0 ? count > kMaxEmptyStrings
                                              : static_cast<uint64_t>(count) > rest.size() / header.item_size;
  if (too_many) {
    Throw(ErrorCode::kModel, "{}: {} elements of {} bytes expected for the shape {}, found {} bytes", subject,
          count, header.item_size, DimsToString(header.dims), rest.size());
  }
  const Bytes data = rest.first(static_cast<size_t>(count) * header.item_size);
  // Order matters only where two dimensions are larger than one.
  const auto large =
      std::count_if(header.dims.begin(), header.dims.end(), [](int64_t dim) { return dim > 1; });
  const bool reorder = header.fortran_order && large > 1 && count > 0;
  const std::vector<int64_t> dims = reorder ? std::vector<int64_t>{count} : header.dims;
  Tensor tensor = header.dtype == DType::kString
                      ? ReadStrings(data, header, dims, subject)
                      : TensorFromRaw(header.dtype, dims, data, std::move(keep_alive), header.big_endian);
  return reorder ? FromFortranOrder(tensor, header.dims) : tensor;
}

Tensor ReadNpy(const std::string& path) {
  const auto file = MappedFile::Open(path);
  return ParseNpy(file->bytes(), path, file);
}

std::string FormatNpy(const Tensor& tensor) {
  CHECK(!tensor.empty());
  std::string npy;
  if (tensor.dtype() == DType::kString) {
    AppendStrings(tensor, &npy);
    return npy;
  }
  npy = MakeNpyHeader(DescrOf(tensor.dtype()), tensor.dims());
  npy.append(static_cast<const char*>(tensor.raw()), tensor.size_bytes());
  return npy;
}

void WriteNpy(const std::string& path, const Tensor& tensor) {
  WriteFile(path, AsBytes(FormatNpy(tensor)));
}

}  // namespace floe
