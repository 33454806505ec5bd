// An engine file of another version, cut short, or with flipped bytes.
#include <algorithm>
#include <random>

#include "engine/format.h"
#include "floe/session.h"
#include "formats/npy.h"
#include "support/run_floe.h"

namespace floe {
namespace {

class BadEngine : public testing::Test {
 protected:
  BadEngine() {
    BuildTinyEngine(folder_ / "tiny.floe");
    bytes_ = ReadBytes(folder_ / "tiny.floe");
    WriteNpy(folder_ / "feed.npy", Tensor(DType::kFloat32, {2, 6, 5, 3}));
  }

  Ran Run(const std::string& path, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"run", path, "--feed", "input=" + folder_ / "feed.npy"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunFloe(arguments);
  }

  ScratchFolder folder_;
  std::string bytes_;
};

void Put32(std::string& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

uint64_t Get64(const std::string& bytes, size_t at) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

TEST_F(BadEngine, WholeOneRuns) {
  EXPECT_TRUE(Succeeds(Run(folder_ / "tiny.floe")));
}

TEST_F(BadEngine, MissingFileIsNamed) {
  EXPECT_TRUE(Refuses(RunFloe({"info", "/no/such/engine.floe"}), 3, {"/no/such/engine.floe"}));
  EXPECT_TRUE(Refuses(RunFloe({"explain", "/no/such/engine.floe"}), 3, {"/no/such/engine.floe"}));
}

TEST_F(BadEngine, EmptyFileIsNoEngine) {
  EXPECT_TRUE(
      Refuses(RunFloe({"info", folder_.Write("empty.floe", "")}), 3, {"empty.floe", "not a Floe engine"}));
}

TEST_F(BadEngine, ModelIsNoEngine) {
  const std::string model = FormFile("binary_graph/graph.pb");
  EXPECT_TRUE(Refuses(RunFloe({"info", model}), 3, {"graph.pb", "not a Floe engine"}));
}

TEST_F(BadEngine, AnotherVersionIsRefusedWithBothNumbers) {
  Put32(bytes_, 8, kEngineVersion + 1);
  const std::string path = folder_.Write("newer.floe", bytes_);
  const std::vector<std::string> texts = {"newer.floe", "format " + std::to_string(kEngineVersion + 1),
                                          "format " + std::to_string(kEngineVersion),
                                          "build the engine again"};
  EXPECT_TRUE(Refuses(RunFloe({"info", path}), 4, texts));
  EXPECT_TRUE(Refuses(Run(path), 4, texts));
}

TEST_F(BadEngine, CopyInTextModeIsRecognised) {
  bytes_.erase(4, 1);  // "\r\n" became "\n"
  EXPECT_TRUE(Refuses(RunFloe({"info", folder_.Write("text.floe", bytes_)}), 3, {"text.floe", "text mode"}));
}

TEST_F(BadEngine, TruncatedAnywhereIsRefused) {
  for (const size_t size :
       {size_t{5}, size_t{20}, size_t{40}, size_t{200}, bytes_.size() / 2, bytes_.size() - 1}) {
    const std::string path = folder_.Write("cut.floe", bytes_.substr(0, size));
    EXPECT_TRUE(Refuses(RunFloe({"info", path}), 3, {"cut.floe"})) << size << " bytes";
    EXPECT_TRUE(Refuses(Run(path, {"--no-verify"}), 3, {"cut.floe"})) << size << " bytes";
  }
}

TEST_F(BadEngine, ExtendedIsRefused) {
  EXPECT_TRUE(
      Refuses(RunFloe({"info", folder_.Write("long.floe", bytes_ + '\0')}), 3, {"long.floe", "extended"}));
}

TEST_F(BadEngine, FlippedByteOfEachSectionHasAWrongChecksum) {
  const auto sections = static_cast<uint8_t>(bytes_[12]);
  ASSERT_GE(sections, 4);
  for (size_t s = 0; s < sections; ++s) {
    const size_t row = kHeaderBytes + s * kSectionRowBytes;
    const uint64_t offset = Get64(bytes_, row + 8);
    const uint64_t length = Get64(bytes_, row + 16);
    ASSERT_GT(length, 0u);
    std::string damaged = bytes_;
    damaged[offset + length / 2] = static_cast<char>(damaged[offset + length / 2] ^ 0x40);
    const std::string path = folder_.Write("flipped.floe", damaged);
    EXPECT_TRUE(Refuses(Run(path), 3, {"flipped.floe", "checksum"})) << "section " << s;
  }
}

TEST_F(BadEngine, FlippedByteOfTheTableHasAWrongChecksum) {
  bytes_[kHeaderBytes + 9] = static_cast<char>(bytes_[kHeaderBytes + 9] ^ 1);
  EXPECT_TRUE(Refuses(Run(folder_.Write("flipped.floe", bytes_)), 3, {"flipped.floe", "checksum"}));
}

// With the checksums looked at or not, and even made right again: refused in one line, or run to the end.
TEST_F(BadEngine, FlippedBitsNeverCrashTheProgram) {
  std::mt19937 random(1);
  for (int i = 0; i < 60; ++i) {
    std::string damaged = bytes_;
    const size_t at = random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    const Ran ran = Run(folder_.Write("flipped.floe", damaged), {"--no-verify"});
    if (ran.exit_code == 0) continue;
    EXPECT_TRUE(ran.exit_code >= 2 && ran.exit_code <= 4) << "byte " << at;
    EXPECT_TRUE(Refuses(ran, ran.exit_code, {})) << "byte " << at;
  }
}

// The same in this process, where thousands are affordable; a crash or a failed CHECK ends the test.
TEST_F(BadEngine, FlippedBytesAreRefusedOrRun) {
  const auto from_plan =
      static_cast<size_t>(Get64(bytes_, kHeaderBytes + 8));  // meta, constants, plan, weights
  const std::vector<NamedTensor> feeds = {{"input", Tensor(DType::kFloat32, {2, 6, 5, 3})}};
  constexpr uint8_t kEdges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  std::mt19937 random(2);
  int refused = 0;
  int ran = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string damaged = bytes_;
    const int flips = 1 + static_cast<int>(random() % 3);
    for (int k = 0; k < flips; ++k) {
      // Half of them in the first part, where everything means something.
      const size_t span = k % 2 == 0 ? std::min<size_t>(damaged.size(), from_plan + 4096) : damaged.size();
      damaged[random() % span] = random() % 2 == 0 ? static_cast<char>(random())
                                                   : static_cast<char>(kEdges[random() % std::size(kEdges)]);
    }
    const Bytes bytes = AsBytes(damaged);
    try {
      const auto engine = Engine::FromBytes(bytes, nullptr, {.verify = false});
      Session session(engine, {1, nullptr});
      session.Run(feeds);
      ++ran;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(ran, 100);
}

}  // namespace
}  // namespace floe
