#include "emit/ledger.hpp"

namespace neuspin::emit {

double arbiterTries(int choices) {
  const double rejected = 1.0 - choices / static_cast<double>(std::int64_t{1} << idxBits(choices));
  constexpr int kMostTries = 16;
  double tries = 0, reached = 1;  // `reached`: probability that this try is made
  for (int i = 0; i < kMostTries; ++i, reached *= rejected) tries += reached;
  return tries;
}

SupplyLedger supplyLedger(const SupplyUse& use) {
  const SupplyPlan& supply = *use.supply;
  const double tries = supply.choices > 0 ? arbiterTries(supply.choices) : 1.0;
  SupplyLedger ledger;
  ledger.units = supply.modules;
  if (use.layer != nullptr) {
    ledger.choices_a_pass = use.layer->choice == Choice::Noise
                                ? std::int64_t{use.layer->windows} * use.layer->words
                                : use.layer->windows / use.layer->mask_windows;
  }
  ledger.bits_a_choice = supply.choices > 0 ? idxBits(supply.choices) : supply.bits;
  const double choices = tries * static_cast<double>(ledger.choices_a_pass);
  ledger.bits_a_pass = choices * ledger.bits_a_choice;
  ledger.draws_a_pass = choices * (supply.whiten ? 2 : 1) * supply.rounds * supply.modules;
  return ledger;
}

BitLedger& BitLedger::operator+=(const BitLedger& other) {
  weights += other.weights;
  scales += other.scales;
  stored_samples += other.stored_samples;
  masks += other.masks;
  norm_buffers += other.norm_buffers;
  map_buffers += other.map_buffers;
  schedules += other.schedules;
  in_arrays += other.in_arrays;
  in_memories += other.in_memories;
  return *this;
}

namespace {

/// A choice in use and one ahead.
std::int64_t heldBits(const SupplyUse& use) {
  return 2 * std::int64_t{supplyLedger(use).bits_a_choice};
}

}  // namespace

BitLedger bitLedger(const LayerPlan& layer) {
  BitLedger bits;
  bits.weights = std::int64_t{layer.inputs} * layer.outputs * layer.slices;
  const std::int64_t bank = std::int64_t{layer.outputs} * layer.entryBits();
  const bool scale_samples = layer.choice == Choice::Bank && layer.supply && layer.supply->choices > 0;
  bits.scales = scale_samples ? bank : layer.banks * bank;
  bits.stored_samples = scale_samples ? (layer.banks - 1) * bank : (layer.arrays - 1) * bits.weights;
  if (layer.supply) bits.masks = heldBits({&*layer.supply, &layer});
  const std::int64_t word = std::int64_t{layer.lanes} * layer.out_bits;
  constexpr int kVectors = 2;
  if (layer.cross_norm) bits.norm_buffers = kVectors * layer.words * word;
  if (layer.window) {
    const WindowPlan& window = *layer.window;
    bits.map_buffers = std::int64_t{window.depth} * window.in.channels * layer.elem_bits;
    bits.map_buffers += std::int64_t{layer.poolWords()} * layer.poolWordBits();
  }
  if (layer.skip) bits.map_buffers += std::int64_t{layer.skip->depth} * layer.outputs;
  bits.schedules = static_cast<std::int64_t>(layer.schedule.size()) * layer.scheduleWordBits();
  bits.in_arrays =
      std::int64_t{layer.array_rows} * layer.array_cols * static_cast<std::int64_t>(layer.tiles.size());
  bits.in_memories = std::int64_t{layer.banks} * layer.words * layer.lanes * layer.entryBits() +
                     bits.norm_buffers + bits.map_buffers;
  return bits;
}

BitLedger bitLedger(const Plan& plan) {
  BitLedger sum;
  for (const LayerPlan& layer : plan.layers) sum += bitLedger(layer);
  if (plan.shared) sum.masks += heldBits({&*plan.shared, nullptr}) + plan.shared_depth;
  return sum;
}

MacroLedger& MacroLedger::operator+=(const MacroLedger& other) {
  arrays += other.arrays;
  srams += other.srams;
  mtj_bits += other.mtj_bits;
  return *this;
}

MacroLedger macroLedger(const LayerPlan& layer) {
  return {.arrays = static_cast<std::int64_t>(layer.tiles.size()),
          // The scale memory; a vector each in two; pixels of the skip connection, of the windows; the row
          // being pooled.
          .srams = 1 + (layer.cross_norm ? 2 : 0) + (layer.skip ? 1 : 0) + (layer.window ? 1 : 0) +
                   (layer.poolWords() > 0 ? 1 : 0),
          .mtj_bits = layer.supply ? layer.supply->modules : 0};
}

MacroLedger macroLedger(const Plan& plan) {
  MacroLedger sum;
  for (const LayerPlan& layer : plan.layers) sum += macroLedger(layer);
  if (plan.shared) sum.mtj_bits += plan.shared->modules;
  return sum;
}

}  // namespace neuspin::emit
