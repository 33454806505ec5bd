// ai.onnx.ml's LabelEncoder: a table between text and numbers.
#include <algorithm>
#include <cmath>

#include "frontend/onnx/ops/families.h"

namespace floe {
namespace {

constexpr int64_t kNewestMlOpset = 5;

Tensor OfStrings(const std::vector<std::string>& strings) {
  Tensor t(DType::kString, {static_cast<int64_t>(strings.size())});
  std::copy(strings.begin(), strings.end(), t.data<std::string>());
  return t;
}

// The attribute NAME_strings, _int64s, _floats or, since version 4, _tensor that is there.
Tensor ListOf(OnnxContext& c, const std::string& name) {
  if (std::optional<Tensor> tensor = c.TensorAttr(name + "_tensor")) {
    if (tensor->rank() != 1) c.Fail("expected {}_tensor of rank 1, found rank {}", name, tensor->rank());
    return *tensor;
  }
  if (c.HasAttr(name + "_strings")) return OfStrings(c.StringList(name + "_strings"));
  if (c.HasAttr(name + "_int64s")) return Tensor::FromVector<int64_t>(c.IntList(name + "_int64s"));
  const std::vector<double> numbers = c.FloatList(name + "_floats");
  return Tensor::FromVector<float>(std::vector<float>(numbers.begin(), numbers.end()));
}

Tensor DefaultOf(OnnxContext& c, DType dtype) {
  if (const std::optional<Tensor> tensor = c.TensorAttr("default_tensor")) return *tensor;
  if (dtype == DType::kString) return OfStrings({c.String("default_string", "_Unused")});
  if (dtype == DType::kInt64) return Tensor::FromVector<int64_t>({c.Int("default_int64", -1)});
  if (dtype == DType::kFloat32)
    return Tensor::FromVector<float>({static_cast<float>(c.Float("default_float", -0.0))});
  c.Fail("expected a default_tensor for values of type {}", DTypeName(dtype));
}

bool HoldsNan(const Tensor& keys) {
  if (keys.dtype() != DType::kFloat32) return false;
  const float* p = keys.data<float>();
  return std::any_of(p, p + keys.size(), [](float key) { return std::isnan(key); });
}

void ImportLabelEncoder(OnnxContext& c) {
  const Tensor keys = ListOf(c, "keys");
  const Tensor values = ListOf(c, "values");
  const Tensor fallback = DefaultOf(c, values.dtype());
  if (keys.size() != values.size()) c.Fail("{} keys for {} values", keys.size(), values.size());
  if (keys.dtype() != c.dtype(0))
    c.Fail("keys of type {} for an input of type {}", DTypeName(keys.dtype()), DTypeName(c.dtype(0)));
  if (fallback.dtype() != values.dtype() || fallback.size() != 1)
    c.Fail("expected one default of type {}", DTypeName(values.dtype()));
  if (HoldsNan(keys)) c.Fail("a key that is no number is not supported");
  Builder& b = c.build();
  c.Return(LookupTable{}, {c.in(0), b.Constant(keys), b.Constant(values), b.Constant(fallback)});
}

constexpr OnnxOpImporter kRows[] = {
    {"LabelEncoder", 2, kNewestMlOpset, ImportLabelEncoder, "ai.onnx.ml"},
};

}  // namespace

std::span<const OnnxOpImporter> OnnxTableImporters() {
  return kRows;
}

}  // namespace floe
