// The accelerator's function written straight from its definition (sums of products, thresholds, all samples
// kept and sorted), with nothing in common with the models under test but the plan and the draws.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "converters.hpp"
#include "device/draw.hpp"
#include "golden/infer.hpp"
#include "plan/plan.hpp"

namespace neuspin::testing {

using Image = std::vector<std::uint8_t>;  // one fed element (0 … 2^bits − 1) a feature

struct OracleOptions {
  std::uint32_t seed = 1;
  int passes = 1;
  int ood_threshold = 0, ood_k = 1;
  std::vector<golden::UnitState> units;  // [unit] as they stand before the first pass
};

/// Random choices from the draws of the units, as behavioral/reference/README.md defines them.
class OracleChoices {
 public:
  OracleChoices(const SupplyPlan& supply, const TargetSpec& target, const OracleOptions& options)
      : supply_(supply), codes_(1 << target.drive_bits), options_(options) {}

  /// Bit `at` of mask number `number`.
  [[nodiscard]] bool maskBit(std::int64_t number, int at) const {
    return bit(at % supply_.modules, number * supply_.rounds + at / supply_.modules);
  }
  /// The arbiter's choice of pass `pass`.
  [[nodiscard]] int number(std::int64_t pass) const {
    std::int64_t k = 0;
    for (std::int64_t accepted = 0;; ++accepted) {
      int drawn = supply_.choices;
      for (int tries = 0; tries < 16 && drawn >= supply_.choices; ++tries, ++k) {
        drawn = 0;
        for (int m = supply_.modules; m-- > 0;) drawn = 2 * drawn + (bit(m, k) ? 1 : 0);
      }
      if (accepted == pass) return drawn < supply_.choices ? drawn : drawn - supply_.choices;
    }
  }

 private:
  /// Draw k of a stream of the unit is below `chance`; stream 0 its SETs, 2^31 its RESETs, 2^30 its reads.
  [[nodiscard]] bool happens(int module, std::int64_t k, std::uint32_t stream, std::uint64_t chance) const {
    const auto unit = static_cast<std::uint32_t>(supply_.first_unit + module);
    return device::draw(options_.seed, stream + unit,
                        options_.units[unit].first_draw + static_cast<std::uint32_t>(k)) < chance;
  }
  /// Whether the unit is at 1 after its k-th SET: it switched, or was at 1 and the RESET between failed.
  [[nodiscard]] bool on(int module, std::int64_t k) const {
    const golden::UnitState& state = options_.units[static_cast<std::size_t>(supply_.first_unit + module)];
    if (happens(module, k, 0, supply_.threshold(module, state.drive_code, codes_))) return true;
    if (k == 0) return state.held;
    return happens(module, k - 1, 1U << 31, supply_.reset_fail) && on(module, k - 1);
  }
  [[nodiscard]] bool draw(int module, std::int64_t k) const {
    return on(module, k) != happens(module, k, 1U << 30, supply_.read_error);
  }
  [[nodiscard]] bool bit(int module, std::int64_t k) const {
    return supply_.whiten ? draw(module, 2 * k) != draw(module, 2 * k + 1) : draw(module, k);
  }

  const SupplyPlan& supply_;
  int codes_;
  const OracleOptions& options_;
};

/// x of the first layer: ±1 or the unsigned value.
inline std::vector<std::int64_t> inputVector(const LayerPlan& layer, const Image& image) {
  std::vector<std::int64_t> x;
  for (const std::uint8_t element : image) x.push_back(layer.bipolar ? (element != 0 ? 1 : -1) : element);
  return x;
}

/// What the cells of one bit slice of an array set read as, match or not, by the input bit:
/// [bit][output][input].
inline std::vector<std::vector<std::vector<bool>>> cellReads(const LayerPlan& layer,
                                                             const LayerWeights& weights, int array,
                                                             int slice) {
  std::vector reads(2, std::vector(static_cast<std::size_t>(layer.outputs), std::vector<bool>()));
  for (int o = 0; o < layer.outputs; ++o) {
    for (int i = 0; i < layer.inputs; ++i) {
      const bool w = weights.weight(o, i, array, slice);
      reads[1][static_cast<std::size_t>(o)].push_back(w);
      reads[0][static_cast<std::size_t>(o)].push_back(!w);
    }
  }
  for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
    const TilePlan& tile = layer.tiles[t];
    if (tile.array != array || tile.slice != slice) continue;
    for (const CellFault& fault : layer.faults[t]) {
      if (fault.row >= tile.rows_used || fault.col >= tile.cols_used) continue;
      auto& output = reads[fault.zero ? 0 : 1][static_cast<std::size_t>(tile.col_base + fault.col)];
      const auto input = static_cast<std::size_t>(layer.inputOfRow(tile.row_base + fault.row));
      output[input] =
          fault.fault == JunctionFault::Flipped ? !output[input] : fault.fault == JunctionFault::High;
    }
  }
  return reads;
}

/// S[o] of an array set whose cells have faults: matches minus mismatches of the rows that are driven. A row
/// of an unsigned plane is driven where its bit is 1.
inline std::vector<std::int64_t> faultySums(const LayerPlan& layer, const LayerWeights& weights,
                                            const std::vector<std::int64_t>& x, int array) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(layer.outputs));
  for (int slice = 0; slice < layer.slices; ++slice) {
    const auto reads = cellReads(layer, weights, array, slice);
    for (std::size_t o = 0; o < out.size(); ++o) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        const bool match = reads[x[i] < 0 ? 0 : 1][o][i];
        out[o] += (match ? 1 : -1) * std::abs(x[i]) * (std::int64_t{1} << slice);
      }
    }
  }
  return out;
}

/// S[o] = Σ_i w[array][o][i]·x[i].
inline std::vector<std::int64_t> sums(const LayerPlan& layer, const LayerWeights& weights,
                                      const std::vector<std::int64_t>& x, int array,
                                      const OracleReads& reads) {
  if (layer.adc_bits > 0) return convertedSums(layer, weights, x, array, reads);
  if (!layer.faults.empty()) return faultySums(layer, weights, x, array);
  std::vector<std::int64_t> out;
  for (int o = 0; o < layer.outputs; ++o) {
    std::int64_t s = 0;
    for (int i = 0; i < layer.inputs; ++i) s += weights.value(array, o, i) * x[static_cast<std::size_t>(i)];
    out.push_back(s);
  }
  return out;
}

/// What the supplies chose for one window of a layer.
struct Chosen {
  int array = 0;
  std::size_t bank = 0;
  std::vector<std::int64_t> eps;  // [output]
  std::int64_t vectors = 0;       // that the array was read for before
};

/// Inputs of one window, logical order (c, ky, kx); all of x in a linear layer.
inline std::vector<std::int64_t> windowInputs(const LayerPlan& layer, const std::vector<std::int64_t>& x,
                                              int number) {
  if (!layer.window) return x;
  const WindowPlan& window = *layer.window;
  const std::int64_t outside = window.absent    ? 0
                               : !layer.bipolar ? window.pad_value
                                                : 2 * window.pad_value - 1;
  const int top = number / window.out_width * window.stride - window.padding;
  const int left = number % window.out_width * window.stride - window.padding;
  std::vector<std::int64_t> inputs;
  for (int c = 0; c < window.in.channels; ++c) {
    for (int y = top; y < top + window.kernel; ++y) {
      for (int column = left; column < left + window.kernel; ++column) {
        const bool inside = y >= 0 && y < window.in.height && column >= 0 && column < window.in.width;
        const int at = (c * window.in.height + y) * window.in.width + column;
        inputs.push_back(inside ? x[static_cast<std::size_t>(at)] : outside);
      }
    }
  }
  return inputs;
}

/// Window `number` of pass `pass`: drops inputs of x, returns the rest of the choice.
inline Chosen choose(const Plan& plan, const LayerPlan& layer, std::vector<std::int64_t>& x,
                     std::int64_t pass, int number, const OracleOptions& options) {
  Chosen chosen;
  // Once an image or once a pass, window after window.
  const bool every_pass = layer.per_pass || layer.replay == Replay::Input;
  chosen.vectors = (every_pass ? pass : pass / options.passes) * layer.windows + number;
  chosen.eps.resize(static_cast<std::size_t>(layer.outputs));
  if (layer.choice == Choice::None) return chosen;
  const OracleChoices choices(layer.supply ? *layer.supply : *plan.shared, plan.target, options);
  const std::int64_t window = pass * layer.windows + number;
  const std::int64_t held = window / layer.mask_windows;  // a choice serves so many windows
  switch (layer.choice) {
    case Choice::None:
      break;
    case Choice::Rows:
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (choices.maskBit(held, static_cast<int>(i) / layer.mask_group)) x[i] = 0;
      }
      break;
    case Choice::Array:
      chosen.array = choices.number(held);
      if (!layer.noise) break;
      chosen.vectors = number;
      for (std::int64_t earlier = 0; earlier < pass; ++earlier)
        chosen.vectors += choices.number(earlier) == chosen.array ? layer.windows : 0;
      break;
    case Choice::Bank:
      if (layer.supply && layer.supply->choices > 0) {
        chosen.bank = static_cast<std::size_t>(choices.number(held));
      } else {
        for (int b = 0; 1 << b < layer.banks; ++b) chosen.bank += choices.maskBit(held, b) ? 1U << b : 0;
      }
      break;
    case Choice::Noise:
      for (int o = 0; o < layer.outputs; ++o) {
        for (int j = 0; j < layer.noise_bits; ++j) {
          const bool one =
              choices.maskBit(window * layer.words + o / layer.lanes, o % layer.lanes * layer.noise_bits + j);
          chosen.eps[static_cast<std::size_t>(o)] += one ? 1 : -1;
        }
      }
      break;
  }
  return chosen;
}

/// ±1 of a hidden layer, logits of the last one, from the sums of one window. `skip`: ±1 of every output,
/// empty without a skip connection.
inline std::vector<std::int64_t> postOutputs(const LayerPlan& layer, const std::vector<std::int64_t>& s,
                                             const std::vector<std::int64_t>& skip, const Chosen& chosen) {
  std::vector<std::int64_t> out;
  std::int64_t total = 0;
  for (std::size_t o = 0; o < s.size(); ++o) {
    const PostEntry& entry = layer.entries[chosen.bank][o];
    const std::int64_t step = !skip.empty() && skip[o] > 0 ? entry.skip : 0;
    const std::int64_t y = s[o] * (entry.scale + entry.sigma * chosen.eps[o]) + entry.offset + step;
    const bool fires =
        layer.form == PostForm::Threshold ? (s[o] >= entry.theta + step) != entry.invert : y >= 0;
    out.push_back(layer.last || layer.cross_norm ? y : fires ? 1 : -1);
    total += y;
  }
  if (layer.cross_norm) {
    for (std::int64_t& u : out) u = layer.outputs * u >= total ? 1 : -1;
  }
  return out;
}

/// Outputs of a layer in pass number `pass` of the stream: a vector, or a map (channel, row, column). `skip`:
/// the outputs it adds, or nothing.
inline std::vector<std::int64_t> layerOutputs(const Plan& plan, const LayerPlan& layer,
                                              const LayerWeights& weights, const std::vector<std::int64_t>& x,
                                              const std::vector<std::int64_t>& skip, std::int64_t pass,
                                              const OracleOptions& options) {
  std::vector<std::vector<std::int64_t>> window_sums;
  std::vector<Chosen> chosen;
  for (int w = 0; w < layer.windows; ++w) {
    auto inputs = windowInputs(layer, x, w);
    chosen.push_back(choose(plan, layer, inputs, pass, w, options));
    const OracleReads reads{options.seed, chosen.back().vectors * std::ssize(layer.schedule)};
    window_sums.push_back(sums(layer, weights, inputs, chosen.back().array, reads));
  }
  if (!layer.window) return postOutputs(layer, window_sums.front(), skip, chosen.front());

  // The maximum of the sums of pool × pool windows, or the sum of them all; what acts behind the sums is
  // chosen once for all of them, or there is no pool.
  const int pool = layer.window->pool;
  const int height = layer.window->out_height / pool, width = layer.window->out_width / pool;
  std::vector<std::int64_t> map(static_cast<std::size_t>(layer.outputs * height * width));
  for (int pixel = 0; pixel < height * width; ++pixel) {
    const bool average = layer.window->pooling == Pooling::Average;
    std::vector<std::int64_t> pooled(static_cast<std::size_t>(layer.outputs), average ? 0 : INT64_MIN);
    for (int within = 0; within < pool * pool; ++within) {
      const int y = pixel / width * pool + within / pool, column = pixel % width * pool + within % pool;
      const auto& s = window_sums[static_cast<std::size_t>(y * layer.window->out_width + column)];
      for (std::size_t o = 0; o < s.size(); ++o)
        pooled[o] = average ? pooled[o] + s[o] : std::max(pooled[o], s[o]);
    }
    std::vector<std::int64_t> added;
    for (std::size_t at = static_cast<std::size_t>(pixel); at < skip.size();
         at += static_cast<std::size_t>(height * width))
      added.push_back(skip[at]);
    const auto out =
        postOutputs(layer, pooled, added, chosen[static_cast<std::size_t>(pool == 1 ? pixel : 0)]);
    for (std::size_t o = 0; o < out.size(); ++o)
      map[o * static_cast<std::size_t>(height * width) + static_cast<std::size_t>(pixel)] = out[o];
  }
  return map;
}

/// Probabilities of one pass, 12 fraction bits.
inline std::vector<std::int64_t> softmax(const HeadPlan& head, const std::vector<std::int64_t>& logits) {
  const std::int64_t top = *std::max_element(logits.begin(), logits.end());
  std::vector<std::int64_t> e;
  std::int64_t sum = 0;
  for (const std::int64_t logit : logits) {
    std::int64_t t = (top - logit) * head.exp_mul;
    for (int i = 0; i < head.exp_shift; ++i) t /= 2;
    t = std::min<std::int64_t>(t, 65535);
    e.push_back(t / 256 > 12
                    ? 0
                    : head.exp_table[static_cast<std::size_t>(t % 256)] / (std::int64_t{1} << (t / 256)));
    sum += e.back();
  }
  std::int64_t power = 1;  // largest power of two not above the sum
  while (2 * power <= sum) power *= 2;
  const std::int64_t r = head.recip_table[static_cast<std::size_t>((sum - power) * 256 / power)];
  std::vector<std::int64_t> p;
  for (const std::int64_t value : e)
    p.push_back(std::min<std::int64_t>(4095, (value * r + power / 2) / power));
  return p;
}

/// Image number n of the stream.
inline golden::ImageResult oracle(const Plan& plan, const Weights& weights, const Image& image, int n,
                                  const OracleOptions& options) {
  const HeadPlan& head = plan.head;
  const auto classes = static_cast<std::size_t>(head.classes);
  std::vector<std::vector<std::int64_t>> samples(classes);
  std::vector<std::int64_t> votes(classes), sum_logit(classes);
  std::int64_t sum_max = 0;
  for (int t = 0; t < options.passes; ++t) {
    auto x = inputVector(plan.layers.front(), image);
    std::vector<std::vector<std::int64_t>> outputs;
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
      const auto& connection = plan.layers[i].skip;
      const auto skip =
          connection ? outputs[static_cast<std::size_t>(connection->source)] : std::vector<std::int64_t>();
      x = layerOutputs(plan, plan.layers[i], weights.layers[i], x, skip, n * options.passes + t, options);
      outputs.push_back(x);
    }
    const auto p = softmax(head, x);
    for (std::size_t c = 0; c < classes; ++c) {
      samples[c].push_back(p[c]);
      sum_logit[c] += x[c];
    }
    const auto top = std::max_element(x.begin(), x.end());
    ++votes[static_cast<std::size_t>(top - x.begin())];
    sum_max += *top;
  }

  golden::ImageResult result;
  std::int64_t entropy = 0;
  const std::int64_t inverse = head.inv_t_table[static_cast<std::size_t>(options.passes)];
  for (std::size_t c = 0; c < classes; ++c) {
    std::int64_t sum = 0, squares = 0;
    for (const std::int64_t p : samples[c]) {
      sum += p;
      squares += p * p;
    }
    const std::int64_t mean = std::min<std::int64_t>(4095, (sum * inverse + 32768) / 65536);
    const std::int64_t msq = std::min<std::int64_t>((1 << 24) - 1, (squares * inverse + 32768) / 65536);
    std::int64_t kth = 0;
    if (head.smallest > 0) {
      const int k = std::clamp(options.ood_k, 1, head.smallest);
      auto sorted = samples[c];
      std::sort(sorted.begin(), sorted.end());
      kth = k <= options.passes ? sorted[static_cast<std::size_t>(k - 1)] : 4095;
    }
    result.mean_p.push_back(static_cast<std::uint16_t>(mean));
    result.var_p.push_back(
        head.moment2 ? static_cast<std::uint32_t>(std::max<std::int64_t>(0, msq - mean * mean)) : 0);
    result.kth_p.push_back(static_cast<std::uint16_t>(kth));
    result.votes.push_back(head.votes ? static_cast<std::uint16_t>(votes[c]) : 0);
    result.sum_logit.push_back(head.logits ? static_cast<std::int32_t>(sum_logit[c]) : 0);
    if (head.entropy) entropy += head.plogp_table[static_cast<std::size_t>(mean / 4)];
    result.kth_max = std::max(result.kth_max, static_cast<std::uint16_t>(kth));
  }
  const auto best = std::max_element(result.mean_p.begin(), result.mean_p.end());
  result.argmax = static_cast<std::uint16_t>(best - result.mean_p.begin());
  result.best_p = *best;
  result.entropy = static_cast<std::uint16_t>(entropy);
  result.sum_max_logit = head.logits ? static_cast<std::int32_t>(sum_max) : 0;
  result.ood = head.smallest > 0 && result.kth_max < options.ood_threshold;
  return result;
}

}  // namespace neuspin::testing
