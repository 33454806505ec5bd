#include "formats/tensorflow/foreign_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "formats/tensorflow/wire.h"

namespace floe {
namespace {

using namespace std::string_view_literals;

struct Magic {
  size_t offset;
  std::string_view bytes;
  const char* what;
  const char* remedy = "";
};

constexpr const char* kUnpack = "unpack it and give what is in it";
constexpr const char* kDownload =
    "it is what a server answered in place of the file; download the model again";
constexpr const char* kSource = "give the TensorFlow model that it was made from";

constexpr std::array kMagics = {
    Magic{0, "FLOE"sv, "a Floe engine", "floe info reads it"},
    Magic{4, "TFL3"sv, "a TensorFlow Lite model", kSource},
    Magic{0, "BZh"sv, "a bzip2 archive", kUnpack},
    Magic{0, "\xfd\x37zXZ"sv, "an xz archive", kUnpack},
    Magic{257, "ustar"sv, "a tar archive", kUnpack},
    Magic{0, "\xff\xd8\xff"sv, "a JPEG picture"},
    Magic{0, "\x89PNG\r\n\x1a\n"sv, "a PNG picture"},
    Magic{0, "GIF8"sv, "a GIF picture"},
    Magic{0, "RIFF"sv, "a RIFF file (a sound or a picture)"},
    Magic{0, "%PDF"sv, "a PDF document"},
    Magic{0, "\x7f\x45LF"sv, "a program or library (ELF)"},
    Magic{0, "\x93NUMPY"sv, "a numpy array"},
    Magic{0, "ptrt"sv, "a TensorRT engine", kSource},
    Magic{0, "ftrt"sv, "a TensorRT engine", kSource},
    Magic{0, "\x80\x02"sv, "a Python pickle"},
    Magic{0, "\x80\x03"sv, "a Python pickle"},
    Magic{0, "\x80\x04"sv, "a Python pickle"},
    Magic{0, "\x80\x05"sv, "a Python pickle"},
    Magic{0, "version https://git-lfs"sv, "a Git LFS pointer, not the file itself", "run 'git lfs pull'"},
    Magic{0, "<?xml"sv, "an XML file"},
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

bool Contains(Bytes bytes, std::string_view what) {
  return AsText(bytes).find(what) != std::string_view::npos;
}

// A string literal of Python.
std::string PythonText(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// Where a model that is exported or unpacked goes: the path without what stands behind its first dot.
std::string FolderFor(const std::string& path) {
  const std::filesystem::path file(path);
  const std::string name = file.filename().string();
  const std::string stem = name.substr(0, name.find('.', 1));
  return (file.parent_path() / (stem == name ? stem + "_model" : stem)).string();
}

std::string ExportLine(const std::string& path) {
  const std::string folder = FolderFor(path);
  return fmt::format(
      "export it in Python: import tensorflow as tf; tf.keras.models.load_model({}).export({}); then give {}",
      PythonText(path), PythonText(folder), folder);
}

// A model in HDF5 has its layers in an attribute; files with weights alone have none.
ForeignFile DescribeHdf5(Bytes bytes, const std::string& path) {
  if (Contains(bytes, "model_config")) return {"a Keras model in an HDF5 file", ExportLine(path)};
  return {"an HDF5 file without a Keras model in it, perhaps its weights alone",
          fmt::format("make the model in Python, then model.load_weights({}); model.export({}); then give {}",
                      PythonText(path), PythonText(FolderFor(path)), FolderFor(path))};
}

ForeignFile DescribeZip(Bytes bytes, const std::string& path) {
  if (Contains(bytes, "config.json") && Contains(bytes, "model.weights.h5"))
    return {"a Keras model (a .keras archive)", ExportLine(path)};
  if (Contains(bytes, "saved_model.pb"))
    return {"a zip archive with a SavedModel in it", "unpack it and give the folder"};
  if (Contains(bytes, "data.pkl")) return {"a PyTorch model", "Floe reads TensorFlow's models"};
  return {"a zip archive", kUnpack};
}

ForeignFile DescribeGzip(const std::string& path) {
  const bool tar = path.ends_with(".tar.gz") || path.ends_with(".tgz");
  if (!tar) return {"a gzip archive", kUnpack};
  const std::string folder = FolderFor(path);
  return {"a packed folder (.tar.gz), as TensorFlow Hub hands out models",
          fmt::format("unpack it: mkdir {0} && tar xzf {1} -C {0}; then give {0}", folder, path)};
}

// Pages come with white space or a byte order mark in front, and in any case.
bool IsWebPage(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (start == std::string_view::npos) return false;
  std::string head(text.substr(start, 16));
  std::ranges::transform(head, head.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return head.starts_with("<!doctype") || head.starts_with("<html") || head.starts_with("<head");
}

ForeignFile DescribeJson(Bytes bytes, const std::string& path) {
  if (Contains(bytes, "weightsManifest")) return {"a TensorFlow.js model", kSource};
  if (Contains(bytes, "\"class_name\"") && Contains(bytes, "\"config\"")) {
    const std::string folder = FolderFor(path);
    return {
        "the architecture of a Keras model without its weights",
        fmt::format(
            "in Python: model = tf.keras.models.model_from_json(open({}).read()), model.load_weights(...), "
            "model.export({}); then give {}",
            PythonText(path), PythonText(folder), folder)};
  }
  return {"a JSON file", ""};
}

}  // namespace

std::optional<ForeignFile> DescribeForeignFile(Bytes bytes, const std::string& path) {
  for (const Magic& magic : kMagics) {
    if (HasAt(bytes, magic.offset, magic.bytes)) return ForeignFile{magic.what, magic.remedy};
  }
  if (HasAt(bytes, 0, "\x89HDF\r\n\x1a\n")) return DescribeHdf5(bytes, path);
  if (HasAt(bytes, 0, "PK\x03\x04")) return DescribeZip(bytes, path);
  if (HasAt(bytes, 0, "\x1f\x8b")) return DescribeGzip(path);
  if (HasAt(bytes, 0, "{")) return DescribeJson(bytes, path);
  if (IsWebPage(AsText(bytes.first(std::min<size_t>(bytes.size(), 512)))))
    return ForeignFile{"a web page", kDownload};
  if (IsCheckpointTable(bytes))
    return ForeignFile{"a checkpoint table, which holds variables but no graph", ""};
  if (IsOnnx(bytes)) return ForeignFile{"an ONNX model", ""};
  return std::nullopt;
}

bool IsCheckpointTable(Bytes bytes) {
  return bytes.size() > kTableMagic.size() && HasAt(bytes, bytes.size() - kTableMagic.size(), kTableMagic);
}

bool LooksLikeText(Bytes bytes) {
  const Bytes head = bytes.first(std::min<size_t>(bytes.size(), 4096));
  return !head.empty() && std::all_of(head.begin(), head.end(), [](uint8_t c) {
    return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

}  // namespace floe
