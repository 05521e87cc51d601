// Process variation: what makes one junction of a chip differ from the next, frozen when the chip is made.
// Physical quantities are drawn and everything else follows from them, so that conductance, barrier and
// current are correlated.
#pragma once

#include <array>
#include <cstdint>

#include "device/gaussian.hpp"
#include "device/params.hpp"

namespace neuspin::device {

/// One junction's quantities over the nominal ones.
struct Shift {
  double diameter = 1, ra = 1, tmr = 1, free_layer = 1, hk = 1, ms = 1;
};

/// A chip is a seed. The same seed gives the same shifts to the last bit, on every machine.
class ChipVariation {
 public:
  /// `instance`: number of the array (or group of dropout units) on the chip; `scale` multiplies every
  /// standard deviation of the set's [variation].
  ChipVariation(const DeviceSet& set, std::uint32_t seed, std::uint32_t instance, double scale = 1);

  /// Junction number `device` at x, y in [0, 1] of the array: ln D normal, the others normal and at least
  /// 0.05; plus the offset of the die and a linear gradient of random direction.
  [[nodiscard]] Shift at(std::uint64_t device, double x = 0.5, double y = 0.5) const {
    return draw(device, x, y, kQuantities);
  }
  /// The same without free layer, Hk and Ms, which stay nominal: all that a conductance depends on.
  [[nodiscard]] Shift resistanceAt(std::uint64_t device, double x = 0.5, double y = 0.5) const {
    return draw(device, x, y, 3);
  }

  /// A factor within which resistance (RA/D²) and TMR of every junction lie whose normals of D, RA and TMR
  /// are at most `sigmas` in size; infinite if there is none.
  [[nodiscard]] double factorWithin(double sigmas) const;
  /// Whether these three normals are at most sqrt(−2 ln(least·2^−32)) in size, by their bits alone: a tenth
  /// of the work of drawing them. False: perhaps not.
  [[nodiscard]] bool normalsWithin(std::uint64_t device, std::uint32_t least) const {
    for (std::size_t q = 0; q < 3; ++q) {
      if (streamBits(quantities_[q].key, device) >> 32U < least)
        return false;  // the radius of Box and Muller
    }
    return true;
  }

 private:
  static constexpr std::size_t kQuantities = 6;  // diameter, RA, TMR, free layer, Hk, Ms
  [[nodiscard]] Shift draw(std::uint64_t device, double x, double y, std::size_t quantities) const;
  struct Quantity {
    std::uint64_t key = 0;
    double sigma = 0, offset = 0, along_x = 0, along_y = 0;  // all relative to the nominal value
  };
  std::array<Quantity, kQuantities> quantities_;
};

}  // namespace neuspin::device
