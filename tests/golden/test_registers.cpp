// The register port as a user sees it.
#include <boost/test/unit_test.hpp>

#include "driver.hpp"

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
  for (const int addr : {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 63, 66, 255}) {
    BOOST_TEST(readRegister(network, static_cast<std::uint8_t>(addr)) == 0U);
  }
  for (const LayerPlan& layer : design.plan.layers) {
    const auto addr = static_cast<std::uint8_t>(64 + layer.dropout->unit);
    BOOST_TEST(readRegister(network, addr) == static_cast<std::uint32_t>(layer.dropout->drive_code));
  }
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
  BOOST_TEST(written(65, 0x35) == 5U);
  BOOST_TEST(written(66, 1) == 0U);  // no such unit
  BOOST_TEST(written(0, 1) == 0x4E535031U);
  BOOST_TEST(written(9, 55) == 0U);
}

BOOST_AUTO_TEST_CASE(settings_take_effect) {
  const Design design = makeSmall();
  const auto images = randomImages(design.plan, 6, 3);
  golden::Network network(design.plan, design.weights, 12);
  // Two bits are drawn ahead, the first one in the first cycle of SET: a code written in the first cycle
  // after reset is in force for every draw.
  writeRegister(network, 64, 15);
  writeRegister(network, 2, 9);
  writeRegister(network, 3, 3000);
  writeRegister(network, 4, 1);
  auto options = resetOptions(design.plan, 12);
  options.passes = 9;
  options.ood_threshold = 3000;
  options.ood_k = 1;
  options.drives[0] = 15;
  const auto results = run(network, design.plan, images);
  for (std::size_t n = 0; n < images.size(); ++n) {
    BOOST_TEST(
        (results.images[n] == oracle(design.plan, design.weights, images[n], static_cast<int>(n), options)));
  }
  network.reset();
  for (const auto& [addr, value] : {std::pair{2, 3U}, {3, 2048U}, {4, 2U}, {64, 8U}}) {
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

BOOST_AUTO_TEST_SUITE_END()
