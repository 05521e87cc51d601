// Studies as JSON (keys: gen/evaluate/README.md), as text, and as one Markdown table of several.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evaluate/study.hpp"

namespace neuspin::evaluate {

inline constexpr double kPercent = 100;

[[nodiscard]] nlohmann::json toJson(const Metrics& metrics);
/// Figures of one seed, without the intervals and curves that only the first of a study has.
[[nodiscard]] nlohmann::json toJson(const SeedResult& seed, std::int64_t images);
[[nodiscard]] nlohmann::json toJson(const Study& study);

/// Objects of the same form become one in which every number is {"mean", "sd"} over them (sd with n − 1; 0
/// for one). Other values are kept if all are equal, else left out, as are arrays of numbers.
[[nodiscard]] nlohmann::json meanAndSpread(const std::vector<nlohmann::json>& objects);

/// Lines for a terminal.
[[nodiscard]] std::string toText(const Metrics& metrics, const std::string& title, std::int64_t images);
[[nodiscard]] std::string toText(const Study& study);

/// Several networks on the same sets.
struct Comparative {
  std::vector<Study> studies;        ///< at least one; all with the same OOD sets
  std::vector<PairedResult> paired;  ///< of the studies but the first against the first
  Score score = Score::Entropy;      ///< which detector the table shows
};
[[nodiscard]] nlohmann::json toJson(const Comparative& comparative);
[[nodiscard]] std::string toMarkdown(const Comparative& comparative);

}  // namespace neuspin::evaluate
