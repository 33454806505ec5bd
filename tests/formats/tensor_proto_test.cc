#include "formats/tensorflow/tensor_proto.h"

#include "files.h"
#include "formats/npy.h"
#include "formats/tensorflow/model_file.h"

namespace floe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

tf::TensorProto Proto(tf::DataType type, const std::vector<int64_t>& dims) {
  tf::TensorProto proto;
  proto.set_dtype(type);
  DimsToShapeProto(dims, proto.mutable_tensor_shape());
  return proto;
}

std::string ErrorOfProto(const tf::TensorProto& proto) {
  return ErrorOf([&] { TensorFromProto(proto, "Const 'c'"); });
}

TEST(TensorProto, ReadsTensorFlowsConstantsOfEveryType) {
  const auto expected = ReadNpz(DataFile("constants.npz"));
  const TensorFlowModel model = ReadTensorFlowModel(DataFile("constants.pb"));
  size_t compared = 0;
  for (const auto& node : model.graph.node()) {
    const Tensor* golden = FindTensor(expected, node.name());
    ASSERT_NE(golden, nullptr) << node.name();
    const tf::TensorProto& proto = node.attr().at("value").tensor();
    const Tensor tensor = TensorFromProto(proto, node.name());
    EXPECT_TRUE(SameContents(tensor, *golden)) << node.name();
    EXPECT_TRUE(SameContents(TensorFromProto(TensorToProto(tensor), node.name()), tensor)) << node.name();
    ++compared;
  }
  EXPECT_EQ(compared, expected.size());
}

TEST(TensorProto, TheLastValueFillsUpAndExcessIsIgnored) {
  tf::TensorProto proto = Proto(tf::DT_INT32, {4});
  proto.add_int_val(1);
  proto.add_int_val(2);
  const Tensor filled = TensorFromProto(proto, "c");
  EXPECT_THAT(std::span(filled.data<int32_t>(), 4), ElementsAre(1, 2, 2, 2));
  DimsToShapeProto({1}, proto.mutable_tensor_shape());
  EXPECT_EQ(TensorFromProto(proto, "c").data<int32_t>()[0], 1);
  proto.clear_int_val();
  EXPECT_EQ(TensorFromProto(proto, "c").data<int32_t>()[0], 0);
}

TEST(TensorProto, QuantizedAndReferenceTypesAreStoredAsTheirIntegers) {
  tf::TensorProto proto = Proto(tf::DT_QUINT8, {2});
  proto.set_tensor_content("\x01\xff");
  EXPECT_EQ(TensorFromProto(proto, "c").data<uint8_t>()[1], 255);
  EXPECT_EQ(DTypeFromTf(tf::DT_QINT32), DType::kInt32);
  EXPECT_EQ(DTypeFromTf(tf::DT_FLOAT_REF), DType::kFloat32);
  EXPECT_EQ(RemoveRef(tf::DT_INT64_REF), tf::DT_INT64);
  EXPECT_EQ(DataTypeName(tf::DT_INT64_REF), "DT_INT64_REF");
  EXPECT_EQ(DataTypeName(static_cast<tf::DataType>(77)), "DT_77");
}

TEST(TensorProto, LargeContentIsTakenNotCopied) {
  tf::TensorProto proto = Proto(tf::DT_FLOAT, {1 << 16});
  proto.set_tensor_content(std::string(4 << 16, '\x01'));
  const void* bytes = proto.tensor_content().data();
  const Tensor tensor = TensorFromProto(std::move(proto), "c");
  EXPECT_EQ(tensor.raw(), bytes);
}

TEST(TensorProto, EqualElementsAreWrittenOnce) {
  const tf::TensorProto proto = TensorToProto(Tensor::FromValues<float>({2, 2}, {3, 3, 3, 3}));
  EXPECT_EQ(proto.float_val_size(), 1);
  EXPECT_TRUE(proto.tensor_content().empty());
  // 0 and -0 are equal numbers of different bits.
  EXPECT_EQ(TensorToProto(Tensor::FromValues<float>({2}, {0.f, -0.f})).tensor_content().size(), 8u);
}

TEST(TensorProto, RefusesTypesWithoutElements) {
  EXPECT_EQ(ErrorOfProto(Proto(tf::DT_VARIANT, {})), "Const 'c': element type DT_VARIANT is not supported");
  EXPECT_EQ(ErrorOfProto(Proto(tf::DT_RESOURCE, {})), "Const 'c': element type DT_RESOURCE is not supported");
  EXPECT_EQ(ErrorOfProto(Proto(tf::DT_INT4, {})), "Const 'c': element type DT_INT4 is not supported");
}

TEST(TensorProto, RefusesContentOfTheWrongLength) {
  tf::TensorProto proto = Proto(tf::DT_FLOAT, {2});
  proto.set_tensor_content("1234567");
  EXPECT_EQ(ErrorOfProto(proto),
            "Const 'c': float32 [2] needs 2 elements of 4 bytes, but the content has 7 bytes");
  DimsToShapeProto({int64_t{1} << 62, 1}, proto.mutable_tensor_shape());
  EXPECT_THAT(ErrorOfProto(proto), HasSubstr("but the content has 7 bytes"));
}

TEST(TensorProto, RefusesHostileShapes) {
  tf::TensorProto proto = Proto(tf::DT_FLOAT, {1 << 30, 4});
  proto.add_float_val(1);
  EXPECT_EQ(ErrorOfProto(proto),
            "Const 'c': float32 [1073741824, 4] asks for 4294967296 elements, but the file holds 1");
  EXPECT_THAT(ErrorOfProto(Proto(tf::DT_FLOAT, {int64_t{1} << 40, int64_t{1} << 40})), HasSubstr("64 bits"));
  EXPECT_EQ(ErrorOfProto(Proto(tf::DT_FLOAT, {-1, 2})), "Const 'c': expected a known shape, found [?, 2]");
  EXPECT_EQ(ErrorOfProto(Proto(tf::DT_FLOAT, {-5})), "Const 'c': a shape with dimension -5");
  EXPECT_THAT(ErrorOfProto(Proto(tf::DT_STRING, {1 << 30})), HasSubstr("asks for 1073741824 elements"));
  proto.mutable_tensor_shape()->set_unknown_rank(true);
  EXPECT_EQ(ErrorOfProto(proto), "Const 'c': expected a known shape, found unknown rank");
}

TEST(TensorProto, StringContentIsLengthsThenBytes) {
  tf::TensorProto proto = Proto(tf::DT_STRING, {2});
  proto.set_tensor_content(std::string("\1\2abc"));
  EXPECT_THAT(std::span(TensorFromProto(proto, "c").data<std::string>(), 2), ElementsAre("a", "bc"));
  proto.set_tensor_content(std::string("\1\3abc"));
  EXPECT_THAT(ErrorOfProto(proto), HasSubstr("Const 'c'"));
  proto.set_tensor_content(std::string("\1\1abc"));
  EXPECT_EQ(ErrorOfProto(proto), "Const 'c': 1 bytes left behind the strings");
}

}  // namespace
}  // namespace floe
