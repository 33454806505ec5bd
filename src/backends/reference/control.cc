// Group, If and Loop: nodes that run their bodies.
#include <algorithm>

#include "backends/reference/evaluate.h"
#include "backends/reference/indexing.h"
#include "backends/reference/kernels.h"
#include "backends/reference/value_io.h"

namespace floe::reference {
namespace {

bool Truth(const OpCall& call, const Tensor& condition) {
  if (condition.dtype() != DType::kBool || condition.size() != 1) {
    call.Fail("a condition must be one bool, found {}{}", DTypeName(condition.dtype()),
              DimsToString(condition.dims()));
  }
  return *static_cast<const uint8_t*>(condition.raw()) != 0;
}

void RunBody(const Graph& body, std::span<const Tensor> inputs, OpCall& call) {
  if (body.outputs().size() != call.output_count()) {
    call.Fail("a body gives {} outputs, the node {}", body.outputs().size(), call.output_count());
  }
  std::vector<Tensor> results = EvaluateGraph(body, inputs, {.pool = call.pool(), .on_value = {}});
  for (size_t i = 0; i < results.size(); ++i) call.Give(i, results[i]);
}

std::vector<Tensor> InputsFrom(const OpCall& call, size_t begin) {
  std::vector<Tensor> inputs;
  for (size_t i = begin; i < call.input_count(); ++i) inputs.push_back(call.in(i));
  return inputs;
}

// The rows collected for one scanned output, stacked.
Tensor Stack(const OpCall& call, const std::vector<Tensor>& rows) {
  Dims dims = rows.front().dims();
  dims.insert(dims.begin(), static_cast<int64_t>(rows.size()));
  Tensor out(rows.front().dtype(), std::move(dims));
  const int64_t row_size = rows.front().size();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].dtype() != out.dtype() || rows[i].dims() != rows.front().dims()) {
      call.FailValue("a scanned output changed from {} to {} in iteration {}",
                     DimsToString(rows.front().dims()), DimsToString(rows[i].dims()), i);
    }
    CopyRun(&out, static_cast<int64_t>(i) * row_size, rows[i], 0, row_size);
  }
  return out;
}

// A scanned output of no iterations: dimensions the body does not know are 0.
Tensor EmptyScan(const OpCall& call, const TensorType& row) {
  if (row.dtype == DType::kInvalid) call.Fail("the type of a scanned output is not known");
  Dims dims = {0};
  for (const Dim& d : row.shape.dims()) dims.push_back(std::max<int64_t>(d.value(), 0));
  return Tensor(row.dtype, std::move(dims));
}

}  // namespace

void Run(const Group&, OpCall& call) {
  RunBody(call.body(0), InputsFrom(call, 0), call);
}

void Run(const If&, OpCall& call) {
  RunBody(call.body(Truth(call, call.in(0)) ? 0 : 1), InputsFrom(call, 1), call);
}

void Run(const Loop& op, OpCall& call) {
  const Graph& body = call.body(0);
  const size_t carried = static_cast<size_t>(call.Size(op.carried, "number of carried values"));
  if (carried + 2 > call.input_count() || body.outputs().size() != 1 + call.output_count() ||
      carried > call.output_count()) {
    call.Fail("its body gives {} outputs for {} carried values and {} outputs", body.outputs().size(),
              carried, call.output_count());
  }
  const int64_t trips = call.has(0) ? call.Int(0) : INT64_MAX;
  Tensor condition = Tensor::Scalar(!call.has(1) || Truth(call, call.in(1)));
  std::vector<Tensor> inputs = {Tensor(), Tensor()};
  const std::vector<Tensor> passed = InputsFrom(call, 2);
  inputs.insert(inputs.end(), passed.begin(), passed.end());
  std::vector<std::vector<Tensor>> scanned(call.output_count() - carried);

  for (int64_t i = 0; i < trips && Truth(call, condition); ++i) {
    inputs[0] = Tensor::Scalar<int64_t>(i);
    inputs[1] = condition;
    std::vector<Tensor> results = EvaluateGraph(body, inputs, {.pool = call.pool(), .on_value = {}});
    condition = results[0];
    for (size_t k = 0; k < carried; ++k) inputs[2 + k] = results[1 + k];
    for (size_t k = 0; k < scanned.size(); ++k) scanned[k].push_back(results[1 + carried + k]);
  }

  for (size_t k = 0; k < carried; ++k) call.Give(k, inputs[2 + k]);
  for (size_t k = 0; k < scanned.size(); ++k) {
    const TensorType& row = body.value(body.outputs()[1 + carried + k]).type;
    call.Give(carried + k, scanned[k].empty() ? EmptyScan(call, row) : Stack(call, scanned[k]));
  }
}

}  // namespace floe::reference
