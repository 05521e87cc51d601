#include "device/variation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "device/constants.hpp"
#include "device/gaussian.hpp"

namespace neuspin::device {

ChipVariation::ChipVariation(const DeviceSet& set, std::uint32_t seed, std::uint32_t instance, double scale) {
  const std::array sigmas = {&set.var_diameter,   &set.var_ra, &set.var_tmr,
                             &set.var_free_layer, &set.var_hk, &set.var_ms};
  // Offset and gradient belong to the die: the same for every instance.
  const std::uint64_t die = streamKey(seed, Stream::Die, 0);
  for (std::size_t q = 0; q < kQuantities; ++q) {
    Quantity& quantity = quantities_[q];
    const auto stream = static_cast<Stream>(static_cast<std::size_t>(Stream::Diameter) + q);
    quantity.key = streamKey(seed, stream, instance);
    quantity.sigma = scale * sigmas[q]->value;
    quantity.offset = quantity.sigma * set.die_share.value * static_cast<double>(streamNormal(die, 2 * q));
    const auto turn = static_cast<float>(streamUniform(die, 2 * q + 1) - 0.5);
    const auto quarter = static_cast<float>(turn > 0.25F ? turn - 0.75F : turn + 0.25F);
    quantity.along_x = quantity.sigma * set.gradient.value * static_cast<double>(portableCosTurn(turn));
    quantity.along_y = quantity.sigma * set.gradient.value * static_cast<double>(portableCosTurn(quarter));
  }
}

double ChipVariation::factorWithin(double sigmas) const {
  const auto most = [&](std::size_t q, double sign) {  // largest or smallest relative shift
    const Quantity& quantity = quantities_[q];
    return quantity.offset +
           sign * ((std::abs(quantity.along_x) + std::abs(quantity.along_y)) / 2 + sigmas * quantity.sigma);
  };
  const double least_ra = 1 + most(1, -1), least_tmr = 1 + most(2, -1);
  if (least_ra <= 0 || least_tmr <= 0) return std::numeric_limits<double>::infinity();
  return std::max({(1 + most(1, 1)) * std::exp(-2 * most(0, -1)), std::exp(2 * most(0, 1)) / least_ra,
                   1 + most(2, 1), 1 / least_tmr});
}

Shift ChipVariation::draw(std::uint64_t device, double x, double y, std::size_t quantities) const {
  std::array<double, kQuantities> shift{};
  for (std::size_t q = 0; q < quantities; ++q) {
    const Quantity& quantity = quantities_[q];
    shift[q] = quantity.offset + quantity.along_x * (x - 0.5) + quantity.along_y * (y - 0.5) +
               quantity.sigma * static_cast<double>(streamNormal(quantity.key, device));
  }
  const auto positive = [](double relative) { return std::max(1 + relative, 0.05); };
  return {static_cast<double>(portableExp(static_cast<float>(shift[0]))),
          positive(shift[1]),
          positive(shift[2]),
          positive(shift[3]),
          positive(shift[4]),
          positive(shift[5])};
}

}  // namespace neuspin::device
