// What passes between a node and the program's codec.
#include <gtest/gtest.h>

#include "backends/reference/evaluate.h"
#include "base/error.h"
#include "floe/picture.h"
#include "graph/text.h"

namespace floe {
namespace {

Tensor Decode(std::string_view bytes, const PictureRequest& request, const std::string& subject) {
  if (bytes == "broken") Throw(ErrorCode::kModel, "{}: a broken picture", subject);
  EXPECT_EQ(bytes, "file");
  EXPECT_EQ(request.channels, 3);
  EXPECT_EQ(request.ratio, 2);
  EXPECT_TRUE(request.accurate_dct);
  EXPECT_FALSE(request.smooth_chroma);
  EXPECT_EQ(request.window, (std::array<int64_t, 4>{1, 2, 3, 4}));
  return Tensor(request.dtype, {3, 4, 3});
}

std::string Encode(const Tensor& picture, const PictureEncoding& how, const std::string&) {
  EXPECT_FALSE(how.png);
  return std::string("quality ") + std::to_string(how.quality) + DimsToString(picture.dims());
}

class Pictures : public testing::Test {
 protected:
  ~Pictures() override { SetPictureCodec({}); }

  static Tensor Text(const std::string& text) { return Tensor::FromValues<std::string>({}, {text}); }
  static std::string ErrorOf(const char* graph, const std::vector<Tensor>& inputs) {
    try {
      EvaluateGraph(*ParseGraph(graph), inputs);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "no error";
  }
};

constexpr const char* kDecode =
    "graph g(%x: string[], %w: int32[4]) -> (%y) { %y = DecodePicture(%x, %w) "
    "{channels=3, ratio=2, accurate_dct=true, smooth_chroma=false} }";
const Tensor kWindow = Tensor::FromVector<int32_t>({1, 2, 3, 4});

TEST_F(Pictures, WithoutACodecSayWhatTheProgramMustDo) {
  EXPECT_EQ(ErrorOf(kDecode, {Text("file"), kWindow}),
            "DecodePicture 'y': no decoder for pictures; the program must name one, such as "
            "SetPictureCodec(ImageCodec())");
}

TEST_F(Pictures, AreDecodedAsTheNodeAsks) {
  SetPictureCodec({Decode, Encode});
  const std::vector<Tensor> y =
      EvaluateGraph(*ParseGraph(kDecode), std::vector<Tensor>{Text("file"), kWindow});
  EXPECT_EQ(y[0].dims(), (std::vector<int64_t>{3, 4, 3}));
  EXPECT_EQ(ErrorOf(kDecode, {Text("broken"), kWindow}), "DecodePicture 'y': a broken picture");
}

TEST_F(Pictures, AreEncodedOneByOne) {
  SetPictureCodec({Decode, Encode});
  const auto graph =
      ParseGraph("graph g(%x: uint8[2, 5, 4, 3]) -> (%y) { %y = EncodePicture(%x) {png=false, quality=7} }");
  const std::vector<Tensor> y =
      EvaluateGraph(*graph, std::vector<Tensor>{Tensor(DType::kUInt8, {2, 5, 4, 3})});
  ASSERT_EQ(y[0].dims(), (std::vector<int64_t>{2}));
  EXPECT_EQ(y[0].data<std::string>()[1], "quality 7[5, 4, 3]");
}

TEST_F(Pictures, Base64IsWebSafeAndChecked) {
  EXPECT_EQ(ErrorOf("graph g(%x: string[]) -> (%y) { %y = DecodeBase64(%x) }", {Text("+/+/")}),
            "DecodeBase64 'y': a string of 4 characters is no web-safe base64");
  EXPECT_EQ(ErrorOf("graph g(%x: string[]) -> (%y) { %y = DecodeBase64(%x) }", {Text("YQ=")}),
            "DecodeBase64 'y': a string of 3 characters is no web-safe base64");
}

}  // namespace
}  // namespace floe
