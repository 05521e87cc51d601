// cim_scale_mem, cim_lane_sum, cim_lane_noise and cim_post_lanes: from held counts to the lanes' output beat.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

/// Writes on the programming bus, seen by every array and scale memory.
struct Programming {
  bool we = false;
  int unit = 0, addr = 0;
  std::span<const std::uint32_t> data;
};

/// Entries of all lanes, [bank*words + word]. Lanes past the last output hold 0. Not cleared by reset.
class ScaleMemory {
 public:
  explicit ScaleMemory(const LayerPlan& layer);
  /// A programming write to this memory wins over the read.
  void tick(bool read, int addr, const Programming& programming);
  /// What was read last, one entry a lane.
  [[nodiscard]] const std::vector<PostEntry>& rdata() const { return rdata_; }

 private:
  [[nodiscard]] PostEntry decode(std::span<const std::uint32_t> word, int lane) const;

  const LayerPlan& layer_;
  int addr_bits_;
  std::vector<std::vector<PostEntry>> words_;
  std::vector<PostEntry> rdata_;
};

/// z of one word of columns.
class LaneSum {
 public:
  explicit LaneSum(const LayerPlan& layer);
  void reset();
  /// matches: Σ over row tiles and slices of 2^slice·P, one a lane (0 past the last output).
  void tick(bool fire, std::span<const std::uint32_t> matches, std::uint32_t active);
  [[nodiscard]] const std::vector<std::int64_t>& sums() const { return sum_; }
  void addProbes(const ProbeScope& scope) const;

 private:
  int lanes_, sum_bits_;
  std::int64_t weight_;  ///< of A: the largest value of a weight
  std::vector<std::int64_t> sum_;
};

/// ε of every lane: ones − zeros of its noise bits.
class LaneNoise {
 public:
  explicit LaneNoise(const LayerPlan& layer);
  void reset();
  /// bits: lane l's noise_bits from l·noise_bits on.
  void tick(bool fire, const Bits& bits);
  [[nodiscard]] const std::vector<int>& eps() const { return eps_; }
  void addProbes(const ProbeScope& scope) const;

 private:
  int noise_bits_;
  std::vector<int> eps_;  ///< [lane]
};

/// cim_lane_skip and cim_post_lanes: one output bit a lane, or y (last layer, and before the cross-channel
/// norm).
class PostLanes {
 public:
  explicit PostLanes(const LayerPlan& layer);
  void reset();
  /// eps: [lane], looked at in the noise form only. skip: a bit a lane, nullptr without a skip connection.
  void tick(bool move, const std::vector<std::int64_t>& sums, const std::vector<PostEntry>& entries,
            const std::vector<int>& eps, const Bits* skip);
  [[nodiscard]] const Bits& data() const { return data_; }
  /// A bit a lane: the output falls with growing sum. Only where a pool takes the maximum, else 0.
  [[nodiscard]] const Bits& negative() const { return negative_; }
  void addProbes(const ProbeScope& scope) const;

 private:
  [[nodiscard]] PostEntry moved(PostEntry entry) const;

  const LayerPlan& layer_;
  bool polarity_;
  Bits data_, negative_;
};

}  // namespace neuspin::golden
