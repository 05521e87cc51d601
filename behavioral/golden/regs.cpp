#include "golden/regs.hpp"

#include <charconv>

namespace neuspin::golden {
namespace {

constexpr std::uint32_t kId = 0x4E535031;  // "NSP1"
enum Address : std::uint8_t {
  kIdAddress = 0,
  kSpecId = 1,
  kPasses = 2,
  kOodThreshold = 3,
  kOodK = 4,
  kClear = 5,
  kUnit = 6,
  kUnitData = 7,
  kCycles = 8,
  kImagesIn = 9,
  kImagesOut = 10,
  kInStalls = 11,
  kOutStalls = 12,
  kSamples = 13,
  kCalibrate = 14,
  kAlarms = 15,
  kReads = 16,
  kRowReads = 17,
};

/// The low 32 bits of a number written in hex: its last eight digits.
std::uint32_t lowWord(const std::string& hex) {
  const std::string digits = hex.size() > 8 ? hex.substr(hex.size() - 8) : hex;
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

}  // namespace

Registers::Registers(const Plan& plan) : plan_(plan), spec_id_(lowWord(plan.spec_sha256)) {
  reset();
}

void Registers::reset() {
  passes_ = plan_.passes;
  ood_threshold_ = plan_.head.ood_threshold;
  ood_k_ = plan_.head.ood_k;
  unit_ = 0;
  counters_ = {};
}

UnitBus Registers::bus(bool we, std::uint8_t addr, std::uint32_t wdata) const {
  return {unitId(), unitWord(), we && addr == kUnitData, wdata, we && addr == kCalibrate};
}

std::uint32_t Registers::read(std::uint8_t addr, const BankStatus& banks) const {
  switch (addr) {
    case kIdAddress:
      return kId;
    case kSpecId:
      return spec_id_;
    case kPasses:
      return static_cast<std::uint32_t>(passes_);
    case kOodThreshold:
      return static_cast<std::uint32_t>(ood_threshold_);
    case kOodK:
      return static_cast<std::uint32_t>(ood_k_);
    case kUnit:
      return unit_;
    case kUnitData:
      return banks.unit_rdata;
    case kCycles:
      return counters_.cycles;
    case kImagesIn:
      return counters_.images_in;
    case kImagesOut:
      return counters_.images_out;
    case kInStalls:
      return counters_.in_stalls;
    case kOutStalls:
      return counters_.out_stalls;
    case kSamples:
      return counters_.samples;
    case kCalibrate:
      return banks.calibrating ? 1 : 0;
    case kAlarms:
      return banks.alarms;
    case kReads:
      return counters_.reads;
    case kRowReads:
      return counters_.row_reads;
    default:
      return 0;
  }
}

void Registers::count(const Watch& watch) {
  ++counters_.cycles;
  if (watch.in_valid && watch.in_ready && watch.in_last) ++counters_.images_in;
  if (watch.out_valid && watch.out_ready && watch.out_last) ++counters_.images_out;
  if (watch.in_valid && !watch.in_ready) ++counters_.in_stalls;
  if (watch.out_valid && !watch.out_ready) ++counters_.out_stalls;
  counters_.samples += static_cast<std::uint32_t>(watch.samples);
  counters_.reads += watch.reads;
  counters_.row_reads += watch.row_reads;
}

void Registers::write(std::uint8_t addr, std::uint32_t wdata) {
  switch (addr) {
    case kPasses:
      passes_ = static_cast<int>(std::clamp(wdata, 1U, static_cast<std::uint32_t>(plan_.head.max_passes)));
      return;
    case kOodThreshold:
      ood_threshold_ = static_cast<int>(wdata & lowMask(12));
      return;
    case kOodK:
      ood_k_ = static_cast<int>(wdata & lowMask(4));
      return;
    case kClear:
      counters_ = {};
      return;
    case kUnit:
      unit_ = wdata & static_cast<std::uint32_t>(lowMask(24));
      return;
    default:  // read only, the unit bus, or nothing
      return;
  }
}

void Registers::tick(bool we, std::uint8_t addr, std::uint32_t wdata, const Watch& watch) {
  count(watch);
  if (we) write(addr, wdata);  // after counting: a clear wins
}

void Registers::addProbes(const ProbeScope& scope) const {
  scope.number("passes_q", 8, passes_);
  scope.number("ood_threshold_q", 12, ood_threshold_);
  scope.number("ood_k_q", 4, ood_k_);
  scope.number("unit_q", 24, unit_);
  scope.number("cycles_q", 32, counters_.cycles);
  scope.number("images_in_q", 32, counters_.images_in);
  scope.number("images_out_q", 32, counters_.images_out);
  scope.number("in_stalls_q", 32, counters_.in_stalls);
  scope.number("out_stalls_q", 32, counters_.out_stalls);
  scope.number("samples_q", 32, counters_.samples);
  scope.number("reads_q", 32, counters_.reads);
  scope.number("row_reads_q", 32, counters_.row_reads);
}

}  // namespace neuspin::golden
