// The survey's table: every published figure is there with what stands against it, and what is measured is
// what `energy` and `explain` say.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/survey_table.hpp"
#include "support/process.hpp"

using namespace neuspin;
using namespace neuspin::cli;

namespace {

SurveyRow rowOf(std::string_view method, int units, double nanojoules, int conv_units = 0) {
  return {.method = method,
          .name = "net",
          .passes = 11,
          .units = units,
          .conv_units = conv_units,
          .accuracy = 0.9,
          .nanojoules = nanojoules,
          .nanojoules_one_pass = nanojoules / 10,
          .nanojoules_lfsr = nanojoules,
          .assumed = 0.5,
          .bits_a_pass = 1,
          .weights = 1000,
          .stored_bits = 2000};
}

const SurveyClaim& claimOf(const std::vector<SurveyClaim>& claims, std::string_view method,
                           std::string_view published) {
  for (const SurveyClaim& claim : claims) {
    if (claim.method == method && claim.published == published) return claim;
  }
  throw std::out_of_range(std::string(published));
}

ProcessResult run(const std::string& subcommand, const std::vector<std::string>& methods,
                  std::vector<std::string> more) {
  const std::string nets = NEUSPIN_SOURCE_DIR "/tests/nets/";
  std::vector<std::string> command = {NEUSPIN_BIN, subcommand};
  for (const auto& method : methods) command.push_back(nets + "optd_" + method);
  command.insert(command.end(), {"--target", NEUSPIN_SOURCE_DIR "/tests/cosim/small_target.toml"});
  const std::string images = nets + "optdigits_test.idx3-ubyte.gz";
  if (subcommand == "survey")
    command.insert(command.end(),
                   {"--images", images, "--labels", nets + "optdigits_test.idx1-ubyte.gz", "--quiet"});
  if (subcommand == "energy") command.insert(command.end(), {"--data", images});
  command.insert(command.end(), more.begin(), more.end());
  return runProcess(command);
}

nlohmann::json reportOf(const std::string& subcommand, const std::vector<std::string>& methods,
                        std::vector<std::string> more) {
  more.insert(more.end(), {"--json", "-"});
  const ProcessResult result = run(subcommand, methods, more);
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  return nlohmann::json::parse(result.output);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(survey)

BOOST_AUTO_TEST_CASE(ratios_by_hand) {
  const auto claims = claimsOf({rowOf("SpinDrop", 190, 2000, 90), rowOf("Spatial-SpinDrop", 14, 500, 10),
                                rowOf("SpinScaleDrop", 1, 100), rowOf("sub-set posterior", 3, 50),
                                rowOf("SpinBayes", 3, 250)});
  BOOST_TEST(claimOf(claims, "Spatial-SpinDrop", "9 x").here == "9.00 x");
  BOOST_TEST((claimOf(claims, "Spatial-SpinDrop", "9 x").verdict == Verdict::Comparable));
  BOOST_TEST(claimOf(claims, "Spatial-SpinDrop", "9 x").why.ends_with("13.57 x"));  // all layers
  BOOST_TEST(claimOf(claims, "Spatial-SpinDrop", "2.94 x").here == "4.00 x");
  BOOST_TEST(claimOf(claims, "Spatial-SpinDrop", "94.11 x").here == "128.0 x");  // 64.0 uJ over 0.5
  BOOST_TEST(claimOf(claims, "SpinScaleDrop", "> 100 x").here == "189.8 x");     // 18.98 uJ over 0.1
  BOOST_TEST(claimOf(claims, "sub-set posterior", "70 x").here == "420.0 x");    // 21 uJ over 0.05
  BOOST_TEST(claimOf(claims, "sub-set posterior", "158.7 x").here == "80.0 x");  // 160 bits a weight over 2
  BOOST_TEST(claimOf(claims, "SpinDrop", "2.00 uJ").here == "2.0000 uJ at T = 11, 0.2000 uJ at T = 1");
  for (const SurveyClaim& claim : claims) BOOST_TEST(!claim.why.empty(), claim.published);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_compared_says_so) {
  const auto linear = claimsOf({rowOf("SpinDrop", 160, 2000), rowOf("Spatial-SpinDrop", 10, 500)});
  BOOST_TEST(claimOf(linear, "Spatial-SpinDrop", "9 x").here == "16.00 x");
  BOOST_TEST((claimOf(linear, "Spatial-SpinDrop", "9 x").verdict == Verdict::NotComparable));
  const auto alone = claimsOf({rowOf("Spatial-SpinDrop", 10, 500)});
  for (const char* ratio : {"9 x", "2.94 x"}) {
    BOOST_TEST(claimOf(alone, "Spatial-SpinDrop", ratio).here == "-");
    BOOST_TEST((claimOf(alone, "Spatial-SpinDrop", ratio).verdict == Verdict::NotMeasured));
  }
  BOOST_TEST(claimsOf({rowOf("deterministic", 0, 20)}).empty());
}

BOOST_AUTO_TEST_CASE(the_command_measures_what_the_others_say) {
  const std::vector<std::string> methods = {"det",    "spindrop", "spatial",         "scaledrop",
                                            "affine", "subset",   "spinbayes_binary"};
  const auto report = reportOf("survey", methods, {"--energy-images", "1", "--limit", "100"});
  BOOST_TEST(report.at("images") == 100);
  BOOST_REQUIRE(report.at("rows").size() == methods.size());
  std::set<std::string> names;
  for (std::size_t n = 0; n < methods.size(); ++n) {
    BOOST_TEST_CONTEXT(methods[n]) {
      const auto& row = report.at("rows")[n];
      BOOST_TEST(names.insert(row.at("method").get<std::string>()).second);
      const auto energy = reportOf("energy", {methods[n]}, {"--images", "1"});
      const auto once = reportOf("energy", {methods[n]}, {"--images", "1", "--passes", "1"});
      const auto tolerance = boost::test_tools::tolerance(1e-9);
      BOOST_TEST(row.at("nanojoules_per_image").get<double>() ==
                     energy.at("junctions").at("nanojoules_per_image").get<double>(),
                 tolerance);
      BOOST_TEST(row.at("nanojoules_per_image_lfsr").get<double>() ==
                     energy.at("lfsr").at("nanojoules_per_image").get<double>(),
                 tolerance);
      BOOST_TEST(row.at("nanojoules_at_one_pass").get<double>() ==
                     once.at("junctions").at("nanojoules_per_image").get<double>(),
                 tolerance);
      double assumed = 0;
      for (const auto& item : energy.at("junctions").at("items"))
        assumed += item.at("source") == "assumed" ? item.at("nanojoules").get<double>() : 0;
      BOOST_TEST(row.at("assumed_share").get<double>() ==
                     assumed / energy.at("junctions").at("nanojoules_per_image").get<double>(),
                 tolerance);
      BOOST_TEST(row.at("units") == reportOf("explain", {methods[n]}, {}).at("units"));
    }
  }
  // Every figure of the published table, and every ratio.
  std::set<std::string> published;
  for (const auto& claim : report.at("claims")) published.insert(claim.at("published").get<std::string>());
  for (const char* figure : {"91.95 %", "90.34 %", "90.45 %", "90.62 %", "2.00 uJ", "0.68 uJ", "0.18 uJ",
                             "0.30 uJ", "0.26 uJ", "9 x", "2.94 x", "94.11 x", "> 100 x", "70 x", "158.7 x"})
    BOOST_TEST(published.contains(figure), figure);
  const auto text = run("survey", {"det", "spatial"}, {"--energy-images", "1", "--limit", "20"}).output;
  for (const char* part : {"of it assumed", "| 0.68 uJ |", "| not comparable |",
                           "| not measured | survey a SpinDrop network as well |"})
    BOOST_TEST(text.find(part) != std::string::npos, part << "\n" << text);
}

BOOST_AUTO_TEST_CASE(bad_input) {
  BOOST_TEST(run("survey", {"none"}, {}).exit_code == 1);
  BOOST_TEST(run("survey", {"det"}, {"--set", "none"}).exit_code == 1);
  BOOST_TEST(run("survey", {"det"}, {"--energy-images", "0"}).exit_code == 4);
  BOOST_TEST(run("survey", {"scaledrop"}, {"--passes", "300"}).exit_code == 1);
}

BOOST_AUTO_TEST_SUITE_END()
