// Functions of real numbers that the standard library lacks, in double.
#ifndef FLOE_BACKENDS_REFERENCE_SPECIAL_MATH_H_
#define FLOE_BACKENDS_REFERENCE_SPECIAL_MATH_H_

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

}  // namespace floe::reference

#endif  // FLOE_BACKENDS_REFERENCE_SPECIAL_MATH_H_
