// Features of tf.Example, read from the bytes of the proto:
//   Example { Features features = 1; }   Features { map<string, Feature> feature = 1; }
//   Feature { oneof { BytesList = 1, FloatList = 2, Int64List = 3 } }, each { repeated value = 1; }
// and of tf.SequenceExample:
//   SequenceExample { Features context = 1; FeatureLists feature_lists = 2; }
//   FeatureLists { map<string, FeatureList> feature_list = 1; }   FeatureList { repeated Feature feature = 1;
//   }
// https://protobuf.dev/programming-guides/encoding
#include <algorithm>
#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/reference/kernels.h"

namespace floe::reference {
namespace {

enum WireType : uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  uint64_t number = 0;
  uint64_t type = kVarint;
  uint64_t value = 0;      // of a varint
  std::string_view bytes;  // of the others
};

// Walks over the fields of one message.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  // False at the end and, then not ok, where the bytes are damaged.
  bool Next(WireField* field) {
    if (!ok_ || bytes_.empty()) return false;
    const uint64_t tag = Varint();
    field->number = tag >> 3;
    field->type = tag & 7;
    field->bytes = {};
    switch (field->type) {
      case kVarint:
        field->value = Varint();
        break;
      case kFixed64:
        field->bytes = Take(8);
        break;
      case kBytes:
        field->bytes = Take(Varint());
        break;
      case kFixed32:
        field->bytes = Take(4);
        break;
      default:
        ok_ = false;
    }
    return ok_;
  }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<uint8_t>(bytes_[0]);
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view Take(uint64_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

constexpr uint64_t kBytesList = 1, kFloatList = 2, kInt64List = 3;

// A list of a Feature: which of the three, and its bytes.
struct List {
  uint64_t kind = 0;
  std::string_view bytes;
};

// The list that a feature holds, if any; false where it is damaged.
bool ReadFeature(std::string_view feature, std::optional<List>* list) {
  list->reset();
  WireReader fields(feature);
  for (WireField field; fields.Next(&field);) {
    if (field.type == kBytes && field.number >= kBytesList && field.number <= kInt64List)
      *list = {field.number, field.bytes};
  }
  return fields.ok();
}

// The value under `key` in the map that is field `part` of the proto, the last one where there are several: a
// Feature or a FeatureList. False where the proto is damaged.
bool FindEntry(std::string_view example, uint64_t part, std::string_view key,
               std::optional<std::string_view>* value) {
  WireReader parts(example);
  for (WireField map; parts.Next(&map);) {
    if (map.number != part || map.type != kBytes) continue;
    WireReader entries(map.bytes);
    for (WireField entry; entries.Next(&entry);) {
      if (entry.number != 1 || entry.type != kBytes) continue;
      std::string_view name, of;
      WireReader pair(entry.bytes);
      for (WireField side; pair.Next(&side);) {
        if (side.type == kBytes && side.number == 1) name = side.bytes;
        if (side.type == kBytes && side.number == 2) of = side.bytes;
      }
      if (!pair.ok()) return false;
      if (name == key) *value = of;
    }
    if (!entries.ok()) return false;
  }
  return parts.ok();
}

// The list of an Example's feature.
bool FindFeature(std::string_view example, std::string_view key, std::optional<List>* list) {
  std::optional<std::string_view> feature;
  return FindEntry(example, 1, key, &feature) && (!feature || ReadFeature(*feature, list));
}

float FloatOf(std::string_view bytes) {
  uint32_t bits = 0;
  for (size_t i = 0; i < 4; ++i) bits |= uint32_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return std::bit_cast<float>(bits);
}

// The values of a list behind those in `out`; false where it is damaged. Numbers are packed or one by one.
bool AppendValues(std::string_view list, std::vector<std::string>* out) {
  WireReader fields(list);
  for (WireField field; fields.Next(&field);) {
    if (field.number == 1 && field.type == kBytes) out->emplace_back(field.bytes);
  }
  return fields.ok();
}
bool AppendValues(std::string_view list, std::vector<float>* out) {
  WireReader fields(list);
  for (WireField field; fields.Next(&field);) {
    if (field.number != 1 || (field.type != kBytes && field.type != kFixed32)) continue;
    if (field.bytes.size() % 4 != 0) return false;
    for (size_t i = 0; i < field.bytes.size(); i += 4) out->push_back(FloatOf(field.bytes.substr(i, 4)));
  }
  return fields.ok();
}
bool AppendValues(std::string_view list, std::vector<int64_t>* out) {
  WireReader fields(list);
  for (WireField field; fields.Next(&field);) {
    if (field.number != 1) continue;
    if (field.type == kVarint) out->push_back(static_cast<int64_t>(field.value));
    if (field.type != kBytes) continue;
    WireReader packed(field.bytes);
    while (packed.ok() && !packed.empty()) out->push_back(static_cast<int64_t>(packed.Varint()));
    if (!packed.ok()) return false;
  }
  return fields.ok();
}

uint64_t KindOf(DType dtype) {
  if (dtype == DType::kString) return kBytesList;
  return dtype == DType::kFloat32 ? kFloatList : kInt64List;
}

std::string_view NameOf(uint64_t kind) {
  return kind == kBytesList ? "string" : kind == kFloatList ? "float32" : "int64";
}

// The values of every example, row by row.
template <typename T>
struct Rows {
  std::vector<T> values;
  std::vector<int64_t> splits = {0};
};

template <typename T>
Rows<T> ReadRows(const ExampleFeature& op, const OpCall& call) {
  const Tensor& examples = call.in(0);
  Rows<T> rows;
  for (int64_t i = 0; i < examples.size(); ++i) {
    std::optional<List> list;
    const std::string& example = examples.data<std::string>()[i];
    if (!FindFeature(example, op.key, &list)) call.FailValue("example {} is no serialized tf.Example", i);
    const size_t before = rows.values.size();
    if (list && list->kind != KindOf(op.to)) {
      call.FailValue("feature '{}' of example {}: expected {}, got {}", op.key, i, DTypeName(op.to),
                     NameOf(list->kind));
    }
    if (list && !AppendValues(list->bytes, &rows.values))
      call.FailValue("example {} is no serialized tf.Example", i);
    if (!list && op.count >= 0) {
      if (!call.has(1)) call.FailValue("feature '{}' is missing in example {}", op.key, i);
      const T* values = call.in(1).data<T>();
      rows.values.insert(rows.values.end(), values, values + op.count);
    }
    const auto count = static_cast<int64_t>(rows.values.size() - before);
    if (op.count >= 0 && count != op.count) {
      call.FailValue("feature '{}' of example {}: expected {} values, got {}", op.key, i, op.count, count);
    }
    rows.splits.push_back(static_cast<int64_t>(rows.values.size()));
  }
  return rows;
}

template <typename T>
void RunAs(const ExampleFeature& op, OpCall& call) {
  const Rows<T> rows = ReadRows<T>(op, call);
  const int64_t examples = call.in(0).size();
  const Dims dims = op.count >= 0 ? Dims{examples, op.count} : Dims{static_cast<int64_t>(rows.values.size())};
  std::copy(rows.values.begin(), rows.values.end(), call.Out(0, op.to, dims).template data<T>());
  if (op.count >= 0 || !call.wants(1)) return;
  std::copy(rows.splits.begin(), rows.splits.end(),
            call.Out(1, DType::kInt64, {examples + 1}).template data<int64_t>());
}

template <typename T>
void RunAs(const ExampleFeatureList& op, OpCall& call) {
  std::vector<T> values;
  std::vector<int64_t> steps = {0}, protos = {0};
  for (int64_t i = 0; i < call.in(0).size(); ++i) {
    const auto require = [&](bool sound) {
      if (!sound) call.FailValue("example {} is no serialized tf.SequenceExample", i);
    };
    std::optional<std::string_view> found;
    require(FindEntry(call.in(0).data<std::string>()[i], 2, op.key, &found));
    if (!found && op.required) call.FailValue("feature list '{}' is missing in example {}", op.key, i);
    WireReader features(found.value_or(std::string_view()));
    for (WireField feature; features.Next(&feature);) {
      if (feature.number != 1 || feature.type != kBytes) continue;
      std::optional<List> list;
      require(ReadFeature(feature.bytes, &list));
      const size_t before = values.size();
      if (list && list->kind != KindOf(op.to)) {
        call.FailValue("feature list '{}' of example {}: expected {}, got {}", op.key, i, DTypeName(op.to),
                       NameOf(list->kind));
      }
      require(!list || AppendValues(list->bytes, &values));
      const auto count = static_cast<int64_t>(values.size() - before);
      if (op.count >= 0 && count != op.count) {
        call.FailValue("feature list '{}' of example {}: expected {} values in a step, got {}", op.key, i,
                       op.count, count);
      }
      steps.push_back(static_cast<int64_t>(values.size()));
    }
    require(features.ok());
    protos.push_back(static_cast<int64_t>(steps.size()) - 1);
  }
  std::ranges::copy(values, call.Out(0, op.to, {static_cast<int64_t>(values.size())}).template data<T>());
  size_t output = 1;
  for (const std::vector<int64_t>* splits : {&steps, &protos}) {
    const Dims dims = {static_cast<int64_t>(splits->size())};
    std::ranges::copy(*splits, call.Out(output++, DType::kInt64, dims).template data<int64_t>());
  }
}

template <typename Op>
void RunFor(const Op& op, OpCall& call) {
  switch (op.to) {
    case DType::kFloat32:
      return RunAs<float>(op, call);
    case DType::kInt64:
      return RunAs<int64_t>(op, call);
    case DType::kString:
      return RunAs<std::string>(op, call);
    default:
      call.Fail("no feature of {}", DTypeName(op.to));
  }
}

}  // namespace

void Run(const ExampleFeatureList& op, OpCall& call) {
  if (call.in(0).dtype() != DType::kString) call.FailType(0);
  call.RequireRank(0, 1);
  RunFor(op, call);
}

void Run(const ExampleFeature& op, OpCall& call) {
  if (call.in(0).dtype() != DType::kString) call.FailType(0);
  call.RequireRank(0, 1);
  if (call.has(1)) {
    if (call.in(1).dtype() != op.to) call.FailType(1);
    if (op.count >= 0) call.RequireDims(1, {op.count});
  }
  RunFor(op, call);
}

}  // namespace floe::reference
