// The `simulate` command as a process: exit codes, report, waveform, and that a corrupted design is found
// out.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace neuspin {
namespace {

namespace fs = std::filesystem;

const std::string kNet = NEUSPIN_SOURCE_DIR "/tests/nets/optd_scaledrop";
const std::string kTarget = NEUSPIN_SOURCE_DIR "/tests/cosim/small_target.toml";
const fs::path kWork = NEUSPIN_BINARY_DIR "/simulate-work";

ProcessResult simulate(std::vector<std::string> arguments, const fs::path& work = kWork) {
  arguments.insert(arguments.begin(), {NEUSPIN_BIN, "simulate"});
  arguments.insert(arguments.end(), {"--target", kTarget, "--quiet", "--work", work.string()});
  fs::create_directories(NEUSPIN_BINARY_DIR "/simulate-test");
  return runProcess(arguments, {.directory = NEUSPIN_BINARY_DIR "/simulate-test"});
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The one folder of `parent` whose name begins with `prefix`.
fs::path onlyFolder(const fs::path& parent, const std::string& prefix) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (entry.path().filename().string().starts_with(prefix)) {
      BOOST_REQUIRE(found.empty());
      found = entry.path();
    }
  }
  BOOST_REQUIRE(!found.empty());
  return found;
}

BOOST_AUTO_TEST_SUITE(simulate_command)

BOOST_AUTO_TEST_CASE(a_correct_design_passes_and_is_reported) {
  const ProcessResult result = simulate({kNet, "--images", "3", "--random", "--json", "-"});
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  const auto report = nlohmann::json::parse(result.output);
  for (const char* key : {"images", "passes", "cycles", "planned_cycles", "ideal_cycles", "stalls",
                          "signals_compared", "comparisons", "mismatches", "cycles_per_second"}) {
    BOOST_TEST(report.contains(key), key);
  }
  BOOST_TEST(report["images"] == 3);
  BOOST_TEST(report["mismatches"] == 0);
  BOOST_TEST(report["stalls"] == 0);
  BOOST_TEST(report["cycles"] == report["planned_cycles"]);
  BOOST_TEST(report["signals_compared"] > 100);

  const ProcessResult again = simulate({kNet, "--images", "3", "--random", "--stalls", "heavy"});
  BOOST_TEST(again.exit_code == 0);
  BOOST_TEST(contains(again.output, "reused"), again.output);
}

BOOST_AUTO_TEST_CASE(a_chip_passes_and_is_reported) {
  fs::create_directories(NEUSPIN_BINARY_DIR "/simulate-test");
  std::ofstream(NEUSPIN_BINARY_DIR "/simulate-test/device.toml")
      << "set = \"sot_meas_a\"\n[units]\ntrim_bits = 7\n[arrays]\ndefects = 30\nwrite_failures = 0.002\n";
  const ProcessResult result =
      simulate({kNet, "--images", "3", "--random", "--device", "device.toml", "--chip", "12", "--json", "-"});
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  const auto report = nlohmann::json::parse(result.output);
  BOOST_TEST(report["mismatches"] == 0);
  BOOST_TEST(report["device"]["chip"] == 12);
  BOOST_TEST(report["device"]["drawn"]["arrays"]["flipped"] > 10);
  BOOST_TEST(report["device"]["drawn"]["arrays"]["high"] > 10);
  BOOST_TEST(simulate({kNet, "--device", "/no/such/device.toml"}).exit_code == 1);
}

BOOST_AUTO_TEST_CASE(bad_input_is_1) {
  BOOST_TEST(simulate({"/no/such/network"}).exit_code == 1);
  BOOST_TEST(simulate({kNet, "--data", "/no/such/images.idx3"}).exit_code == 1);
  const ProcessResult passes = simulate({kNet, "--passes", "255"});
  BOOST_TEST(passes.exit_code == 1);
  BOOST_TEST(contains(passes.output, "hint:"), passes.output);
}

BOOST_AUTO_TEST_CASE(wrong_usage_is_4) {
  BOOST_TEST(simulate({kNet, "--stalls", "some"}).exit_code == 4);
  BOOST_TEST(simulate({kNet, "--images", "0"}).exit_code == 4);
  BOOST_TEST(simulate({kNet, "--trace-from", "5"}).exit_code == 4);
  BOOST_TEST(simulate({kNet, "--no-such-option"}).exit_code == 4);
}

BOOST_AUTO_TEST_CASE(a_missing_tool_is_3) {
  const ProcessResult result = runProcess({"env", "PATH=/no/such/folder", NEUSPIN_BIN, "simulate", kNet,
                                           "--target", kTarget, "--random", "--work", kWork.string()});
  BOOST_TEST(result.exit_code == 3);
  BOOST_TEST(contains(result.output, "verilator was not found"), result.output);
}

// One bit of a weight image, changed where the design reads it and the golden model does not.
BOOST_AUTO_TEST_CASE(a_mismatch_is_2_and_says_how_to_replay_it) {
  BOOST_REQUIRE(simulate({kNet, "--images", "1", "--random"}).exit_code == 0);
  const fs::path work = NEUSPIN_BINARY_DIR "/simulate-corrupted";
  fs::remove_all(work);
  fs::copy(kWork, work, fs::copy_options::recursive);
  for (const auto& build : fs::directory_iterator(work)) {
    const fs::path image = onlyFolder(build.path(), "memory-") / "mem" / "l0_r0_c0.memh";
    std::fstream file(image, std::ios::in | std::ios::out);
    char digit = 0;
    BOOST_REQUIRE(file.get(digit));
    file.seekp(0).put(digit == '0' ? '8' : '0');
  }
  const ProcessResult result = simulate({kNet, "--images", "1", "--random"}, work);
  BOOST_TEST(result.exit_code == 2);
  BOOST_TEST(contains(result.output, "MISMATCH optd"), result.output);
  BOOST_TEST(contains(result.output, "u_layer0.u_tile_0_0.u_columns.gen_block[0].u_block.acc_q"),
             result.output);
  BOOST_TEST(contains(result.output, "neuspin simulate " + kNet), result.output);
  BOOST_TEST(contains(result.output, "--trace mismatch.fst --trace-from"), result.output);
}

BOOST_AUTO_TEST_CASE(a_waveform_is_written) {
  const fs::path wave = NEUSPIN_BINARY_DIR "/simulate-test/wave.fst";
  fs::remove(wave);
  const ProcessResult result = simulate(
      {kNet, "--images", "1", "--random", "--trace", "wave.fst", "--trace-from", "20", "--trace-to", "60"});
  BOOST_TEST(result.exit_code == 0, result.output);
  BOOST_REQUIRE(fs::exists(wave));
  const auto short_window = fs::file_size(wave);
  BOOST_TEST(short_window > 1000U);
  BOOST_TEST(simulate({kNet, "--images", "1", "--random", "--trace", "wave.fst"}).exit_code == 0);
  BOOST_TEST(fs::file_size(wave) > short_window);
}

BOOST_AUTO_TEST_CASE(coverage_counts_what_ran_over_all_runs) {
  const fs::path folder = NEUSPIN_BINARY_DIR "/simulate-test";
  const auto report = [&](std::vector<std::string> files) {
    files.insert(files.begin(), {NEUSPIN_BIN, "coverage"});
    files.insert(files.end(), {"--json", "-"});
    return runProcess(files, {.directory = folder.string()});
  };
  // Without stalls the head never waits for its results to be taken.
  BOOST_REQUIRE(simulate({kNet, "--images", "1", "--random", "--coverage", "free.dat"}).exit_code == 0);
  BOOST_REQUIRE(
      simulate({kNet, "--images", "3", "--random", "--stalls", "heavy", "--coverage", "stalled.dat"})
          .exit_code == 0);
  const ProcessResult one = report({"free.dat"}), both = report({"free.dat", "stalled.dat"});
  BOOST_REQUIRE_MESSAGE(one.exit_code == 0 && both.exit_code == 0, one.output << both.output);
  const auto less = nlohmann::json::parse(one.output), more = nlohmann::json::parse(both.output);
  BOOST_TEST(more["runs"] == 2);
  BOOST_TEST(more["places"] == less["places"]);
  BOOST_TEST(more["ran"] > less["ran"]);
  BOOST_TEST(less["ran"] > 200);
  BOOST_TEST(less["never"].size() == less["places"].get<int>() - less["ran"].get<int>());
  for (const auto& module : more["modules"]) {
    BOOST_TEST(module["name"].get<std::string>().starts_with("cim_"), module);
    BOOST_TEST(module["ran"] <= module["places"]);
  }
  std::ofstream(folder / "broken.dat") << "# SystemC::Coverage-3\nC 'broken' x\n";
  const ProcessResult broken = report({"free.dat", "broken.dat"});
  BOOST_TEST(broken.exit_code == 1);
  BOOST_TEST(contains(broken.output, "broken.dat:2:1: error"), broken.output);
  BOOST_TEST(report({"missing.dat"}).exit_code == 1);
  // A file that is there already does not stand for one that could not be written.
  fs::create_directories(folder / "taken.dat.partial");
  std::ofstream(folder / "taken.dat") << "old";
  const ProcessResult taken = simulate({kNet, "--images", "1", "--random", "--coverage", "taken.dat"});
  BOOST_TEST(taken.exit_code != 0);
  BOOST_TEST(contains(taken.output, "taken.dat: error"), taken.output);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin
