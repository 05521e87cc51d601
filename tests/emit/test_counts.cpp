// The ledger of methods.md §4.8, counted in the elaborated netlist: Yosys reads the emitted design, and every
// instance below each layer is counted. The expected numbers are those of the page, not of the plan.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "emit/emit.hpp"
#include "emit/ledger.hpp"
#include "nets.hpp"
#include "support/process.hpp"

namespace {

using namespace neuspin;
using namespace neuspin::testing;
namespace fs = std::filesystem;

/// Module name → instances.
using Counts = std::map<std::string, int>;

/// `$paramod$0123…\cim_tile`, `$paramod\cim_fa\Columns=s32'…` and `top` → the module's own name.
std::string baseName(const std::string& name) {
  if (!name.starts_with("$paramod")) return name;
  const std::size_t begin = name.find('\\') + 1;
  return name.substr(begin, name.find('\\', begin) - begin);
}

/// A design as Yosys elaborates it.
class Netlist {
 public:
  explicit Netlist(const Design& design) {
    const fs::path folder = fs::path(NEUSPIN_BINARY_DIR) / "test_emit_counts" / design.plan.name;
    fs::remove_all(folder);
    for (const auto& [file, content] :
         emitDesign(design.plan, design.weights, {.vector_images = 0, .pixels = {}})) {
      fs::create_directories((folder / file).parent_path());
      std::ofstream(folder / file, std::ios::binary) << content;
    }
    const ProcessResult result =
        runProcess({"yosys", "-q", "-p", "script " + design.plan.name + ".ys; proc; write_json netlist.json"},
                   {.directory = folder.string(), .timeout_seconds = 120, .heartbeat = {}});
    BOOST_TEST_REQUIRE(result.exit_code == 0, result.output);
    std::ifstream in(folder / "netlist.json");
    modules_ = nlohmann::json::parse(in).at("modules");
    top_ = design.plan.name + "_top";
  }

  /// Everything below an instance of the top module; "" = the top itself.
  [[nodiscard]] Counts below(const std::string& instance) const {
    Counts counts;
    if (instance.empty()) {
      count(top_, counts);
    } else {
      const std::string type = modules_.at(top_).at("cells").at(instance).at("type");
      ++counts[baseName(type)];
      count(type, counts);
    }
    return counts;
  }

 private:
  void count(const std::string& module, Counts& counts) const {
    const auto& cells = modules_.at(module).at("cells");
    for (const auto& cell : cells) {
      const std::string type = cell.at("type");
      ++counts[baseName(type)];
      if (modules_.contains(type)) count(type, counts);
    }
  }

  nlohmann::json modules_;
  std::string top_;
};

/// What a layer must hold.
struct Expected {
  std::string method;
  int mtj_bits = 0, arbiters = 0, masks = 0, arrays = 0, srams = 1;
};

void compare(const Counts& counts, const Expected& expected) {
  const auto of = [&counts](const char* module) {
    const auto found = counts.find(module);
    return found == counts.end() ? 0 : found->second;
  };
  BOOST_TEST_CONTEXT(expected.method) {
    BOOST_TEST(of("cim_mtj_bit") == expected.mtj_bits);
    BOOST_TEST(of("cim_dropout_module") == expected.mtj_bits);
    BOOST_TEST(of("cim_arbiter_onehot") == expected.arbiters);
    BOOST_TEST(of("cim_mask_supply") == expected.masks);
    BOOST_TEST(of("cim_array") == expected.arrays);
    BOOST_TEST(of("cim_sram_1rw") == expected.srams);
  }
}

TargetSpec ledgerTarget() {
  TargetSpec target;
  target.array_rows = 8;
  target.array_cols = 8;
  target.group = 4;
  target.lanes = 4;
  return target;
}

/// Every method once. Arrays hold 8 × 8 weight bits.
Design ledgerNet() {
  return plan(
      network("ledger", {0, InputEncoding::Bipolar, 1, 128}, {13, 11, 10, 9, 8, 7, 6, 5},
              std::vector<Scheme>{SpinDrop{0.2, false}, SpatialDropout{0.2, 4}, ScaleDropout{0.2},
                                  AffineDropout{0.2}, SubsetSamples{6}, SpinBayes{5, 2}, Deterministic{}},
              2),
      ledgerTarget());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(counts)

BOOST_AUTO_TEST_CASE(ledger_of_every_method) {
  const Netlist netlist(ledgerNet());
  const std::vector<Expected> layers{
      {.method = "SpinDrop: N_in", .mtj_bits = 13, .masks = 1, .arrays = 2 * 2},
      {.method = "Spatial: a module a group, 11 inputs by 4", .mtj_bits = 3, .masks = 1, .arrays = 2 * 2},
      {.method = "Scale: 1", .mtj_bits = 1, .masks = 1, .arrays = 2 * 2},
      {.method = "affine: 2", .mtj_bits = 2, .masks = 1, .arrays = 2, .srams = 3},
      {.method = "subset: 1 selector of 6, 3 bits", .mtj_bits = 3, .arbiters = 1, .arrays = 1},
      {.method = "SpinBayes: 1 arbiter of 5, 3 bits; 5 arrays of 2 slices",
       .mtj_bits = 3,
       .arbiters = 1,
       .arrays = 10},
      {.method = "deterministic", .arrays = 1},
  };
  Expected sum{.method = "all", .srams = 0};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    compare(netlist.below("u_layer" + std::to_string(i)), layers[i]);
    sum.mtj_bits += layers[i].mtj_bits;
    sum.arbiters += layers[i].arbiters;
    sum.masks += layers[i].masks;
    sum.arrays += layers[i].arrays;
    sum.srams += layers[i].srams;
  }
  compare(netlist.below(""), sum);
}

BOOST_AUTO_TEST_CASE(one_unit_for_the_model) {
  const Netlist netlist(plan(network("ledger_shared", {0, InputEncoding::Bipolar, 1, 128}, {9, 7, 6, 5, 3},
                                     std::vector<Scheme>{ScaleDropout{0.2, true}, Deterministic{},
                                                         ScaleDropout{0.2, true}, ScaleDropout{0.2, true}},
                                     2),
                             ledgerTarget()));
  compare(netlist.below("u_shared_supply"),
          {.method = "Scale: 1 per model", .mtj_bits = 1, .masks = 1, .srams = 0});
  compare(netlist.below(""),
          {.method = "whole model", .mtj_bits = 1, .masks = 1, .arrays = 2 + 1 + 1 + 1, .srams = 4});
}

// Spatial-SpinDrop on convolutions: C_in modules a layer, whether the kernel is unrolled into a column or
// spread over K² arrays, and K² = 9 times fewer than SpinDrop. Behind a map a module serves a whole channel,
// too.
BOOST_AUTO_TEST_CASE(convolutions_under_both_mappings) {
  constexpr int kTaps = 9;
  const std::vector<int> channels{3, 6, 5};
  const std::vector<std::vector<int>> arrays{
      {},
      {4, 7, 6},          // mapping 1: 27, 54 and 45 rows by 8
      {kTaps, kTaps, 6},  // mapping 2: an array a tap
  };
  for (const int mapping : {1, 2}) {
    const Netlist spatial(tinySpatial(mapping));
    const Netlist spindrop(
        tinyConvolutions("tiny_spindrop" + std::to_string(mapping), mapping, SpinDrop{0.4}, SpinDrop{0.4}));
    for (std::size_t i = 0; i < channels.size(); ++i) {
      // Beside the scale memory a window buffer, and the pool's rows in the first layer.
      const int srams = i == 0 ? 3 : i == 1 ? 2 : 1;
      const std::string layer = "u_layer" + std::to_string(i);
      BOOST_TEST_CONTEXT("mapping " << mapping << ", layer " << i) {
        Expected expected{.method = "Spatial: C_in",
                          .mtj_bits = channels[i],
                          .masks = 1,
                          .arrays = arrays[static_cast<std::size_t>(mapping)][i],
                          .srams = srams};
        compare(spatial.below(layer), expected);
        expected.method = "SpinDrop: C_in·K²";
        expected.mtj_bits *= kTaps;
        compare(spindrop.below(layer), expected);
      }
    }
  }
}

// Units shared by 7 bits: ⌈N_in/7⌉ and no more.
BOOST_AUTO_TEST_CASE(shared_units) {
  TargetSpec target = ledgerTarget();
  target.share = 7;
  const Netlist netlist(plan(network("ledger_share7", {0, InputEncoding::Bipolar, 1, 128}, {16, 9, 3},
                                     std::vector<Scheme>{SpinDrop{0.2, false}, AffineDropout{0.2}}, 2),
                             target));
  compare(netlist.below("u_layer0"), {.method = "16 bits by 7", .mtj_bits = 3, .masks = 1, .arrays = 4});
  compare(netlist.below("u_layer1"), {.method = "2 bits by 7", .mtj_bits = 1, .masks = 1, .arrays = 2});
}

// Columns that count themselves: only the active-row counter has a popcount left.
BOOST_AUTO_TEST_CASE(converters_leave_no_popcount_in_the_columns) {
  const auto popcounts = [](Sensing sensing) {
    TargetSpec target = ledgerTarget();
    target.sensing = sensing;
    const Netlist netlist(plan(network("ledger_converters", {0, InputEncoding::Bipolar, 1, 128}, {16, 9, 3},
                                       std::vector<Scheme>{Deterministic{}, Deterministic{}}, 1),
                               target));
    return netlist.below("u_layer0").at("cim_popcount");
  };
  // A popcount of n taps is 1 + those of both its halves: 8 taps of the counter (two row tiles of 4) 1 + 3 +
  // 4 = 8; four tiles of 4 taps: 4 each.
  BOOST_TEST(popcounts(Sensing::Bit) == popcounts(Sensing::Adc) + 4 * 4);
}

// The same counts from the plan: what `explain` and the manifest print.
BOOST_AUTO_TEST_CASE(ledger_of_the_plan_is_that_of_the_netlist) {
  for (const Design& design : tinyDesigns()) {
    const Netlist netlist(design);
    BOOST_TEST_CONTEXT(design.plan.name) {
      const auto check = [](const Counts& counts, const emit::MacroLedger& ledger) {
        const auto of = [&counts](const char* module) {
          return counts.contains(module) ? counts.at(module) : 0;
        };
        BOOST_TEST(of("cim_array") + of("cim_array_adc") == ledger.arrays);
        BOOST_TEST(of("cim_sram_1rw") == ledger.srams);
        BOOST_TEST(of("cim_mtj_bit") == ledger.mtj_bits);
      };
      check(netlist.below(""), emit::macroLedger(design.plan));
      for (const LayerPlan& layer : design.plan.layers) {
        check(netlist.below("u_layer" + std::to_string(layer.index)), emit::macroLedger(layer));
      }
    }
  }
}

// ⌈log2 N⌉ bits and rejections: 5 of 8 numbers are taken, so 8/5 draws of 3 bits (cut off after 16, below
// 1e-6).
BOOST_AUTO_TEST_CASE(random_bits_a_pass) {
  const Design design = ledgerNet();
  const std::vector<double> bits{13, 3, 1, 2, 3 * 8.0 / 6, 3 * 8.0 / 5};
  const auto supplies = emit::suppliesOf(design.plan);
  BOOST_TEST_REQUIRE(supplies.size() == bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) {
    BOOST_TEST(emit::supplyLedger(supplies[i]).bits_a_pass == bits[i], boost::test_tools::tolerance(1e-5));
  }
  BOOST_TEST(emit::arbiterTries(2) == 1.0);
  BOOST_TEST(emit::arbiterTries(32) == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()
