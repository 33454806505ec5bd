// Models that decode pictures themselves.
#include "support/run_floe.h"

namespace floe {
namespace {

using testing::HasSubstr;

constexpr const char* kDecodesOne = R"(
node { name: "contents" op: "Placeholder"
       attr { key: "dtype" value { type: DT_STRING } } attr { key: "shape" value { shape {} } } }
node { name: "picture" op: "DecodeJpeg" input: "contents" attr { key: "channels" value { i: 3 } } }
)";

// What TensorFlow Serving's examples do: a list of files, of which this one looks at the first.
constexpr const char* kDecodesAList = R"(
node { name: "image_bytes" op: "Placeholder" attr { key: "dtype" value { type: DT_STRING } }
       attr { key: "shape" value { shape { dim { size: -1 } } } } }
node { name: "first" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
       attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 0 } } } }
node { name: "axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
       attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 0 } } } }
node { name: "one" op: "GatherV2" input: "image_bytes" input: "first" input: "axis"
       attr { key: "Tparams" value { type: DT_STRING } } attr { key: "Tindices" value { type: DT_INT32 } }
       attr { key: "Taxis" value { type: DT_INT32 } } }
node { name: "picture" op: "DecodeImage" input: "one" attr { key: "channels" value { i: 1 } }
       attr { key: "expand_animations" value { b: false } } }
)";

class PictureFeed : public testing::Test {
 protected:
  Ran Run(const char* model, const std::string& feed) {
    return RunFloe({"run", folder_.Write("model.pbtxt", model), "--feed", feed, "--fetch", "picture"});
  }
  static std::string Picture(const std::string& name) { return SourceFile("tests/image/data/" + name); }

  ScratchFolder folder_;
};

TEST_F(PictureFeed, AFileIsAScalar) {
  const Ran ran = Run(kDecodesOne, "contents=" + Picture("rgb_420.jpg"));
  ASSERT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.out, HasSubstr("uint8[35, 51, 3]"));
}

TEST_F(PictureFeed, OrAListOfOneOrMore) {
  for (const std::string& feed :
       {Picture("gray_8.png") + ",", Picture("gray_8.png") + "," + Picture("rgb_420.jpg")}) {
    const Ran ran = Run(kDecodesAList, "image_bytes=" + feed);
    ASSERT_TRUE(Succeeds(ran)) << feed;
    EXPECT_THAT(ran.out, HasSubstr("uint8[13, 11, 1]"));
  }
}

TEST_F(PictureFeed, BytesThatAreNoPictureAreTheRunsFault) {
  const std::string path = folder_.Write("text.png", "hello");
  EXPECT_TRUE(
      Refuses(Run(kDecodesOne, "contents=" + path), 2,
              {"DecodePicture 'picture'", "expected a JPEG, PNG or BMP picture, found something else"}));
}

TEST_F(PictureFeed, AnEngineIsBuiltAndRunAlike) {
  const std::string model = folder_.Write("model.pbtxt", kDecodesOne), engine = folder_ / "model.floe";
  ASSERT_TRUE(Succeeds(RunFloe({"build", model, "-o", engine, "--timing-cache", "none"})));
  const Ran ran = RunFloe({"run", engine, "--feed", "contents=" + Picture("gray.jpg")});
  ASSERT_TRUE(Succeeds(ran));
  EXPECT_THAT(ran.out, HasSubstr("uint8[27, 45, 3]"));
}

}  // namespace
}  // namespace floe
