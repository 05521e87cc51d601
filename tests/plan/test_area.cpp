// The area model: what is counted, and that every module has a row. Against Yosys: tests/synth,
// synth/bench/area_check.sh.
#include <boost/test/unit_test.hpp>
#include <set>

#include "net.hpp"
#include "plan/area.hpp"

namespace neuspin::testing {
namespace {

BOOST_AUTO_TEST_SUITE(area)

BOOST_AUTO_TEST_CASE(amounts_by_hand) {
  TargetSpec target;
  target.array_rows = 16, target.array_cols = 70, target.group = 8, target.lanes = 4;
  const Plan plan = planOf(makeNetwork({32, 100, 10}, 0.0, 1, InputEncoding::Bipolar), target);
  const LayerPlan& layer = plan.layers[0];
  BOOST_REQUIRE(layer.row_tiles == 2);
  BOOST_REQUIRE(layer.col_tiles == 2);  // of 50 columns, one block each
  BOOST_REQUIRE(layer.acc_bits == 5);   // counts to 16
  const auto amounts = plan::engineAmounts(plan, layer);
  // A popcount of 8: halves of 4 and 3 (3 and 1 adders), then a chain of 3 bits.
  BOOST_TEST(amounts.at("cim_column_block") == (std::array{4.0, 2 * 100 * 5.0, 2 * 100 * 7.0, 2 * 100 * 4.0}),
             boost::test_tools::per_element());
  // 25 words of 4 lanes; counts of 5 bits of 2 tiles.
  BOOST_TEST(amounts.at("cim_lane_sum") == (std::array{25.0, 10.0 * 4, 4.0 * layer.sum_bits, 0.0}),
             boost::test_tools::per_element());
  BOOST_TEST(amounts.at("cim_wl_drive") == (std::array{2 * 2.0, 2 * 8.0, 0.0, 0.0}),
             boost::test_tools::per_element());
  // What the lanes pick from, and the rows of both tiles.
  BOOST_TEST(amounts.at("cim_and_or") == (std::array{10.0 * 100 + 2 * 16.0, 0.0, 0.0, 0.0}),
             boost::test_tools::per_element());
  BOOST_TEST(!amounts.contains("cim_mask_supply"));
}

BOOST_AUTO_TEST_CASE(every_module_has_a_row_and_every_row_a_module) {
  std::set<std::string_view> rows, used;
  for (const plan::AreaModule& row : plan::areaTable()) {
    BOOST_TEST(rows.insert(row.module).second, row.module);
    BOOST_TEST(!row.source.empty());
    double gates = 0;
    for (std::size_t t = 0; t < row.gates.size(); ++t) {
      BOOST_TEST(row.gates[t] >= 0, row.module);
      BOOST_TEST((row.gates[t] == 0 || !row.terms[t].empty()), row.module);
      gates += row.gates[t];
    }
    BOOST_TEST(gates > 0, row.module);
  }
  const auto take = [&](const Plan& plan) {
    auto parts = std::vector{plan::otherAmounts(plan)};
    for (const LayerPlan& layer : plan.layers) parts.push_back(plan::engineAmounts(plan, layer));
    double sum = 0;
    for (const auto& part : parts) {
      for (const auto& [module, amounts] : part) used.insert(module);
      sum += plan::gateEquivalents(part);
    }
    BOOST_TEST(plan::modelledArea(plan).total() == sum, boost::test_tools::tolerance(1e-12));
  };
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    for (const Scheme& scheme : allSchemes()) {
      TargetSpec target;
      target.form = form;
      take(planOf(makeNetwork({40, 30, 20, 5}, {scheme, scheme, scheme}, 4), target));
    }
  }
  // A map of 6 × 6: maximum, average, and a skip connection around two convolutions.
  NetworkSpec network = makeNetwork({2 * 144, 6, 6, 6, 4}, 0.0, 1, InputEncoding::Bipolar);
  network.input.shape = {2, 12, 12};
  for (std::size_t i = 0; i < 3; ++i) network.layers[i].conv = ConvSpec{.kernel = 1};
  network.layers[0].pool = 2;
  network.layers[2].skip = 0;
  deriveShapes(network);
  take(planOf(network, TargetSpec{}));
  network.layers[0].pooling = Pooling::Average;
  take(planOf(network, TargetSpec{}));
  for (const auto module : used) BOOST_TEST(rows.contains(module), module);
  for (const auto module : rows) BOOST_TEST(used.contains(module), module);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin::testing
