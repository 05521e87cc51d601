#include "golden/network.hpp"

#include <deque>

#include "golden/head.hpp"
#include "golden/layer.hpp"
#include "golden/regs.hpp"

namespace neuspin::golden {

struct Network::Impl {
  Impl(const Plan& given, const Weights& weights, std::uint32_t seed)
      : plan(given), registers(plan), head(plan.head) {
    for (const LayerPlan& layer : plan.layers) {
      layers.emplace_back(layer, plan.target, weights.layers[static_cast<std::size_t>(layer.index)], seed);
    }
    outputs.out_data.resize(4);
    addProbes();
  }

  void addProbes() {
    registers.addProbes(ProbeScope(probes, "u_regs"));
    for (std::size_t i = 0; i < layers.size(); ++i) {
      layers[i].addProbes(ProbeScope(probes, "u_layer" + std::to_string(i)));
    }
    head.addProbes(ProbeScope(probes, "u_head"));
  }

  void reset() {
    registers.reset();
    for (LayerEngine& layer : layers) layer.reset();
    head.reset();
    cycle = images_out = 0;
  }

  const Outputs& eval(const Inputs& given) {
    inputs = given;
    inputs.in_data.resize(static_cast<std::size_t>(wordsFor(plan.layers.front().beatBits())));
    inputs.prog_data.resize(static_cast<std::size_t>(wordsFor(plan.prog_bits)));

    const HeadControls controls{registers.passes(), registers.oodThreshold(), registers.oodK()};
    head.eval(inputs.out_ready, controls);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const bool ready = i + 1 < layers.size() ? layers[i + 1].ready() : head.ready();
      layers[i].eval(ready, registers.passes());
    }

    outputs.in_ready = layers.front().ready();
    outputs.out_valid = head.result().valid();
    outputs.out_last = head.result().last();
    std::ranges::copy(head.result().data(), outputs.out_data.begin());
    outputs.reg_rdata = registers.read(inputs.reg_addr);
    return outputs;
  }

  void tick() {
    Registers::Watch watch{inputs.in_valid,   outputs.in_ready, layers.front().fillLast(),
                           outputs.out_valid, inputs.out_ready, outputs.out_last};
    for (const LayerEngine& layer : layers) watch.samples += layer.sampled() ? 1 : 0;
    if (outputs.out_valid && inputs.out_ready && outputs.out_last) ++images_out;
    ++cycle;

    // Consumers before producers: each takes its producer's outputs as they were before the edge. The
    // register file comes last, since the layers still need the present drive codes.
    const LayerPlan& last = plan.layers.back();
    const Bits& logit = layers.back().data();
    head.tick(signExtend(getBits(logit, 0, last.out_bits), last.out_bits), layers.back().valid());
    const Programming programming{inputs.prog_we, inputs.prog_unit, inputs.prog_addr, inputs.prog_data};
    for (std::size_t i = layers.size(); i-- > 0;) {
      const Bits& data = i == 0 ? inputs.in_data : layers[i - 1].data();
      const bool valid = i == 0 ? inputs.in_valid : layers[i - 1].valid();
      layers[i].tick(data, valid, registers.drives(), programming);
    }
    registers.tick(inputs.reg_we, inputs.reg_addr, inputs.reg_wdata, watch);
  }

  const Plan plan;  ///< own copy: the engines keep references into it
  Registers registers;
  std::deque<LayerEngine> layers;  ///< a deque, since probes point into its elements
  Head head;
  std::vector<Probe> probes;
  Inputs inputs;
  Outputs outputs;
  std::int64_t cycle = 0, images_out = 0;
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

}  // namespace neuspin::golden
