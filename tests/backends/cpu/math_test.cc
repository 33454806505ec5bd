// The bounds that simd_math.h states, against the C library in double, on every instruction set.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "backends/cpu/harness.h"

namespace floe::cpu {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

struct Function {
  const char* name;
  Op op;
  double (*exact)(double);
  double low, high;  // where the bound holds; beyond, a result may have lost bits or be subnormal
  double ulps;
};

double Sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double Softplus(double x) {
  return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x)));
}

std::vector<Function> Functions() {
  return {
      {"exp", Unary{UnaryKind::kExp}, [](double x) { return std::exp(x); }, -87.3, 88.7, 2},
      {"expm1", Unary{UnaryKind::kExpm1}, [](double x) { return std::expm1(x); }, -100, 88, 3},
      {"log", Unary{UnaryKind::kLog}, [](double x) { return std::log(x); }, 1e-30, 1e30, 2},
      {"log1p", Unary{UnaryKind::kLog1p}, [](double x) { return std::log1p(x); }, -0.999, 1e30, 3},
      {"sigmoid", Unary{UnaryKind::kSigmoid}, Sigmoid, -20, 1e30, 4},
      {"sigmoid", Unary{UnaryKind::kSigmoid}, Sigmoid, -87.3, 1e30, 7},
      {"silu", Unary{UnaryKind::kSilu}, [](double x) { return x * Sigmoid(x); }, -20, 1e30, 4},
      {"silu", Unary{UnaryKind::kSilu}, [](double x) { return x * Sigmoid(x); }, -88, 1e30, 7},
      {"tanh", Unary{UnaryKind::kTanh}, [](double x) { return std::tanh(x); }, -1e30, 1e30, 3},
      {"softplus", Unary{UnaryKind::kSoftplus}, Softplus, -87.3, 1e30, 4},
      {"mish", Unary{UnaryKind::kMish}, [](double x) { return x * std::tanh(Softplus(x)); }, -87.3, 1e30, 5},
      {"elu", Elu{.alpha = 1}, [](double x) { return x < 0 ? std::expm1(x) : x; }, -1e30, 1e30, 3},
      {"erf", Unary{UnaryKind::kErf}, [](double x) { return std::erf(x); }, -1e30, 1e30, 4},
  };
}

// Both signs of magnitudes from 1e-8 up, a constant factor apart, within [low, high].
std::vector<float> Sample(double low, double high) {
  std::vector<float> x;
  for (double m = 1e-8; m < std::fmax(std::fabs(low), high); m *= 1.001) {
    for (const float v : {static_cast<float>(m), static_cast<float>(-m)}) {
      if (v >= low && v <= high) x.push_back(v);
    }
  }
  return x;
}

std::vector<float> Apply(const Op& op, const std::vector<float>& x, const std::string& isa) {
  Graph g;
  const std::vector<int64_t> dims = {static_cast<int64_t>(x.size())};
  const ValueId in = g.AddInput("x", {DType::kFloat32, Shape::Of(dims)});
  g.AddOutput(g.Add(op, {in}));
  const Tensor y = RunKernel(Row("cpu.elementwise"), g, {Tensor::FromVector(x)}, isa, 1)[0];
  return {y.data<float>(), y.data<float>() + y.size()};
}

TEST(Math, IsWithinTheStatedUnitsInTheLastPlace) {
  for (const Function& f : Functions()) {
    const std::vector<float> x = Sample(f.low, f.high);
    for (const std::string& isa : AvailableIsas()) {
      const std::vector<float> y = Apply(f.op, x, isa);
      double worst = 0;
      float at = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double exact = f.exact(x[i]);
        const double ulp = std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
        const double error = std::fabs(y[i] - exact) / ulp;
        if (error <= worst) continue;
        worst = error;
        at = x[i];
      }
      EXPECT_LE(worst, f.ulps) << f.name << ", " << isa << ", at " << at;
    }
  }
}

struct Limit {
  float x, y;
};

void ExpectLimits(const Op& op, const std::vector<Limit>& limits) {
  std::vector<float> x;
  for (const Limit& l : limits) x.push_back(l.x);
  x.push_back(std::nanf(""));
  for (const std::string& isa : AvailableIsas()) {
    const std::vector<float> y = Apply(op, x, isa);
    for (size_t i = 0; i < limits.size(); ++i) {
      SCOPED_TRACE(std::string(OpName(op)) + ", " + isa + ", at " + std::to_string(x[i]));
      if (std::isnan(limits[i].y)) {
        EXPECT_TRUE(std::isnan(y[i])) << y[i];
      } else {
        EXPECT_EQ(y[i], limits[i].y);
      }
    }
    EXPECT_TRUE(std::isnan(y.back())) << OpName(op) << ", " << isa << ": " << y.back();
  }
}

TEST(Math, KeepsItsLimitsAndNan) {
  const float nan = std::nanf("");
  ExpectLimits(Unary{UnaryKind::kSigmoid},
               {{kInf, 1}, {-kInf, 0}, {3e38f, 1}, {-3e38f, 0}, {-1000, 0}, {0, 0.5f}});
  // An infinity times nothing, as in TensorFlow and in the reference.
  ExpectLimits(Unary{UnaryKind::kSilu},
               {{kInf, kInf}, {-kInf, nan}, {3e38f, 3e38f}, {-3e38f, 0}, {-1000, 0}, {0, 0}});
  ExpectLimits(Unary{UnaryKind::kMish},
               {{kInf, kInf}, {-kInf, nan}, {3e38f, 3e38f}, {-3e38f, 0}, {-1000, 0}, {0, 0}});
  ExpectLimits(Unary{UnaryKind::kTanh}, {{kInf, 1}, {-kInf, -1}, {3e38f, 1}, {-3e38f, -1}, {0, 0}});
  ExpectLimits(Unary{UnaryKind::kSoftplus},
               {{kInf, kInf}, {-kInf, 0}, {3e38f, 3e38f}, {-3e38f, 0}, {100, 100}, {-1000, 0}});
  ExpectLimits(Elu{.alpha = 2}, {{kInf, kInf}, {-kInf, -2}, {3e38f, 3e38f}, {-3e38f, -2}, {0, 0}});
  ExpectLimits(Unary{UnaryKind::kExp}, {{kInf, kInf}, {-kInf, 0}, {3e38f, kInf}, {-3e38f, 0}, {0, 1}});
  ExpectLimits(Unary{UnaryKind::kRelu}, {{kInf, kInf}, {-kInf, 0}, {3, 3}, {-3, 0}, {0, 0}});
  ExpectLimits(Clip{-1, 6}, {{kInf, 6}, {-kInf, -1}, {3, 3}, {-3, -1}, {7, 6}});
  ExpectLimits(Unary{UnaryKind::kErf}, {{kInf, 1}, {-kInf, -1}, {3e38f, 1}, {-3e38f, -1}, {0, 0}});
}

TEST(Math, RoundsAsItsNameSays) {
  ExpectLimits(
      Unary{UnaryKind::kRound},
      {{0.5f, 0}, {1.5f, 2}, {-2.5f, -2}, {-2.75f, -3}, {3e38f, 3e38f}, {kInf, kInf}, {-kInf, -kInf}});
  ExpectLimits(Unary{UnaryKind::kFloor},
               {{0.5f, 0}, {-0.5f, -1}, {-2, -2}, {3e9f, 3e9f}, {-3e38f, -3e38f}, {-kInf, -kInf}});
  ExpectLimits(Unary{UnaryKind::kCeil},
               {{0.5f, 1}, {-1.5f, -1}, {2, 2}, {3e9f, 3e9f}, {-3e38f, -3e38f}, {kInf, kInf}});
  ExpectLimits(Unary{UnaryKind::kTrunc},
               {{1.75f, 1}, {-1.75f, -1}, {2, 2}, {3e9f, 3e9f}, {-3e38f, -3e38f}, {kInf, kInf}});
}

}  // namespace
}  // namespace floe::cpu
