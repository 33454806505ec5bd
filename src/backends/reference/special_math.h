// Functions of real numbers that the standard library lacks, in double.
#ifndef FLOE_BACKENDS_REFERENCE_SPECIAL_MATH_H_
#define FLOE_BACKENDS_REFERENCE_SPECIAL_MATH_H_

#include <complex>

namespace floe::reference {

double Sigmoid(double x);
double Softplus(double x);    // log(1 + exp(x)) without overflow
double ErfInverse(double x);  // nan outside [-1, 1]
double LogGamma(double x);    // log |gamma(x)|
double Digamma(double x);
double Igamma(double a, double x);   // regularised lower incomplete gamma function P(a, x)
double Igammac(double a, double x);  // Q(a, x) = 1 - P(a, x)
double Zeta(double x, double q);     // Hurwitz: sum over k >= 0 of (k + q)^-x
double Polygamma(double n, double x);

// bessel.cc
double NormalQuantile(double p);                   // nan outside [0, 1]
double BesselI(int order, double x, bool scaled);  // order 0 or 1; scaled: times exp(-|x|)
double BesselK(int order, double x, bool scaled);  // order 0 or 1; scaled: times exp(x)
double Dawson(double x);                           // exp(-x^2) times the integral of exp(t^2) from 0 to x
std::complex<double> Fresnel(double x);            // C(x) + i S(x)
double Spence(double x);                           // Li2(1 - x)

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_SPECIAL_MATH_H_
