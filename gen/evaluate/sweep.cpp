#include "evaluate/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "evaluate/report.hpp"

namespace neuspin::evaluate {
namespace {

double figureOf(const SeedResult& result, std::string_view name) {
  for (const auto& [figure, value] : figuresOf(result)) {
    if (figure == name) return value;
  }
  throw std::out_of_range(fmt::format("no figure '{}'", name));
}

/// What the curves show.
constexpr const char* kAccuracy = "accuracy";
constexpr const char* kNll = "nll";

/// Of every chip.
std::vector<double> valuesOf(const SweepPoint& point, std::string_view figure) {
  std::vector<double> values;
  for (const ChipResult& chip : point.chips) values.push_back(figureOf(chip.result, figure));
  return values;
}

nlohmann::json pointJson(const SweepPoint& point) {
  nlohmann::json json = {{"value", point.value}, {"chips", nlohmann::json::array()}};
  for (const char* figure : {kAccuracy, kNll, "brier", "ece", "mutual_information"})
    json[figure] = toJson(distributionOf(valuesOf(point, figure)));
  for (const ChipResult& chip : point.chips) {
    json["chips"].push_back({{"chip", chip.chip},
                             {kAccuracy, figureOf(chip.result, kAccuracy)},
                             {kNll, figureOf(chip.result, kNll)}});
  }
  return json;
}

}  // namespace

std::vector<Distribution> distributionsOf(const SweepCurve& curve, std::string_view figure) {
  std::vector<Distribution> result;
  for (const SweepPoint& point : curve.points) result.push_back(distributionOf(valuesOf(point, figure)));
  return result;
}

bool Gap::seen() const {
  return over_chips[largest].q05 > std::max(0.0, ideal);
}

Gap gapBetween(const SweepCurve& network, const SweepCurve& base) {
  if (network.points.size() != base.points.size() || network.points.empty())
    throw std::invalid_argument("curves of different points");
  Gap gap{.network = network.network,
          .base = base.network,
          .ideal = figureOf(network.ideal, kAccuracy) - figureOf(base.ideal, kAccuracy),
          .values = {},
          .over_chips = {},
          .ahead = {},
          .chips = static_cast<int>(network.points.front().chips.size())};
  for (std::size_t p = 0; p < network.points.size(); ++p) {
    const auto &ours = network.points[p].chips, &theirs = base.points[p].chips;
    if (ours.size() != theirs.size() || network.points[p].value != base.points[p].value)
      throw std::invalid_argument("curves of different chips");
    std::vector<double> differences;
    for (std::size_t c = 0; c < ours.size(); ++c)
      differences.push_back(figureOf(ours[c].result, kAccuracy) - figureOf(theirs[c].result, kAccuracy));
    gap.values.push_back(network.points[p].value);
    gap.ahead.push_back(static_cast<int>(std::ranges::count_if(differences, [](double d) { return d > 0; })));
    gap.over_chips.push_back(distributionOf(std::move(differences)));
    if (gap.over_chips.back().mean > gap.over_chips[gap.largest].mean) gap.largest = p;
  }
  return gap;
}

nlohmann::json toJson(const Sweep& sweep) {
  nlohmann::json json = {{"axis", sweep.axis},
                         {"label", sweep.label},
                         {"images", sweep.images},
                         {"networks", nlohmann::json::array()}};
  for (const SweepCurve& curve : sweep.curves) {
    nlohmann::json entry = {
        {"name", curve.network},
        {"method", curve.method},
        {"passes", curve.passes},
        {"seed", curve.ideal.seed},
        {"ideal", {{kAccuracy, figureOf(curve.ideal, kAccuracy)}, {kNll, figureOf(curve.ideal, kNll)}}},
        {"points", nlohmann::json::array()}};
    for (const SweepPoint& point : curve.points) entry["points"].push_back(pointJson(point));
    json["networks"].push_back(std::move(entry));
  }
  return json;
}

nlohmann::json toJson(const Gap& gap) {
  nlohmann::json points = nlohmann::json::array();
  for (std::size_t p = 0; p < gap.values.size(); ++p)
    points.push_back({{"value", gap.values[p]}, {"gap", toJson(gap.over_chips[p])}, {"ahead", gap.ahead[p]}});
  return {{"network", gap.network}, {"base", gap.base},       {"chips", gap.chips}, {"ideal", gap.ideal},
          {"points", points},       {"largest", gap.largest}, {"seen", gap.seen()}};
}

std::string toText(const Sweep& sweep) {
  const auto& first = sweep.curves.front();
  const std::size_t chips = first.points.front().chips.size();
  std::string text =
      fmt::format("axis {} ({}): {} images, Monte Carlo seed {}, {} chips (seeds {} … {})\n", sweep.axis,
                  sweep.label, sweep.images, first.ideal.seed, chips, first.points.front().chips.front().chip,
                  first.points.front().chips.back().chip);
  for (const auto& [figure, title, scale, digits] :
       {std::tuple(kAccuracy, "accuracy, %", kPercent, 2), std::tuple(kNll, "NLL, nats", 1.0, 4)}) {
    text += fmt::format("{:<32}{:>3}{:>9}", title, "T", "ideal");
    for (const SweepPoint& point : first.points) text += fmt::format("{:>34g}", point.value);
    text += "   mean ± sd (5 % … 95 %)\n";
    for (const SweepCurve& curve : sweep.curves) {
      text += fmt::format("  {:<30}{:>3}{:>9.{}f}", curve.network, curve.passes,
                          scale * figureOf(curve.ideal, figure), digits);
      for (const Distribution& d : distributionsOf(curve, figure)) {
        text += fmt::format(
            "{:>34}", fmt::format("{:.{}f} ± {:.{}f} ({:.{}f}…{:.{}f})", scale * d.mean, digits,
                                  scale * d.deviation, digits, scale * d.q05, digits, scale * d.q95, digits));
      }
      text += "\n";
    }
  }
  return text;
}

std::string toText(const Gap& gap, const Sweep& sweep, const std::vector<Gap>& others) {
  const Distribution& d = gap.over_chips[gap.largest];
  std::string text = fmt::format(
      "self-healing, {} over {}: largest gap {:+.2f} ± {:.2f} points of accuracy (5 % … 95 %: {:+.2f} … "
      "{:+.2f}; ahead on {} of "
      "{} chips) at {} = {:g}; ideal devices {:+.2f}: {}\n",
      gap.network, gap.base, kPercent * d.mean, kPercent * d.deviation, kPercent * d.q05, kPercent * d.q95,
      gap.ahead[gap.largest], gap.chips, sweep.axis, gap.values[gap.largest], kPercent * gap.ideal,
      gap.seen() ? "seen" : "NOT seen beyond the spread over chips");
  for (const Gap& other : others) {
    const Distribution& o = other.over_chips[gap.largest];
    text += fmt::format("  there {:<30}{:+.2f} ± {:.2f}{}\n", other.network, kPercent * o.mean,
                        kPercent * o.deviation,
                        o.mean >= d.mean ? "  (no less than inverted normalisation: not its merit)" : "");
  }
  return text;
}

}  // namespace neuspin::evaluate
