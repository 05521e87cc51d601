#include "evaluate/report.hpp"

namespace neuspin::evaluate {

namespace {

using nlohmann::json;

json pair(const Interval& interval) {
  return json::array({interval.low, interval.high});
}

json uncertaintyJson(const Uncertainty& mean) {
  return {{"predictive_entropy", mean.entropy},
          {"aleatoric_entropy", mean.aleatoric},
          {"mutual_information", mean.mutual_information},
          {"mutual_information_corrected", mean.corrected_information},
          {"variance", mean.variance},
          {"variation_ratio", mean.variation_ratio},
          {"max_probability", mean.max_probability},
          {"max_logit", mean.max_logit}};
}

json aurocJson(const Auroc& auroc) {
  return {{"auroc", auroc.value}, {"auroc_se", auroc.standard_error}, {"auroc_95", pair(auroc.interval_95)}};
}

json selectiveJson(const Selective& selective) {
  return {{"aurc", selective.aurc},
          {"e_aurc", selective.e_aurc},
          {"augrc", selective.augrc},
          {"accuracy_at_95", selective.accuracy_at_95},
          {"accuracy_at_90", selective.accuracy_at_90},
          {"accuracy_at_80", selective.accuracy_at_80},
          {"coverage_at_risk_5", selective.coverage_at_risk_5},
          {"coverage_at_risk_1", selective.coverage_at_risk_1}};
}

json detectorJson(const Detector& detector) {
  json report = aurocJson(detector.auroc);
  report.update({{"aupr_out", detector.aupr_out},
                 {"aupr_in", detector.aupr_in},
                 {"fpr95", detector.fpr95},
                 {"fpr95_in_positive", detector.fpr95_in_positive},
                 {"threshold", detector.threshold},
                 {"detected", detector.detected},
                 {"false_alarms", detector.false_alarms}});
  return report;
}

json oodJson(const OodResult& ood, std::int64_t in_images) {
  json scores = json::object();
  for (const auto& [score, detector] : ood.scores) scores[nameOf(score)] = detectorJson(detector);
  return {{"name", ood.name},
          {"source", ood.source},
          {"synthetic", ood.synthetic},
          {"images", ood.images},
          {"prevalence", static_cast<double>(ood.images) / static_cast<double>(ood.images + in_images)},
          {"chip_detected", ood.chip_detected},
          {"trivial_auroc", ood.trivial_auroc},
          {"mean", uncertaintyJson(ood.mean)},
          {"scores", std::move(scores)}};
}

json exactJson(const ExactResult& exact) {
  json report = toJson(exact.softmax);
  report.update(uncertaintyJson(exact.mean));
  report["configurations"] = exact.configurations;
  report["ood"] = json::array();
  for (const ExactOod& ood : exact.ood) {
    report["ood"].push_back(
        {{"name", ood.name},
         {"mean", uncertaintyJson(ood.mean)},
         {"scores",
          {{"entropy", aurocJson(ood.entropy)}, {"mutual_information", aurocJson(ood.mutual_information)}}}});
  }
  return report;
}

bool allEqual(const std::vector<json>& values) {
  for (const json& value : values) {
    if (value != values.front()) return false;
  }
  return true;
}

json spreadOf(const std::vector<json>& values);

/// The values under `key` of objects, or at that place of arrays.
template <typename Key>
json spreadAt(const std::vector<json>& containers, const Key& key) {
  std::vector<json> values;
  for (const json& container : containers) values.push_back(container.at(key));
  return spreadOf(values);
}

/// null = leave out.
json spreadOf(const std::vector<json>& values) {
  const json& first = values.front();
  if (first.is_number()) {
    std::vector<double> numbers;
    for (const json& value : values) numbers.push_back(value.get<double>());
    const Spread over = spread(numbers);
    return {{"mean", over.mean}, {"sd", over.deviation}};
  }
  if (first.is_object()) return meanAndSpread(values);
  if (first.is_array() && !first.empty() && first.front().is_number()) return nullptr;
  if (first.is_array()) {
    json result = json::array();
    for (std::size_t i = 0; i < first.size(); ++i) result.push_back(spreadAt(values, i));
    return result;
  }
  return allEqual(values) ? first : json(nullptr);
}

}  // namespace

json toJson(const Metrics& metrics) {
  return {{"accuracy", metrics.accuracy},
          {"accuracy_95", pair(metrics.accuracy_95)},
          {"nll", metrics.nll},
          {"ece", metrics.ece},
          {"ece_null_mean", metrics.ece_null_mean},
          {"ece_null_95", metrics.ece_null_95},
          {"ece_equal_mass", metrics.ece_equal_mass},
          {"ece_class_wise", metrics.ece_class_wise},
          {"brier", metrics.brier},
          {"predictive_entropy", metrics.predictive_entropy}};
}

json toJson(const SeedResult& seed, std::int64_t images) {
  json report = toJson(seed.chip);
  report["chip_false_alarms"] = seed.chip_false_alarms;
  report["softmax"] = toJson(seed.softmax);
  report["softmax"].update(uncertaintyJson(seed.mean));
  report["selective"] = selectiveJson(seed.selective);
  for (const auto& [score, auroc] : seed.errors)
    report["misclassification"][nameOf(score)] = aurocJson(auroc);
  report["ood"] = json::array();
  for (const OodResult& ood : seed.ood) report["ood"].push_back(oodJson(ood, images));
  return report;
}

json meanAndSpread(const std::vector<json>& objects) {
  json result = json::object();
  for (const auto& [key, ignored] : objects.front().items()) {
    json spread = spreadAt(objects, key);
    if (!spread.is_null()) result[key] = std::move(spread);
  }
  return result;
}

json toJson(const Study& study) {
  const SeedResult& first = study.seeds.front();
  json report = toJson(first, study.images);
  report.update({{"images", study.images},
                 {"passes", study.passes},
                 {"seed", first.seed},
                 {"images_per_second", study.images_per_second}});
  json& softmax = report["softmax"];
  softmax.update({{"nll_95", pair(study.intervals.nll)},
                  {"brier_95", pair(study.intervals.brier)},
                  {"ece_95", pair(study.intervals.ece)}});
  for (const ReliabilityBin& bin : study.reliability) {
    softmax["reliability"].push_back(
        {{"images", bin.images}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
  }
  for (const RotationPoint& point : study.rotation) {
    json row = uncertaintyJson(point.mean);
    row.update({{"degrees", point.degrees},
                {"accuracy", point.accuracy},
                {"nll", point.nll},
                {"chip_detected", point.chip_detected}});
    report["rotation"].push_back(std::move(row));
  }
  if (study.exact) report["exact"] = exactJson(*study.exact);
  if (study.seeds.size() > 1) {
    std::vector<json> all;
    for (const SeedResult& seed : study.seeds) all.push_back(toJson(seed, study.images));
    report["seeds"] = meanAndSpread(all);
    report["seeds"]["count"] = study.seeds.size();
    report["seeds"]["first"] = first.seed;
  }
  return report;
}

json toJson(const Comparative& comparative) {
  json report = {
      {"score", nameOf(comparative.score)}, {"networks", json::array()}, {"paired", json::array()}};
  for (const Study& study : comparative.studies) {
    json network = toJson(study);
    network["name"] = study.name;
    report["networks"].push_back(std::move(network));
  }
  for (std::size_t i = 0; i < comparative.paired.size(); ++i) {
    const PairedResult& paired = comparative.paired[i];
    report["paired"].push_back({{"name", comparative.studies[i + 1].name},
                                {"against", comparative.studies.front().name},
                                {"accuracy", paired.accuracy},
                                {"nll", paired.nll},
                                {"nll_95", pair(paired.intervals.nll)},
                                {"brier", paired.brier},
                                {"brier_95", pair(paired.intervals.brier)},
                                {"ece", paired.ece},
                                {"ece_95", pair(paired.intervals.ece)},
                                {"mcnemar_p", paired.mcnemar_p}});
  }
  return report;
}

}  // namespace neuspin::evaluate
