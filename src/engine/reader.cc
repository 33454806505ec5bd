#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "base/hash.h"
#include "engine/format.h"
#include "graph/serialize.h"

namespace floe {
namespace {

struct SectionRow {
  SectionKind kind;
  uint32_t index;
  Bytes bytes;
};

std::vector<SectionRow> ReadSections(Bytes file, const std::string& subject, bool verify) {
  if (file.size() < sizeof(kEngineMagic) || std::memcmp(file.data(), kEngineMagic, 4) != 0) {
    Throw(ErrorCode::kModel, "{}: not a Floe engine", subject);
  }
  if (std::memcmp(file.data(), kEngineMagic, sizeof(kEngineMagic)) != 0) {
    Throw(ErrorCode::kModel, "{}: damaged: its first bytes were changed, as by a copy in text mode", subject);
  }
  ByteReader header(file, subject);
  header.Raw(sizeof(kEngineMagic));
  const uint32_t version = header.U32();
  if (version != kEngineVersion) {
    Throw(ErrorCode::kEngine, "{}: engine format {}, but this Floe reads format {}; build the engine again",
          subject, version, kEngineVersion);
  }
  const uint32_t count = header.U32();
  const uint64_t size = header.U64();
  const uint64_t table_hash = header.U64();
  if (size != file.size()) {
    Throw(ErrorCode::kModel, "{}: truncated or extended: expected {} bytes, found {}", subject, size,
          file.size());
  }
  if (count > kMaxSections) header.Fail("too many sections");
  const Bytes table = header.Raw(count * kSectionRowBytes);
  if (verify && Hash64(table) != table_hash)
    Throw(ErrorCode::kModel, "{}: damaged: wrong checksum of the section table", subject);
  ByteReader rows(table, subject);
  std::vector<SectionRow> sections;
  uint64_t end = kHeaderBytes + table.size();
  for (uint32_t i = 0; i < count; ++i) {
    SectionRow row{static_cast<SectionKind>(rows.U32()), rows.U32(), {}};
    const uint64_t offset = rows.U64();
    const uint64_t length = rows.U64();
    const uint64_t hash = rows.U64();
    if (offset % kAlignment != 0 || offset < end || offset > file.size() || length > file.size() - offset) {
      rows.Fail("a section lies outside the file or over another");
    }
    row.bytes = file.subspan(offset, length);
    end = offset + length;
    if (verify && Hash64(row.bytes) != hash) {
      Throw(ErrorCode::kModel, "{}: damaged: wrong checksum of section {}", subject, i);
    }
    sections.push_back(row);
  }
  return sections;
}

Bytes Find(const std::vector<SectionRow>& sections, SectionKind kind, uint32_t index,
           const std::string& subject) {
  for (const SectionRow& s : sections) {
    if (s.kind == kind && s.index == index) return s.bytes;
  }
  Throw(ErrorCode::kModel, "{}: damaged: section {} {} is missing", subject, static_cast<uint32_t>(kind),
        index);
}

std::vector<IoSpec> ReadIo(ByteReader& in) {
  std::vector<IoSpec> specs(in.Count(4));
  for (IoSpec& spec : specs) {
    spec.name = in.String();
    spec.tensor = in.String();
    spec.type = ReadType(in);
  }
  return specs;
}

void ReadMeta(ByteReader in, EngineData* data) {
  data->target.backend = in.String();
  data->target.isa = in.String();
  data->target.device = in.String();
  data->target.threads = static_cast<int>(in.Varint() & 0xffffu);
  data->precision = in.String();
  data->preprocess_json = in.String();
  data->labels.resize(in.Count(1));
  for (std::string& label : data->labels) label = in.String();
  data->inputs = ReadIo(in);
  data->outputs = ReadIo(in);
  data->notes.resize(in.Count(2));
  for (auto& [key, value] : data->notes) {
    key = in.String();
    value = in.String();
  }
}

Tensor ReadStrings(Bytes bytes, std::vector<int64_t> dims, const std::string& subject) {
  ByteReader in(bytes, subject);
  if (ElementCount(dims) > static_cast<int64_t>(bytes.size())) in.Fail("more strings than bytes");
  Tensor t(DType::kString, std::move(dims));
  for (int64_t i = 0; i < t.size(); ++i) t.data<std::string>()[i] = in.String();
  return t;
}

std::vector<Tensor> ReadConstants(ByteReader in, Bytes weights,
                                  const std::shared_ptr<const void>& keep_alive) {
  std::vector<Tensor> constants;
  const size_t count = in.Count(3);
  constants.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const DType dtype = static_cast<DType>(in.U8());
    if (DTypeSize(dtype) == 0) in.Fail("an unknown element type");
    std::vector<int64_t> dims(in.Count(1));
    for (int64_t& d : dims) {
      const uint64_t v = in.Varint();
      if (v > static_cast<uint64_t>(INT64_MAX)) in.Fail("a dimension is out of range");
      d = static_cast<int64_t>(v);
    }
    const uint64_t offset = in.Varint();
    const int64_t elements = ElementCount(dims);
    if (offset % kAlignment != 0 || offset > weights.size()) in.Fail("a constant lies outside the weights");
    if (dtype == DType::kString) {
      const uint64_t length = in.Varint();
      if (length > weights.size() - offset) in.Fail("a constant lies outside the weights");
      constants.push_back(ReadStrings(weights.subspan(offset, length), std::move(dims), in.subject()));
      continue;
    }
    if (static_cast<uint64_t>(elements) > (weights.size() - offset) / DTypeSize(dtype)) {
      in.Fail("a constant lies outside the weights");
    }
    constants.push_back(Tensor::ConstView(dtype, std::move(dims), weights.data() + offset, keep_alive));
  }
  return constants;
}

}  // namespace

EngineData ReadEngine(Bytes bytes, std::shared_ptr<const void> keep_alive, const std::string& subject,
                      bool verify) {
  const std::vector<SectionRow> sections = ReadSections(bytes, subject, verify);
  EngineData data;
  ReadMeta(ByteReader(Find(sections, SectionKind::kMeta, 0, subject), subject), &data);
  data.constants = ReadConstants(ByteReader(Find(sections, SectionKind::kConstants, 0, subject), subject),
                                 Find(sections, SectionKind::kWeights, 0, subject), keep_alive);
  const auto plans = static_cast<uint32_t>(
      std::ranges::count_if(sections, [](const SectionRow& s) { return s.kind == SectionKind::kPlan; }));
  for (uint32_t i = 0; i < plans; ++i) {
    ByteReader in(Find(sections, SectionKind::kPlan, i, subject), subject);
    data.profiles.push_back(ReadPlan(in, data.constants));
  }
  if (data.profiles.empty()) Throw(ErrorCode::kModel, "{}: damaged: it has no plan", subject);
  return data;
}

bool IsEngineFile(const std::string& path) {
  if (IsDirectory(path) || !FileExists(path)) return false;
  const auto file = MappedFile::Open(path);
  return file->bytes().size() >= 4 && std::memcmp(file->bytes().data(), kEngineMagic, 4) == 0;
}

}  // namespace floe
