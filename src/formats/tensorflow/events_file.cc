#include "formats/tensorflow/events_file.h"

#include "base/error.h"
#include "formats/tensorflow/wire.h"
#include "formats/tf_record.h"

namespace floe {
namespace {

// Fields of the message Event.
constexpr uint32_t kGraphDef = 4;
constexpr uint32_t kMetaGraphDef = 9;

}  // namespace

std::optional<EventGraph> FindLastGraph(Bytes file, const std::string& path) {
  std::optional<EventGraph> found;
  RecordReader records(file);
  Bytes event;
  for (size_t start = 0; records.Next(&event); start = records.position()) {
    WireWalker walker(event);
    WireField field;
    while (walker.Next(&field)) {
      const bool graph = field.number == kGraphDef || field.number == kMetaGraphDef;
      if (!graph || field.type != WireType::kBytes) continue;
      if (!records.DataIntact()) {
        Throw(ErrorCode::kModel,
              "{}: wrong checksum of the record at byte {}, which holds a graph: the file is damaged", path,
              start);
      }
      found = EventGraph{field.payload, field.number == kMetaGraphDef};
    }
  }
  if (records.damaged() && !records.cut_off())
    Throw(ErrorCode::kModel, "{}: the events file is damaged at byte {}: {}", path, records.position(),
          records.reason());
  return found;
}

}  // namespace floe
