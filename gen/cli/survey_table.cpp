#include "cli/survey_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace neuspin::cli {
namespace {

constexpr std::string_view kSpinDrop = "SpinDrop", kSpatial = "Spatial-SpinDrop", kScale = "SpinScaleDrop",
                           kSubset = "sub-set posterior", kSpinBayes = "SpinBayes";

/// A row of Table I.
struct Published {
  std::string_view method, accuracy, energy;
};
constexpr std::array kTable = {
    Published{kSpinDrop, "91.95 %", "2.00 uJ"}, Published{kSpatial, "90.34 %", "0.68 uJ"},
    Published{kScale, "90.45 %", "0.18 uJ"}, Published{kSubset, "90.62 %", "0.30 uJ"},
    Published{kSpinBayes, "none given", "0.26 uJ"}};
constexpr const char* kAccuracyWhy =
    "neither data set nor network nor T is stated with it; it fits a VGG on CIFAR-10";
constexpr const char* kEnergyWhy =
    "neither network nor process nor T is stated with it; it fits a small MNIST network, and what it covers "
    "is not said";

const SurveyRow* rowOf(const std::vector<SurveyRow>& rows, std::string_view method) {
  const auto row = std::ranges::find(rows, method, &SurveyRow::method);
  return row == rows.end() ? nullptr : &*row;
}

std::string microjoules(double nanojoules) {
  constexpr double kNanoToMicro = 1e-3;
  return fmt::format("{:.4f} uJ", nanojoules * kNanoToMicro);
}

SurveyClaim ratioToSpinDrop(const SurveyRow& spatial, const SurveyRow* spindrop) {
  SurveyClaim claim{kSpatial, "energy of SpinDrop over it", "2.94 x",
                    "-",      Verdict::NotMeasured,         "survey a SpinDrop network as well"};
  if (spindrop == nullptr) return claim;
  claim.here = fmt::format("{:.2f} x", spindrop->nanojoules / spatial.nanojoules);
  claim.verdict = Verdict::NotComparable;
  claim.why = fmt::format(
      "same network, T and energies here; a ratio of two energies that are not comparable (random bits a "
      "pass: {} and "
      "{} of SpinDrop)",
      spatial.bits_a_pass, spindrop->bits_a_pass);
  return claim;
}

SurveyClaim unitsOfSpinDrop(const SurveyRow& spatial, const SurveyRow* spindrop) {
  SurveyClaim claim{kSpatial, "units of SpinDrop over it", "9 x",
                    "-",      Verdict::NotMeasured,        "survey a SpinDrop network as well"};
  if (spindrop == nullptr) return claim;
  const double all = static_cast<double>(spindrop->units) / spatial.units;
  if (spatial.conv_units > 0) {
    claim.here = fmt::format("{:.2f} x", static_cast<double>(spindrop->conv_units) / spatial.conv_units);
    claim.verdict = Verdict::Comparable;
    claim.why = fmt::format(
        "units of the convolutions, counted in the plan: K² = 9 for K = 3; with the linear layers {:.2f} x",
        all);
    return claim;
  }
  claim.here = fmt::format("{:.2f} x", all);
  claim.verdict = Verdict::NotComparable;
  claim.why = "9 = K² is of convolutions with K = 3; linear layers have as many as their groups are large";
  return claim;
}

/// How many times less energy than a baseline of so many µJ.
SurveyClaim lessThan(const SurveyRow& row, std::string_view published, double baseline, const char* why) {
  constexpr double kMicroToNano = 1e3;
  return {row.method,
          "energy of a baseline over it",
          published,
          fmt::format("{:.1f} x", baseline * kMicroToNano / row.nanojoules),
          Verdict::NotComparable,
          why};
}

SurveyClaim memoryOf(const SurveyRow& row) {
  constexpr double kEnsemble = 5 * 32;  // bits a weight
  return {row.method,
          "memory of a baseline over it",
          "158.7 x",
          fmt::format("{:.1f} x",
                      kEnsemble * static_cast<double>(row.weights) / static_cast<double>(row.stored_bits)),
          Verdict::NotComparable,
          "its baseline is not stated: more than 64 x is out of reach of (mean, deviation) in float32, five "
          "networks in float32 "
          "fit and are taken here, over weights, thresholds and all stored samples"};
}

constexpr std::array kVerdicts = {"comparable", "not comparable", "not measured"};

nlohmann::json rowJson(const SurveyRow& row) {
  return {{"method", row.method},
          {"network", row.name},
          {"passes", row.passes},
          {"accuracy", row.accuracy},
          {"nanojoules_per_image", row.nanojoules},
          {"nanojoules_at_one_pass", row.nanojoules_one_pass},
          {"nanojoules_per_image_lfsr", row.nanojoules_lfsr},
          {"assumed_share", row.assumed},
          {"units", row.units},
          {"random_bits_per_pass", row.bits_a_pass},
          {"stored_bits", row.stored_bits}};
}

}  // namespace

std::vector<SurveyClaim> claimsOf(const std::vector<SurveyRow>& rows) {
  std::vector<SurveyClaim> claims;
  const SurveyRow* spindrop = rowOf(rows, kSpinDrop);
  for (const Published& published : kTable) {
    const SurveyRow* row = rowOf(rows, published.method);
    if (row == nullptr) continue;
    const bool given = published.method != kSpinBayes;
    claims.push_back({published.method, "accuracy", published.accuracy,
                      fmt::format("{:.2f} %", 100 * row->accuracy), Verdict::NotComparable,
                      given ? kAccuracyWhy : "there is nothing to compare with"});
    claims.push_back({published.method, "energy of an image", published.energy,
                      fmt::format("{} at T = {}, {} at T = 1", microjoules(row->nanojoules), row->passes,
                                  microjoules(row->nanojoules_one_pass)),
                      Verdict::NotComparable, kEnergyWhy});
    if (published.method == kSpatial) {
      claims.push_back(unitsOfSpinDrop(*row, spindrop));
      claims.push_back(ratioToSpinDrop(*row, spindrop));
      claims.push_back(lessThan(*row, "94.11 x", 64.0,
                                "its baseline is not named; 64.0 uJ = 94.11 x 0.68 uJ is taken here"));
    }
    if (published.method == kScale)
      claims.push_back(lessThan(
          *row, "> 100 x", 18.98,
          "its baseline is not named; VIBNN fits, an FPGA with 18.98 uJ for one pass (1/52,694.8 J), and is "
          "taken here; ten passes take it 190 uJ"));
    if (published.method == kSubset) {
      claims.push_back(lessThan(
          *row, "70 x", 21.0,
          "its baseline is not named; 21 uJ = 70 x 0.30 uJ is taken here (BYNQNet, an FPGA without sampling: "
          "22.4 uJ)"));
      claims.push_back(memoryOf(*row));
    }
  }
  return claims;
}

std::string surveyText(const std::vector<SurveyRow>& rows, const SurveySettings& settings) {
  std::string text = fmt::format(
      "Measured here: accuracy on {} images, seed {}; events of {} image{} at the energies of set {} and "
      "table {}, of which the share "
      "\"assumed\" rests on assumptions.\n\n"
      "| method | network | T | accuracy | nJ an image | of it assumed | with LFSRs | at T = 1 | units | "
      "random bits a pass | bits "
      "stored |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
      settings.images, settings.seed, settings.energy_images, settings.energy_images == 1 ? "" : "s",
      settings.set, settings.table);
  for (const SurveyRow& row : rows) {
    text += fmt::format(
        "| {} | {} | {} | {:.2f} % | {:.3f} | {:.0f} % | {:.3f} | {:.3f} | {} | {:.1f} | {} |\n", row.method,
        row.name, row.passes, 100 * row.accuracy, row.nanojoules, 100 * row.assumed, row.nanojoules_lfsr,
        row.nanojoules_one_pass, row.units, row.bits_a_pass, row.stored_bits);
  }
  const auto claims = claimsOf(rows);
  if (claims.empty()) return text;
  text += "\n| method | figure | published | measured here | verdict | why |\n|---|---|---|---|---|---|\n";
  for (const SurveyClaim& claim : claims) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", claim.method, claim.what, claim.published,
                        claim.here, kVerdicts[static_cast<std::size_t>(claim.verdict)], claim.why);
  }
  return text;
}

nlohmann::json surveyJson(const std::vector<SurveyRow>& rows) {
  nlohmann::json json = {{"rows", nlohmann::json::array()}, {"claims", nlohmann::json::array()}};
  for (const SurveyRow& row : rows) json["rows"].push_back(rowJson(row));
  for (const SurveyClaim& claim : claimsOf(rows)) {
    json["claims"].push_back({{"method", claim.method},
                              {"figure", claim.what},
                              {"published", claim.published},
                              {"here", claim.here},
                              {"verdict", kVerdicts[static_cast<std::size_t>(claim.verdict)]},
                              {"why", claim.why}});
  }
  return json;
}

}  // namespace neuspin::cli
