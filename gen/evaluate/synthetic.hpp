// Images made here: noise and rotations. Counter-based draws with fixed seeds, so every run and machine sees
// the same.
#pragma once

#include <functional>

#include "evaluate/dataset.hpp"

namespace neuspin::evaluate {

/// As many images as `set`, pixels uniform on 0 … 255.
[[nodiscard]] Dataset uniformNoise(const Dataset& set);

/// As many images as `set`, pixels normal with the mean and standard deviation of all pixels of `set`,
/// rounded and clipped to 0 … 255.
[[nodiscard]] Dataset gaussianNoise(const Dataset& set);

/// Every image of `set`, with its label, turned counter-clockwise about its middle by degrees(image):
/// bilinear, black from outside, rounded. set.shape must be known.
[[nodiscard]] Dataset rotated(const Dataset& set, const std::function<double(std::int64_t image)>& degrees);

/// Degrees for image number `image`, uniform on −180 … 180.
[[nodiscard]] double randomAngle(std::int64_t image);

/// Mean pixel of every image, 0 … 255.
[[nodiscard]] std::vector<double> meanIntensity(const Dataset& set);

}  // namespace neuspin::evaluate
