// The survey's table: what was measured here, and every published figure with what stands against it and why
// it may or may not be compared.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neuspin::cli {

/// One network, measured here.
struct SurveyRow {
  std::string_view method;  ///< as methodOf gives it
  std::string name;
  int passes = 0, units = 0;
  int conv_units = 0;                              ///< those of its convolutions
  double accuracy = 0;                             ///< 0 … 1, of the integers, chip's arg-max
  double nanojoules = 0, nanojoules_one_pass = 0;  ///< an image at `passes`, and at T = 1
  double nanojoules_lfsr = 0;                      ///< at `passes`, LFSRs in place of the junctions
  double assumed = 0;            ///< share of `nanojoules` whose energy an event is an assumption, 0 … 1
  double bits_a_pass = 0;        ///< random
  std::int64_t weights = 0;      ///< bits of one sample
  std::int64_t stored_bits = 0;  ///< weights, scales and thresholds, stored samples
};

enum class Verdict {
  Comparable,     ///< the same quantity, measured here
  NotComparable,  ///< something that it depends on is not stated
  NotMeasured,    ///< no network of the survey gives it
};

/// One published figure. Sources: Table I and text of the NeuSpin survey (arXiv 2401.06195); baselines worked
/// out from it.
struct SurveyClaim {
  std::string_view method, what, published;
  std::string here;  ///< with its unit; "-" if there is nothing to set against it
  Verdict verdict = Verdict::NotComparable;
  std::string why;
};
/// Of the methods that the rows have, against the first row of that method.
[[nodiscard]] std::vector<SurveyClaim> claimsOf(const std::vector<SurveyRow>& rows);

struct SurveySettings {
  std::string set, table;
  std::int64_t images = 0, energy_images = 0;
  std::uint32_t seed = 1;
};
/// Two Markdown tables.
[[nodiscard]] std::string surveyText(const std::vector<SurveyRow>& rows, const SurveySettings& settings);
/// `rows`, `claims`.
[[nodiscard]] nlohmann::json surveyJson(const std::vector<SurveyRow>& rows);

}  // namespace neuspin::cli
