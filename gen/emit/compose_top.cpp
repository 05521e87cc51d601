#include <fmt/format.h>

#include "emit/compose.hpp"
#include "emit/library.hpp"

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
  Signal data, valid, ready;
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

  [[nodiscard]] bool stochastic() const {
    for (const LayerPlan& layer : plan_.layers) {
      if (layer.dropout) return true;
    }
    return false;
  }

  void registers() {
    const int drive_bits = plan_.target.drive_bits;
    fill_last_ = m_.wire("in_last", 1);
    passes_ = m_.wire("passes", kPassBits);
    threshold_ = m_.wire("ood_threshold", 12);
    k_ = m_.wire("ood_k", 4);
    BitVector drive_init = BitVector::of(plan_.units * drive_bits, 0);
    for (const LayerPlan& layer : plan_.layers) {
      if (!layer.dropout) continue;
      drive_init.set(layer.dropout->unit * drive_bits, drive_bits,
                     static_cast<std::uint64_t>(layer.dropout->drive_code));
    }
    const std::uint64_t spec_id =
        std::stoull(plan_.spec_sha256.substr(plan_.spec_sha256.size() - 8), nullptr, 16);
    Instance& i = m_.instantiate(regs(), "u_regs",
                                 {{"Units", plan_.units},
                                  {"DriveBits", drive_bits},
                                  {"DriveInit", drive_init},
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
    if (stochastic()) {
      drive_ = m_.wire("drive", plan_.units * drive_bits);
      samples_ = m_.wire("samples", plan_.units);
      m_.connect(i, "samples_i", samples_);
      m_.connect(i, "drive_o", drive_);
    } else {
      m_.connect(i, "samples_i", constant(plan_.units, 0));
      m_.leaveUnused(i, "drive_o");
    }
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
    if (plan.replay != Replay::None) m_.connect(i, "passes_i", passes_);
    if (plan.dropout) {
      const int drive_bits = plan_.target.drive_bits;
      m_.connect(i, "drive_i", drive_.slice(plan.dropout->unit * drive_bits, drive_bits));
      m_.connect(i, "sampled_o", samples_.slice(plan.dropout->unit, 1));
    }
    m_.connect(i, "prog_we_i", prog_we_);
    m_.connect(i, "prog_unit_i", prog_unit_);
    m_.connect(i, "prog_addr_i", prog_addr_);
    m_.connect(i, "prog_data_i", prog_data_.slice(0, layerProgBits(plan)));
    return out;
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
                                  {"ExpFile", kExpImage},
                                  {"RecipFile", kRecipImage},
                                  {"PlogpFile", kPlogpImage},
                                  {"InvTFile", kInvTImage}});
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
  Signal fill_last_, passes_, threshold_, k_, drive_, samples_;
};

}  // namespace

std::string topModuleName(const Plan& plan) {
  return plan.name + "_top";
}

hdl::Module composeTop(const Plan& plan, const std::vector<hdl::ModuleTemplate>& layers) {
  return TopComposer(plan, layers).compose();
}

}  // namespace neuspin::emit
