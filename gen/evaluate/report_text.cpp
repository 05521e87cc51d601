#include <fmt/format.h>

#include <iterator>

#include "evaluate/report.hpp"

namespace neuspin::evaluate {

namespace {

class Text {
 public:
  template <typename... Values>
  void line(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
    text_ += '\n';
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string range(const Interval& interval, double factor, int digits) {
  return fmt::format("({:.{}f} … {:.{}f})", interval.low * factor, digits, interval.high * factor, digits);
}

/// Mean and standard deviation over the seeds of what `get` reads.
template <typename Get>
std::string overSeeds(const std::vector<SeedResult>& seeds, double factor, int digits, const Get& get) {
  std::vector<double> values;
  for (const SeedResult& seed : seeds) values.push_back(get(seed) * factor);
  const Spread over = spread(values);
  return fmt::format("{:.{}f} ± {:.{}f}", over.mean, digits, over.deviation, digits);
}

void writeQuality(Text& text, const Study& study) {
  const SeedResult& first = study.seeds.front();
  const Metrics& softmax = first.softmax;
  const Metrics& chip = first.chip;
  text.line("{:<22}{:>10}  {:<22}{:>16}", "quality", "softmax", "95 %", "chip, 12 bits");
  text.line("  {:<20}{:>10.2f}  {:<22}{:>16.2f}", "accuracy, %", kPercent * softmax.accuracy,
            range(softmax.accuracy_95, kPercent, 2), kPercent * chip.accuracy);
  text.line("  {:<20}{:>10.4f}  {:<22}{:>16.4f}", "NLL, nats", softmax.nll, range(study.intervals.nll, 1, 4),
            chip.nll);
  text.line("  {:<20}{:>10.4f}  {:<22}{:>16.4f}", "Brier, 0 to 2", softmax.brier,
            range(study.intervals.brier, 1, 4), chip.brier);
  text.line("  {:<20}{:>10.4f}  {:<22}{:>16.4f}", "ECE", softmax.ece, range(study.intervals.ece, 1, 4),
            chip.ece);
  text.line("  {:<20}{:>10.4f}  {:<22}{:>16.4f}", "  if calibrated", softmax.ece_null_mean,
            fmt::format("95 % below {:.4f}", softmax.ece_null_95), chip.ece_null_mean);
  text.line("  {:<20}{:>10.4f}  {:<22}{:>16.4f}", "  equal mass", softmax.ece_equal_mass, "",
            chip.ece_equal_mass);
  text.line("  {:<20}{:>10.4f}  {:<22}{:>16.4f}", "  class-wise", softmax.ece_class_wise, "",
            chip.ece_class_wise);
  text.line(
      "uncertainty, mean nats: entropy {:.4f} = aleatoric {:.4f} + mutual information {:.4f} "
      "(for T → ∞ about {:.4f})",
      first.mean.entropy, first.mean.aleatoric, first.mean.mutual_information,
      first.mean.corrected_information);
}

void writeSelective(Text& text, const SeedResult& first) {
  const Selective& selective = first.selective;
  text.line(
      "refusing the least confident: AURC {:.4f} (above the best order {:.4f}), accuracy of 95 / 90 / 80 %: "
      "{:.2f} / {:.2f} / {:.2f} %",
      selective.aurc, selective.e_aurc, kPercent * selective.accuracy_at_95,
      kPercent * selective.accuracy_at_90, kPercent * selective.accuracy_at_80);
  text.line("finding wrong predictions, AUROC:");
  for (const auto& [score, auroc] : first.errors)
    text.line("  {:<20}{:>10.4f}  {}", nameOf(score), auroc.value, range(auroc.interval_95, 1, 4));
}

void writeOod(Text& text, const OodResult& ood, const SeedResult& seed, std::int64_t in_images) {
  text.line("");
  text.line("out of distribution: {}{}, {} images ({}), prevalence {:.3f}", ood.name,
            ood.synthetic ? " [synthetic]" : "", ood.images, ood.source,
            static_cast<double>(ood.images) / static_cast<double>(ood.images + in_images));
  text.line("  {:<20}{:>7}  {:<18}{:>9}{:>9}{:>8}{:>12}{:>11}{:>10}", "score", "AUROC", "95 %", "AUPR-Out",
            "AUPR-In", "FPR95", "FPR95 (ID+)", "detected", "alarms");
  for (const auto& [score, d] : ood.scores) {
    text.line("  {:<20}{:>7.4f}  {:<18}{:>9.4f}{:>9.4f}{:>8.4f}{:>12.4f}{:>9.2f} %{:>8.2f} %", nameOf(score),
              d.auroc.value, range(d.auroc.interval_95, 1, 4), d.aupr_out, d.aupr_in, d.fpr95,
              d.fpr95_in_positive, kPercent * d.detected, kPercent * d.false_alarms);
  }
  text.line("  {:<20}{:>7}  {:<18}{:>9}{:>9}{:>8}{:>12}{:>9.2f} %{:>8.2f} %", "the chip's flag", "", "", "",
            "", "", "", kPercent * ood.chip_detected, kPercent * seed.chip_false_alarms);
  text.line("  {:<20}{:>7.4f}  {}", "mean pixel alone", ood.trivial_auroc, "(needs no network)");
}

void writeRotation(Text& text, const Study& study) {
  text.line("");
  text.line("{:<10}{:>12}{:>10}{:>10}{:>14}{:>14}", "rotation", "accuracy, %", "NLL", "entropy",
            "mutual inf.", "chip's flag, %");
  for (const RotationPoint& point : study.rotation) {
    text.line("{:>8.0f}° {:>12.2f}{:>10.4f}{:>10.4f}{:>14.4f}{:>14.2f}", point.degrees,
              kPercent * point.accuracy, point.nll, point.mean.entropy, point.mean.mutual_information,
              kPercent * point.chip_detected);
  }
}

void writeExact(Text& text, const ExactResult& exact) {
  text.line("");
  text.line(
      "exact, all {} configurations: accuracy {:.2f} %, NLL {:.4f}, ECE {:.4f}, mutual information {:.4f}",
      exact.configurations, kPercent * exact.softmax.accuracy, exact.softmax.nll, exact.softmax.ece,
      exact.mean.mutual_information);
  for (const ExactOod& ood : exact.ood) {
    text.line("  {:<20}AUROC: entropy {:.4f}, mutual information {:.4f}", ood.name, ood.entropy.value,
              ood.mutual_information.value);
  }
}

void writeSeeds(Text& text, const Study& study) {
  const auto& seeds = study.seeds;
  text.line("");
  text.line("over {} Monte Carlo seeds from {}, mean ± standard deviation", seeds.size(), seeds.front().seed);
  text.line("  accuracy {} %   NLL {}   ECE {}   mutual information {}",
            overSeeds(seeds, kPercent, 2, [](const SeedResult& s) { return s.chip.accuracy; }),
            overSeeds(seeds, 1, 4, [](const SeedResult& s) { return s.softmax.nll; }),
            overSeeds(seeds, 1, 4, [](const SeedResult& s) { return s.softmax.ece; }),
            overSeeds(seeds, 1, 4, [](const SeedResult& s) { return s.mean.mutual_information; }));
  for (std::size_t o = 0; o < seeds.front().ood.size(); ++o) {
    for (std::size_t k = 0; k < seeds.front().ood[o].scores.size(); ++k) {
      text.line("  {:<12}{:<20}AUROC {}", seeds.front().ood[o].name,
                nameOf(seeds.front().ood[o].scores[k].score),
                overSeeds(seeds, 1, 4,
                          [&](const SeedResult& s) { return s.ood[o].scores[k].detector.auroc.value; }));
    }
  }
}

}  // namespace

std::string toText(const Metrics& metrics, const std::string& title, std::int64_t images) {
  Text text;
  text.line("{}, {} images", title, images);
  text.line(
      "  accuracy {:.2f} %, NLL {:.4f} nats, Brier {:.4f}, ECE {:.4f} (calibrated: mean {:.4f}, 95 % below "
      "{:.4f})",
      kPercent * metrics.accuracy, metrics.nll, metrics.brier, metrics.ece, metrics.ece_null_mean,
      metrics.ece_null_95);
  return text.take();
}

std::string toText(const Study& study) {
  const SeedResult& first = study.seeds.front();
  Text text;
  text.line("{}: {} images, T = {}, seed {}, {:.0f} images/s", study.name, study.images, study.passes,
            first.seed, study.images_per_second);
  text.line("");
  writeQuality(text, study);
  writeSelective(text, first);
  for (const OodResult& ood : first.ood) writeOod(text, ood, first, study.images);
  if (!study.rotation.empty()) writeRotation(text, study);
  if (study.exact) writeExact(text, *study.exact);
  if (study.seeds.size() > 1) writeSeeds(text, study);
  return text.take();
}

}  // namespace neuspin::evaluate
