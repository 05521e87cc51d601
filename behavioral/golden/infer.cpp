#include "golden/infer.hpp"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "golden/head_math.hpp"
#include "golden/infer_choices.hpp"
#include "golden/infer_network.hpp"

namespace neuspin::golden {

namespace {

using Workspace = PackedNetwork::Workspace;

/// Images that go through a layer together, so that its weights are read from memory once for all of them.
constexpr std::int64_t kBatchImages = 8;

const Kernel& findKernel(std::string_view name) {
  const auto& kernels = supportedKernels();
  if (name.empty()) return kernels.back();
  const auto found = std::ranges::find(kernels, name, &Kernel::name);
  if (found == kernels.end()) throw std::invalid_argument("no such instruction set: " + std::string(name));
  return *found;
}

/// Calls f(begin, end) for shares of `batch` of 0 … count − 1, on several threads.
template <typename F>
void inBatches(std::int64_t count, std::int64_t batch, int threads, const F& f) {
  const std::int64_t batches = (count + batch - 1) / batch;
  tbb::task_arena arena(threads <= 0 ? tbb::task_arena::automatic : threads);
  arena.execute([&] {
    tbb::parallel_for(tbb::blocked_range<std::int64_t>(0, batches),
                      [&](const tbb::blocked_range<std::int64_t>& range) {
                        for (std::int64_t i = range.begin(); i < range.end(); ++i)
                          f(i * batch, std::min(count, (i + 1) * batch));
                      });
  });
}

}  // namespace

struct Infer::Impl {
  const Plan& plan;
  const Kernel& kernel;
  PackedNetwork network;
  Configurations configurations;
  mutable ArbiterNumbers arbiters;
  bool stochastic = false;
  std::size_t arrays = 0;  ///< of all layers, one of alternatives being read

  Impl(const Plan& the_plan, const Weights& weights, const Kernel& the_kernel)
      : plan(the_plan), kernel(the_kernel), network(plan, weights, kernel), configurations(plan) {
    for (const LayerPlan& layer : plan.layers) {
      stochastic = stochastic || layer.stochastic();
      arrays += static_cast<std::size_t>(layer.arrays);
    }
  }

  [[nodiscard]] std::int64_t imageCount(std::span<const std::uint8_t> pixels) const {
    const auto features = static_cast<std::size_t>(plan.input.features);
    if (pixels.size() % features != 0) throw std::invalid_argument("pixels are not a whole number of images");
    return static_cast<std::int64_t>(pixels.size() / features);
  }

  void checkUnits(std::span<const UnitState> units) const {
    if (units.empty()) return;
    if (std::ssize(units) != plan.units)
      throw std::invalid_argument("states of " + std::to_string(units.size()) + " units, the plan has " +
                                  std::to_string(plan.units));
    for (const UnitState& unit : units) {
      if (unit.drive_code < 0 || unit.drive_code >= 1 << plan.target.drive_bits)
        throw std::invalid_argument("drive code out of range: " + std::to_string(unit.drive_code));
    }
  }

  void checkReads(const std::vector<std::uint32_t>& reads) const {
    if (reads.empty() || reads.size() == arrays) return;
    throw std::invalid_argument("reads of " + std::to_string(reads.size()) + " arrays, the plan has " +
                                std::to_string(arrays));
  }

  [[nodiscard]] DrawnChoices draw(const InferOptions& options, std::int64_t images, int passes) const {
    checkUnits(options.units);
    checkReads(options.reads);
    return {plan,    kernel, options.seed, options.units, options.first_image * passes, images * passes,
            arbiters};
  }

  /// Logits of images [first, first + images) of the stream, all passes, left in `work`.
  void computeLogits(std::span<const std::uint8_t> pixels, std::int64_t first, std::int64_t images,
                     int passes, const InferOptions& options, const DrawnChoices& drawn,
                     Workspace& work) const {
    const auto choose = [&](std::size_t layer, PassChoices& choices) {
      drawn.choose(layer, first * passes, images * passes, choices);
    };
    network.run(pixels, static_cast<int>(images), passes, options.reuse_passes, choose,
                {.seed = options.seed, .first_image = first, .reads = options.reads}, work);
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
  const DrawnChoices drawn = impl.draw(options, images, passes);
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
                       options.first_image + begin, end - begin, passes, options, drawn, work);
    for (std::int64_t image = begin; image < end; ++image) {
      statistics.clear();
      for (int pass = 0; pass < passes; ++pass) {
        const auto logits = impl.network.logitsOf(work, static_cast<int>(image - begin) * passes + pass);
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
  inBatches(images, kBatchImages, options.threads, runBatch);
}

std::vector<std::vector<std::int32_t>> Infer::logits(std::span<const std::uint8_t> pixels,
                                                     const InferOptions& options) const {
  if (impl_->imageCount(pixels) != 1) throw std::invalid_argument("logits() takes exactly one image");
  const int passes = this->passes(options.passes);
  Workspace work;
  impl_->computeLogits(pixels, options.first_image, 1, passes, options, impl_->draw(options, 1, passes),
                       work);
  std::vector<std::vector<std::int32_t>> result;
  for (int pass = 0; pass < passes; ++pass) {
    const auto logits = impl_->network.logitsOf(work, pass);
    result.emplace_back(logits.begin(), logits.end());
  }
  return result;
}

int Infer::configurations() const {
  return impl_->configurations.count();
}

std::vector<double> Infer::configurationWeights(std::span<const UnitState> units) const {
  impl_->checkUnits(units);
  return impl_->configurations.weights(units);
}

void Infer::enumerate(std::span<const std::uint8_t> pixels, int threads,
                      const std::function<void(std::int64_t, std::span<const std::int32_t>)>& sink) const {
  const Impl& impl = *impl_;
  const int count = configurations();
  if (count == 0) throw std::invalid_argument("too many joint choices to enumerate, or noisy reads");
  const std::int64_t images = impl.imageCount(pixels);
  const auto features = static_cast<std::size_t>(impl.plan.input.features);
  struct Local {
    Workspace work;
    std::vector<std::int32_t> logits;
  };
  tbb::enumerable_thread_specific<Local> locals;
  const auto choose = [&](std::size_t layer, PassChoices& choices) {
    impl.configurations.choose(layer, choices);
  };
  inBatches(images, 1, threads, [&](std::int64_t image, std::int64_t) {
    auto& [work, logits] = locals.local();
    impl.network.run(pixels.subspan(static_cast<std::size_t>(image) * features), 1, count, true, choose, {},
                     work);
    logits.clear();
    for (int c = 0; c < count; ++c) {
      const auto one = impl.network.logitsOf(work, c);
      logits.insert(logits.end(), one.begin(), one.end());
    }
    sink(image, logits);
  });
}

}  // namespace neuspin::golden
