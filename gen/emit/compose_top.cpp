#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "emit/compose.hpp"
#include "emit/library.hpp"
#include "emit/supplies.hpp"

namespace neuspin::emit {
namespace {

using hdl::BitVector;
using hdl::constant;
using hdl::Expr;
using hdl::Instance;
using hdl::Module;
using hdl::Signal;

/// A valid/ready stream between two instances.
struct Stream {
  Expr data, valid, ready;
};

/// One bit or word a supply, side by side, for the register port.
struct SupplyNets {
  Signal rdata, calibrating, alarm;
};

/// `ready` of every stream is driven by its receiver, so the receiver is composed with the stream already
/// named.
class TopComposer {
 public:
  TopComposer(const Plan& plan, const std::vector<hdl::ModuleTemplate>& layers)
      : plan_(plan),
        layers_(layers),
        m_(topModuleName(plan),
           fmt::format("Network '{}': {} layers, {} passes an image. Interfaces: README.md beside.",
                       plan.name, plan.layers.size(), plan.passes)) {}

  Module compose() {
    ports();
    registers();
    if (plan_.shared) sharedSupply();
    Stream stream = in_;
    for (std::size_t i = 0; i < plan_.layers.size(); ++i) stream = layer(i, stream);
    uncertaintyHead(stream);
    requireLegal(m_);
    return std::move(m_);
  }

 private:
  void ports() {
    clk_ = m_.input("clk_i", 1);
    rst_ = m_.input("rst_ni", 1);
    in_.data = m_.input("in_data_i", plan_.layers.front().beatBits());
    in_.valid = m_.input("in_valid_i", 1);
    in_.ready = m_.output("in_ready_o", 1);
    out_.data = m_.output("out_data_o", 128);
    out_.valid = m_.output("out_valid_o", 1);
    out_.ready = m_.input("out_ready_i", 1);
    out_last_ = m_.output("out_last_o", 1);
    reg_we_ = m_.input("reg_we_i", 1);
    reg_addr_ = m_.input("reg_addr_i", 8);
    reg_wdata_ = m_.input("reg_wdata_i", 32);
    reg_rdata_ = m_.output("reg_rdata_o", 32);
    prog_we_ = m_.input("prog_we_i", 1);
    prog_unit_ = m_.input("prog_unit_i", kProgAddressBits);
    prog_addr_ = m_.input("prog_addr_i", kProgAddressBits);
    prog_data_ = m_.input("prog_data_i", plan_.prog_bits);
  }

  void registers() {
    fill_last_ = m_.wire("in_last", 1);
    passes_ = m_.wire("passes", kPassBits);
    threshold_ = m_.wire("ood_threshold", 12);
    k_ = m_.wire("ood_k", 4);
    const std::uint64_t spec_id =
        std::stoull(plan_.spec_sha256.substr(plan_.spec_sha256.size() - 8), nullptr, 16);
    const int banks = std::max(1, plan_.supplies), sample_bits = sampleBits(plan_);
    int row_bits = 1;  // the widest rows_o
    for (const LayerPlan& layer : plan_.layers) row_bits = std::max(row_bits, rowBits(layer));
    Instance& i = m_.instantiate(regs(), "u_regs",
                                 {{"Banks", banks},
                                  {"SampleBits", sample_bits},
                                  {"Layers", static_cast<std::int64_t>(plan_.layers.size())},
                                  {"RowBits", row_bits},
                                  {"Passes", plan_.passes},
                                  {"MaxPasses", plan_.head.max_passes},
                                  {"OodThreshold", plan_.head.ood_threshold},
                                  {"OodK", plan_.head.ood_k},
                                  {"SpecId", BitVector::of(32, spec_id)}});
    clocked(i);
    m_.connect(i, "reg_we_i", reg_we_);
    m_.connect(i, "reg_addr_i", reg_addr_);
    m_.connect(i, "reg_wdata_i", reg_wdata_);
    m_.connect(i, "reg_rdata_o", reg_rdata_);
    m_.connect(i, "in_valid_i", in_.valid);
    m_.connect(i, "in_ready_i", in_.ready);
    m_.connect(i, "in_last_i", fill_last_);
    m_.connect(i, "out_valid_i", out_.valid);
    m_.connect(i, "out_ready_i", out_.ready);
    m_.connect(i, "out_last_i", out_last_);
    m_.connect(i, "passes_o", passes_);
    m_.connect(i, "ood_threshold_o", threshold_);
    m_.connect(i, "ood_k_o", k_);
    layerReads(i, row_bits);
    unitBusMaster(i, banks, sample_bits);
  }

  /// What the arrays of every layer do, side by side, for the performance counters.
  void layerReads(Instance& regs, int row_bits) {
    reads_ = m_.wire("reads", static_cast<int>(plan_.layers.size()));
    m_.connect(regs, "reads_i", reads_);
    Expr rows;
    for (const LayerPlan& layer : plan_.layers) {
      rows_.push_back(m_.wire(fmt::format("rows_{}", layer.index), rowBits(layer)));
      rows.append(rows_.back());
      if (rowBits(layer) < row_bits) rows.append(constant(row_bits - rowBits(layer), 0));
    }
    m_.connect(regs, "rows_i", rows);
  }

  void unitBusMaster(Instance& regs, int banks, int sample_bits) {
    if (plan_.supplies == 0) {
      m_.connect(regs, "samples_i", constant(sample_bits, 0));
      m_.connect(regs, "calibrating_i", constant(1, 0));
      m_.connect(regs, "alarm_i", constant(1, 0));
      m_.connect(regs, "unit_rdata_i", constant(32, 0));
      for (const char* port : {"unit_id_o", "unit_word_o", "unit_we_o", "unit_wdata_o", "calibrate_o"}) {
        m_.leaveUnused(regs, port);
      }
      return;
    }
    unit_id_ = m_.wire("unit_id", kUnitIdBits);
    unit_word_ = m_.wire("unit_word", kUnitWordBits);
    unit_we_ = m_.wire("unit_we", 1);
    unit_wdata_ = m_.wire("unit_wdata", 32);
    calibrate_ = m_.wire("calibrate", 1);
    m_.connect(regs, "unit_id_o", unit_id_);
    m_.connect(regs, "unit_word_o", unit_word_);
    m_.connect(regs, "unit_we_o", unit_we_);
    m_.connect(regs, "unit_wdata_o", unit_wdata_);
    m_.connect(regs, "calibrate_o", calibrate_);
    bus_ = {m_.wire("unit_rdata", banks * 32), m_.wire("calibrating", banks), m_.wire("alarm", banks)};
    m_.connect(regs, "unit_rdata_i", bus_.rdata);
    m_.connect(regs, "calibrating_i", bus_.calibrating);
    m_.connect(regs, "alarm_i", bus_.alarm);
    // Every supply counts in as many bits as its bank needs; the register port has one width for all.
    Expr samples;
    for (const SupplyUse& use : suppliesOf(plan_)) {
      const int bits = sampledBits(*use.supply);
      samples_.push_back(m_.wire(fmt::format("sampled_{}", use.supply->index), bits));
      samples.append(samples_.back());
      if (bits < sample_bits) samples.append(constant(sample_bits - bits, 0));
    }
    m_.connect(regs, "samples_i", samples);
  }

  /// The bus ports of a supply, or of the layer around it.
  void unitBus(Instance& instance, const SupplyPlan& supply) {
    m_.connect(instance, "unit_id_i", unit_id_);
    m_.connect(instance, "unit_word_i", unit_word_);
    m_.connect(instance, "unit_we_i", unit_we_);
    m_.connect(instance, "unit_wdata_i", unit_wdata_);
    m_.connect(instance, "calibrate_i", calibrate_);
    m_.connect(instance, "unit_rdata_o", bus_.rdata.slice(32 * supply.index, 32));
    m_.connect(instance, "calibrating_o", bus_.calibrating.slice(supply.index, 1));
    m_.connect(instance, "alarm_o", bus_.alarm.slice(supply.index, 1));
    m_.connect(instance, "sampled_o", samples_.at(static_cast<std::size_t>(supply.index)));
  }

  /// SpinScaleDrop's one unit for the whole model: every layer that shares it takes every bit.
  void sharedSupply() {
    const Signal valid = m_.wire("shared_mask_valid", 1), bit = m_.wire("shared_mask_bit", 1),
                 ready = m_.wire("shared_mask_ready", 1);
    shared_valid_ = m_.wire("shared_valid", plan_.shared_consumers);
    shared_bit_ = m_.wire("shared_bit", plan_.shared_consumers);
    shared_ready_ = m_.wire("shared_ready", plan_.shared_consumers);
    Instance& supply = m_.instantiate(maskSupply(), "u_shared_supply", supplyParams(plan_, *plan_.shared));
    clocked(supply);
    m_.connect(supply, "mask_ready_i", ready);
    m_.connect(supply, "mask_valid_o", valid);
    m_.connect(supply, "mask_o", bit);
    unitBus(supply, *plan_.shared);
    Instance& fanout = m_.instantiate(maskFanout(), "u_shared_fanout",
                                      {{"Consumers", plan_.shared_consumers}, {"Depth", plan_.shared_depth}});
    clocked(fanout);
    m_.connect(fanout, "mask_valid_i", valid);
    m_.connect(fanout, "mask_bit_i", bit);
    m_.connect(fanout, "flush_i", bus_.calibrating.slice(plan_.shared->index, 1));
    m_.connect(fanout, "mask_ready_o", ready);
    m_.connect(fanout, "valid_o", shared_valid_);
    m_.connect(fanout, "bit_o", shared_bit_);
    m_.connect(fanout, "ready_i", shared_ready_);
  }

  /// The stream of a layer's outputs to the layer behind it, where skip connections take it as well: these
  /// get theirs from skips_ when they are composed.
  Stream fork(std::size_t index, const Stream& from, const std::vector<int>& takers) {
    const int consumers = 1 + static_cast<int>(takers.size());
    const Signal valid = m_.wire(fmt::format("fork_valid_{}", index), consumers),
                 ready = m_.wire(fmt::format("fork_ready_{}", index), consumers);
    Instance& i = m_.instantiate(streamFork(), fmt::format("u_fork{}", index), {{"Consumers", consumers}});
    m_.connect(i, "valid_i", from.valid);
    m_.connect(i, "ready_o", from.ready);
    m_.connect(i, "valid_o", valid);
    m_.connect(i, "ready_i", ready);
    for (int n = 1; n < consumers; ++n) {
      skips_[takers[static_cast<std::size_t>(n - 1)]] = {from.data, valid.slice(n, 1), ready.slice(n, 1)};
    }
    return {from.data, valid.slice(0, 1), ready.slice(0, 1)};
  }

  Stream layer(std::size_t index, const Stream& in) {
    const LayerPlan& plan = plan_.layers[index];
    const Stream out{m_.wire(fmt::format("data_{}", index), plan.outBeatBits()),
                     m_.wire(fmt::format("valid_{}", index), 1), m_.wire(fmt::format("ready_{}", index), 1)};
    Instance& i = m_.instantiate(layers_[index], fmt::format("u_layer{}", index), {});
    clocked(i);
    m_.connect(i, "data_i", in.data);
    m_.connect(i, "valid_i", in.valid);
    m_.connect(i, "ready_o", in.ready);
    if (index == 0) m_.connect(i, "fill_last_o", fill_last_);
    m_.connect(i, "data_o", out.data);
    m_.connect(i, "valid_o", out.valid);
    m_.connect(i, "ready_i", out.ready);
    m_.connect(i, "read_o", reads_.slice(plan.index, 1));
    m_.connect(i, "rows_o", rows_[index]);
    if (plan.skip) {
      const Stream& skip = skips_.at(plan.index);
      m_.connect(i, "skip_data_i", skip.data);
      m_.connect(i, "skip_valid_i", skip.valid);
      m_.connect(i, "skip_ready_o", skip.ready);
    }
    if (countsPasses(plan)) m_.connect(i, "passes_i", passes_);
    if (plan.supply) unitBus(i, *plan.supply);
    if (plan.shared_consumer >= 0) {
      m_.connect(i, "shared_valid_i", shared_valid_.slice(plan.shared_consumer, 1));
      m_.connect(i, "shared_bit_i", shared_bit_.slice(plan.shared_consumer, 1));
      m_.connect(i, "shared_ready_o", shared_ready_.slice(plan.shared_consumer, 1));
    }
    m_.connect(i, "prog_we_i", prog_we_);
    m_.connect(i, "prog_unit_i", prog_unit_);
    m_.connect(i, "prog_addr_i", prog_addr_);
    m_.connect(i, "prog_data_i", prog_data_.slice(0, layerProgBits(plan)));
    const std::vector<int> takers = plan_.skipsFrom(plan.index);
    return takers.empty() ? out : fork(index, out, takers);
  }

  void uncertaintyHead(const Stream& logits) {
    const HeadPlan& plan = plan_.head;
    Instance& i = m_.instantiate(head(), "u_head",
                                 {{"Classes", plan.classes},
                                  {"LogitBits", plan.logit_bits},
                                  {"ExpMul", plan.exp_mul},
                                  {"ExpShift", plan.exp_shift},
                                  {"MaxPasses", plan.max_passes},
                                  {"Smallest", plan.smallest},
                                  {"EnMoment2", plan.moment2 ? 1 : 0},
                                  {"EnEntropy", plan.entropy ? 1 : 0},
                                  {"EnVotes", plan.votes ? 1 : 0},
                                  {"EnLogits", plan.logits ? 1 : 0},
                                  {"ExpFile", kExpName},
                                  {"RecipFile", kRecipName},
                                  {"PlogpFile", kPlogpName},
                                  {"InvTFile", kInvTName}});
    clocked(i);
    m_.connect(i, "data_i", logits.data);
    m_.connect(i, "valid_i", logits.valid);
    m_.connect(i, "ready_o", logits.ready);
    m_.connect(i, "passes_i", passes_);
    m_.connect(i, "ood_threshold_i", threshold_);
    m_.connect(i, "ood_k_i", k_);
    m_.connect(i, "data_o", out_.data);
    m_.connect(i, "valid_o", out_.valid);
    m_.connect(i, "last_o", out_last_);
    m_.connect(i, "ready_i", out_.ready);
  }

  void clocked(Instance& instance) {
    m_.connect(instance, "clk_i", clk_);
    m_.connect(instance, "rst_ni", rst_);
  }

  const Plan& plan_;
  const std::vector<hdl::ModuleTemplate>& layers_;
  Module m_;
  Stream in_, out_;
  Signal clk_, rst_, out_last_, reg_we_, reg_addr_, reg_wdata_, reg_rdata_;
  Signal prog_we_, prog_unit_, prog_addr_, prog_data_;
  Signal fill_last_, passes_, threshold_, k_;
  Signal unit_id_, unit_word_, unit_we_, unit_wdata_, calibrate_;
  SupplyNets bus_;
  Signal reads_;
  std::vector<Signal> rows_;     ///< [layer] driven in a read
  std::map<int, Stream> skips_;  ///< by the layer that adds it
  std::vector<Signal> samples_;  ///< [supply]
  Signal shared_valid_, shared_bit_, shared_ready_;
};

}  // namespace

hdl::Module composeTop(const Plan& plan, const std::vector<hdl::ModuleTemplate>& layers) {
  return TopComposer(plan, layers).compose();
}

}  // namespace neuspin::emit
