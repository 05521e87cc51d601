// Physical constants, SI (CODATA 2018; exact where the SI defines them). mu0 to the precision of its use.
#pragma once

namespace neuspin::device {

inline constexpr double kBoltzmann = 1.380649e-23;      ///< J/K
inline constexpr double kElementary = 1.602176634e-19;  ///< C
inline constexpr double kHbar = 1.054571817e-34;        ///< J s
inline constexpr double kElectronMass = 9.1093837e-31;  ///< kg
inline constexpr double kGyromagnetic = 1.7609e11;      ///< rad/(s T)
inline constexpr double kMu0 = 1.25663706212e-6;        ///< T m/A
inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kRoomTemperature = 300.0;    ///< K, at which parameter sets are stated
inline constexpr double kYear = 365.25 * 24 * 3600;  ///< s

}  // namespace neuspin::device
