// A model's bytes: the fields of ModelProto and GraphProto as protobuf writes them, then one field
// `initializer` a weight, whose raw_data comes straight from the tensor. PATH.data: the weights one after the
// other, each at a multiple of 4096, so that a reader can map it.
#include "formats/onnx/write.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <array>
#include <filesystem>

#include "base/check.h"
#include "base/error.h"
#include "base/file.h"

namespace floe {
namespace {

constexpr uint64_t kExternalAlignment = 4096;
constexpr uint64_t kSmallestExternal = 1024;  // smaller weights stay in the model file

std::string Serialize(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  if (!message.SerializeToCodedStream(&coded))
    Throw(ErrorCode::kModel, "the ONNX graph without its weights is over 2 GB");
  coded.Trim();
  return bytes;
}

// Tag and length of a field of bytes.
std::string FieldHead(int number, uint64_t size) {
  std::array<uint8_t, 20> buffer;
  using Coded = google::protobuf::io::CodedOutputStream;
  uint8_t* end = Coded::WriteVarint32ToArray(static_cast<uint32_t>(number) << 3 | 2, buffer.data());
  end = Coded::WriteVarint64ToArray(size, end);
  return {reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(end - buffer.data())};
}

onnx::TensorProto Describe(const std::string& name, const Tensor& tensor) {
  onnx::TensorProto proto;
  for (const int64_t d : tensor.dims()) proto.add_dims(d);
  proto.set_data_type(OnnxType(tensor.dtype()));
  proto.set_name(name);
  return proto;
}

Bytes ElementBytes(const Tensor& tensor) {
  return {static_cast<const uint8_t*>(tensor.raw()), tensor.size_bytes()};
}

// One weight as a field of GraphProto: what stands before and after the tensor's own bytes.
struct WeightField {
  std::string head;  // the field's tag and length, the description, raw_data's tag and length
  Bytes data;        // empty when external
};

WeightField InlineField(const NamedTensor& weight) {
  const std::string about = Serialize(Describe(weight.name, weight.tensor));
  const Bytes data = ElementBytes(weight.tensor);
  const std::string raw_head = FieldHead(onnx::TensorProto::kRawDataFieldNumber, data.size());
  const uint64_t size = about.size() + raw_head.size() + data.size();
  return {FieldHead(onnx::GraphProto::kInitializerFieldNumber, size) + about + raw_head, data};
}

WeightField ExternalField(const NamedTensor& weight, const std::string& location, uint64_t offset) {
  onnx::TensorProto proto = Describe(weight.name, weight.tensor);
  const auto add = [&](const char* key, const std::string& value) {
    onnx::StringStringEntryProto* entry = proto.add_external_data();
    entry->set_key(key);
    entry->set_value(value);
  };
  add("location", location);
  add("offset", std::to_string(offset));
  add("length", std::to_string(weight.tensor.size_bytes()));
  proto.set_data_location(onnx::TensorProto::EXTERNAL);
  const std::string about = Serialize(proto);
  return {FieldHead(onnx::GraphProto::kInitializerFieldNumber, about.size()) + about, {}};
}

// PATH.data with all weights that are large enough; the fields that name them.
std::vector<WeightField> WriteExternal(const std::string& path, const std::vector<NamedTensor>& weights,
                                       uint64_t* size) {
  AtomicFile file(path);
  const std::string location = std::filesystem::path(path).filename().string();
  const std::vector<uint8_t> zeros(kExternalAlignment);
  std::vector<WeightField> fields;
  for (const NamedTensor& weight : weights) {
    const Bytes data = ElementBytes(weight.tensor);
    if (data.size() < kSmallestExternal) {
      fields.push_back(InlineField(weight));
      continue;
    }
    const uint64_t gap = (kExternalAlignment - *size % kExternalAlignment) % kExternalAlignment;
    file.Write(Bytes(zeros).first(gap));
    *size += gap;
    fields.push_back(ExternalField(weight, location, *size));
    file.Write(data);
    *size += data.size();
  }
  file.Commit();
  return fields;
}

template <typename T>
void CopyStrings(const Tensor& tensor, T* to) {
  for (int64_t i = 0; i < tensor.size(); ++i) to->Add(std::string(tensor.data<std::string>()[i]));
}

}  // namespace

onnx::TensorProto::DataType OnnxType(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return onnx::TensorProto::FLOAT;
    case DType::kFloat64:
      return onnx::TensorProto::DOUBLE;
    case DType::kFloat16:
      return onnx::TensorProto::FLOAT16;
    case DType::kBFloat16:
      return onnx::TensorProto::BFLOAT16;
    case DType::kInt8:
      return onnx::TensorProto::INT8;
    case DType::kInt16:
      return onnx::TensorProto::INT16;
    case DType::kInt32:
      return onnx::TensorProto::INT32;
    case DType::kInt64:
      return onnx::TensorProto::INT64;
    case DType::kUInt8:
      return onnx::TensorProto::UINT8;
    case DType::kUInt16:
      return onnx::TensorProto::UINT16;
    case DType::kUInt32:
      return onnx::TensorProto::UINT32;
    case DType::kUInt64:
      return onnx::TensorProto::UINT64;
    case DType::kBool:
      return onnx::TensorProto::BOOL;
    case DType::kComplex64:
      return onnx::TensorProto::COMPLEX64;
    case DType::kComplex128:
      return onnx::TensorProto::COMPLEX128;
    case DType::kString:
      return onnx::TensorProto::STRING;
    case DType::kInvalid:
      break;
  }
  CHECK(false, "a tensor without a type");
}

std::string OnnxTypeName(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "tensor(float)";
    case DType::kFloat64:
      return "tensor(double)";
    default:
      return "tensor(" + std::string(DTypeName(dtype)) + ")";
  }
}

onnx::TensorProto ToTensorProto(const std::string& name, const Tensor& tensor) {
  onnx::TensorProto proto = Describe(name, tensor);
  if (tensor.dtype() == DType::kString) {
    CopyStrings(tensor, proto.mutable_string_data());
  } else {
    proto.set_raw_data(tensor.raw(), tensor.size_bytes());
  }
  return proto;
}

OnnxWritten WriteOnnx(const std::string& path, const OnnxModel& model, const OnnxWriteOptions& options) {
  const std::string graph = Serialize(model.proto.graph());
  onnx::ModelProto around = model.proto;
  around.clear_graph();
  const std::string head = Serialize(around);

  uint64_t inline_size = graph.size();
  for (const NamedTensor& weight : model.weights)
    inline_size += weight.tensor.size_bytes() + 256 + weight.name.size();
  OnnxWritten written;
  std::vector<WeightField> fields;
  if (!model.weights.empty() && (options.external_data || inline_size + head.size() > options.most_bytes)) {
    written.external_path = path + ".data";
    fields = WriteExternal(written.external_path, model.weights, &written.external_bytes);
  } else {
    for (const NamedTensor& weight : model.weights) fields.push_back(InlineField(weight));
  }
  uint64_t graph_size = graph.size();
  for (const WeightField& field : fields) graph_size += field.head.size() + field.data.size();
  const std::string graph_head = FieldHead(onnx::ModelProto::kGraphFieldNumber, graph_size);
  written.bytes = head.size() + graph_head.size() + graph_size;
  if (written.bytes > options.most_bytes) {
    Throw(ErrorCode::kModel, "{}: the ONNX graph without its weights takes {} bytes, expected at most {}",
          path, written.bytes, options.most_bytes);
  }

  AtomicFile file(path);
  file.Write(AsBytes(head));
  file.Write(AsBytes(graph_head));
  file.Write(AsBytes(graph));
  for (const WeightField& field : fields) {
    file.Write(AsBytes(field.head));
    file.Write(field.data);
  }
  file.Commit();
  return written;
}

}  // namespace floe
