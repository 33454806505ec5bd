// The reference kernels against numbers that TensorFlow computed (make_goldens.py wrote them).
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <map>

#include "backends/reference/evaluate.h"
#include "base/text.h"
#include "formats/npy.h"
#include "graph/text.h"
#include "support/paths.h"

namespace floe {
namespace {

struct Golden {
  std::string text;
  double tolerance = 0;
  std::map<std::string, Tensor> inputs;
  std::vector<Tensor> outputs;
};

// Elements [begin, begin + product of dims) of a flat array.
Tensor Cut(const Tensor& pool, std::string_view dims_text, int64_t begin) {
  std::vector<int64_t> dims;
  if (!dims_text.empty()) {
    for (const std::string_view d : SplitText(dims_text, ',')) dims.push_back(*ParseInt(d));
  }
  const char* data =
      static_cast<const char*>(pool.raw()) + static_cast<size_t>(begin) * DTypeSize(pool.dtype());
  return Tensor::ConstView(pool.dtype(), dims, data).Clone();
}

std::map<std::string, Golden> ReadGoldens() {
  std::map<std::string, Tensor> pools;
  for (const NamedTensor& member :
       ReadNpz(std::string(FLOE_SOURCE_DIR) + "/tests/backends/reference/data/goldens.npz")) {
    pools[member.name] = member.tensor;
  }
  std::map<std::string, Golden> cases;
  const Tensor& index = pools.at("index");
  for (int64_t i = 0; i < index.size(); ++i) {
    const std::vector<std::string_view> fields = SplitText(index.data<std::string>()[i], '\t');
    Golden& golden = cases[std::string(fields[0])];
    golden.tolerance = *ParseDouble(fields[1]);
    golden.text = fields[2];
    for (size_t f = 3; f + 3 < fields.size(); f += 4) {
      const Tensor tensor =
          Cut(pools.at(std::string(fields[f + 1])), fields[f + 2], *ParseInt(fields[f + 3]));
      if (fields[f].empty()) {
        golden.outputs.push_back(tensor);
      } else {
        golden.inputs[std::string(fields[f])] = tensor;
      }
    }
  }
  return cases;
}

std::vector<std::complex<double>> Numbers(const Tensor& tensor) {
  std::vector<std::complex<double>> out;
  Graph graph;
  const ValueId x = graph.AddInput("x", {tensor.dtype(), Shape::Of(tensor.dims())});
  graph.SetOutputs({graph.Add(Cast{.to = DType::kComplex128}, {x})});
  const Tensor inputs[] = {tensor};
  const Tensor wide = EvaluateGraph(graph, inputs).front();
  out.assign(wide.data<std::complex<double>>(), wide.data<std::complex<double>>() + wide.size());
  return out;
}

bool Close(double a, double b, double bound) {
  return a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= bound;
}

// Empty when equal within `tolerance` of the largest magnitude, else the first difference.
std::string Difference(const Tensor& found, const Tensor& expected, double tolerance) {
  if (found.dtype() != expected.dtype() || found.dims() != expected.dims()) {
    return std::string(DTypeName(found.dtype())) + DimsToString(found.dims()) + " instead of " +
           std::string(DTypeName(expected.dtype())) + DimsToString(expected.dims());
  }
  if (found.dtype() == DType::kString) {
    for (int64_t i = 0; i < found.size(); ++i) {
      const std::string& a = found.data<std::string>()[i];
      const std::string& b = expected.data<std::string>()[i];
      if (a != b) return "at " + std::to_string(i) + ": '" + a + "' instead of '" + b + "'";
    }
    return "";
  }
  if (SameContents(found, expected)) return "";
  const auto a = Numbers(found);
  const auto b = Numbers(expected);
  const bool exact = !IsFloat(found.dtype()) && !IsComplex(found.dtype());
  double largest = 0;
  for (const auto& v : b) {
    if (std::isfinite(std::abs(v))) largest = std::max(largest, std::abs(v));
  }
  const double bound = exact ? 0 : tolerance * largest;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!Close(a[i].real(), b[i].real(), bound) || !Close(a[i].imag(), b[i].imag(), bound)) {
      return fmt::format("at {}: ({}, {}) instead of ({}, {})", i, a[i].real(), a[i].imag(), b[i].real(),
                         b[i].imag());
    }
  }
  return "";
}

std::vector<Tensor> InputsOf(const Graph& graph, const Golden& golden) {
  std::vector<Tensor> inputs;
  for (const ValueId id : graph.inputs()) inputs.push_back(golden.inputs.at(graph.value(id).name));
  return inputs;
}

TEST(ReferenceGoldens, EveryCaseGivesTensorFlowsNumbers) {
  const auto cases = ReadGoldens();
  ASSERT_GT(cases.size(), 500u);
  for (const auto& [name, golden] : cases) {
    SCOPED_TRACE(name + "\n" + golden.text);
    try {
      const auto graph = ParseGraph(golden.text);
      const std::vector<Tensor> outputs = EvaluateGraph(*graph, InputsOf(*graph, golden));
      ASSERT_EQ(outputs.size(), golden.outputs.size());
      for (size_t i = 0; i < outputs.size(); ++i) {
        EXPECT_EQ(Difference(outputs[i], golden.outputs[i], golden.tolerance), "") << "output " << i;
      }
    } catch (const std::exception& e) {
      ADD_FAILURE() << e.what();
    }
  }
}

// What the shape functions say beforehand, all inputs known, is what the kernels find.
TEST(ReferenceGoldens, ShapesFoundAreTheShapesInferred) {
  for (const auto& [name, golden] : ReadGoldens()) {
    SCOPED_TRACE(name + "\n" + golden.text);
    try {
      const auto graph = ParseGraph(golden.text);
      for (const ValueId id : std::vector<ValueId>(graph->inputs())) {
        const Tensor& value = golden.inputs.at(graph->value(id).name);
        if (IsInteger(value.dtype()) && value.rank() < 2) graph->MakeConstant(id, value);
      }
      graph->ReinferAll();
      for (size_t i = 0; i < golden.outputs.size(); ++i) {
        const TensorType& type = graph->value(graph->outputs()[i]).type;
        const TensorType found = {golden.outputs[i].dtype(), Shape::Of(golden.outputs[i].dims())};
        EXPECT_EQ(type.dtype, found.dtype) << "output " << i;
        EXPECT_TRUE(MergeShapes(type.shape, found.shape).has_value())
            << "output " << i << ": inferred " << type.ToString() << ", found " << found.ToString();
      }
    } catch (const std::exception& e) {
      ADD_FAILURE() << e.what();
    }
  }
}

// With several threads and into the caller's memory the results are the same, to the bit.
TEST(ReferenceGoldens, ThreadsAndCallersMemoryChangeNothing) {
  ThreadPool pool(3);
  for (const auto& [name, golden] : ReadGoldens()) {
    if (name.find("Conv") == std::string::npos && name.find("Pool") == std::string::npos &&
        name.find("MatMul") == std::string::npos && name.find("Transpose") == std::string::npos) {
      continue;
    }
    SCOPED_TRACE(name);
    const auto graph = ParseGraph(golden.text);
    const std::vector<Tensor> inputs = InputsOf(*graph, golden);
    const std::vector<Tensor> alone = EvaluateGraph(*graph, inputs);
    std::vector<Tensor> given;
    for (const Tensor& t : alone) given.emplace_back(t.dtype(), t.dims());
    std::vector<Tensor> written = given;
    EvaluateGraphInto(*graph, inputs, written, {.pool = &pool, .on_value = {}});
    for (size_t i = 0; i < alone.size(); ++i) {
      EXPECT_TRUE(SameContents(alone[i], given[i])) << "output " << i;
      EXPECT_EQ(written[i].raw(), given[i].raw());
    }
  }
}

}  // namespace
}  // namespace floe
