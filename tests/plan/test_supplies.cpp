// Stochastic units: how many, which, with which probability, and the limits of their monitors.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "net.hpp"
#include "plan/supplies.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

SupplyPlan supplyOf(const Scheme& scheme, const TargetSpec& target = {}) {
  const auto plan = planOf(makeNetwork({50, 40, 3}, std::vector{scheme}, 4), target);
  return plan.layers[0].supply.value();
}

/// Probability of fewer than `k` successes in n trials, from factorials.
double below(int n, double p, int k) {
  double sum = 0;
  for (int i = 0; i < k; ++i) {
    sum += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) + i * std::log(p) +
                    (n - i) * std::log1p(-p));
  }
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(supplies)

// methods.md §4.8: units and random bits a layer and pass.
BOOST_AUTO_TEST_CASE(ledger) {
  const struct {
    Scheme scheme;
    int modules, bits, choices;
    Choice choice;
  } kCases[] = {
      {SpinDrop{0.15}, 50, 50, 0, Choice::Rows},
      {SpatialDropout{0.15, 7}, 8, 8, 0, Choice::Rows},  // ⌈50/7⌉
      {SpatialDropout{0.15, 50}, 1, 1, 0, Choice::Rows},
      {ScaleDropout{0.2}, 1, 1, 0, Choice::Bank},
      {AffineDropout{0.3}, 2, 2, 0, Choice::Bank},
      {SubsetSamples{8}, 3, 3, 8, Choice::Bank},
      {SubsetSamples{9}, 4, 4, 9, Choice::Bank},
      {SubsetNoise{5}, 80, 80, 0, Choice::Noise},  // 16 lanes
      {SpinBayes{2, 1}, 1, 1, 2, Choice::Array},
      {SpinBayes{5, 3}, 3, 3, 5, Choice::Array},
      {SpinBayes{32, 1}, 5, 5, 32, Choice::Array},
  };
  for (const auto& expected : kCases) {
    const auto plan = planOf(makeNetwork({50, 40, 3}, std::vector{expected.scheme}, 4), TargetSpec{});
    const auto& layer = plan.layers[0];
    BOOST_TEST((layer.choice == expected.choice));
    BOOST_REQUIRE(layer.supply.has_value());
    BOOST_TEST(layer.supply->modules == expected.modules);
    BOOST_TEST(layer.supply->bits == expected.bits);
    BOOST_TEST(layer.supply->choices == expected.choices);
    BOOST_TEST(layer.supply->rounds == 1);
    BOOST_TEST(plan.units == expected.modules);
    BOOST_TEST(plan.supplies == 1);
    BOOST_TEST(!plan.shared);
    BOOST_TEST(!plan.layers[1].stochastic());
  }
  BOOST_TEST(planOf(makeNetwork({50, 40, 3}, {}, 4), TargetSpec{}).units == 0);
}

BOOST_AUTO_TEST_CASE(bits_share_units) {
  TargetSpec target;
  for (const int share : {1, 2, 7, 49, 50, 65536}) {
    target.share = share;
    const auto supply = supplyOf(SpinDrop{0.15}, target);
    BOOST_TEST(supply.modules == (50 + share - 1) / share);
    BOOST_TEST(supply.rounds == (50 + supply.modules - 1) / supply.modules);
    BOOST_TEST(supply.rounds <= share);
    BOOST_TEST(supply.modules * supply.rounds >= 50);
    BOOST_TEST(supplyOf(AffineDropout{0.3}, target).modules == (share == 1 ? 2 : 1));
    BOOST_TEST(supplyOf(ScaleDropout{0.3}, target).modules == 1);
    // The bits of an arbiter's number are drawn together.
    BOOST_TEST(supplyOf(SpinBayes{5, 1}, target).modules == 3);
    BOOST_TEST(supplyOf(SpinBayes{5, 1}, target).rounds == 1);
  }
  target.share = 7;
  target.lanes = 3;
  const auto noise = supplyOf(SubsetNoise{5}, target);
  BOOST_TEST(noise.bits == 15);
  BOOST_TEST(noise.modules == 3);
  BOOST_TEST(noise.rounds == 5);
}

BOOST_AUTO_TEST_CASE(units_are_numbered_in_layer_order) {
  const std::vector<Scheme> schemes = {SpatialDropout{0.2, 10}, ScaleDropout{0.1, true}, AffineDropout{0.3},
                                       ScaleDropout{0.1, true}, SpinBayes{3, 2}};
  const auto plan = planOf(makeNetwork({50, 40, 30, 20, 10, 3}, schemes, 4), TargetSpec{});
  BOOST_TEST(plan.layers[0].supply->first_unit == 0);
  BOOST_REQUIRE(plan.shared.has_value());
  BOOST_TEST(plan.shared->first_unit == 5);  // stands where its first layer stands
  BOOST_TEST(plan.shared->modules == 1);
  BOOST_TEST(plan.layers[2].supply->first_unit == 6);
  BOOST_TEST(plan.layers[4].supply->first_unit == 8);
  BOOST_TEST(plan.units == 10);
  BOOST_TEST(plan.supplies == 4);
  BOOST_TEST(plan.layers[0].supply->index == 0);
  BOOST_TEST(plan.shared->index == 1);
  BOOST_TEST(plan.layers[2].supply->index == 2);
  BOOST_TEST(plan.layers[4].supply->index == 3);
  BOOST_TEST(!plan.layers[1].supply);
  BOOST_TEST(plan.layers[1].shared_consumer == 0);
  BOOST_TEST(plan.layers[3].shared_consumer == 1);
  BOOST_TEST(plan.layers[2].shared_consumer == -1);
  BOOST_TEST(plan.shared_consumers == 2);
  BOOST_TEST(plan.shared_depth == 16);  // 4·2 + 4 = 12
  BOOST_TEST((plan.layers[1].choice == Choice::Bank && plan.layers[3].choice == Choice::Bank));
}

BOOST_AUTO_TEST_CASE(only_fair_bits_are_whitened) {
  TargetSpec target;
  target.whiten = true;
  BOOST_TEST(supplyOf(SpinBayes{4, 1}, target).whiten);
  BOOST_TEST(supplyOf(SubsetSamples{4}, target).whiten);
  BOOST_TEST(supplyOf(SubsetNoise{4}, target).whiten);
  BOOST_TEST(!supplyOf(SpinDrop{0.5}, target).whiten);
  BOOST_TEST(!supplyOf(ScaleDropout{0.5}, target).whiten);
  BOOST_TEST(!supplyOf(AffineDropout{0.5}, target).whiten);
  BOOST_TEST(!supplyOf(SpinBayes{4, 1}).whiten);
}

BOOST_AUTO_TEST_CASE(drive_codes_and_targets) {
  TargetSpec target;
  target.drive_bits = 5;
  target.calibration_window_log2 = 8;
  const auto drop = supplyOf(SpinDrop{0.15}, target);
  BOOST_TEST(drop.drive_code == 16);
  BOOST_TEST(drop.table.size() == 32u);
  BOOST_TEST(drop.table_units == 1);
  BOOST_TEST(drop.threshold(3, 16, 32) == 644245094u);  // round(0.15·2^32)
  BOOST_TEST(drop.calibration_target == 38);            // 38.4
  const auto fair = supplyOf(SpinBayes{3, 1}, target);
  BOOST_TEST(fair.threshold(1, 16, 32) == 1U << 31);
  BOOST_TEST(fair.calibration_target == 128);
}

BOOST_AUTO_TEST_CASE(monitor_limits_are_binomial_tails) {
  const double alarm = std::ldexp(1.0, -20);
  for (const double p : {0.01, 0.1, 0.15, 0.2, 0.3, 0.5, 0.9}) {
    for (const int log2 : {4, 8, 10, 12}) {
      const int n = 1 << log2;
      const auto limits = plan::monitorLimits(p, log2);
      // Fewer than ones_low: at most 2^−20, and one more count would exceed it. The upper tail mirrors it.
      BOOST_TEST(below(n, p, limits.ones_low) <= alarm);
      BOOST_TEST(below(n, p, limits.ones_low + 1) > alarm);
      BOOST_TEST(below(n, 1 - p, n - limits.ones_high) <= alarm);
      BOOST_TEST(below(n, 1 - p, n - limits.ones_high + 1) > alarm);
    }
    // A run of the likelier outcome this long has probability at most 2^−20 (SP 800-90B §4.4.1).
    const auto cutoff = plan::monitorLimits(p, 10).run_cutoff;
    const double likelier = std::max(p, 1 - p);
    if (cutoff < 255) {
      BOOST_TEST(std::pow(likelier, cutoff - 1) <= alarm);
      BOOST_TEST(std::pow(likelier, cutoff - 2) > alarm);
    } else {
      BOOST_TEST(std::pow(likelier, 253) > alarm);
    }
  }
  BOOST_TEST(plan::monitorLimits(0.5, 10).run_cutoff == 21);
  BOOST_TEST(plan::monitorLimits(1e-12, 16).run_cutoff == 255);
  BOOST_TEST(plan::monitorLimits(1e-12, 16).ones_low == 0);
  const auto symmetric = plan::monitorLimits(0.5, 10);
  BOOST_TEST(symmetric.ones_low + symmetric.ones_high == 1024);
  TargetSpec target;
  target.health_window_log2 = 0;
  BOOST_TEST(supplyOf(SpinDrop{0.15}, target).ones_high == 0);
  BOOST_TEST(supplyOf(SpinDrop{0.5}).run_cutoff == 21);
}

BOOST_AUTO_TEST_CASE(too_many_units_are_an_error) {
  auto network = makeNetwork({65536, 40, 3}, {SpinDrop{0.15}, SpinDrop{0.15}}, 4);
  TargetSpec target;
  Diagnostics diags;
  BOOST_TEST(!makePlan(network, target, makeWeights(network, 1), diags));
  BOOST_REQUIRE_EQUAL(diags.errorCount(), 1u);
  BOOST_TEST(diags.render().find("the design has 65576 stochastic units") != std::string::npos,
             diags.render());
  BOOST_TEST(diags.render().find("share = 2 or more") != std::string::npos, diags.render());
  target.share = 2;
  Diagnostics none;
  BOOST_TEST(makePlan(network, target, makeWeights(network, 1), none).has_value(), none.render());
}

BOOST_AUTO_TEST_SUITE_END()
