#include "golden/network.hpp"

#include <deque>
#include <optional>

#include "golden/head.hpp"
#include "golden/infer.hpp"
#include "golden/layer.hpp"
#include "golden/regs.hpp"

namespace neuspin::golden {

struct Network::Impl {
  Impl(const Plan& given, const Weights& weights, std::uint32_t seed)
      : plan(given), registers(plan), head(plan.head) {
    for (const LayerPlan& layer : plan.layers) {
      layers.emplace_back(layer, plan.target, weights.layers[static_cast<std::size_t>(layer.index)], seed);
    }
    if (plan.shared) {
      shared.emplace(*plan.shared, plan.target, seed);
      fanout.emplace(plan.shared_consumers, plan.shared_depth);
      taken.resize(static_cast<std::size_t>(plan.shared_consumers));
    }
    listBanks();
    moves.resize(layers.size());
    for (const LayerPlan& layer : plan.layers) takers.push_back(plan.skipsFrom(layer.index));
    outputs.out_data.resize(4);
    addProbes();
  }

  void listBanks() {
    banks.resize(static_cast<std::size_t>(plan.supplies));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto& supply = plan.layers[i].supply;
      if (supply) banks[static_cast<std::size_t>(supply->index)] = layers[i].bank();
    }
    if (plan.shared) banks[static_cast<std::size_t>(plan.shared->index)] = &shared->bank();
  }

  void addProbes() {
    registers.addProbes(ProbeScope(probes, "u_regs"));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      layers[i].addProbes(ProbeScope(probes, "u_layer" + std::to_string(i)));
    }
    head.addProbes(ProbeScope(probes, "u_head"));
    if (!shared) return;
    shared->addProbes(ProbeScope(probes, "u_shared_supply"));
    fanout->addProbes(ProbeScope(probes, "u_shared_fanout"));
  }

  void reset() {
    registers.reset();
    for (LayerEngine& layer : layers) layer.reset();
    head.reset();
    if (shared) shared->reset();
    if (fanout) fanout->reset();
    cycle = images_out = 0;
  }

  /// Whether all that take the outputs of layer `source` are ready: the next layer, and the skip connections
  /// that start there (cim_stream_fork).
  [[nodiscard]] bool streamReady(std::size_t source) const {
    if (source + 1 == layers.size()) return head.ready();
    return layers[source + 1].ready() && std::ranges::all_of(takers[source], [this](int taker) {
             return layers[static_cast<std::size_t>(taker)].skipReady();
           });
  }

  /// The outputs of layer `source`, offered if all take them.
  [[nodiscard]] Offered offer(std::size_t source) const {
    return {layers[source].data(), layers[source].valid() && moves[source]};
  }

  const Outputs& eval(const Inputs& given) {
    inputs = given;
    inputs.in_data.resize(static_cast<std::size_t>(wordsFor(plan.layers.front().beatBits())));
    inputs.prog_data.resize(static_cast<std::size_t>(wordsFor(plan.prog_bits)));

    const HeadControls controls{registers.passes(), registers.oodThreshold(), registers.oodK()};
    head.eval(inputs.out_ready, controls);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const bool ready = streamReady(i);
      const int consumer = plan.layers[i].shared_consumer;
      SharedBit offered;
      if (consumer >= 0) offered = {fanout->valid(consumer), fanout->bit(consumer)};
      layers[i].eval(ready, registers.passes(), offered);
    }

    outputs.in_ready = layers.front().ready();
    outputs.out_valid = head.result().valid();
    outputs.out_last = head.result().last();
    std::ranges::copy(head.result().data(), outputs.out_data.begin());
    outputs.reg_rdata = registers.read(inputs.reg_addr, bankStatus());
    return outputs;
  }

  [[nodiscard]] Registers::BankStatus bankStatus() const {
    Registers::BankStatus status;
    const int id = registers.unitId();
    const int word = registers.unitWord();
    for (std::size_t b = 0; b < banks.size(); ++b) {
      const Bank& bank = *banks[b];
      status.unit_rdata |= bank.read(id, word);
      status.calibrating = status.calibrating || bank.active();
      if (b < 32 && bank.alarm()) status.alarms |= 1U << b;
    }
    for (const LayerEngine& layer : layers) status.unit_rdata |= layer.readUsage(id, word);
    return status;
  }

  void tickShared(const UnitBus& bus) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const int consumer = plan.layers[i].shared_consumer;
      if (consumer >= 0) taken[static_cast<std::size_t>(consumer)] = layers[i].takesChoice();
    }
    const bool ready = fanout->ready();
    fanout->tick(shared->valid(), (shared->mask().front() & 1) != 0, shared->bank().active(), taken);
    shared->tick(ready, bus);
  }

  void tick() {
    Registers::Watch watch{inputs.in_valid,   outputs.in_ready, layers.front().fillLast(),
                           outputs.out_valid, inputs.out_ready, outputs.out_last};
    for (const Bank* bank : banks) watch.samples += bank->sampled();
    samples += watch.samples;
    for (const LayerEngine& layer : layers) {
      watch.reads += layer.active().read() ? 1 : 0;
      watch.row_reads += layer.active().rows();
    }
    if (outputs.out_valid && inputs.out_ready && outputs.out_last) ++images_out;
    ++cycle;

    // Consumers before producers: each takes its producer's outputs as they were before the edge. The
    // register file comes last, since the banks still need the unit that is addressed now.
    const UnitBus bus = registers.bus(inputs.reg_we, inputs.reg_addr, inputs.reg_wdata);
    const LayerPlan& last = plan.layers.back();
    const Bits& logit = layers.back().data();
    head.tick(signExtend(getBits(logit, 0, last.out_bits), last.out_bits), layers.back().valid());
    const Programming programming{inputs.prog_we, inputs.prog_unit, inputs.prog_addr, inputs.prog_data};
    for (std::size_t i = 0; i < layers.size(); ++i) moves[i] = streamReady(i);  // as they are before the edge
    for (std::size_t i = layers.size(); i-- > 0;) {
      const Offered in = i == 0 ? Offered{inputs.in_data, inputs.in_valid} : offer(i - 1);
      const auto& skip = plan.layers[i].skip;
      layers[i].tick(in, skip ? offer(static_cast<std::size_t>(skip->source)) : in, bus, programming);
    }
    if (shared) tickShared(bus);
    registers.tick(inputs.reg_we, inputs.reg_addr, inputs.reg_wdata, watch);
  }

  const Plan plan;  ///< own copy: the engines keep references into it
  Registers registers;
  std::deque<LayerEngine> layers;  ///< a deque, since probes point into its elements
  Head head;
  std::optional<MaskSupply> shared;  ///< the model's one unit, and who takes its bits
  std::optional<MaskFanout> fanout;
  std::vector<std::vector<int>> takers;  ///< [layer] whose skip connections start there
  std::vector<bool> moves;               ///< [layer] all that take its outputs are ready
  std::vector<bool> taken;               ///< [consumer] in this cycle
  std::vector<const Bank*> banks;        ///< [supply index]
  std::vector<Probe> probes;
  Inputs inputs;
  Outputs outputs;
  std::int64_t cycle = 0, images_out = 0, samples = 0;
};

Network::Network(const Plan& plan, const Weights& weights, std::uint32_t seed)
    : impl_(std::make_unique<Impl>(plan, weights, seed)) {}
Network::~Network() = default;

void Network::reset() {
  impl_->reset();
}
const Outputs& Network::eval(const Inputs& inputs) {
  return impl_->eval(inputs);
}
void Network::tick() {
  impl_->tick();
}
const std::vector<Probe>& Network::probes() const {
  return impl_->probes;
}
Progress Network::progress() const {
  return {impl_->cycle, impl_->images_out, impl_->head.pass()};
}
Events Network::events() const {
  Events events{.layers = {}, .draws = {}, .samples = impl_->samples};
  for (const LayerEngine& layer : impl_->layers) events.layers.push_back(layer.events());
  for (const Bank* bank : impl_->banks) events.draws.push_back(bank->draws());
  return events;
}
std::vector<UnitState> Network::unitStates() const {
  std::vector<UnitState> states(static_cast<std::size_t>(impl_->plan.units));
  for (const Bank* bank : impl_->banks) bank->putUnitStates(states);
  return states;
}
std::vector<std::uint32_t> Network::arrayReads() const {
  std::vector<std::uint32_t> reads;
  for (const LayerEngine& layer : impl_->layers) layer.putReads(reads);
  return reads;
}

}  // namespace neuspin::golden
