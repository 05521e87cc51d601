#include "array/margin.hpp"

#include <cmath>
#include <numbers>

namespace neuspin::array {
namespace {

/// Upper tail of the standard normal.
double tail(double z) {
  return std::erfc(z / std::numbers::sqrt2) / 2;
}

/// Binomial(n, 1/2) probability of k.
double half(int n, int k) {
  return std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) -
                  n * std::numbers::ln2);
}

}  // namespace

double codeMisread(const StateSpread& spread, int rows) {
  const double margin = (spread.p - spread.ap) / 2;
  double misread = 0;
  for (int k = 0; k <= rows; ++k) {
    const double sigma =
        std::sqrt(k * spread.p_sigma * spread.p_sigma + (rows - k) * spread.ap_sigma * spread.ap_sigma);
    const int neighbours = (k > 0 ? 1 : 0) + (k < rows ? 1 : 0);
    misread += half(rows, k) * neighbours * tail(margin / sigma);
  }
  return misread;
}

double spreadResidual(double sigma, double tmr, bool single_ended) {
  const double two_sided = sigma * std::sqrt((1 + tmr) * (1 + tmr) + 1) / tmr;
  return single_ended ? std::numbers::sqrt2 * two_sided : two_sided;
}

double signFlip(double residual, int rows) {
  double flips = 0;
  for (int k = 0; k <= rows; ++k) {
    if (2 * k == rows) continue;
    flips += half(rows, k) * tail(std::abs(2.0 * k - rows) / (residual * std::sqrt(rows)));
  }
  return flips;
}

}  // namespace neuspin::array
