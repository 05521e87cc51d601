#include "energy/energy.hpp"

#include <algorithm>
#include <stdexcept>

#include "golden/bits.hpp"
#include "golden/infer.hpp"
#include "golden/network.hpp"

namespace neuspin::energy {
namespace {

golden::LayerEvents operator-(golden::LayerEvents a, const golden::LayerEvents& b) {
  a.beats -= b.beats;
  a.reads -= b.reads;
  a.driven_rows -= b.driven_rows;
  a.words -= b.words;
  a.pixels_stored -= b.pixels_stored;
  a.pixels_read -= b.pixels_read;
  a.skips_stored -= b.skips_stored;
  a.skips_read -= b.skips_read;
  return a;
}

golden::Events operator-(golden::Events a, const golden::Events& b) {
  for (std::size_t l = 0; l < a.layers.size(); ++l) a.layers[l] = a.layers[l] - b.layers[l];
  for (std::size_t s = 0; s < a.draws.size(); ++s) a.draws[s] -= b.draws[s];
  a.samples -= b.samples;
  return a;
}

/// The clocked model and a testbench that never stalls.
class Bench {
 public:
  Bench(const Plan& plan, const Weights& weights, std::uint32_t seed)
      : plan_(plan), network_(plan, weights, seed) {}

  void idle(std::int64_t clocks) {
    for (std::int64_t i = 0; i < clocks; ++i) clock({});
  }
  void write(std::uint8_t address, std::uint32_t value) {
    golden::Inputs inputs;
    inputs.reg_we = true;
    inputs.reg_addr = address;
    inputs.reg_wdata = value;
    clock(inputs);
  }
  /// Until no unit is drawing any more: every queue is full. A calibration draws as well.
  void settle() {
    constexpr std::int64_t kQuiet = 1024;  // clocks; a round of SET, READ and RESET takes at most 765
    for (std::int64_t quiet = 0; quiet < kQuiet; ++quiet) {
      const auto before = draws_;
      idle(1);
      draws_ = network_.events().draws;
      if (draws_ != before) quiet = 0;
    }
  }
  /// Cycles from the first beat taken to the last beat put out.
  std::int64_t stream(std::span<const std::uint8_t> pixels, std::int64_t images);
  [[nodiscard]] golden::Events events() const { return network_.events(); }

 private:
  const golden::Outputs& clock(const golden::Inputs& inputs) {
    const golden::Outputs& outputs = network_.eval(inputs);
    outputs_ = outputs;
    network_.tick();
    return outputs_;
  }
  [[nodiscard]] golden::Bits beatOf(std::span<const std::uint8_t> image, int beat) const {
    const LayerPlan& first = plan_.layers.front();
    golden::Bits bits(static_cast<std::size_t>(golden::wordsFor(first.beatBits())));
    for (int e = 0; e < first.beat_elems; ++e) {
      const int feature = golden::streamFeature(first, beat, e);
      if (feature < 0) continue;
      golden::putBits(bits, e * first.elem_bits, first.elem_bits,
                      golden::encodePixel(plan_.input, image[static_cast<std::size_t>(feature)]));
    }
    return bits;
  }

  const Plan& plan_;
  golden::Network network_;
  golden::Outputs outputs_;
  std::vector<std::int64_t> draws_;
};

std::int64_t Bench::stream(std::span<const std::uint8_t> pixels, std::int64_t images) {
  const auto features = static_cast<std::size_t>(plan_.input.features);
  const int beats = plan_.layers.front().beatsPerImage();
  std::int64_t cycles = 0, sent = 0, done = 0;
  golden::Inputs inputs;
  inputs.out_ready = true;
  while (done < images || sent < images * beats) {
    inputs.in_valid = sent < images * beats;
    if (inputs.in_valid)
      inputs.in_data = beatOf(pixels.subspan(static_cast<std::size_t>(sent / beats) * features, features),
                              static_cast<int>(sent % beats));
    const golden::Outputs& outputs = clock(inputs);
    ++cycles;
    if (inputs.in_valid && outputs.in_ready) ++sent;
    if (outputs.out_valid && outputs.out_last) ++done;
  }
  return cycles;
}

/// Collects items an image; leaves out what does not happen.
class Collector {
 public:
  Collector(const Measured& measured, Breakdown& result)
      : images_(static_cast<double>(measured.images)), result_(result) {}
  void add(const std::string& part, const char* event, double events, const device::Constant& each) {
    if (events == 0) return;
    result_.items.push_back({part, event, events / images_, each.value, each.source});
  }

 private:
  double images_;
  Breakdown& result_;
};

void addLayer(const LayerPlan& layer, const golden::LayerEvents& events, const Table& table,
              Collector& collect) {
  const auto reads = static_cast<double>(events.reads), words = static_cast<double>(events.words);
  const auto rows = static_cast<double>(events.driven_rows);
  // A driven row conducts in all columns of all column tiles and slices.
  const double columns = static_cast<double>(layer.array_cols) * layer.col_tiles * layer.slices;
  collect.add(layer.name, "register_bit", static_cast<double>(events.beats) * layer.beatBits(),
              table.register_bit);
  if (layer.window) {
    const int pixel_bits = layer.window->in.channels * layer.elem_bits;
    collect.add(layer.name, "sram_bit",
                static_cast<double>(events.pixels_stored + events.pixels_read) * pixel_bits, table.sram_bit);
  }
  if (layer.skip) {
    const auto stored = static_cast<double>(events.skips_stored),
               read = static_cast<double>(events.skips_read);
    collect.add(layer.name, "register_bit", stored * layer.skip->beats * layer.skip->beat_bits,
                table.register_bit);
    collect.add(layer.name, "sram_bit", (stored + read) * layer.outputs, table.sram_bit);
  }
  collect.add(layer.name, "cell_read", rows * columns, table.cell_read);
  const double conversions = reads * layer.row_tiles * columns;
  const double counts = reads * layer.row_tiles * layer.slices * layer.outputs;  // in columns that are in use
  if (layer.adc_bits > 0) {
    collect.add(layer.name, "adc_step", conversions * (1 << layer.adc_bits), table.adc_step);
    collect.add(layer.name, "count_bit", counts * layer.codeBits(), table.count_bit);
  } else {
    collect.add(layer.name, "decision", conversions * layer.group, table.decision);
    collect.add(layer.name, "count_bit", counts * layer.group, table.count_bit);
  }
  collect.add(layer.name, "active_row", reads * layer.row_tiles * layer.group, table.active_row);
  const double sums = words * layer.lanes;
  collect.add(layer.name, "sum_bit", sums * layer.row_tiles * layer.slices * layer.sum_bits, table.sum_bit);
  collect.add(layer.name, "sram_bit", sums * layer.entryBits(), table.sram_bit);
  if (layer.form == PostForm::Threshold) {
    collect.add(layer.name, "compare_bit", sums * layer.theta_bits, table.compare_bit);
  } else {
    const int factor_bits = layer.scale_bits + (layer.form == PostForm::Noise ? layer.sigma_bits : 0);
    collect.add(layer.name, "multiply_bit", sums * layer.total_bits * factor_bits, table.multiply_bit);
  }
  // cim_cross_norm keeps a vector of y words: written and read once.
  double beats = sums;
  if (layer.window && layer.window->averages()) {
    // cim_avg_pool adds every sum to a register; every row of a pool but the last leaves its total in the
    // memory.
    const double pool = layer.window->pool;
    beats = sums / (pool * pool);
    collect.add(layer.name, "sum_bit", sums * layer.total_bits, table.sum_bit);
    collect.add(layer.name, "register_bit", sums * layer.total_bits, table.register_bit);
    if (layer.poolWords() > 0)
      collect.add(layer.name, "sram_bit", 2 * (pool - 1) * beats * layer.total_bits, table.sram_bit);
  }
  if (layer.cross_norm) collect.add(layer.name, "sram_bit", 2 * beats * layer.out_bits, table.sram_bit);
}

void addUnits(const std::string& part, const SupplyPlan& supply, std::int64_t draws, bool substitute,
              const Table& table, Collector& collect) {
  const auto pulses = static_cast<double>(draws);
  if (substitute) {  // exact probability: nothing to whiten
    collect.add(part, "lfsr_bit", pulses / (supply.whiten ? 2 : 1), table.lfsr_bit);
    return;
  }
  collect.add(part, "mtj_set", pulses, table.mtj_set);
  collect.add(part, "mtj_read", pulses, table.mtj_read);
  collect.add(part, "mtj_reset", pulses, table.mtj_reset);
}

}  // namespace

Measured measure(const Plan& plan, const Weights& weights, std::span<const std::uint8_t> pixels, int passes,
                 std::uint32_t seed) {
  const auto features = static_cast<std::size_t>(plan.input.features);
  if (pixels.empty() || pixels.size() % features != 0)
    throw std::invalid_argument("pixels are not whole images");
  const bool stochastic =
      std::ranges::any_of(plan.layers, [](const LayerPlan& layer) { return layer.stochastic(); });
  if (passes < 0 || passes > plan.head.max_passes) throw std::invalid_argument("passes out of range");
  constexpr std::uint8_t kPasses = 2;
  Measured measured;
  measured.images = static_cast<std::int64_t>(pixels.size() / features);
  measured.passes = !stochastic ? 1 : passes == 0 ? plan.passes : passes;
  Bench bench(plan, weights, seed);
  if (measured.passes != plan.passes) bench.write(kPasses, static_cast<std::uint32_t>(measured.passes));
  bench.settle();
  const golden::Events before = bench.events();
  measured.cycles = bench.stream(pixels, measured.images);
  bench.idle(settleCycles(plan));
  bench.settle();
  measured.events = bench.events() - before;
  return measured;
}

double Breakdown::total() const {
  double sum = 0;
  for (const Item& item : items) sum += item.femtojoules();
  return sum;
}

double Breakdown::of(std::string_view event) const {
  double sum = 0;
  for (const Item& item : items) sum += item.event == event ? item.femtojoules() : 0;
  return sum;
}

double Breakdown::ofPart(std::string_view part) const {
  double sum = 0;
  for (const Item& item : items) sum += item.part == part ? item.femtojoules() : 0;
  return sum;
}

Breakdown breakdown(const Plan& plan, const Measured& measured, const Table& table, bool substitute) {
  Breakdown result;
  Collector collect(measured, result);
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    const LayerPlan& layer = plan.layers[l];
    addLayer(layer, measured.events.layers[l], table, collect);
    if (layer.supply) {
      addUnits(layer.name, *layer.supply,
               measured.events.draws[static_cast<std::size_t>(layer.supply->index)], substitute, table,
               collect);
    }
  }
  if (plan.shared) {
    addUnits("shared unit", *plan.shared, measured.events.draws[static_cast<std::size_t>(plan.shared->index)],
             substitute, table, collect);
  }
  const double results = static_cast<double>(measured.images) * plan.head.classes;
  collect.add("head", "head_sample", results * measured.passes, table.head_sample);
  collect.add("head", "head_result", results, table.head_result);
  return result;
}

}  // namespace neuspin::energy
