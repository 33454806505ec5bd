#include "frontend/golden_case.h"

#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <fstream>
#include <nlohmann/json.hpp>

#include "backends/reference/evaluate.h"
#include "floe/error.h"
#include "formats/npy.h"
#include "frontend/tensorflow/import.h"

namespace floe {
namespace {

struct Tolerance {
  double relative, absolute, limit;  // both sides are clipped to +-limit first
};

double Clipped(double v, double limit) {
  return std::isnan(v) ? v : std::min(std::max(v, -limit), limit);
}

bool Near(double found, double expected, const Tolerance& t) {
  if (std::isnan(found) || std::isnan(expected)) return std::isnan(found) == std::isnan(expected);
  found = Clipped(found, t.limit);
  expected = Clipped(expected, t.limit);
  if (found == expected) return true;
  return std::abs(found - expected) <= t.absolute + t.relative * std::abs(expected);
}

template <typename T, typename Number>
std::string FirstDifference(const Tensor& found, const Tensor& expected, const Tolerance& t, Number number) {
  for (int64_t i = 0; i < found.size(); ++i) {
    const auto a = number(found.data<T>()[i]), b = number(expected.data<T>()[i]);
    if (!Near(a, b, t)) return fmt::format("element {} is {}, expected {}", i, a, b);
  }
  return "";
}

std::string CompareComplex(const Tensor& found, const Tensor& expected, const Tolerance& t) {
  using C = std::complex<float>;
  if (found.dtype() != DType::kComplex64) return "";
  const std::string real =
      FirstDifference<C>(found, expected, t, [](C c) { return static_cast<double>(c.real()); });
  if (!real.empty()) return real;
  return FirstDifference<C>(found, expected, t, [](C c) { return static_cast<double>(c.imag()); });
}

std::string Compare(const Tensor& found, const Tensor& expected, const Tolerance& t) {
  const auto plain = [](auto v) { return static_cast<double>(v); };
  switch (found.dtype()) {
    case DType::kFloat32:
      return FirstDifference<float>(found, expected, t, plain);
    case DType::kFloat64:
      return FirstDifference<double>(found, expected, t, plain);
    case DType::kFloat16:
      return FirstDifference<Float16>(found, expected, t, [](Float16 v) { return double{float{v}}; });
    case DType::kBFloat16:
      return FirstDifference<BFloat16>(found, expected, t, [](BFloat16 v) { return double{float{v}}; });
    case DType::kInt8:
      return FirstDifference<int8_t>(found, expected, t, plain);
    case DType::kInt16:
      return FirstDifference<int16_t>(found, expected, t, plain);
    case DType::kInt32:
      return FirstDifference<int32_t>(found, expected, t, plain);
    case DType::kInt64:
      return FirstDifference<int64_t>(found, expected, t, plain);
    case DType::kUInt8:
      return FirstDifference<uint8_t>(found, expected, t, plain);
    case DType::kUInt16:
      return FirstDifference<uint16_t>(found, expected, t, plain);
    case DType::kUInt32:
      return FirstDifference<uint32_t>(found, expected, t, plain);
    case DType::kUInt64:
      return FirstDifference<uint64_t>(found, expected, t, plain);
    case DType::kBool:
      return FirstDifference<bool>(found, expected, t, plain);
    case DType::kString:
      for (int64_t i = 0; i < found.size(); ++i)
        if (found.data<std::string>()[i] != expected.data<std::string>()[i])
          return fmt::format("element {} is '{}', expected '{}'", i, found.data<std::string>()[i],
                             expected.data<std::string>()[i]);
      return "";
    default:
      return CompareComplex(found, expected, t);
  }
}

const Tensor& Find(const std::vector<NamedTensor>& tensors, const std::string& name) {
  for (const NamedTensor& tensor : tensors)
    if (tensor.name == name) return tensor.tensor;
  throw Error(ErrorCode::kModel, "io.npz has no '" + name + "'");
}

ImportResult Import(const std::string& folder, const nlohmann::json& meta,
                    const std::vector<NamedTensor>& tensors, const Evaluator& evaluator,
                    bool declared_shapes) {
  tf::GraphDef graph;
  std::ifstream file(folder + "/graph.pb", std::ios::binary);
  if (!graph.ParseFromIstream(&file)) throw Error(ErrorCode::kModel, folder + "/graph.pb: not a GraphDef");
  ImportOptions options;
  options.evaluator = &evaluator;
  for (const auto& input : meta["inputs"]) {
    const Tensor& value = Find(tensors, input["key"]);
    options.inputs.push_back(
        {input["name"], {value.dtype(), declared_shapes ? Shape() : Shape::Of(value.dims())}});
  }
  for (const auto& output : meta["outputs"]) options.outputs.push_back(output["name"]);
  return ImportGraphDef(graph, options);
}

}  // namespace

CaseResult RunGoldenCase(const std::string& folder, bool declared_shapes) {
  const nlohmann::json meta = nlohmann::json::parse(std::ifstream(folder + "/meta.json"));
  CaseResult result;
  result.test = meta["test"];
  const std::vector<NamedTensor> tensors = ReadNpz(folder + "/io.npz");
  const ReferenceEvaluator evaluator;
  ImportResult imported;
  try {
    imported = Import(folder, meta, tensors, evaluator, declared_shapes);
  } catch (const Error& error) {
    result.verdict = CaseVerdict::kRefused;
    result.reason = error.what();
    return result;
  } catch (const std::exception& error) {
    result.reason = std::string("import: ") + error.what();
    return result;
  }
  std::vector<Tensor> inputs, outputs;
  for (const auto& input : meta["inputs"]) inputs.push_back(Find(tensors, input["key"]));
  try {
    outputs = EvaluateGraph(*imported.graph, inputs);
  } catch (const std::exception& error) {
    result.reason = std::string("run: ") + error.what();
    return result;
  }
  const auto number = [&](const char* key, double fallback) {
    return meta.contains(key) && meta[key].is_number() ? meta[key].get<double>() : fallback;
  };
  const Tolerance tolerance{number("rtol", 1e-5), number("atol", 1e-6), number("mtol", HUGE_VAL)};
  result.verdict = CaseVerdict::kWrong;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& expected = Find(tensors, meta["outputs"][i]["key"]);
    if (outputs[i].dtype() != expected.dtype() || outputs[i].dims() != expected.dims()) {
      result.reason = fmt::format("output {} is {}{}, expected {}{}", i, DTypeName(outputs[i].dtype()),
                                  DimsToString(outputs[i].dims()), DTypeName(expected.dtype()),
                                  DimsToString(expected.dims()));
      return result;
    }
    if (!meta.value("check_value", true)) continue;
    const std::string difference = Compare(outputs[i], expected, tolerance);
    if (difference.empty()) continue;
    result.reason = fmt::format("output {}: {}", i, difference);
    return result;
  }
  result.verdict = CaseVerdict::kRight;
  return result;
}

}  // namespace floe
