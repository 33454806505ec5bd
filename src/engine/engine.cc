#include "floe/engine.h"

#include <cstring>
#include <new>

#include "base/file.h"
#include "engine/format.h"

namespace floe {
namespace {

std::vector<TensorSpec> Specs(const std::vector<IoSpec>& from) {
  std::vector<TensorSpec> out;
  for (const IoSpec& spec : from) {
    TensorSpec& to = out.emplace_back(TensorSpec{spec.name, spec.tensor, spec.type.dtype, {}});
    for (const Dim& d : spec.type.shape.dims()) to.dims.push_back(d.value());
  }
  return out;
}

EngineData ReadChecked(Bytes bytes, std::shared_ptr<const void> keep_alive, const std::string& subject,
                       const LoadOptions& options) {
  try {
    EngineData data = ReadEngine(bytes, std::move(keep_alive), subject, options.verify);
    if (!options.any_machine) RequireThisMachine(data, subject);
    ValidateEngine(data, subject);
    return data;
  } catch (const std::bad_alloc&) {
    Throw(ErrorCode::kResource, "{}: out of memory", subject);
  }
}

}  // namespace

Engine::Engine(EngineData data) : data_(std::make_unique<const EngineData>(std::move(data))) {}
Engine::~Engine() = default;

std::shared_ptr<const Engine> Engine::Load(const std::string& path, const LoadOptions& options) {
  const std::shared_ptr<const MappedFile> file = MappedFile::Open(path);
  return std::make_shared<const Engine>(ReadChecked(file->bytes(), file, path, options));
}

std::shared_ptr<const Engine> Engine::FromBytes(std::span<const uint8_t> bytes,
                                                std::shared_ptr<const void> keep_alive,
                                                const LoadOptions& options) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % kAlignment != 0) {
    Tensor copy(DType::kUInt8, {static_cast<int64_t>(bytes.size())});
    std::memcpy(copy.raw(), bytes.data(), bytes.size());
    keep_alive = copy.owner();
    bytes = {copy.data<uint8_t>(), bytes.size()};
  }
  return std::make_shared<const Engine>(ReadChecked(bytes, std::move(keep_alive), "engine", options));
}

void Engine::Save(const std::string& path) const {
  WriteFile(path, WriteEngine(*data_));
}

std::vector<TensorSpec> Engine::inputs() const {
  return Specs(data_->inputs);
}
std::vector<TensorSpec> Engine::outputs() const {
  return Specs(data_->outputs);
}
const std::vector<std::string>& Engine::labels() const {
  return data_->labels;
}
const std::string& Engine::preprocess_json() const {
  return data_->preprocess_json;
}
std::string Engine::target() const {
  return data_->target.isa.empty() ? data_->target.backend : data_->target.backend + " " + data_->target.isa;
}

}  // namespace floe
