// Columns that sum currents: ideal ones are as good as sense amplifiers, the others are what the definition
// says.
#include <boost/test/unit_test.hpp>

#include "../cosim/convolutions.hpp"
#include "check.hpp"
#include "golden/adc_array.hpp"
#include "plan/converter.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

/// The same network with converters that tell `missing` bits fewer than all counts apart.
Design withConverters(const Design& bit, unsigned weight_seed, int missing) {
  TargetSpec target = bit.target;
  target.sensing = Sensing::Adc;
  Design design = makeDesign(bit.network, target, weight_seed);
  for (LayerPlan& layer : design.plan.layers) layer.adc_bits = std::max(1, layer.adc_bits - missing);
  return design;
}

/// Clocked model under stalls and clockless model against the oracle; what came out.
std::vector<golden::ImageResult> judge(const Design& design, const std::vector<Image>& images,
                                       unsigned number) {
  golden::Network network(design.plan, design.weights, number);
  const auto results = run(network, design.plan, images, {0.3, 0.3, number}).images;
  checkAgainstOracle(design, images, resetOptions(design.plan, number), results);
  BOOST_TEST((inferAll(design, images, number, {}) == results));
  return results;
}

std::vector<Image> imagesOf(const Plan& plan, unsigned number) {
  auto images = randomImages(plan, 3, number);
  for (Image& image : images) {  // signed input of 8 bits has an element that no pixel becomes
    for (auto& element : image)
      element = golden::encodePixel(plan.input, static_cast<std::uint8_t>(37 * element));
  }
  return images;
}

/// How often sense amplifiers, fewer codes and real junctions give different results.
struct Changes {
  int by_range = 0, by_junctions = 0;
};

void judgeAll(const Design& bit, unsigned number, Changes& changes) {
  const auto images = imagesOf(bit.plan, number);
  const auto expected = inferAll(bit, images, number, {});
  const Design exact = withConverters(bit, number, 0);
  BOOST_TEST((judge(exact, images, number) == expected));
  BOOST_TEST(plannedCycles(exact.plan, 3, number) == plannedCycles(bit.plan, 3, number));
  const Design coarse = withConverters(bit, number, 1 + static_cast<int>(number % 2));
  changes.by_range += judge(coarse, images, number) != expected ? 1 : 0;
  for (const Design& ideal : {exact, coarse}) {
    Design chip = ideal;
    addCurrents(chip.plan, 0.2, number);
    changes.by_junctions += judge(chip, images, number) != expected ? 1 : 0;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(converters)

BOOST_AUTO_TEST_CASE(range_is_the_middle_of_the_counts) {
  for (int driven = 0; driven <= 64; ++driven) {
    for (int bits = 1; bits <= 7; ++bits) {
      const auto range = plan::countRange(driven, bits);
      BOOST_TEST(range.least + range.most == driven);
      const int counts = range.most - range.least + 1;
      BOOST_TEST(counts <= 1 << bits);
      BOOST_TEST((range.least == 0 || counts + 2 > 1 << bits));  // one more at both ends would not fit
    }
  }
  BOOST_TEST(plan::countRange(8, 3).least == 1);
  BOOST_TEST(plan::countRange(8, 4).most == 8);
  // 8 rows, 3 bits: 0 and 8 matches, 2 of 256 patterns. 64 rows, 7 bits: none; 5 bits: |matches − 32| > 15.
  BOOST_TEST(plan::cutCounts(8, 3) == 2.0 / 256, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(plan::cutCounts(64, 7) == 0.0);
  BOOST_TEST(plan::cutCounts(64, 5) == 7.733e-5, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(codes_of_one_array) {
  golden::AdcArray array(8, 3, 4, 2);
  for (int row = 0; row < 8; ++row) {
    for (int col = 0; col < 3; ++col) array.setWeight(row, col, row < col + 5);
  }
  golden::WordLines lines(4);
  lines.wl[0] = 0b1111;
  array.read(1, lines);  // rows 4 … 7: matches 1, 2, 3 of 4; codes 1 … 3
  BOOST_TEST(array.codes()[0] == 1U);
  BOOST_TEST(array.codes()[1] == 2U);
  BOOST_TEST(array.codes()[2] == 3U);
  lines.wl[0] = 0;
  lines.wlb[0] = 0b0111;
  array.read(1, lines);  // rows 4, 5, 6 with input −1: matches 2, 1, 0 of 3, all told apart
  BOOST_TEST(array.codes()[0] == 2U);
  BOOST_TEST(array.codes()[2] == 0U);
  lines.clear();
  array.read(1, lines);
  BOOST_TEST(array.codes()[0] == 0U);
  array.flip(std::vector<CellFault>{{4, 0, false, JunctionFault::Flipped}});
  lines.wl[0] = 0b0011;
  array.read(1, lines);
  BOOST_TEST(array.codes()[0] == 0U);
  array.writeRow(4, std::vector<std::uint32_t>{0b111});
  array.read(1, lines);
  BOOST_TEST(array.codes()[0] == 1U);
  array.reset();
  BOOST_TEST(array.codes()[0] == 0U);
  BOOST_CHECK_THROW(array.flip(std::vector<CellFault>{{4, 0, false, JunctionFault::High}}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_current_halfway_counts_up) {
  CellCurrents currents;
  currents.cells.resize(2);
  currents.cells[0].one = {4096, -4097};
  currents.offsets = {0};
  golden::AdcArray array(2, 1, 2, 2);
  array.setCurrents(currents);
  golden::WordLines lines(2);
  lines.wl[0] = 0b01;
  array.setWeight(0, 0, true);
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 1U);  // 4096 of 8192
  currents.cells[0].one.parallel = 4095;
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 0U);
  currents.offsets = {8192};
  array.setWeight(0, 0, false);
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 0U);  // 8192 − 4097 = 4095
  currents.offsets = {20000};
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 1U);  // never more than the driven rows
}

BOOST_AUTO_TEST_CASE(random_networks) {
  Changes changes;
  constexpr unsigned kNetworks = 40;
  for (unsigned number = 0; number < kNetworks; ++number) {
    const Config config = randomConfig(number);
    BOOST_TEST_CONTEXT(config.name) {
      judgeAll(makeDesign(config.network, config.target, number), number, changes);
    }
  }
  BOOST_TEST(changes.by_range > 20);
  BOOST_TEST(changes.by_junctions > 60);
}

BOOST_AUTO_TEST_CASE(random_convolutions) {
  Changes changes;
  for (unsigned number = 0; number < 25; ++number) {
    const Configuration random = randomConvolution(number);
    BOOST_TEST_CONTEXT(random.name) {
      judgeAll(makeDesign(random.network, random.target, number), number, changes);
    }
  }
  BOOST_TEST(changes.by_range > 10);
  BOOST_TEST(changes.by_junctions > 35);
}

BOOST_AUTO_TEST_SUITE_END()
