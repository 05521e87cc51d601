// Events against counts made from the plan, and what energies do with them.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "../cosim/convolutions.hpp"
#include "../golden/configs.hpp"
#include "../plan/small_convolution.hpp"
#include "emit/ledger.hpp"
#include "energy/energy.hpp"
#include "support/process.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

constexpr int kImages = 3;

std::vector<std::uint8_t> pixelsOf(const Plan& plan, unsigned seed) {
  std::mt19937 rng(seed);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(kImages * plan.input.features));
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(rng());
  return pixels;
}

energy::Table tableOf(const std::string& set) {
  Diagnostics diags;
  auto table = energy::loadTable("generic28", diags);
  const auto devices = device::loadDeviceSet(set, diags);
  BOOST_REQUIRE_MESSAGE((table && devices), diags.render());
  energy::addDevice(*devices, *table);
  return *table;
}

/// Scale dropout in every layer but the first: the first layer's sums are computed once an image.
Design scaleDesign(int passes) {
  NetworkSpec network =
      makeMixed({30, 22, 17, 6}, {ScaleDropout{0.2}, ScaleDropout{0.3}, ScaleDropout{0.4}}, passes);
  TargetSpec target = makeTarget(16, 8, 4, 4, 8, PostForm::Threshold, true);
  target.max_passes = 20;
  return makeDesign(network, target, 4);
}

double countOf(const energy::Breakdown& breakdown, const std::string& part, const std::string& event) {
  double count = 0;
  for (const energy::Item& item : breakdown.items)
    count += item.part == part && item.event == event ? item.count : 0;
  return count;
}

/// Reads a register of at most 32 bits.
std::function<std::uint32_t()> registerOf(const golden::Network& network, const std::string& scope,
                                          const std::string& signal) {
  for (const golden::Probe& p : network.probes()) {
    if (p.scope == scope && p.signal == signal) {
      return [read = p.read] {
        golden::Bits value(1);
        read(value);
        return value[0];
      };
    }
  }
  throw std::out_of_range(scope + "." + signal);
}

std::string complaint(const std::string& text) {
  Diagnostics diags;
  BOOST_TEST(!energy::parseTable(text, "table.toml", diags).has_value(), text);
  return diags.render();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(energies)

// How often arrays are read, words pass the lanes and units are pulsed follows from the plan.
BOOST_DATA_TEST_CASE(events_are_those_of_the_plan, boost::unit_test::data::xrange(40U), number) {
  const Config config = randomConfig(number);
  const Design design = makeDesign(config.network, config.target, number);
  const Plan& plan = design.plan;
  const auto pixels = pixelsOf(plan, number);
  const auto measured = energy::measure(plan, design.weights, pixels, 0, 5);
  BOOST_TEST(measured.images == kImages);
  BOOST_TEST(measured.passes == plan.passes);
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const LayerPlan& layer = plan.layers[l];
    const golden::LayerEvents& events = measured.events.layers[l];
    // The layer that begins the passes replays what it holds: its input, or its sums.
    const std::int64_t passes = kImages * plan.passes;
    const std::int64_t runs = layer.per_pass || layer.replay != Replay::None ? passes : kImages;
    const bool stream_again = layer.per_pass && layer.replay == Replay::None;
    const bool arrays_again = stream_again || layer.replay == Replay::Input;
    BOOST_TEST_CONTEXT("layer " << l) {
      BOOST_TEST(events.reads == std::ssize(layer.schedule) * (arrays_again ? runs : kImages));
      BOOST_TEST(events.beats == layer.beats * (stream_again ? runs : kImages));
      BOOST_TEST(events.words == layer.words * runs);
      BOOST_TEST(events.driven_rows <= events.reads * layer.row_tiles * layer.group);
      if (layer.bipolar && layer.choice != Choice::Rows)
        BOOST_TEST(events.driven_rows * std::ssize(layer.schedule) == events.reads * layer.inputs);
    }
  }
  for (const emit::SupplyUse& use : emit::suppliesOf(plan)) {
    const auto index = static_cast<std::size_t>(use.supply->index);
    if (use.supply->choices == 0) {
      BOOST_TEST(static_cast<double>(measured.events.draws[index]) ==
                 kImages * plan.passes * emit::supplyLedger(use).draws_a_pass);
    } else {
      BOOST_TEST(measured.events.draws[index] >= kImages * plan.passes * use.supply->modules);
    }
  }
}

// The register that the testbench compares with the RTL's in every clock.
BOOST_AUTO_TEST_CASE(samples_are_what_the_register_counts) {
  const Design design = scaleDesign(4);
  golden::Network network(design.plan, design.weights, 3);
  static_cast<void>(run(network, design.plan, randomImages(design.plan, 5, 1)));
  idle(network, 200);
  constexpr std::uint8_t kSamples = 13;
  BOOST_TEST(network.events().samples > 5 * 4 * 3 - 1);
  BOOST_TEST(network.events().samples == readRegister(network, kSamples));
}

BOOST_AUTO_TEST_CASE(array_reads_are_what_the_registers_count) {
  for (unsigned number = 0; number < 20; ++number) {
    const Config config = randomConfig(number);
    const Design design = makeDesign(config.network, config.target, number);
    golden::Network network(design.plan, design.weights, 3);
    static_cast<void>(run(network, design.plan, randomImages(design.plan, 2, 1)));
    idle(network, 2);
    constexpr std::uint8_t kReads = 16, kRowReads = 17;
    std::int64_t reads = 0, rows = 0;
    for (const golden::LayerEvents& layer : network.events().layers) {
      reads += layer.reads;
      rows += layer.driven_rows;
    }
    BOOST_TEST(reads > 0);
    BOOST_TEST(reads == readRegister(network, kReads));
    BOOST_TEST(rows == readRegister(network, kRowReads));
  }
}

// Lock-step compares every register with the RTL's in every clock; events are what these registers went
// through. So the RTL's events are the model's.
BOOST_AUTO_TEST_CASE(events_are_steps_of_registers_that_lock_step_compares) {
  const Design design = scaleDesign(4);
  golden::Network network(design.plan, design.weights, 3);
  const auto register_of = [&](const std::string& scope, const std::string& signal) {
    return registerOf(network, scope, signal);
  };
  struct Engine {
    std::function<std::uint32_t()> step, active, word;
    std::uint32_t last_step = 0, last_word = 0;
    golden::LayerEvents seen;
  };
  std::vector<Engine> engines;
  for (std::size_t l = 0; l < design.plan.layers.size(); ++l) {
    // With one step or one word the register would not move.
    BOOST_REQUIRE(design.plan.layers[l].schedule.size() > 1U);
    BOOST_REQUIRE(design.plan.layers[l].words > 1);
    const std::string scope = "u_layer" + std::to_string(l);
    engines.push_back({register_of(scope + ".u_ctrl", "pc_q"),
                       register_of(scope + ".u_active", "cnt_q"),
                       register_of(scope + ".u_post_ctrl", "word_q"),
                       0,
                       0,
                       {}});
  }
  std::mt19937 rng(6);
  golden::Inputs inputs;
  inputs.in_data.assign(static_cast<std::size_t>(golden::wordsFor(design.plan.layers[0].beatBits())), 0);
  std::int64_t beats = 0;
  for (int clock = 0; clock < 4000; ++clock) {
    inputs.in_valid = clock % 5 != 0;
    inputs.out_ready = clock % 7 != 0;
    const bool taken = network.eval(inputs).in_ready && inputs.in_valid;
    network.tick();
    if (taken) {
      ++beats;
      inputs.in_data[0] = static_cast<std::uint32_t>(rng()) & 0xFFFFU;
    }
    for (Engine& engine : engines) {
      if (const auto step = engine.step(); step != engine.last_step) {
        engine.last_step = step;
        ++engine.seen.reads;
        engine.seen.driven_rows += engine.active();
      }
      if (const auto word = engine.word(); word != engine.last_word) {
        engine.last_word = word;
        ++engine.seen.words;
      }
    }
  }
  const golden::Events events = network.events();
  BOOST_TEST(events.layers[0].beats == beats);
  for (std::size_t l = 0; l < engines.size(); ++l) {
    BOOST_TEST_CONTEXT("layer " << l) {
      BOOST_TEST(events.layers[l].reads == engines[l].seen.reads);
      BOOST_TEST(events.layers[l].driven_rows == engines[l].seen.driven_rows);
      BOOST_TEST(events.layers[l].words == engines[l].seen.words);
      BOOST_TEST(engines[l].seen.words > 20);
    }
  }
  for (const emit::SupplyUse& use : emit::suppliesOf(design.plan)) {
    std::int64_t draws = 0;
    for (int unit = 0; unit < use.supply->modules; ++unit) {
      draws += register_of("u_layer" + std::to_string(use.supply->index) + ".u_supply.u_bank.gen_unit[" +
                               std::to_string(unit) + "].u_unit.u_mtj",
                           "event_q")();
    }
    BOOST_TEST(events.draws[static_cast<std::size_t>(use.supply->index)] == draws);
    BOOST_TEST(draws > 5);
  }
}

// The same of a window buffer's memory: a write moves wr_addr_q; a tap moves ky_q and leaves in s1_real_q
// whether it was read.
BOOST_AUTO_TEST_CASE(accesses_of_window_buffers_are_steps_of_registers) {
  for (const Scheme& scheme : std::vector<Scheme>{Deterministic{}, SpinDrop{0.2, false, true}}) {
    const Design design = makeDesign(smallConvolution(scheme, 3), TargetSpec{}, 2);
    BOOST_REQUIRE(design.plan.layers[0].window->depth > 1);
    golden::Network network(design.plan, design.weights, 3);
    const std::string scope = "u_layer0.u_window";
    const auto written = registerOf(network, scope, "wr_addr_q"), tap = registerOf(network, scope, "ky_q"),
               real = registerOf(network, scope, "s1_real_q");
    std::uint32_t last_written = 0, last_tap = 0;
    std::int64_t stores = 0, reads = 0, taps = 0;
    golden::Inputs inputs;
    inputs.in_data.assign(static_cast<std::size_t>(golden::wordsFor(design.plan.layers[0].beatBits())), 0);
    for (int clock = 0; clock < 3000; ++clock) {
      inputs.in_valid = clock % 5 != 0;
      inputs.out_ready = clock % 7 != 0;
      network.eval(inputs);
      network.tick();
      if (written() != last_written) ++stores;
      if (tap() != last_tap) {
        ++taps;
        reads += real();
      }
      last_written = written();
      last_tap = tap();
    }
    const golden::LayerEvents events = network.events().layers[0];
    BOOST_TEST(events.pixels_stored == stores);
    BOOST_TEST(events.pixels_read == reads);
    BOOST_TEST(stores > 60);
    BOOST_TEST(taps > reads);  // the padding needs no memory
    BOOST_TEST(reads > stores);
  }
}

// A skip buffer is filled once an image or once a pass, as its source is computed, and read once for every
// pixel that its layer puts out.
BOOST_DATA_TEST_CASE(accesses_of_skip_buffers_are_those_of_the_plan, boost::unit_test::data::xrange(12U),
                     number) {
  const Configuration random = randomResidual(number);
  const Design design = makeDesign(random.network, random.target, number);
  const Plan& plan = design.plan;
  const auto measured = energy::measure(plan, design.weights, pixelsOf(plan, number), 0, 5);
  const energy::Table table = tableOf("stt40");
  auto without = measured;
  for (golden::LayerEvents& events : without.events.layers) events.skips_stored = events.skips_read = 0;
  const auto all = energy::breakdown(plan, measured, table, false),
             others = energy::breakdown(plan, without, table, false);
  int judged = 0;
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const LayerPlan& layer = plan.layers[l];
    const golden::LayerEvents& events = measured.events.layers[l];
    if (!layer.skip) {
      BOOST_TEST(events.skips_stored + events.skips_read == 0);
      continue;
    }
    ++judged;
    const LayerPlan& source = plan.layers[static_cast<std::size_t>(layer.skip->source)];
    const auto times = [&](const LayerPlan& of) {
      return kImages * (of.putsOutEveryPass() ? plan.passes : 1);
    };
    BOOST_TEST(events.skips_stored == layer.skip->pixels * times(source));
    BOOST_TEST(events.skips_read == layer.skip->pixels * times(layer));
    const auto added = [&](const char* event) {
      return std::lround(kImages * (countOf(all, layer.name, event) - countOf(others, layer.name, event)));
    };
    BOOST_TEST(added("sram_bit") == (events.skips_stored + events.skips_read) * layer.outputs);
    BOOST_TEST(added("register_bit") == events.skips_stored * layer.skip->beats * layer.skip->beat_bits);
  }
  BOOST_TEST(judged > 0);
}

BOOST_AUTO_TEST_CASE(parts_and_events_sum_to_the_total) {
  const Design design = scaleDesign(5);
  const auto measured = energy::measure(design.plan, design.weights, pixelsOf(design.plan, 1), 0, 1);
  const auto table = tableOf("stt40");
  for (const bool substitute : {false, true}) {
    const auto breakdown = energy::breakdown(design.plan, measured, table, substitute);
    double by_part = 0, by_event = 0;
    std::set<std::string> parts, events;
    for (const energy::Item& item : breakdown.items) {
      BOOST_TEST(item.count > 0);
      if (parts.insert(item.part).second) by_part += breakdown.ofPart(item.part);
      if (events.insert(item.event).second) by_event += breakdown.of(item.event);
    }
    BOOST_TEST(by_part == breakdown.total(), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(by_event == breakdown.total(), boost::test_tools::tolerance(1e-12));
    BOOST_TEST(parts.size() == 4U);
    BOOST_TEST(events.contains("lfsr_bit") == substitute);
    BOOST_TEST(events.contains("mtj_set") != substitute);
  }
  // Sense amplifiers by hand: every read lets all of them in all tiles decide.
  const LayerPlan& layer = design.plan.layers[1];
  const auto breakdown = energy::breakdown(design.plan, measured, table, false);
  BOOST_TEST(countOf(breakdown, layer.name, "decision") == 5.0 * static_cast<double>(layer.schedule.size()) *
                                                               layer.row_tiles * layer.col_tiles * 4 *
                                                               layer.array_cols);
}

BOOST_AUTO_TEST_CASE(converters_take_the_place_of_sense_amplifiers) {
  Design design = scaleDesign(5);
  const auto pixels = pixelsOf(design.plan, 1);
  const auto bit = energy::breakdown(design.plan, energy::measure(design.plan, design.weights, pixels, 0, 1),
                                     tableOf("stt40"), false);
  for (LayerPlan& layer : design.plan.layers) layer.adc_bits = 3;
  const auto adc = energy::breakdown(design.plan, energy::measure(design.plan, design.weights, pixels, 0, 1),
                                     tableOf("stt40"), false);
  const LayerPlan& layer = design.plan.layers[1];
  BOOST_REQUIRE(layer.group == 4);
  BOOST_TEST(countOf(adc, layer.name, "adc_step") ==
             2 * countOf(bit, layer.name, "decision"));  // 2^3 codes, 4 rows
  BOOST_TEST(countOf(adc, layer.name, "count_bit") * 4 == countOf(bit, layer.name, "count_bit") * 3);
  BOOST_TEST(adc.of("decision") == 0);
  BOOST_TEST(bit.of("adc_step") == 0);
  BOOST_TEST(adc.of("cell_read") == bit.of("cell_read"));
}

BOOST_AUTO_TEST_CASE(twice_the_passes_double_exactly_what_is_done_once_a_pass) {
  const Design design = scaleDesign(10);
  BOOST_REQUIRE((design.plan.layers[0].replay == Replay::Sums));
  const auto pixels = pixelsOf(design.plan, 2);
  const auto table = tableOf("sot_meas_a");
  const auto ten = energy::breakdown(design.plan, energy::measure(design.plan, design.weights, pixels, 10, 1),
                                     table, false);
  const auto twenty = energy::breakdown(
      design.plan, energy::measure(design.plan, design.weights, pixels, 20, 1), table, false);
  BOOST_REQUIRE(ten.items.size() == twenty.items.size());
  const std::string first = design.plan.layers[0].name;
  int once = 0, twice = 0;
  for (std::size_t i = 0; i < ten.items.size(); ++i) {
    const energy::Item& item = ten.items[i];
    // Of the first layer only the post lanes and the units run once a pass; the head also has work once an
    // image.
    const bool lanes = item.event == "sum_bit" || item.event == "compare_bit" || item.event == "sram_bit" ||
                       item.event.starts_with("mtj_");
    const bool per_pass = item.part == first ? lanes : item.event != "head_result";
    BOOST_TEST_CONTEXT(item.part << " " << item.event) {
      BOOST_TEST(twenty.items[i].count == (per_pass ? 2 : 1) * item.count);
    }
    ++(per_pass ? twice : once);
  }
  BOOST_TEST(once >= 6);
  BOOST_TEST(twice >= 15);
}

BOOST_AUTO_TEST_CASE(energies_of_junctions_come_from_their_set) {
  const auto stt = tableOf("stt40"), sot = tableOf("sot_meas_a");
  // devices.md §1.13: 8.3 fJ parallel at 4 kOhm, 5 ns, 0.1 V; antiparallel half of it.
  BOOST_TEST(stt.cell_read.value == 6.3, boost::test_tools::tolerance(0.05));
  BOOST_TEST(stt.mtj_set.value == 500);
  BOOST_TEST(sot.mtj_set.value == 780);
  BOOST_TEST(sot.mtj_reset.value == 780);
  BOOST_TEST((sot.mtj_set.source == device::Source::Verified));
  for (const energy::Field& field : energy::tableFields()) BOOST_TEST((stt.*field.member).given);
}

BOOST_AUTO_TEST_CASE(tables_are_checked) {
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  BOOST_TEST(contains(complaint("name = \"x\"\n"), "[sensing]"));
  BOOST_TEST(contains(complaint("name = \"x\"\n[sensing]\n"), "decision"));
  const std::string negative =
      complaint("name = \"x\"\n[sensing]\ndecision = { value = -1, source = \"assumed\" }\n");
  BOOST_TEST(contains(negative, "table.toml:3"), negative);
  const std::string untagged = complaint("name = \"x\"\n[sensing]\ndecision = { value = 1 }\n");
  BOOST_TEST(contains(untagged, "source"), untagged);
  const std::string unknown = complaint("name = \"x\"\n[sensing]\ndecisions = 1\n");
  BOOST_TEST(contains(unknown, "decisions"), unknown);
  Diagnostics diags;
  BOOST_TEST(!energy::loadTable("generic27", diags).has_value());
  BOOST_TEST(contains(diags.render(), "generic28"));
}

BOOST_AUTO_TEST_CASE(the_command_reports_both_sources_of_random_bits) {
  const std::string source = NEUSPIN_SOURCE_DIR;
  const auto energy = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {NEUSPIN_BIN, "energy", source + "/tests/nets/optd_scaledrop", "--target",
                               source + "/tests/cosim/small_target.toml", "--random", "--quiet"});
    return runProcess(more);
  };
  const ProcessResult result = energy({"--json", "-", "--clock-mhz", "100"});
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  const auto report = nlohmann::json::parse(result.output);
  for (const char* source_of_bits : {"junctions", "lfsr"}) {
    double sum = 0;
    for (const auto& item : report.at(source_of_bits).at("items")) {
      sum += item.at("nanojoules").get<double>();
      BOOST_TEST(!item.at("source").get<std::string>().empty());
    }
    BOOST_TEST(sum == report.at(source_of_bits).at("nanojoules_per_image").get<double>(),
               boost::test_tools::tolerance(1e-9));
  }
  BOOST_TEST(report.at("microseconds_per_image").get<double>() > 0);
  BOOST_TEST(report.at("set") == "stt40");
  BOOST_TEST(report.at("table") == "generic28");
  BOOST_TEST(report.at("seed").is_number());
  BOOST_TEST(energy({"--passes", "255"}).exit_code == 1);
  BOOST_TEST(energy({"--set", "none"}).exit_code == 1);
  BOOST_TEST(energy({"--images", "0"}).exit_code == 4);
}

BOOST_AUTO_TEST_SUITE_END()
