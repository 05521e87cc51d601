// Switching probability of a dropout junction against its drive, for either kind of set.
#pragma once

#include <functional>
#include <memory>

#include "device/params.hpp"
#include "device/sot_table.hpp"
#include "device/stt_table.hpp"
#include "device/variation.hpp"

namespace neuspin::device {

/// Drive 1 is the current (STT) or voltage (SOT) that switches the nominal junction with the wanted
/// probability at 300 K in the set's write pulse, P → AP.
class UnitPhysics {
 public:
  /// probability in (0, 1), kelvin: the temperature of use. The logistic law of SOT sets states no
  /// temperature: it ignores it. `measured`: curves to use instead of that law; process variation stretches
  /// their voltage axis.
  UnitPhysics(const DeviceSet& set, double probability, double kelvin,
              std::shared_ptr<const SotTable> measured = {});

  /// P_sw as a function of the relative drive of the junction with this variation. Valid while this object
  /// lives.
  [[nodiscard]] std::function<double(double drive)> of(const Shift& shift) const;

  [[nodiscard]] double nominalDrive() const { return drive_; }  ///< A or V

 private:
  DeviceSet set_;
  double kelvin_, drive_ = 0;
  std::shared_ptr<const SttTable> table_;     // STT
  std::shared_ptr<const SotTable> measured_;  // SOT, may be null
};

}  // namespace neuspin::device
