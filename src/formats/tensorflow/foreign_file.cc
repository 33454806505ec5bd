#include "formats/tensorflow/foreign_file.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "formats/tensorflow/wire.h"

namespace floe {
namespace {

using std::string_view_literals::operator""sv;

struct Magic {
  size_t offset;
  std::string_view bytes;
  const char* what;
};

constexpr std::array kMagics = {
    Magic{0, "FLOE"sv, "a Floe engine"},
    Magic{0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file (a Keras .h5 model or weights; save it as a SavedModel)"},
    Magic{4, "TFL3"sv, "a TensorFlow Lite model"},
    Magic{0, "PK\x03\x04"sv, "a zip archive (a .keras or PyTorch file, or an archive to unpack first)"},
    Magic{0, "\x1f\x8b"sv, "a gzip archive (unpack it first)"},
    Magic{0, "BZh"sv, "a bzip2 archive (unpack it first)"},
    Magic{0,
          "\xfd"
          "7zXZ"sv,
          "an xz archive (unpack it first)"},
    Magic{257, "ustar"sv, "a tar archive (unpack it first)"},
    Magic{0, "\xff\xd8\xff"sv, "a JPEG picture"},
    Magic{0, "\x89PNG\r\n\x1a\n"sv, "a PNG picture"},
    Magic{0, "GIF8"sv, "a GIF picture"},
    Magic{0, "RIFF"sv, "a RIFF file (a sound or a picture)"},
    Magic{0, "%PDF"sv, "a PDF document"},
    Magic{0,
          "\x7f"
          "ELF"sv,
          "a program or library (ELF)"},
    Magic{0, "\x93NUMPY"sv, "a numpy array"},
    Magic{0, "ptrt"sv, "a TensorRT engine"},
    Magic{0, "ftrt"sv, "a TensorRT engine"},
    Magic{0, "\x80\x02"sv, "a Python pickle"},
    Magic{0, "\x80\x03"sv, "a Python pickle"},
    Magic{0, "\x80\x04"sv, "a Python pickle"},
    Magic{0, "\x80\x05"sv, "a Python pickle"},
    Magic{0, "version https://git-lfs"sv, "a Git LFS pointer, not the file itself (run 'git lfs pull')"},
    Magic{0, "<!DOCTYPE"sv, "a web page"},
    Magic{0, "<html"sv, "a web page"},
    Magic{0, "<?xml"sv, "an XML file"},
    Magic{0, "{"sv, "a JSON file"},
};

constexpr std::string_view kTableMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb"sv;

bool HasAt(Bytes bytes, size_t offset, std::string_view what) {
  return bytes.size() >= offset + what.size() && AsText(bytes.subspan(offset, what.size())) == what;
}

// ModelProto: ir_version = 1 (a number), graph = 7, opset_import = 8. Walking stops early enough to be cheap.
bool IsOnnx(Bytes bytes) {
  WireWalker walker(bytes);
  WireField field;
  bool version = false, graph_or_opset = false;
  while (walker.Next(&field)) {
    if (field.number == 1) version = field.type == WireType::kVarint && field.varint < 1000;
    if ((field.number == 7 || field.number == 8) && field.type == WireType::kBytes) graph_or_opset = true;
    if (field.number > 25) return false;
  }
  return version && graph_or_opset;
}

}  // namespace

std::optional<std::string> DescribeForeignFile(Bytes bytes) {
  for (const Magic& magic : kMagics) {
    if (HasAt(bytes, magic.offset, magic.bytes)) return magic.what;
  }
  if (bytes.size() > kTableMagic.size() && HasAt(bytes, bytes.size() - kTableMagic.size(), kTableMagic)) {
    return "a checkpoint table, which holds variables but no graph";
  }
  if (IsOnnx(bytes)) return "an ONNX model";
  return std::nullopt;
}

bool LooksLikeText(Bytes bytes) {
  const Bytes head = bytes.first(std::min<size_t>(bytes.size(), 4096));
  return !head.empty() && std::all_of(head.begin(), head.end(), [](uint8_t c) {
    return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

}  // namespace floe
