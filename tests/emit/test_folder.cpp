// Whole output folders: contents, determinism, and what the tools a user has say about them.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "../chip/every_imperfection.hpp"
#include "../golden/converters.hpp"
#include "../golden/faults.hpp"
#include "chip/chip.hpp"
#include "emit/emit.hpp"
#include "nets.hpp"
#include "support/files.hpp"
#include "support/process.hpp"

namespace {

using namespace neuspin;
using namespace neuspin::testing;
namespace fs = std::filesystem;

constexpr int kImages = 3;

FileSet emitted(const Design& design) {
  EmitOptions options;
  options.vector_images = kImages;
  return emitDesign(design.plan, design.weights, options);
}

/// The design written out, and commands run inside.
class Folder {
 public:
  explicit Folder(const Design& design) : name_(design.plan.name), files_(emitted(design)) {
    path_ = fs::path(NEUSPIN_BINARY_DIR) / "test_emit_folders" / name_;
    fs::remove_all(path_);
    for (const auto& [file, content] : files_) {
      fs::create_directories((path_ / file).parent_path());
      std::ofstream(path_ / file, std::ios::binary) << content;
    }
  }

  [[nodiscard]] ProcessResult run(const std::vector<std::string>& argv) const {
    return runProcess(argv, {.directory = path_.string(), .timeout_seconds = 120, .heartbeat = {}});
  }
  [[nodiscard]] ProcessResult simulate(const std::vector<std::string>& plusargs) const {
    std::vector<std::string> argv{"vvp", "-n", "sim.vvp"};
    argv.insert(argv.end(), plusargs.begin(), plusargs.end());
    return run(argv);
  }
  void compile() const {
    const ProcessResult result = run({"iverilog", "-g2012", "-o", "sim.vvp", "-f", name_ + "_sim.f"});
    BOOST_TEST_REQUIRE(result.exit_code == 0, result.output);
    BOOST_TEST(result.output == "");
    BOOST_TEST_REQUIRE(fs::exists(path_ / "sim.vvp"));  // Icarus 11 can stop without an error
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] const FileSet& files() const { return files_; }

 private:
  std::string name_;
  FileSet files_;
  fs::path path_;
};

/// Number of lines that begin with `word`.
int linesWith(const std::string& text, const std::string& word) {
  int count = 0;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) count += line.starts_with(word) ? 1 : 0;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(folder)

BOOST_AUTO_TEST_CASE(same_bytes_every_time) {
  for (const Design& design : tinyDesigns()) BOOST_TEST((emitted(design) == emitted(design)));
}

BOOST_AUTO_TEST_CASE(manifest_describes_the_folder) {
  for (const Design& design : tinyDesigns()) {
    const FileSet files = emitted(design);
    const auto manifest = nlohmann::json::parse(files.at("manifest.json"));
    BOOST_TEST(manifest.at("generator") == "neuspin");
    BOOST_TEST(manifest.at("spec_sha256") == design.plan.spec_sha256);
    BOOST_TEST(manifest.at("files").size() == files.size() - 1);
    for (const auto& entry : manifest.at("files")) {
      const std::string& content = files.at(entry.at("path").get<std::string>());
      BOOST_TEST(entry.at("bytes") == content.size());
      BOOST_TEST(entry.at("sha256") == sha256Hex(content));
    }
    BOOST_TEST(manifest.at("cycles").at("planned_one_image") ==
               plannedCycles(design.plan, 1, design.plan.seed));
    BOOST_TEST(manifest.at("cycles").at("ideal_per_image") == idealCycles(design.plan).per_image);
    std::set<int> units;
    std::int64_t macro_count = 0;
    for (const auto& unit : manifest.at("programming_units")) {
      units.insert(unit.at("unit").get<int>());
      const std::string& image = files.at(unit.at("image").get<std::string>());
      BOOST_TEST(std::count(image.begin(), image.end(), '\n') == unit.at("words"));
    }
    for (const auto& macro : manifest.at("macros")) macro_count += macro.at("count").get<std::int64_t>();
    BOOST_TEST(units.size() == manifest.at("programming_units").size());
    std::int64_t stochastic = 0, buffers = 0;
    for (const auto& supply : manifest.at("stochastic_units")) {
      BOOST_TEST(supply.at("first_unit") == stochastic);  // supplies are listed in the order of their units
      stochastic += supply.at("units").get<std::int64_t>();
    }
    for (const LayerPlan& layer : design.plan.layers) {
      buffers += (layer.cross_norm ? 2 : 0) + (layer.skip ? 1 : 0);
      if (!layer.window) continue;
      const WindowPlan& window = *layer.window;
      const bool one_average = window.pooling == Pooling::Average && window.pool == window.out_width;
      buffers += window.pool > 1 && !one_average ? 2 : 1;
    }
    BOOST_TEST(stochastic == design.plan.units);
    BOOST_TEST(macro_count == static_cast<std::int64_t>(units.size()) + stochastic + buffers);
  }
}

BOOST_AUTO_TEST_CASE(generated_text_names_tool_and_spec_and_nothing_local) {
  for (const Design& design : tinyDesigns()) {
    const FileSet files = emitted(design);
    const std::string start = " Generated by neuspin " NEUSPIN_VERSION " from '" + design.plan.name +
                              "' (spec " + design.plan.spec_sha256.substr(0, 16) + ")";
    for (const auto& [path, content] : files) {
      const bool composed = path.find(design.plan.name) != std::string::npos;
      if (composed) BOOST_TEST(content.find(start) != std::string::npos, path << " has no banner");
      BOOST_TEST(content.find(NEUSPIN_SOURCE_DIR) == std::string::npos, path << " names a local path");
    }
  }
}

BOOST_AUTO_TEST_CASE(only_modules_in_use) {
  const FileSet plain = emitted(tinyPlain());
  BOOST_TEST(!plain.contains("rtl/cim_dropout_module.sv"));
  BOOST_TEST(!plain.contains("behavioral/cim_mtj_bit.sv"));
  BOOST_TEST(plain.contains("rtl/cim_column_block.sv"));
  BOOST_TEST(!plain.contains("rtl/cim_stochastic_bank.sv"));
  const FileSet tiled = emitted(tinyTiled());
  BOOST_TEST(tiled.contains("behavioral/cim_mtj_bit.sv"));
  BOOST_TEST(tiled.contains("rtl/cim_mask_supply.sv"));
  BOOST_TEST(!tiled.contains("rtl/cim_arbiter_onehot.sv"));
  BOOST_TEST(!tiled.contains("rtl/cim_cross_norm.sv"));
  const FileSet converters = emitted(tinyConverters());
  BOOST_TEST(converters.contains("behavioral/cim_array_adc.sv"));
  BOOST_TEST(!converters.contains("behavioral/cim_array.sv"));
  BOOST_TEST(!plain.contains("behavioral/cim_array_adc.sv"));
  EmitOptions no_vectors;
  no_vectors.vector_images = 0;
  const Design design = tinyPlain();
  for (const auto& [path, content] : emitDesign(design.plan, design.weights, no_vectors)) {
    BOOST_TEST(!path.starts_with("tb/"));
  }
}

/// Verilator 5.032 closes every run with lines of statistics that begin with "- V".
std::string withoutStatistics(const std::string& output) {
  std::istringstream lines(output);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("- V")) kept += line + "\n";
  }
  return kept;
}

BOOST_AUTO_TEST_CASE(verilator_lint) {
  for (const Design& design : tinyDesigns()) {
    const Folder folder(design);
    std::vector<std::string> argv{"verilator",    "--lint-only",
                                  "-Wall",        "-Werror-UNOPTFLAT",
                                  "--top-module", design.plan.name + "_top",
                                  "-f",           design.plan.name + ".f"};
    for (const auto& [path, content] : folder.files()) {
      if (path.starts_with("behavioral/")) argv.push_back(path);
    }
    const ProcessResult result = folder.run(argv);
    BOOST_TEST(result.exit_code == 0, design.plan.name << "\n" << result.output);
    BOOST_TEST(withoutStatistics(result.output) == "");
  }
}

BOOST_AUTO_TEST_CASE(yosys_elaborates) {
  for (const Design& design : tinyDesigns()) {
    const Folder folder(design);
    const ProcessResult result =
        folder.run({"yosys", "-q", "-p", "script " + design.plan.name + ".ys; proc; check -assert"});
    BOOST_TEST(result.exit_code == 0, design.plan.name << "\n" << result.output);
  }
}

BOOST_AUTO_TEST_CASE(package_is_legal) {
  for (const Design& design : tinyDesigns()) {
    const Folder folder(design);
    const std::string file = "rtl/" + design.plan.name + "_pkg.sv";
    std::ofstream(folder.path() / "reader.sv")
        << "module reader (output logic [31:0] y_o);\n  assign y_o = " << design.plan.name
        << "_pkg::ProgBits + " << design.plan.name << "_pkg::Layer0ScaleUnit;\nendmodule\n";
    for (const std::vector<std::string>& argv :
         {std::vector<std::string>{"verilator", "--lint-only", "-Wall", "-Wno-UNUSEDPARAM", file,
                                   "reader.sv"},
          {"iverilog", "-g2012", "-o", "reader.vvp", file, "reader.sv"},
          {"yosys", "-q", "-p", "read_verilog -sv " + file + " reader.sv; hierarchy -check -top reader"}}) {
      const ProcessResult result = folder.run(argv);
      BOOST_TEST(result.exit_code == 0, argv[0] << "\n" << result.output);
    }
  }
}

BOOST_AUTO_TEST_CASE(portable_testbench_passes_in_icarus) {
  for (const Design& design : tinyDesigns()) {
    const Folder folder(design);
    folder.compile();
    for (const std::vector<std::string>& plusargs :
         {std::vector<std::string>{}, {"+stall_seed=1234567"}, {"+no_stalls"}}) {
      const ProcessResult result = folder.simulate(plusargs);
      BOOST_TEST(result.exit_code == 0);
      BOOST_TEST(linesWith(result.output, "PASS") == 1, design.plan.name << "\n" << result.output);
      BOOST_TEST(linesWith(result.output, "FAIL") == 0);
    }
  }
}

// The same of chips with faults in every array and units that differ: the vectors are golden::Infer's.
BOOST_AUTO_TEST_CASE(chips_pass_in_icarus) {
  for (Design design : {tinyTiled(), tinyMixed(), tinyConverters()}) {
    const std::string ideal = emitted(design).at("tb/expected.memh");
    if (design.target.sensing == Sensing::Adc) {
      addCurrents(design.plan, 0.2, 3);
      addReadNoise(design.plan, 1, 3);
    } else {
      addFaults(design.plan, 0.1, 3);
    }
    spreadUnits(design.plan, 3);
    design.plan.chip = "test 3";
    const Folder folder(design);
    BOOST_TEST(folder.files().at("tb/expected.memh") != ideal);
    BOOST_TEST(nlohmann::json::parse(folder.files().at("manifest.json")).at("chip") == "test 3");
    folder.compile();
    const ProcessResult result = folder.simulate({"+stall_seed=1234567"});
    BOOST_TEST(linesWith(result.output, "PASS") == 1, design.plan.name << "\n" << result.output);
    BOOST_TEST(linesWith(result.output, "FAIL") == 0);
  }
}

// A chip of a device file with everything on, 3 images × 11 passes: variation, stuck cells, offsets, lost
// states, trimmed units; with converters also IR drop.
BOOST_AUTO_TEST_CASE(chips_with_every_imperfection_pass_in_icarus) {
  for (const Sensing sensing : {Sensing::Bit, Sensing::Adc}) {
    Design design = tinyChip(sensing);
    const std::string ideal = emitted(design).at("tb/expected.memh");
    const auto chip = chip::makeChip(design.plan, everyImperfection("trim_bits = 8\n"), 1);
    BOOST_TEST(chip.arrays.high > 0);
    BOOST_TEST(chip.arrays.low > 0);
    BOOST_TEST(chip.arrays.flipped > 0);
    design.plan = chip.plan;
    const Folder folder(design);
    BOOST_TEST(folder.files().at("tb/expected.memh") != ideal);
    folder.compile();
    const ProcessResult result = folder.simulate({"+stall_seed=1234567"});
    BOOST_TEST(linesWith(result.output, "PASS") == 1, design.plan.name << "\n" << result.output);
    BOOST_TEST(linesWith(result.output, "FAIL") == 0);
  }
}

// Both mappings of a convolution compute the same from the same masks: their testbenches, which pass above,
// expect the same results. Other masks give others.
BOOST_AUTO_TEST_CASE(mappings_expect_the_same) {
  const Design one = tinySpatial(1), two = tinySpatial(2);
  const FileSet unrolled = emitted(one), by_taps = emitted(two);
  BOOST_TEST(unrolled.at("tb/in.memh") == by_taps.at("tb/in.memh"));
  BOOST_TEST(unrolled.at("tb/expected.memh") == by_taps.at("tb/expected.memh"));
  BOOST_TEST(unrolled.at("rtl/tiny_spatial1_layer1.sv") != by_taps.at("rtl/tiny_spatial2_layer1.sv"));
  Design other = tinySpatial(2);
  ++other.plan.seed;
  BOOST_TEST(emitted(other).at("tb/expected.memh") != by_taps.at("tb/expected.memh"));
}

BOOST_AUTO_TEST_CASE(portable_testbench_fails_on_a_wrong_design) {
  const Folder folder(tinyTiled());
  folder.compile();
  // All weights of one array of the last layer inverted.
  const std::string& image = folder.files().at("mem/l2_r0_c0.memh");
  {
    std::ofstream out(folder.path() / "mem/l2_r0_c0.memh");
    for (const char c : image)
      out << (c == '\n' ? "\n"
                        : std::string(1, "fedcba9876543210"[std::stoi(std::string(1, c), nullptr, 16)]));
  }
  const ProcessResult result = folder.simulate({});
  BOOST_TEST(linesWith(result.output, "FAIL") == 1, result.output);
  BOOST_TEST(linesWith(result.output, "PASS") == 0);
  BOOST_TEST(linesWith(result.output, "MISMATCH") > 0);
}

BOOST_AUTO_TEST_SUITE_END()
