// Device files: what is read, and what is said about those that are wrong.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "chip/device_file.hpp"

using namespace neuspin;

namespace {

namespace fs = std::filesystem;

chip::DeviceFile parsed(const std::string& text) {
  Diagnostics diags;
  const auto file = chip::parseDeviceFile(text, "device.toml", diags);
  BOOST_REQUIRE_MESSAGE(file.has_value(), diags.render());
  return *file;
}

/// What is said about a wrong text.
std::string complaint(const std::string& text) {
  Diagnostics diags;
  BOOST_TEST(!chip::parseDeviceFile(text, "device.toml", diags).has_value(), text);
  return diags.render();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(device_file)

BOOST_AUTO_TEST_CASE(a_set_is_enough) {
  const auto file = parsed("set = \"stt40\"\n");
  BOOST_TEST(file.set.name == "stt40");
  BOOST_TEST(file.seed == 1U);
  BOOST_TEST(file.kelvin == 300);
  BOOST_TEST((file.units.model == chip::UnitModel::Physical));
  BOOST_TEST(file.units.trim_bits == 0);
  BOOST_TEST(file.arrays.variation == 1);
  BOOST_TEST(file.arrays.ir_drop == 1);
  BOOST_TEST(file.arrays.read_noise == 1);
  BOOST_TEST(!file.arrays.stuck_p.has_value());
  BOOST_TEST(file.arrays.spare_rows == 0);
}

BOOST_AUTO_TEST_CASE(everything_is_read) {
  const auto file = parsed(R"(
set = "sot_meas_a"
[override.defects]
stuck_p = { value = 0.01, source = "measured", note = "lot 3" }
[chip]
seed = 4000000000
kelvin = 358
[units]
model = "physical"
variation = 0.5
defects = 2
trim_bits = 7
trim_range = 0.2
trim_kelvin = 310
errors = 3
[arrays]
variation = 2
offsets = 3
defects = 4
stuck_p = 0.25
stuck_ap = 0
ir_drop = 0.5
read_noise = 2.5
write_failures = 0.001
retention_seconds = 1e6
retention_kelvin = 330
spare_rows = 5
spare_columns = 6
)");
  BOOST_TEST(file.set.stuck_p.value == 0.01);
  BOOST_TEST((file.set.stuck_p.source == device::Source::Measured));
  BOOST_TEST(file.set.stuck_ap.value == 1e-4);
  BOOST_TEST(file.seed == 4000000000U);
  BOOST_TEST(file.kelvin == 358);
  BOOST_TEST(file.units.variation == 0.5);
  BOOST_TEST(file.units.defects == 2);
  BOOST_TEST(file.units.trim_bits == 7);
  BOOST_TEST(file.units.trim_range == 0.2);
  BOOST_TEST(file.units.trim_kelvin == 310);
  BOOST_TEST(file.units.errors == 3);
  BOOST_TEST(file.arrays.variation == 2);
  BOOST_TEST(file.arrays.offsets == 3);
  BOOST_TEST(file.arrays.defects == 4);
  BOOST_TEST(file.arrays.stuck_p.value() == 0.25);
  BOOST_TEST(file.arrays.stuck_ap.value() == 0);
  BOOST_TEST(file.arrays.ir_drop == 0.5);
  BOOST_TEST(file.arrays.read_noise == 2.5);
  BOOST_TEST(file.arrays.write_failures == 0.001);
  BOOST_TEST(file.arrays.retention_seconds == 1e6);
  BOOST_TEST(file.arrays.retention_kelvin == 330);
  BOOST_TEST(file.arrays.spare_rows == 5);
  BOOST_TEST(file.arrays.spare_columns == 6);
  const auto gaussian = parsed("set = \"stt40\"\n[units]\nmodel = \"gaussian\"\nsigma_p = 0.05\n");
  BOOST_TEST((gaussian.units.model == chip::UnitModel::Gaussian));
  BOOST_TEST(gaussian.units.sigma_p == 0.05);
}

BOOST_AUTO_TEST_CASE(sets_and_curves_are_found_beside_the_file) {
  const fs::path folder = fs::path(NEUSPIN_BINARY_DIR) / "device_file_test";
  fs::create_directories(folder);
  std::ofstream(folder / "mine.toml") << "base = \"sot_meas_a\"\nname = \"mine\"\n";
  std::ofstream(folder / "curves.csv")
      << "device,direction,V,t_p,P_sw,n_reps\n"
         "A,P->AP,0.8,0.75,0.1,100\nA,P->AP,0.9,0.75,0.5,100\nA,P->AP,1.0,0.75,0.9,100\n";
  std::ofstream(folder / "device.toml")
      << "set = \"mine.toml\"\n[units]\ncurves = { file = \"curves.csv\", device = \"A\" }\n";
  Diagnostics diags;
  const auto file = chip::readDeviceFile((folder / "device.toml").string(), diags);
  BOOST_REQUIRE_MESSAGE(file.has_value(), diags.render());
  BOOST_TEST(file->set.name == "mine");
  BOOST_REQUIRE(file->units.measured != nullptr);
  BOOST_TEST(file->units.measured->probability(0.9, 0.75) == 0.5, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(!chip::readDeviceFile((folder / "none.toml").string(), diags).has_value());
}

BOOST_AUTO_TEST_CASE(errors_name_place_and_remedy) {
  const struct {
    std::string text, place, words;
  } cases[] = {
      {"", "device.toml", "'set'"},
      {"set = \"stt41\"\n", "stt41", "did you mean 'stt40'?"},
      {"set = \"stt40\"\n[array]\n", "device.toml:2", "arrays"},
      {"set = \"stt40\"\n[units]\nvariaton = 2\n", "device.toml:3", "variation"},
      {"set = \"stt40\"\n[arrays]\nwrite_failures = 1.5\n", "device.toml:3", "write_failures"},
      {"set = \"stt40\"\n[arrays]\nir_drop = -1\n", "device.toml:3", "ir_drop"},
      {"set = \"stt40\"\n[arrays]\nread_noise = 101\n", "device.toml:3", "read_noise"},
      {"set = \"stt40\"\n[arrays]\nstuck_ap = -0.1\n", "device.toml:3", "stuck_ap"},
      {"set = \"stt40\"\n[arrays]\nstuck_p = 0.6\nstuck_ap = 0.5\n", "device.toml:4", "more than 1 together"},
      {"set = \"stt40\"\n[chip]\nkelvin = 500\n", "device.toml:3", "kelvin"},
      {"set = \"stt40\"\n[chip]\nseed = -1\n", "device.toml:3", "seed"},
      {"set = \"stt40\"\n[units]\nsigma_p = 0.1\n", "device.toml:3", "model = \"gaussian\""},
      {"set = \"stt40\"\n[units]\nmodel = \"gaussian\"\ntrim_bits = 8\n", "device.toml:4",
       "model = \"physical\""},
      {"set = \"stt40\"\n[units]\nmodel = \"ideal\"\ndefects = 2\n", "device.toml:4", "no effect"},
      {"set = \"stt40\"\n[override.barrier]\ntmr = 1.2\n", "device.toml:3", "tmr"},
      {"set = \"stt40\"\n[override.barrier]\ntmrr = { value = 1.2, source = \"assumed\" }\n", "device.toml:3",
       "tmr"},
      {"set = \"stt40\"\n[units]\ncurves = { file = \"x.csv\", device = \"A\" }\n", "device.toml:3", "SOT"},
      {"set = \"sot_meas_a\"\n[units]\ncurves = { file = \"none.csv\", device = \"A\" }\n", "none.csv", ""},
      {"set = \"stt40\"\ndefects = 2\n", "device.toml:2", "[override.defects]"},
  };
  for (const auto& [text, place, words] : cases) {
    const std::string said = complaint(text);
    BOOST_TEST(contains(said, place), said);
    BOOST_TEST(contains(said, words), said);
  }
}

BOOST_AUTO_TEST_CASE(all_errors_are_reported) {
  const std::string said =
      complaint("set = \"stt40\"\n[chip]\nkelvin = 5\n[units]\nvariation = -1\n[arrays]\nrows = 3\n");
  for (const char* place : {"device.toml:3", "device.toml:5", "device.toml:7"})
    BOOST_TEST(contains(said, place), said);
}

BOOST_AUTO_TEST_SUITE_END()
