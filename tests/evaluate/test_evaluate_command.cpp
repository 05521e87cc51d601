// `neuspin evaluate` as a process, on the optdigits networks: exit codes, the comparison with the float
// network, exact enumeration.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "folder.hpp"
#include "support/process.hpp"

namespace neuspin {
namespace {

const std::string kNets = NEUSPIN_SOURCE_DIR "/tests/nets/";
const std::string kTarget = NEUSPIN_SOURCE_DIR "/tests/cosim/small_target.toml";

ProcessResult evaluate(const std::string& method, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {NEUSPIN_BIN, "evaluate", kNets + "optd_" + method, "--images",
                                       kNets + "optdigits_test.idx3-ubyte.gz", "--labels",
                                       kNets + "optdigits_test.idx1-ubyte.gz", "--quiet"});
  if (std::ranges::find(arguments, "--target") == arguments.end())
    arguments.insert(arguments.end(), {"--target", kTarget});
  return runProcess(arguments);
}

nlohmann::json reportOf(const std::string& method, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "-"});
  const ProcessResult result = evaluate(method, std::move(arguments));
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  return nlohmann::json::parse(result.output);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(evaluate_command)

BOOST_AUTO_TEST_CASE(float_network_agrees_with_the_integers_of_every_method) {
  for (const char* method :
       {"det", "spindrop", "spatial", "scaledrop", "affine", "subset", "spinbayes", "spinbayes_binary"}) {
    BOOST_TEST_CONTEXT(method) {
      const auto reference = reportOf(method, {"--reference"}).at("reference");
      BOOST_TEST(reference.at("images") == 200);
      BOOST_TEST(reference.at("mismatches") == 0);
      // A class in 200 images is 0.5 %.
      BOOST_TEST(reference.at("disagreement").get<double>() <= 0.005);
      BOOST_TEST(reference.at("disagreement_softmax").get<double>() <= 0.005);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_deterministic_network_makes_one_pass_whatever_is_asked) {
  const ProcessResult result = evaluate("det", {"--passes", "5"});
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  BOOST_TEST(contains(result.output, "one pass is made instead of 5"), result.output);
}

// As the RTL in lock-step: on ideal junctions too, a finite window leaves the drive a little off.
BOOST_AUTO_TEST_CASE(calibration_at_startup_is_simulated_with_and_without_a_device) {
  const test::Folder folder("startup");
  std::ifstream plain(kTarget);
  std::string target{std::istreambuf_iterator<char>(plain), {}};
  BOOST_REQUIRE(!contains(target, "[dropout]"));
  target = folder.write("target.toml",
                        target + "\n[dropout]\ncalibration = \"startup\"\ncalibration_window = 64\n");
  const std::string ideal = folder.write("ideal.toml",
                                         "set = \"stt40\"\n[units]\nmodel = \"ideal\"\n[arrays]\n"
                                         "variation = 0\noffsets = 0\ndefects = 0\n");
  const auto nll = [&](std::vector<std::string> more) {
    return reportOf("scaledrop", std::move(more)).at("softmax").at("nll").get<double>();
  };
  const double calibrated = nll({"--target", target});
  BOOST_TEST(calibrated != nll({}));
  BOOST_TEST(calibrated == nll({"--target", target, "--device", ideal}));
  const ProcessResult reference = evaluate("scaledrop", {"--target", target, "--reference"});
  BOOST_TEST(reference.exit_code == 1);
  BOOST_TEST(contains(reference.output, "no-reference-calibration"), reference.output);
}

BOOST_AUTO_TEST_CASE(reports_replace_reports_only) {
  const test::Folder folder("reports");
  const std::string spec = folder.write("network.toml", "[network]\n");
  const ProcessResult result = evaluate("det", {"--json", spec});
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.output, "output-exists"), result.output);
  const std::string report = folder.write("report.json", "{\"old\": 1}");
  BOOST_TEST(evaluate("det", {"--json", report}).exit_code == 0);
  std::ifstream written(report);
  BOOST_TEST(nlohmann::json::parse(written).contains("accuracy"));
}

BOOST_AUTO_TEST_CASE(a_report_that_is_lost_is_no_success) {
  const ProcessResult result = runProcess(
      {"/bin/sh", "-c",
       std::string(NEUSPIN_BIN) + " check " + kNets + "optd_det --target " + kTarget + " > /dev/full"});
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.output, "cannot write to standard output"), result.output);
}

BOOST_AUTO_TEST_CASE(disagreement_is_stated_in_words) {
  const ProcessResult result = evaluate("affine", {"--compare-reference", "50"});
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  BOOST_TEST(contains(result.output, "predicted class differs from the float network's on "), result.output);
  BOOST_TEST(contains(result.output, " of 50 images"), result.output);
}

BOOST_AUTO_TEST_CASE(exact_enumeration_is_where_monte_carlo_goes) {
  const struct {
    const char* method;
    int configurations;
  } cases[] = {{"det", 1}, {"scaledrop", 8}, {"affine", 64}, {"subset", 512}, {"spatial", 4096}};
  for (const auto& [method, configurations] : cases) {
    BOOST_TEST_CONTEXT(method) {
      const auto report = reportOf(method, {"--exact", "--seeds", "30", "--ood", "uniform"});
      const auto& exact = report.at("exact");
      BOOST_TEST(exact.at("configurations") == configurations);
      BOOST_TEST(exact.at("ood").at(0).at("name") == "uniform");
      if (configurations == 1) {
        BOOST_TEST(exact.at("nll").get<double>() == report.at("softmax").at("nll").get<double>(),
                   boost::test_tools::tolerance(1e-12));
        BOOST_TEST(exact.at("mutual_information") == 0.0);
        continue;
      }
      // The aleatoric entropy is linear in the weights: its mean over seeds has no bias.
      const auto& sampled = report.at("seeds").at("softmax").at("aleatoric_entropy");
      const double error = sampled.at("sd").get<double>() / std::sqrt(30.0);
      BOOST_TEST(std::abs(exact.at("aleatoric_entropy").get<double>() - sampled.at("mean").get<double>()) <
                 4 * error);
      BOOST_TEST(exact.at("mutual_information").get<double>() > 0.0);
    }
  }
  const ProcessResult text = evaluate("scaledrop", {"--exact"});
  BOOST_TEST(contains(text.output, "exact, all 8 configurations"), text.output);
}

BOOST_AUTO_TEST_CASE(too_many_choices_are_refused) {
  const ProcessResult result = evaluate("spindrop", {"--exact"});
  BOOST_TEST(result.exit_code == 1);
  BOOST_TEST(contains(result.output, "too-many-choices"), result.output);
}

// A device file in the build folder.
std::string deviceFile(const std::string& name, const std::string& text) {
  const std::string path = NEUSPIN_BINARY_DIR "/evaluate_" + name + ".toml";
  std::ofstream(path) << text;
  return path;
}

BOOST_AUTO_TEST_CASE(a_chip_without_faults_is_the_design_and_a_bad_one_is_worse) {
  const auto ideal = reportOf("spindrop", {});
  const auto none = deviceFile(
      "ideal",
      "set = \"stt40\"\n[units]\nmodel = \"ideal\"\n[arrays]\nvariation = 0\noffsets = 0\ndefects = 0\n");
  auto chip = reportOf("spindrop", {"--device", none});
  BOOST_TEST(chip.at("device").at("set") == "stt40");
  BOOST_TEST(chip.at("device").at("constants").at("barrier.tmr").at("source") == "assumed");
  BOOST_TEST(chip.at("device").at("drawn").at("arrays").at("high") == 0);
  for (const char* figure : {"accuracy", "nll", "ece", "ood"})
    BOOST_TEST(chip.at(figure) == ideal.at(figure), figure);
  // Every second junction reads as parallel whatever it holds: a guess.
  const auto bad = deviceFile("bad",
                              "set = \"stt40\"\n[override.defects]\nstuck_p = { value = 0.5, source = "
                              "\"assumed\" }\n[units]\ntrim_bits = 8\n");
  chip = reportOf("spindrop", {"--device", bad, "--chip", "9"});
  BOOST_TEST(chip.at("device").at("chip") == 9);
  BOOST_TEST(chip.at("device").at("drawn").at("arrays").at("high") > 1000);
  BOOST_TEST(chip.at("accuracy").get<double>() < ideal.at("accuracy").get<double>() - 0.1);
}

BOOST_AUTO_TEST_CASE(many_chips_are_a_distribution) {
  const auto file = deviceFile("chips", "set = \"stt40\"\n[arrays]\ndefects = 100\n[chip]\nseed = 4\n");
  const auto report = reportOf("scaledrop", {"--device", file, "--chips", "5"});
  const auto& chips = report.at("chips");
  BOOST_REQUIRE(chips.size() == 5U);
  double mean = 0, least = 1;
  for (std::size_t n = 0; n < chips.size(); ++n) {
    BOOST_TEST(chips[n].at("chip") == 4 + n);
    mean += chips[n].at("softmax").at("accuracy").get<double>() / 5;
    least = std::min(least, chips[n].at("softmax").at("accuracy").get<double>());
  }
  const auto& over = report.at("over_chips").at("accuracy");
  BOOST_TEST(over.at("mean").get<double>() == mean, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(over.at("min").get<double>() == least);
  BOOST_TEST(over.at("sd").get<double>() > 0);
  BOOST_TEST(over.at("min").get<double>() <= over.at("median").get<double>());
  BOOST_TEST(report.at("ideal").at("softmax").at("accuracy").get<double>() >= mean);
  // One chip of them by itself is the same chip.
  const auto one = reportOf("scaledrop", {"--device", file, "--chip", "6"});
  BOOST_TEST(one.at("softmax").at("nll") == chips[2].at("softmax").at("nll"));
  const ProcessResult text = evaluate("scaledrop", {"--device", file, "--chips", "2"});
  BOOST_TEST(contains(text.output, "over chips"), text.output);
  BOOST_TEST(contains(text.output, "constants: "), text.output);
}

BOOST_AUTO_TEST_CASE(chip_options_that_do_not_go_together) {
  const auto file = deviceFile("plain", "set = \"stt40\"\n");
  BOOST_TEST(evaluate("spindrop", {"--device", file, "--chips", "2", "--seeds", "2"}).exit_code == 1);
  BOOST_TEST(evaluate("spindrop", {"--device", file, "--reference"}).exit_code == 1);
  BOOST_TEST(evaluate("spindrop", {"--chips", "2"}).exit_code == 4);
  BOOST_TEST(evaluate("spindrop", {"--chip", "2"}).exit_code == 4);
  const ProcessResult wrong =
      evaluate("spindrop", {"--device", deviceFile("wrong", "set = \"stt40\"\nsed = 1\n")});
  BOOST_TEST(wrong.exit_code == 1);
  BOOST_TEST(contains(wrong.output, "evaluate_wrong.toml:2"), wrong.output);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin
