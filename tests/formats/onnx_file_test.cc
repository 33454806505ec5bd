// ONNX files: weights in and beside them, and what is none.
#include <filesystem>

#include "formats/files.h"
#include "formats/onnx/model_file.h"
#include "formats/onnx/tensor_proto.h"

namespace floe {
namespace {

using ::testing::HasSubstr;

std::string SmallModel(size_t weights) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  onnx::TensorProto* w = model.mutable_graph()->add_initializer();
  w->set_name("w");
  w->set_data_type(onnx::TensorProto::FLOAT);
  w->add_dims(static_cast<int64_t>(weights));
  const std::vector<float> values(weights, 1.5F);
  w->set_raw_data(values.data(), weights * sizeof(float));
  return model.SerializeAsString();
}

onnx::TensorProto External(const std::string& location, int64_t dims, const std::string& offset = "0") {
  onnx::TensorProto tensor;
  tensor.set_name("w");
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(dims);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  const auto add = [&](const char* key, const std::string& value) {
    auto* entry = tensor.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  };
  add("location", location);
  add("offset", offset);
  return tensor;
}

TEST(OnnxFile, LargeWeightsStayInTheFile) {
  const TemporaryFolder folder;
  const OnnxFile model = ReadOnnxModel(folder.Write("m.onnx", SmallModel(5000)));
  EXPECT_FALSE(model.proto.graph().initializer(0).has_raw_data());
  ASSERT_EQ(model.raw[0].size(), 20000u);
  ExternalData external(model.folder);
  const Tensor w = TensorFromOnnx(model.proto.graph().initializer(0), &model.raw[0], external);
  EXPECT_EQ(w.data<float>()[4999], 1.5F);
}

TEST(OnnxFile, IsKnownByItsContents) {
  const TemporaryFolder folder;
  EXPECT_TRUE(LooksLikeOnnxModel(folder.Write("model", SmallModel(4))));
  EXPECT_FALSE(LooksLikeOnnxModel(folder.Write("graph.pb", ReadAll(DataFile("graph.pb")))));
}

TEST(OnnxFile, WhatIsNoneIsNamed) {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) {
    return ErrorOf([&] { ReadOnnxModel(folder.Write("m.onnx", bytes)); });
  };
  EXPECT_THAT(error(""), HasSubstr("found an empty file"));
  EXPECT_THAT(error("\xff\xd8\xff\xe0"), HasSubstr("found a JPEG picture"));
  EXPECT_THAT(error("ir_version: 8\n"), HasSubstr("found text"));
  const std::string whole = SmallModel(5000);
  for (size_t cut : {whole.size() - 1, whole.size() / 2, size_t{9}})
    EXPECT_THAT(error(whole.substr(0, cut)), HasSubstr("m.onnx: "));
}

TEST(OnnxFile, DeepNestingIsRefused) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(17);
  onnx::GraphProto* graph = model.mutable_graph();
  for (int i = 0; i < 60; ++i) graph = graph->add_node()->add_attribute()->mutable_g();
  const TemporaryFolder folder;
  EXPECT_THAT(ErrorOf([&] { ReadOnnxModel(folder.Write("m.onnx", model.SerializeAsString())); }),
              HasSubstr("nest deeper than 100 levels"));
}

TEST(OnnxExternalData, IsReadWhereItLies) {
  const TemporaryFolder folder;
  const float values[] = {0, 7, 8};
  folder.Write("w.bin", {reinterpret_cast<const char*>(values), sizeof(values)});
  ExternalData external(folder.path());
  const Tensor w = TensorFromOnnx(External("w.bin", 2, "4"), nullptr, external);
  EXPECT_EQ(w.data<float>()[1], 8);
}

TEST(OnnxExternalData, PathsThatLeaveTheFolderAreRefused) {
  const TemporaryFolder folder;
  ExternalData external(folder.path());
  for (const char* path : {"/etc/passwd", "../w.bin", "a/../../w.bin", ""}) {
    EXPECT_THAT(ErrorOf([&] { TensorFromOnnx(External(path, 1), nullptr, external); }),
                HasSubstr("is not a path below the model's folder"))
        << path;
  }
}

TEST(OnnxExternalData, LinksThatLeaveTheFolderAreRefused) {
  const TemporaryFolder folder, elsewhere;
  elsewhere.Write("secret.bin", "1234");
  folder.Write("w.bin", "1234");
  const std::filesystem::path own = folder.path(), other = elsewhere.path();
  std::filesystem::create_symlink(other / "secret.bin", own / "link.bin");
  std::filesystem::create_symlink(other, own / "down");
  std::filesystem::create_symlink(own / "w.bin", own / "inside.bin");
  ExternalData external(folder.path());
  for (const char* path : {"link.bin", "down/secret.bin"}) {
    EXPECT_THAT(ErrorOf([&] { TensorFromOnnx(External(path, 1), nullptr, external); }),
                HasSubstr("is a link that leaves the model's folder"))
        << path;
  }
  EXPECT_EQ(TensorFromOnnx(External("inside.bin", 1), nullptr, external).size(), 1);
}

TEST(OnnxExternalData, MayLieWhereTheModelIsLinkedTo) {
  const TemporaryFolder folder, blobs;
  blobs.Write("m", SmallModel(4));
  blobs.Write("w", "1234");
  const std::filesystem::path own = folder.path(), other = blobs.path();
  std::filesystem::create_symlink(other / "m", own / "m.onnx");
  std::filesystem::create_symlink(other / "w", own / "w.bin");
  ExternalData external(folder.path(), (own / "m.onnx").string());
  EXPECT_EQ(TensorFromOnnx(External("w.bin", 1), nullptr, external).size(), 1);
}

TEST(OnnxExternalData, MissingAndShortFilesAreRefused) {
  const TemporaryFolder folder;
  folder.Write("w.bin", "1234");
  ExternalData external(folder.path());
  const auto error = [&](const onnx::TensorProto& tensor) {
    return ErrorOf([&] { TensorFromOnnx(tensor, nullptr, external); });
  };
  EXPECT_THAT(error(External("none.bin", 1)), HasSubstr("is missing"));
  EXPECT_THAT(error(External("w.bin", 2)), HasSubstr("expected 8 bytes at 0 of"));
  EXPECT_THAT(error(External("w.bin", 1, "1")), HasSubstr("expected 4 bytes at 1 of"));
  EXPECT_THAT(error(External("w.bin", 1, "9223372036854775807")), HasSubstr("which has 4"));
  EXPECT_THAT(error(External("w.bin", 1, "-4")), HasSubstr("expected a number as offset"));
  EXPECT_THAT(error(External("w.bin", 1, "99999999999999999999")), HasSubstr("expected a number as offset"));
  const auto with_length = [](const std::string& length) {
    onnx::TensorProto tensor = External("w.bin", 1);
    auto* entry = tensor.add_external_data();
    entry->set_key("length");
    entry->set_value(length);
    return tensor;
  };
  EXPECT_THAT(error(with_length("8")), HasSubstr("take 4 bytes, its external data has 8"));
  EXPECT_THAT(error(with_length("99999999999999999999")), HasSubstr("expected a number as length"));
  onnx::TensorProto huge = External("w.bin", int64_t{1} << 40);
  huge.add_dims(int64_t{1} << 40);
  EXPECT_THAT(error(huge), HasSubstr("tensor 'w': tensor shape"));
  EXPECT_THAT(error(External("w.bin", int64_t{1} << 62)), HasSubstr("elements of float32 are too many"));
}

TEST(OnnxExternalData, PartsMayBeSharedAndMayNotOverlap) {
  const TemporaryFolder folder;
  folder.Write("w.bin", std::string(64, 'x'));
  ExternalData external(folder.path());
  TensorFromOnnx(External("w.bin", 4), nullptr, external);
  TensorFromOnnx(External("w.bin", 4), nullptr, external);
  TensorFromOnnx(External("./w.bin", 4, "16"), nullptr, external);
  EXPECT_THAT(ErrorOf([&] { TensorFromOnnx(External("w.bin", 4, "8"), nullptr, external); }),
              HasSubstr("overlaps that of 'w'"));
}

TEST(OnnxTensor, FourBitNumbersBecomeBytes) {
  onnx::TensorProto tensor;
  tensor.set_name("w");
  tensor.set_data_type(22);
  tensor.add_dims(3);
  tensor.set_raw_data("\x7f\x08");
  ExternalData external("");
  const Tensor w = TensorFromOnnx(tensor, nullptr, external);
  EXPECT_EQ(w.data<int8_t>()[0], -1);
  EXPECT_EQ(w.data<int8_t>()[1], 7);
  EXPECT_EQ(w.data<int8_t>()[2], -8);
}

TEST(OnnxTensor, SparseTensorsAreFilledIn) {
  onnx::SparseTensorProto sparse;
  sparse.mutable_values()->set_data_type(onnx::TensorProto::FLOAT);
  sparse.mutable_values()->add_dims(2);
  for (const float v : {5.0F, 6.0F}) sparse.mutable_values()->add_float_data(v);
  sparse.mutable_indices()->set_data_type(onnx::TensorProto::INT64);
  sparse.mutable_indices()->add_dims(2);
  for (const int64_t i : {1, 3}) sparse.mutable_indices()->add_int64_data(i);
  for (const int64_t d : {2, 2}) sparse.add_dims(d);
  ExternalData external("");
  const Tensor dense = DenseFromOnnx(sparse, external);
  EXPECT_EQ(dense.data<float>()[1], 5);
  EXPECT_EQ(dense.data<float>()[3], 6);
  sparse.mutable_indices()->set_int64_data(1, 4);
  EXPECT_THAT(ErrorOf([&] { DenseFromOnnx(sparse, external); }), HasSubstr("is outside [2, 2]"));
}

}  // namespace
}  // namespace floe
