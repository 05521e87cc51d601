#include "golden/infer.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <stdexcept>

#include "device/draw.hpp"
#include "golden/head_math.hpp"
#include "golden/infer_layer.hpp"

namespace neuspin::golden {

namespace {

constexpr int kWordBits = 64;
/// Images that go through a layer together, so that its weights are read from memory once for all of them.
constexpr std::int64_t kBatchImages = 8;

const Kernel& findKernel(std::string_view name) {
  const auto& kernels = supportedKernels();
  if (name.empty()) return kernels.back();
  const auto found = std::ranges::find(kernels, name, &Kernel::name);
  if (found == kernels.end()) throw std::invalid_argument("no such instruction set: " + std::string(name));
  return *found;
}

/// Bit 0 of each of eight bytes, byte 0's at bit 0: each byte's bit is carried to bit 56 + its index by one
/// product.
std::uint64_t gatherLowBits(std::uint64_t bytes) {
  return ((bytes & 0x0101010101010101U) * 0x0102040810204080U) >> 56;
}

/// Raw pixels → bit planes, most significant first, [plane][words]; unused high bits 0. `codes` is scratch.
void encodeImage(const InputSpec& input, std::span<const std::uint8_t> pixels, int words,
                 std::vector<std::uint8_t>& codes, std::uint64_t* planes) {
  static_assert(std::endian::native == std::endian::little,
                "bytes are loaded eight at a time, first one lowest");
  codes.assign(static_cast<std::size_t>(words) * kWordBits, 0);
  // Local copies: a store of a byte may change anything whose address is known, which would keep this loop
  // from being vectorised.
  const InputSpec local = input;
  std::uint8_t* const first = codes.data();
  for (std::size_t i = 0; i < pixels.size(); ++i) first[i] = encodePixel(local, pixels[i]);
  for (int plane = input.bits - 1; plane >= 0; --plane) {
    const std::uint8_t* code = codes.data();
    for (int w = 0; w < words; ++w) {
      std::uint64_t word = 0;
      for (int shift = 0; shift < kWordBits; shift += 8, code += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, code, sizeof eight);
        word |= gatherLowBits(eight >> plane) << shift;
      }
      *planes++ = word;
    }
  }
}

/// What one thread needs for one batch. A "vector" is one distinct input of a layer; passes that drew the
/// same masks up to there share it.
struct Workspace {
  std::vector<std::uint8_t> codes;
  std::vector<std::uint64_t> inputs,
      outputs;                       ///< [vector][words] of the layer being computed, of the next one
  std::vector<std::int32_t> sums;    ///< [vector][PackedLayer::sumStride()]
  std::vector<std::int32_t> logits;  ///< [vector][class]
  std::vector<int> vector_of;        ///< [image][pass]
  std::vector<int> shared;           ///< [vector][bank] → vector behind the layer, −1 = not computed yet
};

}  // namespace

struct Infer::Impl {
  const Plan& plan;
  std::vector<PackedLayer> layers;
  bool stochastic = false;

  Impl(const Plan& the_plan, const Weights& weights, const Kernel& kernel) : plan(the_plan) {
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
      layers.emplace_back(plan.layers[i], weights.layers[i], kernel);
      stochastic = stochastic || plan.layers[i].dropout.has_value();
    }
  }

  [[nodiscard]] std::int64_t imageCount(std::span<const std::uint8_t> pixels) const {
    const auto features = static_cast<std::size_t>(plan.input.features);
    if (pixels.size() % features != 0) throw std::invalid_argument("pixels are not a whole number of images");
    return static_cast<std::int64_t>(pixels.size() / features);
  }

  /// 1 if the device of this layer drops the scale in this pass.
  static int drawBank(const DropoutUnit& unit, const InferOptions& options, std::int64_t event) {
    const std::uint64_t threshold = unit.table[static_cast<std::size_t>(unit.drive_code)];
    return device::draw(options.seed, static_cast<std::uint32_t>(unit.unit),
                        static_cast<std::uint32_t>(event)) < threshold;
  }

  void encode(std::span<const std::uint8_t> pixels, std::int64_t images, Workspace& work) const {
    const auto features = static_cast<std::size_t>(plan.input.features);
    const PackedLayer& layer = layers.front();
    const std::size_t image_words = static_cast<std::size_t>(layer.planes()) * layer.inputWords();
    work.inputs.resize(static_cast<std::size_t>(images) * image_words);
    for (std::size_t i = 0; i < static_cast<std::size_t>(images); ++i) {
      encodeImage(plan.input, pixels.subspan(i * features, features), layer.inputWords(), work.codes,
                  work.inputs.data() + i * image_words);
    }
  }

  /// Which vector each pass continues with, and the (vector, bank) pairs to compute, in the order of the new
  /// vectors.
  std::vector<std::pair<int, int>> branch(const LayerPlan& layer, const InferOptions& options,
                                          std::int64_t first_event, int vectors, Workspace& work) const {
    std::vector<std::pair<int, int>> computed;
    if (!layer.dropout) {
      for (int v = 0; v < vectors; ++v) computed.emplace_back(v, 0);
      return computed;
    }
    constexpr int kBanks = 2;
    work.shared.assign(static_cast<std::size_t>(vectors) * kBanks, -1);
    for (std::size_t i = 0; i < work.vector_of.size(); ++i) {
      const int bank = drawBank(*layer.dropout, options, first_event + static_cast<std::int64_t>(i));
      int& vector = work.vector_of[i];
      int& known = work.shared[static_cast<std::size_t>(vector * kBanks + bank)];
      if (known < 0 || !options.reuse_passes) {
        known = static_cast<int>(computed.size());
        computed.emplace_back(vector, bank);
      }
      vector = known;
    }
    return computed;
  }

  /// Logits of images [first, first + images) of the stream, all passes, left in work.logits by
  /// work.vector_of.
  void computeLogits(std::span<const std::uint8_t> pixels, std::int64_t first, std::int64_t images,
                     int passes, const InferOptions& options, Workspace& work) const {
    encode(pixels, images, work);
    work.vector_of.resize(static_cast<std::size_t>(images) * passes);
    for (std::size_t i = 0; i < work.vector_of.size(); ++i) work.vector_of[i] = static_cast<int>(i) / passes;
    auto vectors = static_cast<int>(images);
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const PackedLayer& layer = layers[l];
      const auto stride = static_cast<std::size_t>(layer.sumStride());
      work.sums.resize(std::max(work.sums.size(), static_cast<std::size_t>(vectors) * stride));
      layer.sums(work.inputs.data(), vectors, work.sums.data());
      const auto computed = branch(plan.layers[l], options, first * passes, vectors, work);
      vectors = static_cast<int>(computed.size());
      const bool last = plan.layers[l].last;
      const auto size = static_cast<std::size_t>(last ? layer.outputs() : layer.outputWords());
      if (last) work.logits.resize(computed.size() * size);
      if (!last) work.outputs.resize(computed.size() * size);
      for (std::size_t v = 0; v < computed.size(); ++v) {
        const auto [source, bank] = computed[v];
        const std::int32_t* sums = work.sums.data() + static_cast<std::size_t>(source) * stride;
        if (last) layer.logits(sums, bank, work.logits.data() + v * size);
        if (!last) layer.decide(sums, bank, work.outputs.data() + v * size);
      }
      std::swap(work.inputs, work.outputs);
    }
  }

  [[nodiscard]] std::span<const std::int32_t> logitsOf(const Workspace& work, std::int64_t image, int passes,
                                                       int pass) const {
    const auto classes = static_cast<std::size_t>(plan.head.classes);
    const int vector = work.vector_of[static_cast<std::size_t>(image * passes + pass)];
    return std::span(work.logits).subspan(static_cast<std::size_t>(vector) * classes, classes);
  }
};

Infer::Infer(const Plan& plan, const Weights& weights, std::string_view instruction_set)
    : impl_(std::make_unique<Impl>(plan, weights, findKernel(instruction_set))) {}

Infer::~Infer() = default;

std::vector<std::string> Infer::instructionSets() {
  std::vector<std::string> names;
  for (const Kernel& kernel : supportedKernels()) names.emplace_back(kernel.name);
  return names;
}

int Infer::passes(int requested) const {
  const int most = impl_->plan.head.max_passes;
  if (requested < 0 || requested > most)
    throw std::invalid_argument("passes must be 1 … " + std::to_string(most));
  if (!impl_->stochastic) return 1;
  return requested == 0 ? impl_->plan.passes : requested;
}

void Infer::run(std::span<const std::uint8_t> pixels, const InferOptions& options,
                const std::function<void(std::int64_t, const ImageResult&)>& sink) const {
  const Impl& impl = *impl_;
  const HeadPlan& head = impl.plan.head;
  const int passes = this->passes(options.passes);
  const int ood_threshold = options.ood_threshold < 0 ? head.ood_threshold : options.ood_threshold;
  const int ood_k = options.ood_k < 0 ? head.ood_k : options.ood_k;
  const std::int64_t images = impl.imageCount(pixels);
  const auto features = static_cast<std::size_t>(impl.plan.input.features);
  std::mutex progress_mutex;
  std::int64_t done = 0;
  struct Local {
    Workspace work;
    Statistics statistics;
  };
  tbb::enumerable_thread_specific<Local> locals([&head] { return Local{{}, Statistics(head)}; });

  const auto runBatch = [&](std::int64_t begin, std::int64_t end) {
    auto& [work, statistics] = locals.local();
    impl.computeLogits(pixels.subspan(static_cast<std::size_t>(begin) * features),
                       options.first_image + begin, end - begin, passes, options, work);
    for (std::int64_t image = begin; image < end; ++image) {
      statistics.clear();
      for (int pass = 0; pass < passes; ++pass) {
        const auto logits = impl.logitsOf(work, image - begin, passes, pass);
        statistics.addPass(logits);
        if (options.on_pass) options.on_pass(image, pass, logits);
      }
      sink(image, statistics.finish(passes, ood_threshold, ood_k));
    }
    if (options.progress) {
      const std::lock_guard lock(progress_mutex);
      options.progress(done += end - begin);
    }
  };
  const std::int64_t batches = (images + kBatchImages - 1) / kBatchImages;
  tbb::task_arena arena(options.threads <= 0 ? tbb::task_arena::automatic : options.threads);
  arena.execute([&] {
    tbb::parallel_for(tbb::blocked_range<std::int64_t>(0, batches),
                      [&](const tbb::blocked_range<std::int64_t>& range) {
                        for (std::int64_t batch = range.begin(); batch < range.end(); ++batch) {
                          runBatch(batch * kBatchImages, std::min(images, (batch + 1) * kBatchImages));
                        }
                      });
  });
}

std::vector<std::vector<std::int32_t>> Infer::logits(std::span<const std::uint8_t> pixels,
                                                     const InferOptions& options) const {
  if (impl_->imageCount(pixels) != 1) throw std::invalid_argument("logits() takes exactly one image");
  const int passes = this->passes(options.passes);
  Workspace work;
  impl_->computeLogits(pixels, options.first_image, 1, passes, options, work);
  std::vector<std::vector<std::int32_t>> result;
  for (int pass = 0; pass < passes; ++pass) {
    const auto logits = impl_->logitsOf(work, 0, passes, pass);
    result.emplace_back(logits.begin(), logits.end());
  }
  return result;
}

}  // namespace neuspin::golden
