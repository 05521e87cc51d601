// Robustness curves from made-up chips: distributions, differences chip by chip, and when a gap counts as
// seen.
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "evaluate/sweep.hpp"

using namespace neuspin::evaluate;

namespace {

SeedResult resultOf(double accuracy, double nll = 0.3) {
  SeedResult result;
  result.softmax.accuracy = accuracy;
  result.softmax.nll = nll;
  return result;
}

SweepCurve curveOf(const std::string& name, double ideal,
                   const std::vector<std::vector<double>>& accuracies) {
  SweepCurve curve{.network = name, .method = name, .passes = 11, .ideal = resultOf(ideal), .points = {}};
  for (std::size_t p = 0; p < accuracies.size(); ++p) {
    SweepPoint point{.value = 0.1 * static_cast<double>(p), .chips = {}};
    for (const double accuracy : accuracies[p])
      point.chips.push_back(
          {static_cast<std::uint32_t>(7 + point.chips.size()), resultOf(accuracy, 1 - accuracy)});
    curve.points.push_back(std::move(point));
  }
  return curve;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sweeps)

BOOST_AUTO_TEST_CASE(distributions_at_each_point) {
  const auto curve = curveOf("net", 0.9, {{0.9, 0.9, 0.9}, {0.5, 0.8, 0.2}});
  const auto accuracy = distributionsOf(curve, "accuracy"), nll = distributionsOf(curve, "nll");
  BOOST_REQUIRE(accuracy.size() == 2U);
  BOOST_TEST(accuracy[0].deviation < 1e-12);
  BOOST_TEST(accuracy[1].mean == 0.5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(accuracy[1].deviation == 0.3, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(accuracy[1].lowest == 0.2);
  BOOST_TEST(accuracy[1].q05 == 0.23, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(nll[1].highest == 0.8, boost::test_tools::tolerance(1e-12));
  BOOST_CHECK_THROW(static_cast<void>(distributionsOf(curve, "acuracy")), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(gaps_are_taken_chip_by_chip) {
  // Means differ by little, chips by 0.1 each: pairs tell what the two curves do not.
  const auto base = curveOf("det", 0.88, {{0.8, 0.8, 0.8}, {0.2, 0.5, 0.7}, {0.1, 0.1, 0.2}});
  const auto ours = curveOf("affine", 0.89, {{0.8, 0.81, 0.79}, {0.3, 0.6, 0.8}, {0.1, 0.1, 0.1}});
  const Gap gap = gapBetween(ours, base);
  BOOST_TEST(gap.ideal == 0.01, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(gap.largest == 1U);
  BOOST_TEST(gap.over_chips[1].mean == 0.1, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(gap.over_chips[1].deviation < 1e-12);
  BOOST_TEST(gap.over_chips[2].mean < 0);
  BOOST_TEST((gap.ahead == std::vector{1, 3, 0}));
  BOOST_TEST(gap.seen());
  const auto json = toJson(gap);
  BOOST_TEST(json.at("points")[1].at("value") == 0.1);
  BOOST_TEST(json.at("points")[1].at("ahead") == 3);
  BOOST_TEST(json.at("seen") == true);
}

BOOST_AUTO_TEST_CASE(a_gap_within_the_spread_is_not_seen) {
  const auto base = curveOf("det", 0.88, {{0.8, 0.8, 0.8}, {0.5, 0.5, 0.5}});
  const Gap wide = gapBetween(curveOf("affine", 0.88, {{0.8, 0.8, 0.8}, {0.4, 0.6, 0.9}}), base);
  BOOST_TEST(wide.over_chips[wide.largest].mean > 0.1);
  BOOST_TEST(!wide.seen());
  // Better by no more than it is with ideal devices.
  const Gap usual = gapBetween(curveOf("affine", 0.98, {{0.9, 0.9, 0.9}, {0.55, 0.56, 0.57}}), base);
  BOOST_TEST(!usual.seen());
  const Gap worse = gapBetween(curveOf("affine", 0.88, {{0.7, 0.7, 0.7}, {0.3, 0.3, 0.3}}), base);
  BOOST_TEST(!worse.seen());
  const Sweep sweep{.axis = "stuck", .label = "cells", .images = 10, .curves = {base}};
  const std::string text = toText(wide, sweep, {usual, worse});
  BOOST_TEST(text.find("NOT seen") != std::string::npos, text);
  BOOST_TEST(text.find("at stuck = 0.1") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(curves_that_cannot_be_compared_are_refused) {
  const auto base = curveOf("det", 0.88, {{0.8, 0.8}, {0.5, 0.5}});
  BOOST_CHECK_THROW(static_cast<void>(gapBetween(base, curveOf("a", 0.8, {{0.8, 0.8}}))),
                    std::invalid_argument);
  BOOST_CHECK_THROW(static_cast<void>(gapBetween(base, curveOf("a", 0.8, {{0.8, 0.8}, {0.8}}))),
                    std::invalid_argument);
  auto moved = base;
  moved.points[1].value = 0.2;
  BOOST_CHECK_THROW(static_cast<void>(gapBetween(base, moved)), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(reports_hold_every_chip) {
  const Sweep sweep{.axis = "stuck",
                    .label = "cells, share",
                    .images = 10,
                    .curves = {curveOf("det", 0.88, {{0.8, 0.7}, {0.5, 0.4}}),
                               curveOf("affine", 0.87, {{0.8, 0.8}, {0.5, 0.5}})}};
  const auto json = toJson(sweep);
  BOOST_TEST(json.at("axis") == "stuck");
  const auto& point = json.at("networks")[0].at("points")[1];
  BOOST_TEST(point.at("chips")[1].at("chip") == 8);
  BOOST_TEST(point.at("chips")[1].at("accuracy") == 0.4);
  BOOST_TEST(point.at("accuracy").at("mean").get<double>() == 0.45, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(point.at("nll").at("mean").get<double>() == 0.55, boost::test_tools::tolerance(1e-12));
  const std::string text = toText(sweep);
  for (const char* part :
       {"cells, share", "10 images", "2 chips (seeds 7 … 8)", "45.00 ± 7.07", "0.5500 ± 0.0707"})
    BOOST_TEST(text.find(part) != std::string::npos, part << "\n" << text);
}

BOOST_AUTO_TEST_SUITE_END()
