#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/hash.h"
#include "engine/format.h"
#include "graph/serialize.h"

namespace floe {
namespace {

struct Section {
  SectionKind kind;
  uint32_t index;
  std::vector<uint8_t> bytes;
};

void WriteIo(ByteWriter& out, const std::vector<IoSpec>& specs) {
  out.Varint(specs.size());
  for (const IoSpec& spec : specs) {
    out.String(spec.name);
    out.String(spec.tensor);
    WriteType(out, spec.type);
  }
}

std::vector<uint8_t> Meta(const EngineData& data) {
  ByteWriter out;
  out.String(data.target.backend);
  out.String(data.target.isa);
  out.String(data.target.device);
  out.Varint(static_cast<uint64_t>(data.target.threads));
  out.String(data.precision);
  out.String(data.preprocess_json);
  out.Varint(data.labels.size());
  for (const std::string& label : data.labels) out.String(label);
  WriteIo(out, data.inputs);
  WriteIo(out, data.outputs);
  out.Varint(data.notes.size());
  for (const auto& [key, value] : data.notes) {
    out.String(key);
    out.String(value);
  }
  return out.Take();
}

std::vector<uint8_t> StringBytes(const Tensor& t) {
  ByteWriter out;
  for (int64_t i = 0; i < t.size(); ++i) out.String(t.data<std::string>()[i]);
  return out.Take();
}

// Fills the table and the weights section together.
void WriteConstants(const std::vector<Tensor>& constants, std::vector<uint8_t>* table,
                    std::vector<uint8_t>* weights) {
  ByteWriter rows;
  size_t total = 0;
  for (const Tensor& t : constants) {
    if (t.dtype() != DType::kString) total += (t.size_bytes() + kAlignment - 1) / kAlignment * kAlignment;
  }
  weights->reserve(total);
  rows.Varint(constants.size());
  for (const Tensor& t : constants) {
    weights->resize((weights->size() + kAlignment - 1) / kAlignment * kAlignment);
    rows.U8(static_cast<uint8_t>(t.dtype()));
    rows.Varint(t.rank());
    for (const int64_t d : t.dims()) rows.Varint(static_cast<uint64_t>(d));
    rows.Varint(weights->size());
    if (t.dtype() == DType::kString) {
      const std::vector<uint8_t> bytes = StringBytes(t);
      rows.Varint(bytes.size());
      weights->insert(weights->end(), bytes.begin(), bytes.end());
    } else {
      CHECK(t.raw() != nullptr);
      const auto* begin = static_cast<const uint8_t*>(t.raw());
      weights->insert(weights->end(), begin, begin + t.size_bytes());
    }
  }
  *table = rows.Take();
}

size_t Aligned(size_t n) {
  return (n + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

std::vector<uint8_t> WriteEngine(const EngineData& data) {
  std::vector<Section> sections;
  sections.push_back({SectionKind::kMeta, 0, Meta(data)});
  std::vector<uint8_t> table;
  std::vector<uint8_t> weights;
  WriteConstants(data.constants, &table, &weights);
  sections.push_back({SectionKind::kConstants, 0, std::move(table)});
  for (size_t i = 0; i < data.profiles.size(); ++i) {
    ByteWriter out;
    WritePlan(out, data.profiles[i], data.constants);
    sections.push_back({SectionKind::kPlan, static_cast<uint32_t>(i), out.Take()});
  }
  sections.push_back({SectionKind::kWeights, 0, std::move(weights)});
  CHECK(sections.size() <= kMaxSections);

  size_t offset = Aligned(kHeaderBytes + kSectionRowBytes * sections.size());
  ByteWriter rows;
  for (const Section& s : sections) {
    rows.U32(static_cast<uint32_t>(s.kind));
    rows.U32(s.index);
    rows.U64(offset);
    rows.U64(s.bytes.size());
    rows.U64(Hash64(s.bytes));
    offset = Aligned(offset + s.bytes.size());
  }

  ByteWriter head;
  head.Raw(kEngineMagic);
  head.U32(kEngineVersion);
  head.U32(static_cast<uint32_t>(sections.size()));
  head.U64(offset);
  head.U64(Hash64(rows.bytes()));
  head.Raw(rows.bytes());
  std::vector<uint8_t> file = head.Take();
  file.reserve(offset);
  for (Section& s : sections) {
    file.resize(Aligned(file.size()));
    file.insert(file.end(), s.bytes.begin(), s.bytes.end());
    s.bytes = {};
  }
  file.resize(Aligned(file.size()));
  CHECK(file.size() == offset);
  return file;
}

}  // namespace floe
