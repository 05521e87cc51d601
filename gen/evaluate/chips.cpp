#include "evaluate/chips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "evaluate/report.hpp"

namespace neuspin::evaluate {
namespace {

/// [figure] over the chips, in the order of figuresOf.
std::vector<std::pair<std::string, Distribution>> overChips(const ChipStudy& study) {
  std::vector<std::pair<std::string, Distribution>> result;
  const auto names = figuresOf(study.chips.front().result);
  std::vector<std::vector<double>> values(names.size());
  for (const ChipResult& chip : study.chips) {
    const auto figures = figuresOf(chip.result);
    for (std::size_t f = 0; f < figures.size(); ++f) values[f].push_back(figures[f].second);
  }
  for (std::size_t f = 0; f < names.size(); ++f)
    result.emplace_back(names[f].first, distributionOf(values[f]));
  return result;
}

}  // namespace

Distribution distributionOf(std::vector<double> values) {
  std::ranges::sort(values);
  const auto quantile = [&](double share) {
    const double at = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
  };
  const Spread over = spread(values);
  return {.mean = over.mean,
          .deviation = over.deviation,
          .lowest = values.front(),
          .q05 = quantile(0.05),
          .q25 = quantile(0.25),
          .median = quantile(0.5),
          .q75 = quantile(0.75),
          .q95 = quantile(0.95),
          .highest = values.back()};
}

std::vector<std::pair<std::string, double>> figuresOf(const SeedResult& result) {
  std::vector<std::pair<std::string, double>> figures = {
      {"accuracy", result.softmax.accuracy},
      {"nll", result.softmax.nll},
      {"brier", result.softmax.brier},
      {"ece", result.softmax.ece},
      {"predictive_entropy", result.mean.entropy},
      {"mutual_information", result.mean.mutual_information},
      {"aurc", result.selective.aurc},
      {"chip_accuracy", result.chip.accuracy},
      {"chip_nll", result.chip.nll},
      {"chip_false_alarms", result.chip_false_alarms}};
  for (const auto& [score, auroc] : result.errors)
    figures.emplace_back(fmt::format("misclassification.{}.auroc", nameOf(score)), auroc.value);
  for (const OodResult& ood : result.ood) {
    for (const auto& [score, detector] : ood.scores)
      figures.emplace_back(fmt::format("ood.{}.{}.auroc", ood.name, nameOf(score)), detector.auroc.value);
  }
  return figures;
}

nlohmann::json toJson(const Distribution& d) {
  return {{"mean", d.mean},     {"sd", d.deviation}, {"min", d.lowest}, {"q05", d.q05},    {"q25", d.q25},
          {"median", d.median}, {"q75", d.q75},      {"q95", d.q95},    {"max", d.highest}};
}

nlohmann::json toJson(const ChipStudy& study) {
  nlohmann::json report = {{"images", study.images},           {"passes", study.passes},
                           {"seed", study.ideal.seed},         {"ideal", toJson(study.ideal, study.images)},
                           {"chips", nlohmann::json::array()}, {"over_chips", nlohmann::json::object()}};
  for (const ChipResult& chip : study.chips) {
    nlohmann::json entry = toJson(chip.result, study.images);
    entry["chip"] = chip.chip;
    report["chips"].push_back(std::move(entry));
  }
  for (const auto& [name, over] : overChips(study)) report["over_chips"][name] = toJson(over);
  return report;
}

std::string toText(const ChipStudy& study) {
  std::string text = fmt::format("{}: {} images, T = {}, seed {}, {} chips (seeds {} … {})\n", study.name,
                                 study.images, study.passes, study.ideal.seed, study.chips.size(),
                                 study.chips.front().chip, study.chips.back().chip);
  text += fmt::format("{:<44}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "over chips", "ideal", "mean", "sd",
                      "min", "5 %", "median", "95 %", "max");
  const auto ideal = figuresOf(study.ideal);
  const auto over = overChips(study);
  for (std::size_t f = 0; f < over.size(); ++f) {
    const Distribution& d = over[f].second;
    text += fmt::format("  {:<42}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}{:>9.4f}\n",
                        over[f].first, ideal[f].second, d.mean, d.deviation, d.lowest, d.q05, d.median, d.q95,
                        d.highest);
  }
  return text;
}

}  // namespace neuspin::evaluate
