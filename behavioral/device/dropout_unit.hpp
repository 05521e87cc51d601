// Stochastic units of a chip: every unit's switching probability per drive code, as the integers that the
// macro (behavioral/cim_mtj_bit.sv) and the golden model draw against.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "device/params.hpp"
#include "device/sot_table.hpp"
#include "device/unit_bits.hpp"

namespace neuspin::device {

/// What all units of a chip have in common.
struct UnitDesign {
  double probability = 0.5;  ///< wanted P(bit = 1), in (0, 1)
  int drive_bits = 8;        ///< of the drive DAC, 1 … 16
  double kelvin = 300;       ///< in use
  double trim_kelvin = 300;  ///< when the drive codes were chosen
  double variation = 1;      ///< multiplies the set's [variation]
  double defects = 1;        ///< multiplies the rates of stuck units
  /// > 0: no physics; p ~ N(probability, sigma_p) cut to 0.01 … 0.99, logistic in the code
  double sigma_p = 0;
  std::shared_ptr<const SotTable> measured = {};  ///< of a SOT set: used instead of its logistic law
  int first = 0;  ///< number of the first unit on the chip: fixes what is drawn for it
  /// > 0: every unit has a trim DAC of its own, set once at trim_kelvin and multiplied by the drive
  int trim_bits = 0;
  double trim_range = 0.3;  ///< half range of that DAC
};

/// One unit. Probabilities are integers round(p·2^32), 33 bits: an event happens iff its 32-bit draw is
/// below.
struct UnitModel {
  std::vector<std::uint64_t>
      table;             ///< [2^drive_bits], P(a SET pulse switches) per drive code, as DropoutUnit::table
  int trimmed_code = 0;  ///< brings the delivered probability nearest to the wanted one
  std::uint64_t reset_fail = 0;  ///< a RESET pulse leaves the bit at 1
  std::uint64_t read_error = 0;  ///< a read shows the other value
  [[nodiscard]] int middleCode() const { return static_cast<int>(table.size() / 2); }
};

/// Mean and standard deviation of delivered probabilities, and how far from normal they are.
struct NormalFit {
  double mean = 0, sigma = 0;
  double lowest = 0, highest = 0;
  double distance = 0;  ///< Kolmogorov-Smirnov, largest difference of the distribution functions
};
[[nodiscard]] NormalFit fitNormal(std::span<const double> values);

struct UnitBank {
  std::vector<UnitModel> units;
  std::vector<double> untrimmed_p, trimmed_p;  ///< [unit] what the fits are over
  NormalFit untrimmed;  ///< all units at the middle code (and the middle of the trim DAC)
  NormalFit trimmed;    ///< each at its trimmed code, or with a trim DAC at the middle drive code
  int stuck = 0;
};

/// `count` units of the chip `seed`. The middle code drives the nominal junction at 300 K to the wanted
/// probability; code c drives 1 + range·(c − middle)/middle times that, and with a trim DAC 1 + trim_range·(t
/// − middle)/middle times that again, t the code that brings the middle drive code nearest to the wanted
/// probability. A junction stuck in P gives 0 always, one stuck in AP 1.
[[nodiscard]] UnitBank makeUnits(const DeviceSet& set, const UnitDesign& design, std::uint32_t seed,
                                 int count);

/// P(1) of the bits a unit delivers: with RESET failures eps the state is 1 with p/(1 − (1 − p)·eps), the
/// k-th neighbour correlated by ((1 − p)·eps)^k; a read error q turns it over.
[[nodiscard]] double deliveredProbability(double p, double reset_fail, double read_error);

/// The bits of one unit from power-up on: a RESET (heldAtStart), then SET, READ, RESET for ever. Event e of
/// unit u (below 2^30) draws draw(seed, u, e) for the switch, draw(seed, 2^31 + u, e) for the RESET and
/// draw(seed, 2^30 + u, e) for the read.
class UnitStream {
 public:
  /// The model must outlive the stream.
  UnitStream(const UnitModel& model, int code, std::uint32_t seed, std::uint32_t unit)
      : model_(&model),
        code_(code),
        seed_(seed),
        unit_(unit),
        state_(heldAtStart(seed, unit, model.reset_fail)) {}
  bool next();

 private:
  const UnitModel* model_;
  int code_;
  std::uint32_t seed_, unit_, event_ = 0;
  bool state_;
};

}  // namespace neuspin::device
