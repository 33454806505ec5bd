// The layout of the engine file; docs/engine_format.md has the whole of it in words.
//
//   header | section table | sections at multiples of 64: meta, constants table, plan of each profile,
//   weights
#ifndef FLOE_ENGINE_FORMAT_H_
#define FLOE_ENGINE_FORMAT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "engine/plan.h"

namespace floe {

constexpr uint8_t kEngineMagic[8] = {'F', 'L', 'O', 'E', '\r', '\n', 0x1a, '\n'};
constexpr uint32_t kEngineVersion = 1;
constexpr size_t kHeaderBytes = 32;
constexpr size_t kSectionRowBytes = 32;
constexpr size_t kMaxSections = 64;
constexpr size_t kAlignment = 64;
constexpr int kMaxPlanDepth = 32;

enum class SectionKind : uint32_t { kMeta = 1, kConstants = 2, kPlan = 3, kWeights = 4 };

// Constants of this many bytes or less are written inside the plan, larger ones in the weights.
constexpr size_t kInlineConstantBytes = 256;

// The bytes of an engine: a short head and the weights, which are views of `data`'s constants.
std::vector<uint8_t> WriteEngine(const EngineData& data);

// Constants of the result are views of `bytes`, which `keep_alive` keeps. Throws Error: kModel (not an
// engine, damaged), kEngine (another version, a kernel that this Floe does not have).
EngineData ReadEngine(Bytes bytes, std::shared_ptr<const void> keep_alive, const std::string& subject,
                      bool verify);

// One plan in the format's words. Constants go by their place in `constants`, found by the address of their
// bytes.
void WritePlan(ByteWriter& out, const Plan& plan, const std::vector<Tensor>& constants);
Plan ReadPlan(ByteReader& in, const std::vector<Tensor>& constants, int depth = 0);

// Throws Error(kEngine) unless the machine at hand can run it.
void RequireThisMachine(const EngineData& data, const std::string& subject);

// Throws Error(kEngine or kModel) unless every index, size and offset of the plan holds together, so that
// running it touches no memory but its own, whatever file it came from. `subject` starts the message.
void ValidateEngine(const EngineData& data, const std::string& subject);

// 32 hex digits over everything that decides the numbers: plans, problems, constants, target; not names,
// provenance, labels or notes. Two ways of saving one model give the same one.
std::string ComputeDigest(const EngineData& data);

// The file at `path` begins as an engine does; false for a folder and where there is none.
bool IsEngineFile(const std::string& path);

}  // namespace floe

#endif  // FLOE_ENGINE_FORMAT_H_
