// golden::Infer judged by ReferenceNetwork, which shares no arithmetic with it.
#pragma once

#include <boost/test/unit_test.hpp>
#include <map>
#include <mutex>

#include "golden/infer.hpp"
#include "random_network.hpp"

namespace neuspin::test {

using Results = std::map<std::int64_t, golden::ImageResult>;

inline Results runAll(const golden::Infer& infer, const std::vector<std::uint8_t>& pixels,
                      const golden::InferOptions& options) {
  Results results;
  std::mutex mutex;
  infer.run(pixels, options, [&](std::int64_t image, const golden::ImageResult& result) {
    const std::lock_guard lock(mutex);
    BOOST_REQUIRE(results.emplace(image, result).second);  // each image once
  });
  return results;
}

/// Differing logits between Infer and the reference over all passes of all images; votes and sums are checked
/// on the way.
inline int countMismatches(const RandomNetwork& net, const std::vector<std::uint8_t>& pixels,
                           std::uint32_t seed) {
  const golden::Infer infer(net.plan, net.weights);
  const reference::ReferenceNetwork reference(net.network, net.weights, net.hardware());
  constexpr std::int64_t kFirst = 1000;  // a stream position other than the start
  const auto features = static_cast<std::size_t>(net.network.input.features);
  const auto results = runAll(infer, pixels, {.seed = seed, .first_image = kFirst});
  int mismatches = 0;
  std::size_t images = 0;
  reference.run(pixels, {.seed = seed, .first_image = kFirst},
                [&](std::int64_t image, const reference::Result& expected) {
                  ++images;
                  const auto logits = infer.logits(
                      std::span(pixels).subspan(static_cast<std::size_t>(image) * features, features),
                      {.seed = seed, .first_image = kFirst + image});
                  BOOST_REQUIRE_EQUAL(logits.size(), expected.integer_logits.size());
                  for (std::size_t t = 0; t < logits.size(); ++t) {
                    for (std::size_t c = 0; c < logits[t].size(); ++c)
                      mismatches += logits[t][c] != expected.integer_logits[t][c];
                  }
                  const auto& result = results.at(image);
                  for (std::size_t c = 0; c < result.votes.size(); ++c) {
                    mismatches += result.votes[c] != expected.integer_votes[c];
                    mismatches += result.sum_logit[c] != expected.integer_sum_logits[c];
                  }
                });
  BOOST_TEST(images == results.size());
  return mismatches;
}

}  // namespace neuspin::test
