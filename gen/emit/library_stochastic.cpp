// Supplies of random choices, and the register port that speaks to their units.
#include "emit/library.hpp"
#include "emit/library_ports.hpp"

namespace neuspin::emit {
namespace {

/// Parameters of cim_stochastic_bank but Modules.
void appendBankParams(std::vector<std::string>& params) {
  for (const char* name : {"SetCycles", "ReadCycles", "ResetCycles", "Whiten", "DriveBits", "DriveInit",
                           "HealthLog2", "RunCutoff", "OnesLow", "OnesHigh", "Calibrate", "CalLog2",
                           "CalTarget", "FirstUnit", "Seed", "TableFile", "TableUnits"}) {
    params.emplace_back(name);
  }
}

/// `modules`: units of the bank as a function of the parameters.
template <class Modules>
void appendUnitBus(std::vector<PortTemplate>& ports, Modules modules) {
  ports.push_back(in("unit_id_i", 16));
  ports.push_back(in("unit_word_i", 8));
  ports.push_back(in("unit_we_i"));
  ports.push_back(in("unit_wdata_i", 32));
  ports.push_back(in("calibrate_i"));
  ports.push_back(out("unit_rdata_o", 32));
  ports.push_back(out("calibrating_o"));
  ports.push_back(out("alarm_o"));
  ports.push_back(out("sampled_o", [modules](Get p) { return cntBits(modules(p)); }));
}

}  // namespace

const ModuleTemplate& maskSupply() {
  static const ModuleTemplate kModule = [] {
    ModuleTemplate module{"cim_mask_supply",
                          {"Bits", "Modules"},
                          {in("clk_i"), in("rst_ni"), in("mask_ready_i"), out("mask_valid_o"),
                           out("mask_o", [](Get p) { return p("Bits"); })}};
    appendBankParams(module.params);
    appendUnitBus(module.ports, [](Get p) { return p("Modules"); });
    return module;
  }();
  return kModule;
}

const ModuleTemplate& arbiterOnehot() {
  static const ModuleTemplate kModule = [] {
    ModuleTemplate module{"cim_arbiter_onehot",
                          {"Choices"},
                          {in("clk_i"), in("rst_ni"), in("mask_ready_i"), out("mask_valid_o"),
                           out("index_o", [](Get p) { return idxBits(p("Choices")); }),
                           out("onehot_o", [](Get p) { return p("Choices"); })}};
    appendBankParams(module.params);
    appendUnitBus(module.ports, [](Get p) { return idxBits(p("Choices")); });
    return module;
  }();
  return kModule;
}

const ModuleTemplate& maskFanout() {
  static const ModuleTemplate kModule{
      "cim_mask_fanout",
      {"Consumers", "Depth"},
      {in("clk_i"), in("rst_ni"), in("mask_valid_i"), in("mask_bit_i"), in("flush_i"), out("mask_ready_o"),
       out("valid_o", [](Get p) { return p("Consumers"); }),
       out("bit_o", [](Get p) { return p("Consumers"); }),
       in("ready_i", [](Get p) { return p("Consumers"); })}};
  return kModule;
}

const ModuleTemplate& regs() {
  static const ModuleTemplate kModule{
      "cim_regs",
      {"Banks", "SampleBits", "Layers", "RowBits", "Passes", "MaxPasses", "OodThreshold", "OodK", "SpecId"},
      {in("clk_i"),
       in("rst_ni"),
       in("reg_we_i"),
       in("reg_addr_i", 8),
       in("reg_wdata_i", 32),
       out("reg_rdata_o", 32),
       in("in_valid_i"),
       in("in_ready_i"),
       in("in_last_i"),
       in("out_valid_i"),
       in("out_ready_i"),
       in("out_last_i"),
       in("samples_i", [](Get p) { return p("Banks") * p("SampleBits"); }),
       in("reads_i", [](Get p) { return p("Layers"); }),
       in("rows_i", [](Get p) { return p("Layers") * p("RowBits"); }),
       in("calibrating_i", [](Get p) { return p("Banks"); }),
       in("alarm_i", [](Get p) { return p("Banks"); }),
       in("unit_rdata_i", [](Get p) { return p("Banks") * 32; }),
       out("passes_o", 8),
       out("ood_threshold_o", 12),
       out("ood_k_o", 4),
       out("unit_id_o", 16),
       out("unit_word_o", 8),
       out("unit_we_o"),
       out("unit_wdata_o", 32),
       out("calibrate_o")}};
  return kModule;
}

}  // namespace neuspin::emit
