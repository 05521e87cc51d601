// Every scheme by itself and mixed, over tilings, forms, sharing, numbers of arrays and weight bits: the
// clocked model against the oracle under stalls, against Infer, and against the planned cycles.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "check.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

std::vector<std::pair<std::string, std::vector<Scheme>>> schemes() {
  std::vector<std::pair<std::string, std::vector<Scheme>>> all;
  const auto everywhere = [&](const std::string& name, const Scheme& scheme) {
    all.push_back({name, std::vector<Scheme>(3, scheme)});
  };
  everywhere("spindrop", SpinDrop{0.25, false});
  everywhere("spindrop-rescaled", SpinDrop{0.5, true});
  for (const int group : {3, 4})
    everywhere("spatial-" + std::to_string(group), SpatialDropout{0.3, group, false});
  everywhere("scale", ScaleDropout{0.2, false});
  everywhere("scale-shared", ScaleDropout{0.4, true});
  everywhere("affine", AffineDropout{0.3});
  for (const int samples : {2, 3, 8, 11})
    everywhere("subset-" + std::to_string(samples), SubsetSamples{samples});
  for (const int bits : {1, 8}) everywhere("noise-" + std::to_string(bits), SubsetNoise{bits});
  for (const int arrays : {2, 3, 5, 8}) {
    for (const int bits : {1, 2, 3})
      everywhere("spinbayes-" + std::to_string(arrays) + "-" + std::to_string(bits), SpinBayes{arrays, bits});
  }
  const Deterministic det;
  all.push_back({"only-the-last", {det, det, SubsetSamples{3}}});
  all.push_back({"prefix-then-rows", {det, SpinDrop{0.3, false}, det}});
  all.push_back({"prefix-then-arrays", {det, SpinBayes{3, 2}, AffineDropout{0.2}}});
  all.push_back(
      {"shared-at-the-ends", {ScaleDropout{0.3, true}, SpinDrop{0.3, false}, ScaleDropout{0.3, true}}});
  all.push_back(
      {"shared-and-own", {ScaleDropout{0.3, true}, ScaleDropout{0.1, false}, ScaleDropout{0.3, true}}});
  all.push_back({"rows-norm-noise", {SpatialDropout{0.3, 4, false}, AffineDropout{0.3}, SubsetNoise{4}}});
  all.push_back({"noise-arrays-samples", {SubsetNoise{5}, SpinBayes{5, 2}, SubsetSamples{5}}});
  all.push_back({"norm-first", {AffineDropout{0.5}, det, SpinBayes{2, 1}}});
  return all;
}

std::vector<Config> configs() {
  std::vector<Config> all;
  for (const auto& [name, of_layers] : schemes()) {
    const NetworkSpec network = makeMixed({29, 22, 17, 6}, of_layers, 11);
    TargetSpec target = makeTarget(64, 32, 8, 8, 8, PostForm::Threshold, true);
    all.push_back({name, network, target});
    target = makeTarget(9, 7, 3, 5, 7, PostForm::Multiply, false);
    target.share = 7;
    target.whiten = true;
    target.set_cycles = 3;
    all.push_back({name + "-tiled-multiply-shared-whitened", network, target});
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schemes_of_layers)

BOOST_DATA_TEST_CASE(results_follow_the_definition, configs(), config) {
  const Design design = makeDesign(config.network, config.target, 17);
  const auto images = randomImages(design.plan, 5, 3);
  const std::uint32_t seed = 40;
  const auto options = resetOptions(design.plan, seed);
  golden::Network network(design.plan, design.weights, seed);
  const auto results = run(network, design.plan, images, {0.4, 0.4, 5}).images;
  checkAgainstOracle(design, images, options, results);
  BOOST_TEST((inferAll(design, images, seed, {}) == results));

  golden::Network other(design.plan, design.weights, seed + 1);  // the choices matter
  BOOST_TEST((run(other, design.plan, images).images != results));
}

BOOST_DATA_TEST_CASE(takes_exactly_the_planned_cycles, configs(), config) {
  const Design design = makeDesign(config.network, config.target, 17);
  for (const std::uint32_t seed : {1U, 2U}) {
    for (const int count : {1, 2, 9}) {
      golden::Network network(design.plan, design.weights, seed);
      idle(network, static_cast<int>(prefetchCycles(design.plan, seed)));
      BOOST_TEST(run(network, design.plan, randomImages(design.plan, count, 1)).cycles ==
                 plannedCycles(design.plan, count, seed));
    }
  }
}

BOOST_DATA_TEST_CASE(prefetch_fills_every_queue_and_no_sooner, configs(), config) {
  const Design design = makeDesign(config.network, config.target, 17);
  golden::Network network(design.plan, design.weights, 3);
  const auto full = [&] {
    bool all = true;
    for (const golden::Probe& p : network.probes()) {
      if (p.signal != "nxt_valid_q") continue;
      golden::Bits value(1);
      p.read(value);
      all = all && value[0] == 1;
    }
    return all;
  };
  int cycles = 0;
  while (!full()) {
    BOOST_REQUIRE(cycles < 100'000);
    idle(network, 1);
    ++cycles;
  }
  BOOST_TEST(prefetchCycles(design.plan, 3) >= cycles);
  BOOST_TEST(prefetchCycles(design.plan, 3) <= cycles + 2 * config.target.reset_cycles + 2);
}

BOOST_AUTO_TEST_SUITE_END()
