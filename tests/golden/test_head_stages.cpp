// The clocked head alone, fed with chosen logits: ties, saturation, back-pressure, passes changed at run
// time.
#include <boost/test/unit_test.hpp>

#include "driver.hpp"
#include "golden/head.hpp"

using namespace neuspin;
using namespace neuspin::testing;
using namespace neuspin::golden;

namespace {

constexpr int kClasses = 5;

HeadPlan makeHeadPlan() {
  TargetSpec target;
  target.smallest = 3;
  target.max_passes = 255;
  HeadPlan head = makeDesign(makeNetwork({8, kClasses}, 0.5, 3), target, 1).plan.head;
  head.logit_bits = 12;
  head.logit_frac = 6;
  head.exp_shift = head.logit_frac + 7;
  return head;
}

using Pass = std::vector<std::int32_t>;  // logits

/// Feeds all passes (some cycles without a logit, some without ready); returns the results of all images.
std::vector<ImageResult> runHead(const HeadPlan& plan, const std::vector<Pass>& passes,
                                 const HeadControls& controls, double stall_in, double stall_out,
                                 unsigned seed) {
  Head head(plan);
  std::mt19937 rng(seed);
  std::bernoulli_distribution hold_in(stall_in), hold_out(stall_out);
  std::vector<ImageResult> results;
  std::vector<Beat> beats;
  const std::size_t images = passes.size() / static_cast<std::size_t>(controls.passes);
  for (std::size_t at = 0, cycle = 0; results.size() < images; ++cycle) {
    BOOST_REQUIRE(cycle < 1'000'000);
    const bool valid = at < passes.size() * kClasses && !hold_in(rng);
    const bool ready = !hold_out(rng);
    head.eval(ready, controls);
    if (head.result().valid() && ready) {
      beats.push_back(head.result().data());
      if (head.result().last()) {
        const auto image = unpackBeats(beats);
        BOOST_REQUIRE(image.has_value());
        results.push_back(*image);
        beats.clear();
      }
    }
    const bool accept = valid && head.ready();
    head.tick(valid ? passes[at / kClasses][at % kClasses] : -1, valid);
    if (accept) ++at;
  }
  return results;
}

std::vector<ImageResult> expected(const HeadPlan& plan, const std::vector<Pass>& passes,
                                  const HeadControls& controls) {
  std::vector<ImageResult> results;
  Statistics statistics(plan);
  for (std::size_t i = 0; i < passes.size(); ++i) {
    statistics.addPass(passes[i]);
    if ((i + 1) % static_cast<std::size_t>(controls.passes) != 0) continue;
    results.push_back(statistics.finish(controls.passes, controls.ood_threshold, controls.ood_k));
    statistics.clear();
  }
  return results;
}

std::vector<Pass> randomPasses(int count, int spread, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_int_distribution<int> logit(-spread, spread);
  std::vector<Pass> passes(static_cast<std::size_t>(count), Pass(kClasses));
  for (Pass& pass : passes) {
    for (std::int32_t& value : pass) value = logit(rng);
  }
  return passes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(head_stages)

BOOST_AUTO_TEST_CASE(agrees_with_the_clockless_statistics) {
  const HeadPlan plan = makeHeadPlan();
  // A spread of 2 makes ties the rule; 2047 is the whole range of the logits.
  for (const int spread : {2, 100, 2047}) {
    for (const HeadControls controls :
         {HeadControls{1, 3000, 1}, HeadControls{4, 900, 2}, HeadControls{20, 2000, 3}}) {
      const auto passes = randomPasses(40, spread, 1);
      const auto want = expected(plan, passes, controls);
      BOOST_TEST((runHead(plan, passes, controls, 0, 0, 1) == want));
      BOOST_TEST((runHead(plan, passes, controls, 0.5, 0.5, 2) == want));
      BOOST_TEST((runHead(plan, passes, controls, 0, 0.9, 3) == want));
    }
  }
}

BOOST_AUTO_TEST_CASE(sums_of_255_certain_passes_fit) {
  const HeadPlan plan = makeHeadPlan();
  const std::vector<Pass> passes(255, Pass{-2048, 2047, -2048, -2048, -2048});
  const HeadControls controls{255, 4000, 1};
  const auto results = runHead(plan, passes, controls, 0, 0, 1);
  BOOST_TEST((results == expected(plan, passes, controls)));
  BOOST_TEST(results[0].votes[1] == 255);
  BOOST_TEST(results[0].sum_logit[0] == -255 * 2048);
  BOOST_TEST(results[0].sum_max_logit == 255 * 2047);
  BOOST_TEST(results[0].mean_p[1] >= 4080);
  BOOST_TEST(results[0].var_p[1] < (1U << 24) / 500);
}

BOOST_AUTO_TEST_CASE(a_blocked_output_stops_the_input_and_loses_nothing) {
  const HeadPlan plan = makeHeadPlan();
  Head head(plan);
  const HeadControls controls{1, 0, 1};
  int accepted = 0;
  for (int cycle = 0; cycle < 500; ++cycle) {
    head.eval(false, controls);
    accepted += head.ready() ? 1 : 0;
    head.tick(cycle % 7, true);
  }
  BOOST_TEST(!head.ready());
  // Two sets in the collector, two of exponentials, and what the later stages hold: the first image's
  // remaining classes.
  BOOST_TEST(accepted >= 4 * kClasses);
  BOOST_TEST(accepted <= 6 * kClasses);
}

BOOST_AUTO_TEST_SUITE_END()
