#include "plot/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace neuspin::plot {

std::vector<double> linearTicks(double low, double high, int most) {
  constexpr double kSlack = 1e-9;  // of a step: ends that are ticks but for rounding
  for (double decade = std::pow(10, std::floor(std::log10((high - low) / most)));; decade *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double step = factor * decade;
      const double first = std::ceil(low / step - kSlack), last = std::floor(high / step + kSlack);
      if (last - first + 1 > most) continue;
      std::vector<double> ticks;
      for (double n = first; n <= last; ++n) ticks.push_back(n * step + 0.0);
      return ticks;
    }
  }
}

std::vector<double> decadeTicks(double low, double high, int most) {
  constexpr double kSlack = 1e-9;
  const int first = static_cast<int>(std::ceil(std::log10(low) - kSlack));
  const int last = static_cast<int>(std::floor(std::log10(high) + kSlack));
  int every = 1;
  while ((last - first) / every + 1 > most) ++every;
  std::vector<double> ticks;
  for (int power = first; power <= last; power += every) ticks.push_back(std::pow(10, power));
  return ticks;
}

std::string tickLabel(double value, int digits) {
  constexpr double kLarge = 1e5, kSmall = 1e-4;
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= kLarge || size < kSmall) {
    const int power = static_cast<int>(std::floor(std::log10(size) + 1e-9));
    return fmt::format("{:.{}g}e{}", value / std::pow(10, power), digits, power);
  }
  return fmt::format("{:.{}g}", value, std::max(digits, 6));
}

std::vector<std::string> tickLabels(const std::vector<double>& ticks) {
  constexpr int kMostDigits = 17;
  std::vector<std::string> labels;
  for (int digits = 4; digits <= kMostDigits; ++digits) {
    labels.clear();
    for (const double tick : ticks) labels.push_back(tickLabel(tick, digits));
    if (std::set<std::string>(labels.begin(), labels.end()).size() == ticks.size()) break;
  }
  return labels;
}

}  // namespace neuspin::plot
