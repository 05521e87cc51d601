#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "evaluate/report.hpp"

namespace neuspin::evaluate {

namespace {

/// One column of the table: a heading and what it shows of a seed.
struct Column {
  std::string heading;
  double factor;
  int digits;
  std::function<double(const SeedResult&)> get;
};

const Detector& detectorOf(const OodResult& ood, Score score) {
  const auto found = std::ranges::find(ood.scores, score, &ScoredDetector::score);
  return (found == ood.scores.end() ? ood.scores.front() : *found).detector;
}

std::vector<Column> columnsOf(const Comparative& comparative) {
  const SeedResult& example = comparative.studies.front().seeds.front();
  const Score score = comparative.score;
  std::vector<Column> columns = {
      {"accuracy, %", kPercent, 2, [](const SeedResult& s) { return s.chip.accuracy; }},
      {"NLL", 1, 4, [](const SeedResult& s) { return s.softmax.nll; }},
      {"ECE", 1, 4, [](const SeedResult& s) { return s.softmax.ece; }},
      {"MI", 1, 4, [](const SeedResult& s) { return s.mean.mutual_information; }}};
  for (std::size_t o = 0; o < example.ood.size(); ++o) {
    const std::string& name = example.ood[o].name;
    columns.push_back({name + ": AUROC", 1, 4,
                       [o, score](const SeedResult& s) { return detectorOf(s.ood[o], score).auroc.value; }});
    columns.push_back({"detected, %", kPercent, 1,
                       [o, score](const SeedResult& s) { return detectorOf(s.ood[o], score).detected; }});
    columns.push_back(
        {"flagged, %", kPercent, 1, [o](const SeedResult& s) { return s.ood[o].chip_detected; }});
  }
  if (!example.ood.empty()) {
    columns.push_back({"false alarms, %", kPercent, 1, [score](const SeedResult& s) {
                         return detectorOf(s.ood.front(), score).false_alarms;
                       }});
    columns.push_back(
        {"flagged in distribution, %", kPercent, 1, [](const SeedResult& s) { return s.chip_false_alarms; }});
  }
  return columns;
}

std::string cell(const Study& study, const Column& column) {
  std::vector<double> values;
  for (const SeedResult& seed : study.seeds) values.push_back(column.get(seed) * column.factor);
  const Spread over = spread(values);
  if (values.size() < 2) return fmt::format("{:.{}f}", over.mean, column.digits);
  return fmt::format("{:.{}f} ± {:.{}f}", over.mean, column.digits, over.deviation, column.digits);
}

std::string range(const Interval& interval) {
  return fmt::format("{:+.4f} … {:+.4f}", interval.low, interval.high);
}

}  // namespace

std::string toMarkdown(const Comparative& comparative) {
  const auto columns = columnsOf(comparative);
  const Study& first = comparative.studies.front();
  std::string text = "| network | T |";
  std::string rule = "|---|---|";
  for (const Column& column : columns) {
    text += fmt::format(" {} |", column.heading);
    rule += "---|";
  }
  text += "\n" + rule + "\n";
  for (const Study& study : comparative.studies) {
    text += fmt::format("| {} | {} |", study.name, study.passes);
    for (const Column& column : columns) text += fmt::format(" {} |", cell(study, column));
    text += "\n";
  }
  text += fmt::format(
      "\n{} test images; mean{} over {} Monte Carlo seed{} from {}. Accuracy: arg-max of the chip's 12-bit "
      "mean "
      "probabilities; NLL (nats), ECE (15 bins; {}: {:.4f} on average if it were calibrated) and mutual "
      "information "
      "MI (nats): exact softmax of the integer logits.\n",
      first.images, first.seeds.size() > 1 ? " ± standard deviation" : "", first.seeds.size(),
      first.seeds.size() > 1 ? "s" : "", first.seeds.front().seed, first.name,
      first.seeds.front().softmax.ece_null_mean);
  if (!first.seeds.front().ood.empty()) {
    text += fmt::format(
        "AUROC, detected and false alarms: score `{}`; threshold = 95th percentile of the even-numbered test "
        "images, "
        "false alarms counted on the odd-numbered. Flagged: by the chip's own out-of-distribution flag.\n",
        nameOf(comparative.score));
    for (const OodResult& ood : first.seeds.front().ood) {
      text +=
          fmt::format("{}: {} images, {}{}; the mean pixel alone has AUROC {:.4f}.\n", ood.name, ood.images,
                      ood.source, ood.synthetic ? " (synthetic: a sanity check)" : "", ood.trivial_auroc);
    }
  }
  if (comparative.paired.empty()) return text;
  text += fmt::format(
      "\n| against {} | accuracy, points | McNemar p | NLL | 95 % | Brier | 95 % | ECE | 95 % |\n",
      first.name);
  text += "|---|---|---|---|---|---|---|---|---|\n";
  for (std::size_t i = 0; i < comparative.paired.size(); ++i) {
    const PairedResult& p = comparative.paired[i];
    text +=
        fmt::format("| {} | {:+.2f} | {:.3g} | {:+.4f} | {} | {:+.4f} | {} | {:+.4f} | {} |\n",
                    comparative.studies[i + 1].name, kPercent * p.accuracy, p.mcnemar_p, p.nll,
                    range(p.intervals.nll), p.brier, range(p.intervals.brier), p.ece, range(p.intervals.ece));
  }
  text += fmt::format(
      "\nFirst seed, same test images; intervals by paired bootstrap over images ({} resamples).\n",
      kResamples);
  return text;
}

}  // namespace neuspin::evaluate
