#include "emit/testbench.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "embedded/portable_tb.hpp"
#include "emit/banner.hpp"
#include "emit/hex.hpp"
#include "emit/names.hpp"
#include "emit/supplies.hpp"
#include "golden/calibration.hpp"
#include "golden/head_math.hpp"
#include "golden/infer.hpp"
#include "hdl/printer.hpp"

namespace neuspin::emit {
namespace {

/// Any fixed pattern that exercises all planes will do: the upper bits of a multiplicative congruential
/// sequence.
std::vector<std::uint8_t> patternPixels(std::size_t count) {
  std::vector<std::uint8_t> pixels(count);
  std::uint64_t state = 1;
  for (std::uint8_t& pixel : pixels) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    pixel = static_cast<std::uint8_t>(state >> 56);
  }
  return pixels;
}

void appendLine(std::string& text, std::span<const std::uint64_t> words, int bits) {
  const std::size_t before = text.size();
  text.resize(before + static_cast<std::size_t>(hexDigits(bits)) + 1);
  writeHexLine(text.data() + before, words, bits);
}

std::string inputText(const Plan& plan, std::span<const std::uint8_t> pixels, int images) {
  const LayerPlan& layer = plan.layers.front();
  std::string text;
  for (int image = 0; image < images; ++image) {
    const auto raw =
        pixels.subspan(static_cast<std::size_t>(image) * static_cast<std::size_t>(plan.input.features));
    for (int beat = 0; beat < layer.beatsPerImage(); ++beat) {
      std::vector<std::uint64_t> words(static_cast<std::size_t>(layer.beatBits() + 63) / 64);
      for (int e = 0; e < layer.beat_elems; ++e) {
        const int feature = golden::streamFeature(layer, beat, e);
        if (feature < 0) break;
        const std::uint64_t value = golden::encodePixel(plan.input, raw[static_cast<std::size_t>(feature)]);
        for (int b = 0; b < layer.elem_bits; ++b) {
          const auto at = static_cast<std::size_t>(e * layer.elem_bits + b);
          words[at / 64] |= ((value >> b) & 1) << (at % 64);
        }
      }
      appendLine(text, words, layer.beatBits());
    }
  }
  return text;
}

std::string expectedText(const Plan& plan, const Weights& weights, std::span<const std::uint8_t> pixels,
                         int images) {
  std::vector<golden::ImageResult> results(static_cast<std::size_t>(images));
  golden::InferOptions options;
  options.seed = plan.seed;
  options.units = golden::unitsAtStart(plan, plan.seed);
  golden::Infer(plan, weights)
      .run(pixels, options, [&](std::int64_t image, const golden::ImageResult& result) {
        results[static_cast<std::size_t>(image)] = result;
      });
  std::string text;
  for (const golden::ImageResult& result : results) {
    const std::vector<golden::Beat> beats = golden::packBeats(result);
    for (const golden::Beat& beat : beats) {
      const std::uint64_t words[] = {beat[0] | std::uint64_t{beat[1]} << 32,
                                     beat[2] | std::uint64_t{beat[3]} << 32,
                                     &beat == &beats.back() ? 1U : 0U};
      appendLine(text, words, 129);
    }
  }
  return text;
}

}  // namespace

void addTestbench(const Plan& plan, const Weights& weights, const EmitOptions& options, FileSet& files) {
  const int images = options.vector_images;
  const std::size_t count = static_cast<std::size_t>(images) * static_cast<std::size_t>(plan.input.features);
  const std::vector<std::uint8_t> pattern =
      options.pixels.empty() ? patternPixels(count) : std::vector<std::uint8_t>{};
  const std::span<const std::uint8_t> pixels = options.pixels.empty() ? std::span(pattern) : options.pixels;
  if (pixels.size() < count) throw std::invalid_argument("emitDesign: fewer pixels than vector_images needs");

  const bool calibrates = plan.units > 0 && plan.target.calibration == Calibration::Startup;
  const std::int64_t wait = calibrates ? golden::startCyclesBound(plan, plan.seed) + refillBound(plan)
                                       : prefetchCycles(plan, plan.seed);
  const std::int64_t planned = plannedCycles(plan, images, plan.seed);
  const std::uint64_t spec_id =
      std::stoull(plan.spec_sha256.substr(plan.spec_sha256.size() - 8), nullptr, 16);
  constexpr int kHalfPeriodNs = 5;  // zero-delay model: the value does not matter
  files["tb/neuspin_tb.sv"] = std::string(embedded::portable_tb().at("neuspin_tb.sv"));
  files["tb/neuspin_tb_macros.svh"] =
      hdl::printHeader({{"NEUSPIN_TOP", topModuleName(plan)}}, {}, banner(plan));
  files["tb/neuspin_tb_constants.svh"] = hdl::printHeader(
      {},
      {{"HalfPeriod", kHalfPeriodNs, "ns"},
       {"InBits", plan.layers.front().beatBits(), ""},
       {"InBeats", std::int64_t{images} * plan.layers.front().beatsPerImage(), "in all"},
       {"OutBeats", std::int64_t{images} * (plan.head.classes + 1), "in all"},
       {"Images", images, ""},
       {"ProgBits", plan.prog_bits, ""},
       {"WaitCycles", wait, "from reset to the first input beat: queues of random choices fill"},
       {"PlannedCycles", startupShiftsTiming(plan) ? 0 : planned,
        "first accepted input beat to last output beat, no stalls; 0: depends on the calibration"},
       {"CycleLimit", wait + 16 * planned + 10000, "with stalls"},
       {"SpecId", hdl::BitVector::of(32, spec_id), ""}},
      banner(plan));
  files["tb/in.memh"] = inputText(plan, pixels, images);
  files["tb/expected.memh"] = expectedText(plan, weights, pixels, images);
}

}  // namespace neuspin::emit
