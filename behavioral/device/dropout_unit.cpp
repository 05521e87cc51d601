#include "device/dropout_unit.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "device/draw.hpp"
#include "device/gaussian.hpp"
#include "device/ideal_mtj.hpp"
#include "device/unit_physics.hpp"

namespace neuspin::device {
namespace {

constexpr double kTwo32 = 4294967296.0;

std::uint64_t threshold(double probability) {
  return static_cast<std::uint64_t>(std::llround(std::clamp(probability, 0.0, 1.0) * kTwo32));
}

double delivered(const UnitModel& unit, int code, double reset_fail, double read_error) {
  const double p = static_cast<double>(unit.table[static_cast<std::size_t>(code)]) / kTwo32;
  return deliveredProbability(p, reset_fail, read_error);
}

/// Tables in use and at trimming time of unit `number`.
struct Tables {
  std::vector<std::uint64_t> in_use, at_trim;
  double untrimmed = 0;  ///< P(switch) in use at the middle codes of drive and trim
};

class Maker {
 public:
  Maker(const DeviceSet& set, const UnitDesign& design, std::uint32_t seed)
      : set_(set),
        design_(design),
        variation_(set, seed, kInstance, design.variation),
        normal_key_(streamKey(seed, Stream::UnitProbability, kInstance)),
        defect_key_(streamKey(seed, Stream::Defect, kInstance)) {
    if (design.sigma_p > 0) return;
    in_use_.emplace(set, design.probability, design.kelvin, design.measured);
    if (design.kelvin != design.trim_kelvin)
      at_trim_.emplace(set, design.probability, design.trim_kelvin, design.measured);
  }

  Tables tables(int number) const {
    const auto index = static_cast<std::uint64_t>(number);
    if (design_.sigma_p > 0) {
      const double drawn =
          design_.probability + design_.sigma_p * static_cast<double>(streamNormal(normal_key_, index));
      auto table = idealSwitchTable(std::clamp(drawn, 0.01, 0.99), design_.drive_bits);
      const double middle = static_cast<double>(table[table.size() / 2]) / kTwo32;
      return {table, table, middle};
    }
    const Shift shift = variation_.at(index);
    const UnitPhysics& at_trim = at_trim_ ? *at_trim_ : *in_use_;
    const double trim = design_.trim_bits > 0 ? trimmed(at_trim.of(shift)) : 1;
    Tables result{physical(*in_use_, shift, trim), {}, in_use_->of(shift)(1)};
    result.at_trim = at_trim_ ? physical(*at_trim_, shift, trim) : result.in_use;
    return result;
  }

  /// 0 or 1 if the junction cannot be switched, else −1.
  int stuck(int number) const {
    const double u = streamUniform(defect_key_, static_cast<std::uint64_t>(number));
    const double p = set_.stuck_p.value * design_.defects, ap = set_.stuck_ap.value * design_.defects;
    return u < p ? 0 : u < p + ap ? 1 : -1;
  }

 private:
  // Arrays of weights are numbered from 0: units have the last instance.
  static constexpr std::uint32_t kInstance = 0xFFFFFFFFU;

  /// Setting of the trim DAC, as a factor of the drive. P rises with the drive in its range.
  double trimmed(const std::function<double(double)>& at) const {
    const int middle = 1 << (design_.trim_bits - 1);
    const auto factor = [&](int code) { return 1 + design_.trim_range * (code - middle) / middle; };
    const auto delivers = [&](int code) {
      return deliveredProbability(at(factor(code)), set_.reset_fail.value, set_.read_error.value);
    };
    int low = 0, high = 2 * middle - 1;  // the first code that delivers enough, if any, is in low … high
    while (low < high) {
      const int code = (low + high) / 2;
      if (delivers(code) < design_.probability) {
        low = code + 1;
      } else {
        high = code;
      }
    }
    const auto miss = [&](int code) { return std::abs(delivers(code) - design_.probability); };
    return factor(low > 0 && miss(low - 1) < miss(low) ? low - 1 : low);
  }

  std::vector<std::uint64_t> physical(const UnitPhysics& physics, const Shift& shift, double trim) const {
    const int codes = 1 << design_.drive_bits, middle = codes / 2;
    const auto at = physics.of(shift);
    std::vector<std::uint64_t> table;
    for (int code = 0; code < codes; ++code) {
      table.push_back(threshold(at(trim * (1 + set_.drive_range.value * (code - middle) / middle))));
    }
    return table;
  }

  const DeviceSet& set_;
  const UnitDesign& design_;
  ChipVariation variation_;
  std::uint64_t normal_key_, defect_key_;
  std::optional<UnitPhysics> in_use_;   // unless probabilities are drawn
  std::optional<UnitPhysics> at_trim_;  // if that was at another temperature
};

}  // namespace

double deliveredProbability(double p, double reset_fail, double read_error) {
  const double state = p / (1 - (1 - p) * reset_fail);
  return state * (1 - read_error) + (1 - state) * read_error;
}

NormalFit fitNormal(std::span<const double> values) {
  NormalFit fit;
  std::vector<double> sorted(values.begin(), values.end());
  if (sorted.empty()) return fit;
  std::ranges::sort(sorted);
  const auto n = static_cast<double>(sorted.size());
  for (const double v : sorted) fit.mean += v / n;
  for (const double v : sorted) fit.sigma += (v - fit.mean) * (v - fit.mean);
  fit.sigma = sorted.size() > 1 ? std::sqrt(fit.sigma / (n - 1)) : 0;
  fit.lowest = sorted.front();
  fit.highest = sorted.back();
  if (fit.sigma == 0) return fit;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    const double normal = std::erfc(-(sorted[k] - fit.mean) / fit.sigma / std::sqrt(2.0)) / 2;
    const auto below = static_cast<double>(k) / n;
    fit.distance = std::max({fit.distance, std::abs(normal - below), std::abs(normal - below - 1 / n)});
  }
  return fit;
}

UnitBank makeUnits(const DeviceSet& set, const UnitDesign& design, std::uint32_t seed, int count) {
  const Maker maker(set, design, seed);
  const double eps = set.reset_fail.value, q = set.read_error.value;
  UnitBank bank;
  for (int number = design.first; number < design.first + count; ++number) {
    UnitModel unit{{}, 0, threshold(eps), threshold(q)};
    Tables tables = maker.tables(number);
    if (const int value = maker.stuck(number); value >= 0) {
      tables.in_use.assign(tables.in_use.size(), value == 1 ? threshold(1) : 0);
      tables.at_trim = tables.in_use;
      tables.untrimmed = value;
      ++bank.stuck;
    }
    // Trimming measures what the unit delivers. Ties and hopeless units: the code nearest to the middle.
    unit.table = std::move(tables.at_trim);
    const int middle = unit.middleCode();
    const auto miss = [&](int code) { return std::abs(delivered(unit, code, eps, q) - design.probability); };
    int best = middle;
    for (int code = 0; code < 2 * middle && design.trim_bits == 0; ++code) {
      const double gain = miss(best) - miss(code);
      if (gain > 0 || (gain == 0 && std::abs(code - middle) < std::abs(best - middle))) best = code;
    }
    unit.trimmed_code = best;
    unit.table = std::move(tables.in_use);
    bank.untrimmed_p.push_back(deliveredProbability(tables.untrimmed, eps, q));
    bank.trimmed_p.push_back(delivered(unit, best, eps, q));
    bank.units.push_back(std::move(unit));
  }
  bank.untrimmed = fitNormal(bank.untrimmed_p);
  bank.trimmed = fitNormal(bank.trimmed_p);
  return bank;
}

bool UnitStream::next() {
  const auto happens = [&](std::uint32_t stream, std::uint64_t chance) {
    return draw(seed_, stream | unit_, event_) < chance;
  };
  if (happens(0, model_->table[static_cast<std::size_t>(code_)])) state_ = true;
  const bool bit = state_ != happens(kReadStream, model_->read_error);
  if (state_ && !happens(kResetStream, model_->reset_fail)) state_ = false;
  ++event_;
  return bit;
}

}  // namespace neuspin::device
