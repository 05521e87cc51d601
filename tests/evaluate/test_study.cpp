// A whole study on random networks: its figures against the metrics applied by hand, seeds, streams, reports.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "evaluate/report.hpp"
#include "evaluate/synthetic.hpp"
#include "random_network.hpp"

using namespace neuspin;
using namespace neuspin::evaluate;
namespace tt = boost::test_tools;

namespace {

struct Case {
  test::RandomNetwork net;
  Dataset set;
  std::vector<OodSet> ood;
};

Case makeCase(std::vector<bool> stochastic = {true, true}) {
  constexpr int kImages = 60;
  Case result{.net = test::makeRandom({.widths = {64, 30, 10}, .stochastic = std::move(stochastic)}, 22),
              .set = {},
              .ood = {}};
  result.set.features = 64;
  result.set.shape = {.rows = 8, .cols = 8};
  result.set.pixels = test::randomPixels(64, kImages, 8);
  for (int i = 0; i < kImages; ++i) result.set.labels.push_back(static_cast<std::uint8_t>(i % 10));
  Diagnostics diags;
  for (const char* name : {"gaussian", "rotate=40"})
    result.ood.push_back(*makeOodSet(name, result.set, 0, diags));
  return result;
}

Study run(const Case& c, const StudyOptions& options) {
  return runStudy(golden::Infer(c.net.plan, c.net.weights), c.net.plan, c.set, c.ood, options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(study)

BOOST_AUTO_TEST_CASE(softmax_figures_are_those_of_the_logits) {
  const Case c = makeCase();
  const golden::Infer infer(c.net.plan, c.net.weights);
  const auto evaluation = evaluateGolden(infer, c.net.plan, c.set, {.seed = 5, .first_image = 1000});
  const double unit = std::ldexp(1.0, -c.net.plan.head.logit_frac);
  for (std::size_t i = 0; i < 60; ++i) {
    const auto logits = infer.logits(std::span(c.set.pixels).subspan(i * 64, 64),
                                     {.seed = 5, .first_image = 1000 + static_cast<std::int64_t>(i)});
    std::vector<double> mean(10, 0.0), p(10);
    double max_logit = 0;
    for (const auto& pass : logits) {
      softmax(pass, unit, p);
      for (std::size_t k = 0; k < 10; ++k) mean[k] += p[k] / static_cast<double>(logits.size());
      max_logit += *std::ranges::max_element(pass) * unit / static_cast<double>(logits.size());
    }
    for (std::size_t k = 0; k < 10; ++k)
      BOOST_REQUIRE_CLOSE_FRACTION(evaluation.softmax.image(i)[k], mean[k], 1e-9);
    BOOST_REQUIRE_CLOSE_FRACTION(evaluation.uncertainty[i].max_logit, max_logit, 1e-9);
    // 12 fraction bits, an exp table and as many roundings.
    for (std::size_t k = 0; k < 10; ++k)
      BOOST_REQUIRE_SMALL(evaluation.results[i].mean_p[k] / 4096.0 - mean[k], 0.003);
  }
}

BOOST_AUTO_TEST_CASE(figures_belong_to_their_sets) {
  const Case c = makeCase();
  const auto study = run(c, {.seed = 3});
  BOOST_TEST(study.images == 60);
  BOOST_TEST(study.passes == 5);
  BOOST_REQUIRE_EQUAL(study.seeds.size(), 1U);
  const SeedResult& seed = study.seeds[0];
  BOOST_REQUIRE_EQUAL(seed.ood.size(), 2U);
  BOOST_TEST(seed.ood[1].name == "rotate 40");
  // The second set comes after 60 test images and 60 images of noise in the stream.
  const golden::Infer infer(c.net.plan, c.net.weights);
  const auto outside = evaluateGolden(infer, c.net.plan, c.ood[1].data, {.seed = 3, .first_image = 120});
  const auto expected =
      judgeDetector(scoreImages(Score::Entropy, study.first), scoreImages(Score::Entropy, outside));
  BOOST_TEST(seed.ood[1].scores[0].detector.auroc.value == expected.auroc.value);
  BOOST_TEST(seed.ood[1].scores[0].detector.detected == expected.detected);
  double flagged = 0;
  for (const auto& result : outside.results) flagged += result.ood / 60.0;
  BOOST_TEST(seed.ood[1].chip_detected == flagged, tt::tolerance(1e-12));
  flagged = 0;
  for (const auto& result : study.first.results) flagged += result.ood / 60.0;
  BOOST_TEST(seed.chip_false_alarms == flagged, tt::tolerance(1e-12));
  BOOST_TEST(seed.mean.mutual_information > 0);
  BOOST_TEST(study.intervals.nll.low < seed.softmax.nll);
  BOOST_TEST(study.intervals.nll.high > seed.softmax.nll);
}

BOOST_AUTO_TEST_CASE(scores_are_high_where_the_network_is_uncertain) {
  const Case c = makeCase();
  const auto study = run(c, {.seed = 3});
  const auto& u = study.first.uncertainty[4];
  const auto& chip = study.first.results[4];
  BOOST_TEST(scoreImages(Score::Entropy, study.first)[4] == u.entropy);
  BOOST_TEST(scoreImages(Score::MutualInformation, study.first)[4] == u.mutual_information);
  BOOST_TEST(scoreImages(Score::MaxProbability, study.first)[4] == 1 - u.max_probability);
  BOOST_TEST(scoreImages(Score::MaxLogit, study.first)[4] == -u.max_logit);
  BOOST_TEST(scoreImages(Score::ChipEntropy, study.first)[4] == chip.entropy / 4096.0);
  BOOST_TEST(scoreImages(Score::ChipKth, study.first)[4] == 1 - chip.kth_max / 4096.0);
  HeadPlan bare = c.net.plan.head;
  bare.entropy = false;
  bare.smallest = 0;
  BOOST_TEST(scoresOf(bare).size() + 2 == scoresOf(c.net.plan.head).size());
}

BOOST_AUTO_TEST_CASE(seeds_follow_one_another) {
  const Case c = makeCase();
  const auto three = run(c, {.seed = 3, .seeds = 3});
  BOOST_REQUIRE_EQUAL(three.seeds.size(), 3U);
  const auto last = run(c, {.seed = 5});
  BOOST_TEST(three.seeds[2].seed == 5U);
  BOOST_TEST(three.seeds[2].softmax.nll == last.seeds[0].softmax.nll);
  BOOST_TEST(three.seeds[2].ood[0].scores[1].detector.auroc.value ==
             last.seeds[0].ood[0].scores[1].detector.auroc.value);
  BOOST_TEST(three.seeds[0].softmax.nll != last.seeds[0].softmax.nll);
}

BOOST_AUTO_TEST_CASE(deterministic_network_has_no_information) {
  const auto study = run(makeCase({false, false}), {.seed = 3, .seeds = 2});
  BOOST_TEST(study.passes == 1);
  BOOST_TEST(study.seeds[0].mean.mutual_information == 0.0);
  BOOST_TEST(study.seeds[0].ood[0].scores[1].detector.auroc.value == 0.5);  // a constant
  BOOST_TEST(study.seeds[0].softmax.nll == study.seeds[1].softmax.nll);
}

BOOST_AUTO_TEST_CASE(progress_and_rotation) {
  const Case c = makeCase();
  std::int64_t done = 0;
  StudyOptions options{
      .seed = 3, .seeds = 2, .rotation = true, .progress = [&](std::int64_t n) { done = n; }};
  const auto study = run(c, options);
  BOOST_TEST(done == studyImages(c.set, c.ood, options));
  BOOST_TEST(done == 2 * 180 + 13 * 60);
  BOOST_REQUIRE_EQUAL(study.rotation.size(), 13U);
  BOOST_TEST(study.rotation[12].degrees == 180.0);
  const auto turned = rotated(c.set, [](std::int64_t) { return 180; });
  const auto position = 180 + 12 * 60;
  const auto expected = evaluateGolden(golden::Infer(c.net.plan, c.net.weights), c.net.plan, turned,
                                       {.seed = 3, .first_image = position});
  BOOST_TEST(study.rotation[12].nll == expected.softmax_metrics.nll);
}

BOOST_AUTO_TEST_CASE(exact_figures_mix_configurations_by_weight) {
  const Case a = makeCase({false, false});
  test::RandomNetwork other = test::makeRandom({.widths = {64, 30, 10}, .stochastic = {false, false}}, 23);
  other.plan.head.logit_frac = a.net.plan.head.logit_frac;
  const golden::Infer infer_a(a.net.plan, a.net.weights), infer_b(other.plan, other.weights);
  const Enumeration enumeration{
      .weights = {0.3, 0.7},
      .run = [&](std::span<const std::uint8_t> pixels, int, const Enumeration::Sink& sink) {
        for (std::size_t i = 0; i < pixels.size() / 64; ++i) {
          auto logits = infer_a.logits(pixels.subspan(i * 64, 64), {})[0];
          const auto more = infer_b.logits(pixels.subspan(i * 64, 64), {})[0];
          logits.insert(logits.end(), more.begin(), more.end());
          sink(static_cast<std::int64_t>(i), logits);
        }
      }};
  const auto exact = runExact(enumeration, a.net.plan, a.set, a.ood, 1);
  const auto one = evaluateGolden(infer_a, a.net.plan, a.set, {});
  const auto two = evaluateGolden(infer_b, other.plan, a.set, {});
  Predictions mixed{.classes = 10, .probabilities = {}};
  for (std::size_t i = 0; i < one.softmax.probabilities.size(); ++i)
    mixed.probabilities.push_back(0.3 * one.softmax.probabilities[i] + 0.7 * two.softmax.probabilities[i]);
  BOOST_TEST(exact.configurations == 2);
  BOOST_TEST(exact.softmax.nll == computeMetrics(mixed, a.set.labels, kFloatFloor).nll, tt::tolerance(1e-9));
  BOOST_TEST(exact.mean.mutual_information > 0);
  BOOST_REQUIRE_EQUAL(exact.ood.size(), 2U);
  BOOST_TEST(exact.ood[0].name == "gaussian");
}

BOOST_AUTO_TEST_CASE(every_joint_choice_of_a_network) {
  const Case c = makeCase();
  const golden::Infer infer(c.net.plan, c.net.weights);
  const auto enumeration = enumerationOf(infer);
  BOOST_REQUIRE(enumeration);
  BOOST_REQUIRE_EQUAL(enumeration->weights.size(), 4U);
  // Two units that drop with probability 0.35: the first layer's choice is the low digit.
  const std::vector<double> expected = {0.65 * 0.65, 0.35 * 0.65, 0.65 * 0.35, 0.35 * 0.35};
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(enumeration->weights[i] == expected[i], tt::tolerance(1e-6));
  const auto exact = runExact(*enumeration, c.net.plan, c.set, c.ood, 2);
  BOOST_TEST(exact.configurations == 4);
  // What Monte Carlo estimates, without its error: 200 seeds of 5 passes scatter around it.
  const auto study = run(c, {.seed = 1, .seeds = 200});
  double nll = 0, entropy = 0, squares = 0;
  for (const SeedResult& seed : study.seeds) entropy += seed.mean.aleatoric / 200;
  for (const SeedResult& seed : study.seeds) {
    nll += seed.softmax.nll / 200;
    squares += (seed.mean.aleatoric - entropy) * (seed.mean.aleatoric - entropy) / 199;
  }
  BOOST_TEST(std::abs(exact.mean.aleatoric - entropy) < 4 * std::sqrt(squares / 200));  // linear: no bias
  BOOST_TEST(exact.softmax.nll < nll);  // the mean of few passes is a worse guess than that of all
  BOOST_TEST(exact.mean.mutual_information > study.seeds[0].mean.mutual_information);
  // Too many, and none to choose.
  const auto rows =
      test::makeRandom({.widths = {64, 30, 10}, .schemes = {SpinDrop{0.1}, Deterministic{}}}, 6);
  const golden::Infer many(rows.plan, rows.weights);
  BOOST_TEST(!enumerationOf(many));
  const Case plain = makeCase({false, false});
  const golden::Infer one(plain.net.plan, plain.net.weights);
  const auto certain = runExact(*enumerationOf(one), plain.net.plan, plain.set, plain.ood, 1);
  BOOST_TEST(certain.configurations == 1);
  BOOST_TEST(certain.softmax.nll == run(plain, {}).seeds[0].softmax.nll, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(pairs) {
  const Case c = makeCase();
  const auto a = run(c, {.seed = 3});
  const auto same = compareStudies(a, a, c.set, 1);
  BOOST_TEST(same.nll == 0.0);
  BOOST_TEST(same.mcnemar_p == 1.0);
  BOOST_TEST(same.intervals.ece.high == 0.0);
  const auto b = run(c, {.seed = 4});
  const auto other = compareStudies(a, b, c.set, 1);
  BOOST_TEST(other.nll == b.seeds[0].softmax.nll - a.seeds[0].softmax.nll);
  BOOST_TEST(other.intervals.nll.low < other.nll);
  BOOST_TEST(other.intervals.nll.high > other.nll);
}

BOOST_AUTO_TEST_SUITE_END()
