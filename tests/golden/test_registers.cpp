// The register port as a user sees it.
#include <boost/test/unit_test.hpp>

#include "configs.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

Design makeSmall() {
  TargetSpec target;
  target.array_rows = target.array_cols = 16;
  target.lanes = 4;
  target.max_passes = 9;
  target.ood_threshold = 0.5;
  Design design = makeDesign(makeNetwork({20, 12, 4}, 0.3, 3), target, 2);
  design.plan.spec_sha256 = std::string(56, '0') + "89abcdef";
  return design;
}

/// A word of a unit, over UNIT and UNIT_DATA.
std::uint32_t readUnit(golden::Network& network, int id, int word) {
  writeRegister(network, 6, static_cast<std::uint32_t>(id | word << 16));
  return readRegister(network, 7);
}
void writeUnit(golden::Network& network, int id, int word, std::uint32_t data) {
  writeRegister(network, 6, static_cast<std::uint32_t>(id | word << 16));
  writeRegister(network, 7, data);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(registers)

BOOST_AUTO_TEST_CASE(reset_values) {
  const Design design = makeSmall();
  golden::Network network(design.plan, design.weights, 1);
  BOOST_TEST(readRegister(network, 0) == 0x4E535031U);
  BOOST_TEST(readRegister(network, 1) == 0x89ABCDEFU);
  BOOST_TEST(readRegister(network, 2) == 3U);
  BOOST_TEST(readRegister(network, 3) == 2048U);
  BOOST_TEST(readRegister(network, 4) == 2U);
  for (const int addr : {5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 63, 64, 255}) {
    BOOST_TEST(readRegister(network, static_cast<std::uint8_t>(addr)) == 0U);
  }
  BOOST_TEST(readRegister(network, 7) == 8U);  // the drive code of unit 0
  for (const int word : {1, 2, 3, 16}) BOOST_TEST(readUnit(network, 0, word) == 0U);
  BOOST_TEST(readUnit(network, 1, 0) == 8U);
  BOOST_TEST(readUnit(network, 2, 0) == 0U);  // no such unit
}

BOOST_AUTO_TEST_CASE(writes_are_limited_to_what_the_register_holds) {
  const Design design = makeSmall();
  golden::Network network(design.plan, design.weights, 1);
  const auto written = [&](std::uint8_t addr, std::uint32_t data) {
    writeRegister(network, addr, data);
    return readRegister(network, addr);
  };
  BOOST_TEST(written(2, 7) == 7U);
  BOOST_TEST(written(2, 0) == 1U);
  BOOST_TEST(written(2, 10) == 9U);
  BOOST_TEST(written(2, 0xFFFFFFFF) == 9U);
  BOOST_TEST(written(3, 0x1FFF) == 0xFFFU);
  BOOST_TEST(written(4, 0x1B) == 0xBU);
  BOOST_TEST(written(6, 0xFF000001) == 1U);
  BOOST_TEST(written(7, 0x35) == 5U);
  BOOST_TEST(written(6, 0x5A1234) == 0x5A1234U);
  BOOST_TEST(written(7, 1) == 0U);  // no such unit
  BOOST_TEST(readUnit(network, 0, 0) == 8U);
  BOOST_TEST(readUnit(network, 1, 0) == 5U);
  BOOST_TEST(written(0, 1) == 0x4E535031U);
  BOOST_TEST(written(9, 55) == 0U);
}

BOOST_AUTO_TEST_CASE(settings_take_effect) {
  const Design design = makeSmall();
  const auto images = randomImages(design.plan, 6, 3);
  golden::Network network(design.plan, design.weights, 12);
  // Two bits are drawn ahead, the first one in the first cycle of SET: a code written in the first cycle
  // after reset is in force for every draw. UNIT is 0 then.
  writeRegister(network, 7, 15);
  writeRegister(network, 2, 9);
  writeRegister(network, 3, 3000);
  writeRegister(network, 4, 1);
  auto options = resetOptions(design.plan, 12);
  options.passes = 9;
  options.ood_threshold = 3000;
  options.ood_k = 1;
  options.units[0].drive_code = 15;
  const auto results = run(network, design.plan, images);
  for (std::size_t n = 0; n < images.size(); ++n) {
    BOOST_TEST(
        (results.images[n] == oracle(design.plan, design.weights, images[n], static_cast<int>(n), options)));
  }
  network.reset();
  for (const auto& [addr, value] : {std::pair{2, 3U}, {3, 2048U}, {4, 2U}, {6, 0U}, {7, 8U}}) {
    BOOST_TEST(readRegister(network, static_cast<std::uint8_t>(addr)) == value);
  }
}

BOOST_AUTO_TEST_CASE(counters) {
  const Design design = makeSmall();
  golden::Network network(design.plan, design.weights, 1);
  const auto images = randomImages(design.plan, 5, 3);
  const auto counter = [&](int addr) { return readRegister(network, static_cast<std::uint8_t>(addr)); };

  idle(network, 100);
  BOOST_TEST(counter(8) == 100U);
  BOOST_TEST(counter(13) == 4U);  // two units, two bits ahead each
  run(network, design.plan, images, {0.3, 0.5, 8});
  idle(network, 100);
  BOOST_TEST(counter(8) == static_cast<std::uint32_t>(network.progress().cycle));
  BOOST_TEST(counter(9) == 5U);
  BOOST_TEST(counter(10) == 5U);
  BOOST_TEST(counter(12) > 0U);
  BOOST_TEST(counter(13) == 4U + 2 * 3 * 5);
  BOOST_TEST(network.progress().images_out == 5);

  writeRegister(network, 5, 0);
  for (int addr = 8; addr <= 13; ++addr) BOOST_TEST(counter(addr) == 0U);
  idle(network, 1);
  BOOST_TEST(counter(8) == 1U);
  BOOST_TEST(network.progress().images_out == 5);  // not the register
}

BOOST_AUTO_TEST_CASE(stall_counters_count_valid_without_ready) {
  const Design design = makeSmall();
  golden::Network network(design.plan, design.weights, 1);
  golden::Inputs inputs;
  inputs.in_valid = true;
  inputs.in_data.assign(4, 0x12345678);
  std::uint32_t in_stalls = 0, out_stalls = 0;
  for (int i = 0; i < 800; ++i) {
    inputs.out_ready = i % 10 == 0;
    const golden::Outputs& outputs = network.eval(inputs);
    in_stalls += outputs.in_ready ? 0 : 1;
    out_stalls += outputs.out_valid && !inputs.out_ready ? 1 : 0;
    network.tick();
  }
  BOOST_TEST(in_stalls > 0U);
  BOOST_TEST(out_stalls > 0U);
  BOOST_TEST(readRegister(network, 11) == in_stalls);
  BOOST_TEST(readRegister(network, 12) == out_stalls);
}

BOOST_AUTO_TEST_CASE(samples_count_every_unit_and_draw) {
  TargetSpec target;
  target.array_rows = target.array_cols = 16;
  target.lanes = 4;
  target.whiten = true;
  target.share = 3;
  target.calibration = Calibration::None;
  // 14 bits on 5 units in 3 rounds; an arbiter that never rejects; noise a word; one unit for two layers.
  const Design design = makeDesign(makeMixed({14, 12, 10, 8, 7, 3},
                                             {SpinDrop{0.3, false}, SpinBayes{4, 1}, SubsetNoise{3},
                                              ScaleDropout{0.2, true}, ScaleDropout{0.2, true}},
                                             2),
                                   target, 2);
  BOOST_REQUIRE(design.plan.shared_depth >= 4);
  golden::Network network(design.plan, design.weights, 1);
  idle(network, 2000);
  const auto ahead = static_cast<std::uint32_t>(design.plan.shared_depth) + 2;
  const std::uint32_t start = 2 * (5 * 3) + 2 * (2 * 2) + 2 * (4 * 3 * 2) + ahead;
  BOOST_TEST(readRegister(network, 13) == start);
  run(network, design.plan, randomImages(design.plan, 3, 3));
  idle(network, 2000);
  BOOST_TEST(readRegister(network, 13) == start + 3 * 2 * (5 * 3 + 2 * 2 + 2 * (4 * 3 * 2) + 1));
}

BOOST_AUTO_TEST_CASE(alarms_of_the_banks) {
  TargetSpec target;
  target.array_rows = target.array_cols = 16;
  target.lanes = 4;
  target.health_window_log2 = 4;
  Design design =
      makeDesign(makeMixed({14, 12, 3}, {ScaleDropout{0.5, false}, SpinDrop{0.5, false}}, 2), target, 2);
  SupplyPlan& rows = *design.plan.layers[1].supply;
  rows.table_units = rows.modules;
  const auto alike = rows.table;
  for (int m = 1; m < rows.modules; ++m) rows.table.insert(rows.table.end(), alike.begin(), alike.end());
  std::fill(rows.table.begin() + 16, rows.table.begin() + 32, std::uint64_t{1} << 32);  // its unit 1 is stuck
  for (LayerPlan& layer : design.plan.layers) {
    layer.supply->run_cutoff = 255;
    layer.supply->ones_low = 0;
    layer.supply->ones_high = 15;
  }
  golden::Network network(design.plan, design.weights, 1);
  run(network, design.plan, randomImages(design.plan, 20, 3));
  idle(network, 100);
  BOOST_TEST(readRegister(network, 15) == 2U);
  BOOST_TEST(readUnit(network, 2, 2) == 1U);
  BOOST_TEST(readUnit(network, 1, 2) == 0U);
  writeUnit(network, 2, 2, 0);
  BOOST_TEST(readUnit(network, 2, 2) == 0U);
  BOOST_TEST(readRegister(network, 15) == 0U);
}

BOOST_AUTO_TEST_CASE(usage_of_an_arbiter) {
  TargetSpec target;
  target.array_rows = target.array_cols = 16;
  const Design design = makeDesign(makeMixed({14, 3}, {SubsetSamples{5}}, 7), target, 2);
  golden::Network network(design.plan, design.weights, 31);
  run(network, design.plan, randomImages(design.plan, 9, 3));
  std::vector<std::uint32_t> expected(5);
  const auto options = resetOptions(design.plan, 31);
  const OracleChoices choices(*design.plan.layers[0].supply, target, options);
  for (int pass = 0; pass < 63; ++pass) ++expected[static_cast<std::size_t>(choices.number(pass))];
  for (int n = 0; n < 5; ++n) {
    BOOST_TEST(readUnit(network, 0, 16 + n) == expected[static_cast<std::size_t>(n)]);
    BOOST_TEST(readUnit(network, 1, 16 + n) == 0U);
  }
  BOOST_TEST(readUnit(network, 0, 21) == 0U);
}

BOOST_AUTO_TEST_CASE(calibrate_reads_one_until_every_bank_is_done) {
  Design design = makeSmall();
  BOOST_REQUIRE((design.target.calibration == Calibration::Command));
  design.plan.layers[1].supply->table.assign(16, std::uint64_t{1} << 32);  // down to the lowest code
  golden::Network network(design.plan, design.weights, 1);
  idle(network, 50);
  const std::uint32_t samples = readRegister(network, 13);
  writeRegister(network, 14, 0);
  BOOST_TEST(readRegister(network, 13) == samples);
  for (int cycle = 0; readRegister(network, 14) == 1; ++cycle) {
    BOOST_REQUIRE(cycle < 100'000);
    idle(network, 1);
  }
  BOOST_TEST(readUnit(network, 1, 0) == 8U);  // never better than at the start
  BOOST_TEST(readUnit(network, 1, 1) == 256U - 77);
  BOOST_TEST(static_cast<std::int32_t>(readUnit(network, 0, 1)) < 20);
  const std::uint32_t windows = (readRegister(network, 13) - samples) / 256;
  BOOST_TEST(windows >= 10U);  // nine of unit 1
  BOOST_TEST(readUnit(network, 0, 0) < 16U);
}

BOOST_AUTO_TEST_SUITE_END()
