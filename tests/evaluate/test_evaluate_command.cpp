// `neuspin evaluate` as a process, on the optdigits networks: exit codes, the comparison with the float network, exact
// enumeration.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace neuspin {
namespace {

const std::string kNets = NEUSPIN_SOURCE_DIR "/tests/nets/";
const std::string kTarget = NEUSPIN_SOURCE_DIR "/tests/cosim/small_target.toml";

ProcessResult evaluate(const std::string& method, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {NEUSPIN_BIN, "evaluate", kNets + "optd_" + method, "--images",
                                       kNets + "optdigits_test.idx3-ubyte.gz", "--labels",
                                       kNets + "optdigits_test.idx1-ubyte.gz", "--target", kTarget, "--quiet"});
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin
