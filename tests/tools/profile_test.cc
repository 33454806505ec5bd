// Engines for several input shapes, as a user builds and runs them.
#include "base/made_up.h"
#include "engine/plan.h"
#include "floe/engine.h"
#include "floe/session.h"
#include "support/run_floe.h"
#include "verify/compare.h"

namespace floe {
namespace {

using testing::HasSubstr;

class Profiles : public testing::Test {
 protected:
  Ran Build(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"build", SourceFile("tests/models/data/mobilenet_v1_0p25_128/frozen.pb"), "-o", engine_,
                      "--timing-cache", "none"});
    return RunFloe(arguments);
  }

  static Tensor Run(Session& session, int64_t batch) {
    return session.Run(std::vector<NamedTensor>{{"input", Pictures(batch)}})[0].tensor;
  }
  static Tensor Pictures(int64_t batch) { return MadeUpTensor(DType::kFloat32, {batch, 128, 128, 3}, 1); }

  ScratchFolder folder_;
  std::string engine_ = folder_ / "several.floe";
};

TEST_F(Profiles, OneEngineServesSeveralBatchesWithOneCopyOfTheWeights) {
  ASSERT_TRUE(Succeeds(Build({"--input", "input=1x128x128x3"})));
  const size_t alone = ReadBytes(engine_).size();
  ASSERT_TRUE(Succeeds(Build({"--input", "input=1x128x128x3", "--profile", "input=2x128x128x3", "--profile",
                              "input:0=3,128,128,3"})));
  EXPECT_LT(ReadBytes(engine_).size(), alone * 3 / 2);

  Session session(Engine::Load(engine_));
  ASSERT_EQ(session.engine().data().profiles.size(), 3u);
  const Tensor one = Run(session, 1);
  for (const int64_t batch : {3, 2, 1}) {
    const Tensor several = Run(session, batch);
    ASSERT_EQ(several.dims()[0], batch);
    // The first picture is the same in every batch.
    const Tensor first = Tensor::ConstView(DType::kFloat32, one.dims(), several.raw());
    EXPECT_LT(CompareTensors("first", first, one).relative, 1e-5) << batch;
  }
}

TEST_F(Profiles, AnOpenDimensionIsNoErrorWhereProfilesGiveIt) {
  ASSERT_TRUE(Succeeds(Build({"--profile", "input=2x128x128x3"})));
  EXPECT_EQ(Engine::Load(engine_)->inputs()[0].dims, (std::vector<int64_t>{2, 128, 128, 3}));
}

TEST_F(Profiles, AShapeThatNoProfileHasIsRefused) {
  ASSERT_TRUE(Succeeds(Build({"--profile", "input=2x128x128x3", "--profile", "input=3x128x128x3"})));
  Session session(Engine::Load(engine_));
  EXPECT_THAT([&] { Run(session, 4); }, testing::ThrowsMessage<Error>(HasSubstr("input")));
}

TEST_F(Profiles, ANameThatIsNoInputIsRefusedWithTheNames) {
  EXPECT_TRUE(Refuses(Build({"--profile", "inpt=2x128x128x3"}), 2, {"inpt", "did you mean 'input'"}));
  EXPECT_TRUE(Refuses(Build({"--profile", "input"}), 2, {"NAME=SHAPE"}));
}

}  // namespace
}  // namespace floe
