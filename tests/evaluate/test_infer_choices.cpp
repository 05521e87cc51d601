// What golden::Infer's passes choose, against the supplies' contract (rtl/README.md) written out. No planner
// is involved.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>

#include "device/draw.hpp"
#include "golden/infer_choices.hpp"

using namespace neuspin;
using golden::SupplyDraws;
using golden::UnitState;

namespace {

constexpr std::uint32_t kSeed = 3;
constexpr int kDriveBits = 2;
constexpr std::uint64_t kTable[4] = {0x20000000U, 0x50000000U, 0x80000000U, 0xC0000000U};

bool drawn(int unit, std::int64_t k, std::uint64_t below) {
  return device::draw(kSeed, static_cast<std::uint32_t>(unit), static_cast<std::uint32_t>(k)) < below;
}

SupplyPlan maskSupply(int first_unit, int bits, int modules, int drive_code = 1) {
  return {.first_unit = first_unit,
          .modules = modules,
          .bits = bits,
          .rounds = (bits + modules - 1) / modules,
          .drive_code = drive_code,
          .table = {kTable, kTable + 4}};
}

SupplyPlan arbiter(int first_unit, int choices, int modules, int drive_code = 2) {
  SupplyPlan supply = maskSupply(first_unit, modules, modules, drive_code);
  supply.choices = choices;
  return supply;
}

std::vector<bool> maskOf(const SupplyDraws& draws, std::int64_t mask, const golden::Kernel& kernel,
                         int bits) {
  std::vector<std::int32_t> scratch;
  std::vector<std::uint64_t> words(static_cast<std::size_t>(draws.words()));
  draws.mask(mask, kernel, scratch, words.data());
  std::vector<bool> result;
  for (int b = 0; b < 64 * draws.words(); ++b) {
    const bool bit = (words[static_cast<std::size_t>(b / 64)] >> (b % 64) & 1) != 0;
    if (b < bits) result.push_back(bit);
    if (b >= bits) BOOST_REQUIRE(!bit);  // unused bits are 0
  }
  return result;
}

LayerPlan layerWith(Choice choice, std::optional<SupplyPlan> supply) {
  LayerPlan layer;
  layer.choice = choice;
  layer.supply = std::move(supply);
  if (choice != Choice::None && !layer.supply) layer.shared_consumer = 0;
  return layer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(infer_choices)

BOOST_AUTO_TEST_CASE(masks_are_drawn_in_rounds) {
  const SupplyPlan supply = maskSupply(10, 70, 24);
  const SupplyDraws draws(supply, kDriveBits, kSeed, {});
  for (const auto& kernel : golden::supportedKernels()) {
    for (const std::int64_t e : {0, 1, 2, 1000}) {
      const auto mask = maskOf(draws, e, kernel, 70);
      for (int b = 0; b < 70; ++b)
        BOOST_REQUIRE_EQUAL(mask[static_cast<std::size_t>(b)], drawn(10 + b % 24, 3 * e + b / 24, kTable[1]));
    }
  }
  const SupplyDraws few(maskSupply(4, 7, 3), kDriveBits, kSeed, {});
  int expected = 0;
  for (int b = 0; b < 7; ++b) expected |= drawn(4 + b % 3, 3 * 5 + b / 3, kTable[1]) << b;
  BOOST_TEST(few.number(5) == expected);
}

BOOST_AUTO_TEST_CASE(whitened_bits_are_two_draws) {
  SupplyPlan supply = maskSupply(0, 70, 24, 2);
  supply.whiten = true;
  const SupplyDraws draws(supply, kDriveBits, kSeed, {});
  const auto bit = [](int b, std::int64_t e) {
    const std::int64_t k = 2 * (3 * e + b / 24);
    return drawn(b % 24, k, kTable[2]) != drawn(b % 24, k + 1, kTable[2]);
  };
  for (const auto& kernel : golden::supportedKernels()) {
    const auto mask = maskOf(draws, 9, kernel, 70);
    for (int b = 0; b < 70; ++b) BOOST_REQUIRE_EQUAL(mask[static_cast<std::size_t>(b)], bit(b, 9));
  }
  supply.bits = 5;
  supply.rounds = 1;
  int expected = 0;
  for (int b = 0; b < 5; ++b) expected |= (drawn(b, 12, kTable[2]) != drawn(b, 13, kTable[2])) << b;
  BOOST_TEST(SupplyDraws(supply, kDriveBits, kSeed, {}).number(6) == expected);
  BOOST_TEST(SupplyDraws(maskSupply(0, 1, 1, 3), kDriveBits, kSeed, {}).probabilities()[0] == 0.75);
  supply.drive_code = 3;
  BOOST_TEST(SupplyDraws(supply, kDriveBits, kSeed, {}).probabilities()[4] == 2 * 0.75 * 0.25);
}

BOOST_AUTO_TEST_CASE(devices_that_never_or_always_switch) {
  SupplyPlan supply = maskSupply(0, 3, 3, 0);
  supply.table_units = 3;
  constexpr std::uint64_t kAlways = std::uint64_t{1} << 32;
  supply.table = {0, 0, 0, 0, kAlways, 0, 0, 0, kTable[2], 0, 0, 0};
  const SupplyDraws draws(supply, kDriveBits, kSeed, {});
  for (const auto& kernel : golden::supportedKernels()) {
    for (std::int64_t e = 0; e < 40; ++e) {
      const std::vector<bool> expected = {false, true, drawn(2, e, kTable[2])};
      BOOST_REQUIRE((maskOf(draws, e, kernel, 3) == expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(units_start_where_they_are_said_to_stand) {
  const SupplyPlan supply = maskSupply(1, 5, 2);
  const std::vector<UnitState> units = {{0, 99}, {3, 1000}, {0, 0xFFFFFFFEU}};
  const SupplyDraws draws(supply, kDriveBits, kSeed, units);
  for (std::int64_t e = 0; e < 30; ++e) {
    int expected = 0;
    for (int b = 0; b < 5; ++b) {
      const auto& unit = units[static_cast<std::size_t>(1 + b % 2)];
      expected |= drawn(1 + b % 2, unit.first_draw + 3 * e + b / 2, kTable[unit.drive_code]) << b;
    }
    BOOST_REQUIRE_EQUAL(draws.number(e), expected);
  }
  BOOST_TEST(draws.probabilities()[0] == 0.75);
  BOOST_TEST(draws.probabilities()[1] == 0.125);
}

BOOST_AUTO_TEST_CASE(inputs_of_a_dropped_group_take_no_part) {
  LayerPlan layer;
  for (const int inputs : {64, 70, 130}) {
    for (const int group : {1, 3, 64, 1000}) {
      layer.inputs = inputs;
      layer.mask_group = group;
      const std::vector<std::uint64_t> dropped = {0x5A3C0FF19922D7E1U, 0x123456789ABCDEF1U, 0x2U};
      std::vector<std::uint64_t> kept(static_cast<std::size_t>((inputs + 63) / 64));
      golden::keptInputs(layer, dropped.data(), kept.data());
      for (int i = 0; i < 64 * static_cast<int>(kept.size()); ++i) {
        const int bit = i / group;
        const bool takes_part =
            i < inputs && (dropped[static_cast<std::size_t>(bit / 64)] >> (bit % 64) & 1) == 0;
        BOOST_REQUIRE_EQUAL(kept[static_cast<std::size_t>(i / 64)] >> (i % 64) & 1, takes_part);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(arbiters_draw_again) {
  const SupplyDraws draws(arbiter(2, 5, 3), kDriveBits, kSeed, {});
  std::vector<int> expected;
  for (std::int64_t k = 0; expected.size() < 500; ++k) {
    int number = 0;
    for (int d = 0; d < 3; ++d) number |= drawn(2 + d, k, kTable[2]) << d;
    if (number < 5) expected.push_back(number);  // 16 rejections in a row do not happen in so few draws
  }
  golden::ArbiterNumbers numbers;
  const auto later = numbers.get(0, draws, 5, 300, 100);
  BOOST_TEST((later == std::vector<int>(expected.begin() + 300, expected.begin() + 400)));
  const auto earlier = numbers.get(0, draws, 5, 10, 20);
  BOOST_TEST((earlier == std::vector<int>(expected.begin() + 10, expected.begin() + 30)));
  BOOST_TEST((numbers.get(0, draws, 5, 0, 500) == expected));
  const SupplyDraws other(arbiter(2, 5, 3), kDriveBits, kSeed + 1, {});
  BOOST_TEST((numbers.get(0, other, 5, 0, 500) != expected));
  BOOST_TEST((numbers.get(0, draws, 5, 0, 500) == expected));
}

BOOST_AUTO_TEST_CASE(arbiters_take_the_sixteenth_number) {
  SupplyPlan supply = arbiter(0, 3, 2, 0);
  supply.table = {0xF8000000U, 0, 0, 0};  // 3 is drawn with probability 0.94, 15 times in a row with 0.39
  const SupplyDraws draws(supply, kDriveBits, kSeed, {});
  std::vector<int> expected;
  int tries = 0;
  int forced = 0;
  for (std::int64_t k = 0; expected.size() < 300; ++k) {
    const int number = drawn(0, k, supply.table[0]) + 2 * drawn(1, k, supply.table[0]);
    ++tries;
    if (number == 3 && tries < 16) continue;
    forced += number == 3;
    expected.push_back(number == 3 ? 0 : number);
    tries = 0;
  }
  BOOST_TEST(forced > 50);
  golden::ArbiterNumbers numbers;
  BOOST_TEST((numbers.get(0, draws, 3, 0, 300) == expected));
}

BOOST_AUTO_TEST_CASE(configurations_of_hand_made_plans) {
  Plan plan;
  plan.target.drive_bits = kDriveBits;
  plan.shared = maskSupply(0, 1, 1, 3);  // p = 0.75
  plan.layers = {layerWith(Choice::None, {}), layerWith(Choice::Bank, {}),
                 layerWith(Choice::Bank, maskSupply(1, 2, 2, 0)),  // p = 0.125
                 layerWith(Choice::Bank, {}), layerWith(Choice::Array, arbiter(3, 3, 2, 3))};
  const golden::Configurations all(plan);
  BOOST_REQUIRE_EQUAL(all.count(), 2 * 4 * 3);
  const auto weights = all.weights({});
  golden::PassChoices choices[5];
  for (std::size_t l = 0; l < 5; ++l) all.choose(l, choices[l]);
  BOOST_TEST(choices[0].numbers.empty());
  BOOST_TEST((choices[1].numbers == choices[3].numbers));  // the model's one unit
  // Numbers of two devices with p = 0.75: 0 … 3 with 1/16, 3/16, 3/16, 9/16; 3 is drawn again, the 16th
  // becomes 0.
  double tries = 0;
  for (int t = 0; t < 16; ++t) tries += std::pow(9.0 / 16, t);
  const double accepted[] = {tries / 16 + std::pow(9.0 / 16, 16), tries * 3 / 16, tries * 3 / 16};
  std::vector<int> seen(24);
  for (std::size_t c = 0; c < 24; ++c) {
    const int scale = choices[1].numbers[c];
    const int affine = choices[2].numbers[c];
    const int array = choices[4].numbers[c];
    ++seen[static_cast<std::size_t>((scale * 4 + affine) * 3 + array)];
    const double expected = (scale == 1 ? 0.75 : 0.25) * ((affine & 1) != 0 ? 0.125 : 0.875) *
                            ((affine & 2) != 0 ? 0.125 : 0.875) * accepted[array];
    BOOST_TEST(weights[c] == expected, boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST((seen == std::vector<int>(24, 1)));
  BOOST_TEST(std::accumulate(weights.begin(), weights.end(), 0.0) == 1.0,
             boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(what_can_be_enumerated) {
  Plan plan;
  plan.target.drive_bits = kDriveBits;
  plan.layers = {layerWith(Choice::None, {})};
  BOOST_TEST(golden::Configurations(plan).count() == 1);
  plan.layers = {layerWith(Choice::Rows, maskSupply(0, 12, 12))};
  BOOST_TEST(golden::Configurations(plan).count() == 4096);
  plan.layers.push_back(layerWith(Choice::Bank, maskSupply(12, 1, 1)));
  BOOST_TEST(golden::Configurations(plan).count() == 0);
  plan.layers = {layerWith(Choice::Rows, maskSupply(0, 13, 13))};
  BOOST_TEST(golden::Configurations(plan).count() == 0);
  plan.layers = {layerWith(Choice::Noise, maskSupply(0, 2, 2))};
  BOOST_TEST(golden::Configurations(plan).count() == 0);
  plan.layers = {layerWith(Choice::Array, arbiter(0, 32, 5)), layerWith(Choice::Bank, arbiter(5, 128, 7))};
  BOOST_TEST(golden::Configurations(plan).count() == 4096);
}

BOOST_AUTO_TEST_SUITE_END()
