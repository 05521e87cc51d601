// Axes of sweeps: each sets what its name says, to what its values say, and nothing else.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <set>

#include "array/cells.hpp"
#include "chip/array_faults.hpp"
#include "chip/axis.hpp"
#include "device/dropout_unit.hpp"

using namespace neuspin;

namespace {

const chip::Axis& axisOf(std::string_view name) {
  for (const chip::Axis& axis : chip::axes()) {
    if (axis.name == name) return axis;
  }
  throw std::out_of_range(std::string(name));
}

chip::DeviceFile fileOf(const std::string& text) {
  Diagnostics diags;
  const auto file = chip::parseDeviceFile(text, "device.toml", diags);
  BOOST_REQUIRE_MESSAGE(file.has_value(), diags.render());
  return *file;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sweep_axes)

BOOST_AUTO_TEST_CASE(values_are_legal_and_ascending) {
  std::set<std::string_view> names;
  for (const chip::Axis& axis : chip::axes()) {
    BOOST_TEST(names.insert(axis.name).second);
    BOOST_TEST(axis.points.size() >= 6U);
    BOOST_TEST(std::ranges::is_sorted(axis.points, std::less_equal<>()));
    BOOST_TEST(axis.points.front() >= axis.low);
    BOOST_TEST(axis.points.back() <= axis.high);
    if (axis.logarithmic) BOOST_TEST(axis.low > 0);
  }
  // The bar of the project: stuck cells up to 20 %.
  BOOST_TEST(axisOf("stuck").points.front() == 0);
  BOOST_TEST(axisOf("stuck").points.back() == 0.2);
}

BOOST_AUTO_TEST_CASE(stuck_is_the_share_of_cells) {
  const chip::DeviceFile plain =
      fileOf("set = \"stt40\"\n[arrays]\nvariation = 0\noffsets = 0\ndefects = 0\n");
  const struct {
    const char* axis;
    double high_share;
  } cases[] = {{"stuck", 0.5}, {"stuck_p", 1}, {"stuck_ap", 0}};
  for (const auto& [name, high_share] : cases) {
    for (const double share : {0.0, 0.05, 0.2}) {
      const auto file = axisOf(name).at(plain, share);
      constexpr int kRows = 200, kCols = 200;
      chip::ArrayReport report;
      const auto faults = chip::drawArrayFaults(file, kRows, kCols, 8, 1, 0, report);
      std::set<std::pair<int, int>> cells;
      for (const CellFault& fault : faults) cells.emplace(fault.row, fault.col);
      constexpr double kCells = kRows * kCols;
      BOOST_TEST(std::abs(static_cast<double>(cells.size()) - share * kCells) <=
                 5 * std::sqrt(kCells * share * (1 - share)));
      const auto stuck = static_cast<double>(report.high + report.low);
      BOOST_TEST(std::abs(static_cast<double>(report.high) - high_share * stuck) <=
                 5 * std::sqrt(stuck * high_share * (1 - high_share)));
      BOOST_TEST(report.flipped == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(conductance_is_the_spread_of_parallel_junctions) {
  const chip::DeviceFile plain = fileOf(
      "set = \"stt40\"\n[override.read]\naccess_ohm = { value = 0, source = \"assumed\" }\n"
      "[override.variation]\ndie_share = { value = 0, source = \"assumed\" }\ngradient = { value = 0, source "
      "= \"assumed\" }\n");
  for (const double sigma : {0.02, 0.05, 0.1}) {
    const auto file = axisOf("conductance").at(plain, sigma);
    array::ArrayConditions conditions;
    conditions.variation = file.arrays.variation;
    const auto junctions = array::makeJunctions(file.set, conditions, array::DefectMap(100, 100), 1, 0);
    double mean = 0, square = 0;
    for (const float g : junctions.parallel) {
      mean += static_cast<double>(g) / 20000;
      square += static_cast<double>(g) * static_cast<double>(g) / 20000;
    }
    BOOST_TEST(std::sqrt(square - mean * mean) / mean == sigma, boost::test_tools::tolerance(0.05));
  }
  BOOST_TEST(axisOf("conductance").at(plain, 0).arrays.variation == 0);
  // A set that states no spread of its own gets one.
  const auto none = fileOf(
      "set = \"stt40\"\n[override.variation]\nra = { value = 0, source = \"assumed\" }\n"
      "diameter = { value = 0, source = \"assumed\" }\n");
  const auto spread = axisOf("conductance").at(none, 0.1);
  BOOST_TEST(spread.arrays.variation * spread.set.var_ra.value == 0.1, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(sigma_p_spreads_the_units) {
  const auto plain = fileOf("set = \"stt40\"\n[units]\ntrim_bits = 8\n");
  for (const double sigma : {0.0, 0.05, 0.1}) {
    const auto file = axisOf("sigma_p").at(plain, sigma);
    BOOST_TEST((file.units.model == chip::UnitModel::Gaussian));
    const auto bank = device::makeUnits(
        file.set, {.probability = 0.5, .defects = 0, .sigma_p = file.units.sigma_p}, 1, 2000);
    BOOST_TEST(std::abs(bank.untrimmed.sigma - sigma) <= 0.05 * sigma + 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(temperature_and_time) {
  const auto plain = fileOf("set = \"stt40\"\n[arrays]\nretention_kelvin = 340\n");
  const auto hot = axisOf("kelvin").at(plain, 358.15);
  BOOST_TEST(hot.kelvin == 358.15);
  BOOST_TEST(hot.units.trim_kelvin == 300);
  BOOST_TEST(hot.arrays.retention_kelvin == 340);
  const auto old = axisOf("retention").at(plain, 1e8);
  BOOST_TEST(old.arrays.retention_seconds == 1e8);
  BOOST_TEST(old.arrays.retention_kelvin == 340);
  BOOST_TEST(old.kelvin == 300);
}

BOOST_AUTO_TEST_CASE(wires_are_ohm_a_cell) {
  const auto file = axisOf("wires").at(fileOf("set = \"stt40\"\n[arrays]\nir_drop = 0\n"), 0.5);
  BOOST_TEST(file.arrays.ir_drop * file.set.wire.value == 0.5);
  BOOST_TEST(axisOf("wires").converters);
  BOOST_TEST(!axisOf("stuck").converters);
  const auto noisy = axisOf("read_noise").at(fileOf("set = \"stt40\"\n[arrays]\nread_noise = 0\n"), 0.1);
  BOOST_TEST(noisy.arrays.read_noise * noisy.set.read_noise.value == 0.1);
}

BOOST_AUTO_TEST_CASE(the_chip_without_a_file) {
  const auto file = chip::sweepChip();
  BOOST_TEST(file.set.name == "stt40");
  BOOST_TEST(file.units.trim_bits == 8);
  BOOST_TEST(file.arrays.variation == 1);
  BOOST_TEST(file.arrays.retention_seconds == 0);
}

BOOST_AUTO_TEST_SUITE_END()
