// From a Configuration to a finished lock-step run, for the tests of this folder.
#pragma once

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../emit/draw.hpp"
#include "configurations.hpp"
#include "emit/emit.hpp"
#include "emit/supplies.hpp"
#include "lockstep.hpp"

namespace neuspin::testing {

struct Bench {
  Plan plan;
  Weights weights;
  FileSet design;
};

/// Throws with the diagnostics if the planner refuses the configuration.
inline Bench makeBench(const Configuration& configuration) {
  Diagnostics diags;
  Weights weights = drawWeights(configuration.network, 7);
  auto plan = makePlan(configuration.network, configuration.target, weights, diags);
  if (!plan) throw std::runtime_error(configuration.name + ":\n" + diags.render());
  FileSet design = emitDesign(*plan, weights, {.vector_images = 0, .pixels = {}});
  return {std::move(*plan), std::move(weights), std::move(design)};
}

inline std::vector<std::uint8_t> randomPixels(const Plan& plan, int images, std::uint64_t seed) {
  tb::Random random(seed);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(plan.input.features) *
                                   static_cast<std::size_t>(images));
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random.below(256));
  return pixels;
}

/// Folder for the coverage points of every run ($NEUSPIN_COVERAGE, made anew by whoever sets it), or null.
inline const char* coverageFolder() {
  return std::getenv("NEUSPIN_COVERAGE");
}

/// -O0 by default: small designs run for some thousand clocks, so compiling is what takes the time.
inline tb::Model build(const std::string& name, const FileSet& design, const std::string& optimise = "-O0") {
  Diagnostics diags;
  const tb::BuildOptions options{.work = NEUSPIN_BINARY_DIR "/cosim-work",
                                 .trace = false,
                                 .coverage = coverageFolder() != nullptr,
                                 .optimise = optimise,
                                 .quiet = true};
  auto model = tb::buildModel(name, design, options, diags);
  if (!model) throw std::runtime_error(diags.render());
  return *model;
}

inline tb::LockstepResult run(const Bench& bench, const tb::Model& model, tb::LockstepOptions options) {
  const auto pixels = randomPixels(bench.plan, static_cast<int>(options.images), 11);
  options.pixels = pixels;
  if (const char* folder = coverageFolder()) {
    static int runs = 0;
    options.coverage_file = fmt::format("{}/{}-{}.dat", folder, bench.plan.name, runs++);
  }
  Diagnostics diags;
  auto result = tb::runLockstep(bench.plan, bench.weights, model, options, diags);
  if (!result) throw std::runtime_error(diags.render());
  return *result;
}

/// Everything that went wrong, as text; empty if nothing did.
inline std::string complaints(const tb::LockstepResult& result) {
  std::string text;
  for (const auto& report : result.reports) text += tb::render(report) + "\n";
  for (const auto& failure : result.failures) text += failure + "\n";
  return text;
}

/// One build; then back to back, with light and with heavy stalls, `images` images each.
inline void judge(const Configuration& configuration, std::int64_t images) {
  const Bench bench = makeBench(configuration);
  const tb::Model model = build(configuration.name, bench.design);
  std::int64_t comparisons = 0, mismatches = 0;
  for (const auto stalls : {tb::StallLevel::None, tb::StallLevel::Light, tb::StallLevel::Heavy}) {
    BOOST_TEST_CONTEXT(configuration.name << ", stalls " << tb::stallLevelName(stalls)) {
      tb::LockstepOptions options;
      options.images = images;
      options.seed = 3;
      options.stalls = stalls;
      options.stall_seed = 17;
      const tb::LockstepResult result = run(bench, model, options);
      comparisons += result.comparisons;
      mismatches += result.mismatches;
      BOOST_TEST(complaints(result) == "");
      BOOST_TEST(result.mismatches == 0);
      BOOST_TEST(result.comparisons > result.signals_compared * result.cycles);
      if (stalls == tb::StallLevel::None) {
        if (!emit::startupShiftsTiming(bench.plan)) BOOST_TEST(result.cycles == result.planned_cycles);
        BOOST_TEST(result.stalls == 0);
      } else {
        // Buffers may hide every stall; runLockstep sees to it that no run is shorter than leastCycles.
        BOOST_TEST(result.stalls > 0);
      }
    }
  }
  std::cout
      << fmt::format(
             "{:<34} {} images x {} passes, stalls none, light, heavy: {:>9} comparisons, {} mismatches\n",
             configuration.name, images, bench.plan.passes, comparisons, mismatches)
      << std::flush;
}

}  // namespace neuspin::testing
