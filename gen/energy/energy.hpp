// Energy of an image: events that the clocked model counts, times the energy of each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "energy/table.hpp"
#include "golden/events.hpp"
#include "plan/plan.hpp"

namespace neuspin::energy {

/// Events of one kind in one part of the design.
struct Item {
  std::string part;   ///< "fc1", or "head", "shared unit"
  std::string event;  ///< key of the energy table, e.g. "cell_read"
  double count = 0;   ///< an image, mean over the images run
  double each = 0;    ///< fJ
  device::Source source = device::Source::Assumed;
  [[nodiscard]] double femtojoules() const { return count * each; }
};

struct Measured {
  std::int64_t images = 0;
  int passes = 0;
  std::int64_t cycles = 0;  ///< of all these images
  golden::Events events;    ///< of all these images, from full queues to full queues
};

/// Runs the clocked model on raw images (plan.input.features pixels each) with `passes` passes (0 = the
/// plan's), back to back without stalls.
[[nodiscard]] Measured measure(const Plan& plan, const Weights& weights, std::span<const std::uint8_t> pixels,
                               int passes, std::uint32_t seed);

struct Breakdown {
  std::vector<Item> items;
  [[nodiscard]] double total() const;  ///< fJ an image
  [[nodiscard]] double of(std::string_view event) const;
  [[nodiscard]] double ofPart(std::string_view part) const;
};
/// substitute: the random bits come from LFSRs instead of junctions.
[[nodiscard]] Breakdown breakdown(const Plan& plan, const Measured& measured, const Table& table,
                                  bool substitute);

}  // namespace neuspin::energy
