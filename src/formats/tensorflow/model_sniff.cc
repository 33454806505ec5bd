#include "formats/tensorflow/model_sniff.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "formats/tensorflow/wire.h"

namespace floe {
namespace {

bool IsOpName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '>' || c == '/' || c == '-';
  });
}

// A NodeDef has a name (1) and an op (2), both plain text.
bool LooksLikeNode(Bytes bytes) {
  WireWalker walker(bytes);
  WireField field;
  bool name = false, op = false;
  while (walker.Next(&field)) {
    if (field.number > 7) return false;
    if (field.number == 1) name = field.type == WireType::kBytes && !field.payload.empty();
    if (field.number == 2) op = field.type == WireType::kBytes && IsOpName(AsText(field.payload));
  }
  // The first node of a file that was cut off ends early.
  return op && (name || walker.damaged());
}

// node = 1, library = 2, version = 3, versions = 4, debug_info = 5. A graph without nodes shows by its
// versions alone.
bool LooksLikeGraph(Bytes bytes) {
  WireWalker walker(bytes);
  WireField field;
  bool any = false;
  while (walker.Next(&field)) {
    const WireType expected = field.number == 3 ? WireType::kVarint : WireType::kBytes;
    if (field.number > 5 || field.type != expected) return false;
    if (field.number == 1) return LooksLikeNode(field.payload);
    any = true;
  }
  return any;
}

// meta_info_def = 1, graph_def = 2, saver_def = 3, then maps and messages up to 7.
bool LooksLikeMetaGraph(Bytes bytes) {
  WireWalker walker(bytes);
  WireField field;
  bool graph = false;
  while (walker.Next(&field)) {
    if (field.number > 7 || field.type != WireType::kBytes) return false;
    if (field.number == 2) graph = graph || field.payload.empty() || LooksLikeGraph(field.payload);
  }
  // Cut off inside the graph: the field that was begun is the graph's.
  return graph || (walker.cut_off() && walker.position() < bytes.size() && bytes[walker.position()] == 0x12);
}

// saved_model_schema_version = 1 (a number), meta_graphs = 2.
bool LooksLikeSavedModel(Bytes bytes) {
  WireWalker walker(bytes);
  WireField field;
  bool version = false, meta_graph = false;
  while (walker.Next(&field)) {
    if (field.number > 2) return false;
    if (field.number == 1) version = field.type == WireType::kVarint;
    if (field.number == 2) {
      meta_graph = field.type == WireType::kBytes && LooksLikeMetaGraph(field.payload);
      if (!meta_graph) return false;
    }
  }
  return meta_graph || (version && walker.cut_off());
}

struct TextField {
  std::string_view name;
  ModelKind kind;
};
constexpr std::array kTextFields = {
    TextField{"node", ModelKind::kGraphDef},
    TextField{"library", ModelKind::kGraphDef},
    TextField{"version", ModelKind::kGraphDef},
    TextField{"versions", ModelKind::kGraphDef},
    TextField{"debug_info", ModelKind::kGraphDef},
    TextField{"meta_info_def", ModelKind::kMetaGraph},
    TextField{"graph_def", ModelKind::kMetaGraph},
    TextField{"saver_def", ModelKind::kMetaGraph},
    TextField{"collection_def", ModelKind::kMetaGraph},
    TextField{"signature_def", ModelKind::kMetaGraph},
    TextField{"asset_file_def", ModelKind::kMetaGraph},
    TextField{"object_graph_def", ModelKind::kMetaGraph},
    TextField{"saved_model_schema_version", ModelKind::kSavedModel},
    TextField{"meta_graphs", ModelKind::kSavedModel},
};

// The first identifier behind white space and comments.
std::string_view FirstIdentifier(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
    } else {
      break;
    }
  }
  size_t end = at;
  while (end < text.size() && end - at < 64 &&
         (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
    ++end;
  }
  return text.substr(at, end - at);
}

}  // namespace

std::optional<ModelKind> SniffBinaryModel(Bytes bytes) {
  if (LooksLikeSavedModel(bytes)) return ModelKind::kSavedModel;
  if (LooksLikeGraph(bytes)) return ModelKind::kGraphDef;
  if (LooksLikeMetaGraph(bytes)) return ModelKind::kMetaGraph;
  WireWalker walker(bytes);
  WireField field;
  // Cut off inside the very first node: its name and op are there all the same.
  if (!walker.Next(&field) && walker.cut_off() && bytes.size() > 6 && bytes[0] == 0x0a) {
    size_t header = 1;
    while (header < 6 && bytes[header] >= 0x80) ++header;
    if (LooksLikeNode(bytes.subspan(header + 1))) return ModelKind::kGraphDef;
  }
  return std::nullopt;
}

std::optional<ModelKind> SniffTextModel(Bytes bytes, std::string* field) {
  const std::string_view first = FirstIdentifier(AsText(bytes));
  *field = first;
  for (const TextField& known : kTextFields) {
    if (known.name == first) return known.kind;
  }
  return std::nullopt;
}

}  // namespace floe
