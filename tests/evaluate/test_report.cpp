// Reports: keys, means over seeds, the table.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <sstream>

#include "evaluate/report.hpp"

using namespace neuspin;
using namespace neuspin::evaluate;
using nlohmann::json;
namespace tt = boost::test_tools;

namespace {

Study makeStudy(const std::string& name, double shift) {
  Study study;
  study.name = name;
  study.images = 100;
  study.passes = 11;
  study.images_per_second = 5000;
  for (int s = 0; s < 3; ++s) {
    SeedResult seed;
    seed.seed = 7 + static_cast<std::uint32_t>(s);
    seed.chip.accuracy = 0.8 + 0.01 * s + shift;
    seed.softmax.nll = 0.5 + 0.1 * s;
    seed.errors = {{Score::Entropy, {}}};
    OodResult ood{.name = "mnist", .source = "a file", .images = 300, .mean = {}, .scores = {}};
    for (const Score score : {Score::Entropy, Score::MaxLogit}) {
      Detector detector;
      detector.auroc.value = score == Score::Entropy ? 0.9 : 0.7;
      detector.detected = 0.25;
      ood.scores.push_back({score, detector});
    }
    seed.ood.push_back(ood);
    study.seeds.push_back(seed);
  }
  study.reliability.resize(15);
  return study;
}

std::vector<std::string> linesOf(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(means_and_deviations) {
  const json spread = meanAndSpread({{{"a", 1},
                                      {"name", "x"},
                                      {"sub", {{"b", 2.5}}},
                                      {"list", {{{"c", 1}}}},
                                      {"range", {0, 1}},
                                      {"odd", "p"}},
                                     {{"a", 3},
                                      {"name", "x"},
                                      {"sub", {{"b", 2.5}}},
                                      {"list", {{{"c", 5}}}},
                                      {"range", {0, 2}},
                                      {"odd", "q"}}});
  BOOST_TEST(spread["a"]["mean"] == 2.0);
  BOOST_TEST(spread["a"]["sd"].get<double>() == std::sqrt(2.0), tt::tolerance(1e-12));
  BOOST_TEST(spread["name"] == "x");
  BOOST_TEST(spread["sub"]["b"]["sd"] == 0.0);
  BOOST_TEST(spread["list"][0]["c"]["mean"] == 3.0);
  BOOST_TEST(!spread.contains("range"));
  BOOST_TEST(!spread.contains("odd"));
}

BOOST_AUTO_TEST_CASE(keys_that_scripts_read) {
  const json report = toJson(makeStudy("net", 0));
  for (const char* key : {"images", "passes", "seed", "accuracy", "nll", "ece", "ece_null_mean",
                          "ece_null_95", "brier", "predictive_entropy", "images_per_second", "accuracy_95",
                          "chip_false_alarms", "softmax", "selective", "misclassification", "ood", "seeds"}) {
    BOOST_TEST(report.contains(key), key);
  }
  BOOST_TEST(report["accuracy"] == 0.8);
  BOOST_TEST(report["seed"] == 7);
  BOOST_TEST(report["softmax"]["nll"] == 0.5);
  BOOST_TEST(report["softmax"]["reliability"].size() == 15U);
  BOOST_TEST(report["ood"][0]["prevalence"] == 0.75);
  BOOST_TEST(report["ood"][0]["scores"]["entropy"]["auroc"] == 0.9);
  BOOST_TEST(report["seeds"]["count"] == 3);
  BOOST_TEST(report["seeds"]["accuracy"]["mean"].get<double>() == 0.81, tt::tolerance(1e-12));
  BOOST_TEST(report["seeds"]["softmax"]["nll"]["sd"].get<double>() == 0.1, tt::tolerance(1e-12));
  BOOST_TEST(report["seeds"]["ood"][0]["scores"]["max_logit"]["auroc"]["mean"].get<double>() == 0.7,
             tt::tolerance(1e-12));
  BOOST_TEST(!report.contains("exact"));
  Study one = makeStudy("net", 0);
  one.seeds.resize(1);
  one.exact = ExactResult{};
  BOOST_TEST(!toJson(one).contains("seeds"));
  BOOST_TEST(toJson(one).contains("exact"));
}

BOOST_AUTO_TEST_CASE(table_of_networks) {
  const Comparative comparative{.studies = {makeStudy("det", 0), makeStudy("drop", 0.05)},
                                .paired = {{.accuracy = 0.05, .intervals = {}, .mcnemar_p = 0.01}},
                                .score = Score::MaxLogit};
  const auto lines = linesOf(toMarkdown(comparative));
  BOOST_REQUIRE_GE(lines.size(), 4U);
  const auto columns = [](const std::string& line) { return std::count(line.begin(), line.end(), '|'); };
  for (int i = 1; i < 4; ++i) BOOST_TEST(columns(lines[static_cast<std::size_t>(i)]) == columns(lines[0]));
  BOOST_TEST(lines[2].find("| det | 11 | 81.00 ± 1.00 |") == 0U);
  BOOST_TEST(lines[3].find("| drop | 11 | 86.00 ± 1.00 |") == 0U);
  BOOST_TEST(lines[3].find("0.7000 ± 0.0000") != std::string::npos);  // of the score asked for
  const std::string text = toMarkdown(comparative);
  BOOST_TEST(text.find("| drop | +5.00 | 0.01 |") != std::string::npos);
  BOOST_TEST(text.find("`max_logit`") != std::string::npos);
  const json report = toJson(comparative);
  BOOST_TEST(report["networks"][1]["name"] == "drop");
  BOOST_TEST(report["paired"][0]["against"] == "det");
}

BOOST_AUTO_TEST_CASE(one_network_one_seed) {
  Study study = makeStudy("det", 0);
  study.seeds.resize(1);
  const std::string text = toMarkdown({.studies = {study}, .paired = {}});
  BOOST_TEST(text.find("±") == std::string::npos);
  BOOST_TEST(text.find("against") == std::string::npos);
  const std::string lines = toText(study);
  BOOST_TEST(lines.find("out of distribution: mnist") != std::string::npos);
  BOOST_TEST(lines.find("prevalence 0.750") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
