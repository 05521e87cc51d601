// The inner loops of golden::Infer, every instruction set against counting bit by bit.
#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>

#include "device/draw.hpp"
#include "golden/infer_kernel.hpp"

using namespace neuspin;

namespace {

constexpr int kBlocks = 3;
constexpr int kOutputs = kBlocks * golden::kKernelBlock;
constexpr int kVectors = 11;
constexpr int kStride = kOutputs + 5;

std::vector<std::uint64_t> randomWords(std::size_t n, std::mt19937_64& rng) {
  std::vector<std::uint64_t> words(n);
  for (auto& word : words) word = rng();
  return words;
}

int countBits(std::uint64_t x) {
  int bits = 0;
  for (; x != 0; x >>= 1) bits += static_cast<int>(x & 1);
  return bits;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(infer_kernel)

BOOST_AUTO_TEST_CASE(sums_of_bytes) {
  std::mt19937_64 rng(3);
  for (const auto& kernel : golden::supportedKernels()) {
    for (const int largest : {1, 3, 15}) {
      // Enough groups of largest products to overflow 16 bits that are summed up too late.
      for (const int groups : {1, 4, 7, 65, 300}) {
        std::vector<std::int8_t> weights(static_cast<std::size_t>(groups) * 4 * kOutputs);
        for (auto& weight : weights)
          weight = static_cast<std::int8_t>(static_cast<int>(rng() % static_cast<unsigned>(2 * largest + 1)) -
                                            largest);
        std::fill_n(weights.begin(), groups * 4 * golden::kKernelBlock, static_cast<std::int8_t>(largest));
        std::vector<std::uint8_t> inputs(static_cast<std::size_t>(4 * groups + 8) * kVectors);
        for (auto& input : inputs) input = static_cast<std::uint8_t>(rng());
        std::fill_n(inputs.begin(), groups * 4, static_cast<std::uint8_t>(255));
        std::vector<std::int32_t> sums(kVectors * kStride, -7);
        kernel.byteSums({.weights = weights.data(),
                         .groups = groups,
                         .blocks = kBlocks,
                         .input_stride = 4 * groups + 8,
                         .largest = largest},
                        inputs.data(), kVectors, kStride, sums.data());
        for (int v = 0; v < kVectors; ++v) {
          for (int o = 0; o < kStride; ++o) {
            int expected = o < kOutputs ? 0 : -7;
            for (int i = 0; o < kOutputs && i < 4 * groups; ++i) {
              const int at = ((o / golden::kKernelBlock * groups + i / 4) * golden::kKernelBlock +
                              o % golden::kKernelBlock) *
                                 4 +
                             i % 4;
              expected += weights[static_cast<std::size_t>(at)] *
                          inputs[static_cast<std::size_t>(v * (4 * groups + 8) + i)];
            }
            BOOST_REQUIRE_EQUAL(sums[static_cast<std::size_t>(v * kStride + o)], expected);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(sums_looked_up) {
  std::mt19937_64 rng(4);
  constexpr int kBlocksOf64 = 2;
  constexpr int kAll = kBlocksOf64 * golden::kLookUpBlock;
  constexpr int kLong = kAll + 3;
  for (const auto& kernel : golden::supportedKernels()) {
    if (kernel.lookUpSums == nullptr) continue;
    for (const int words : {1, 2, 3, 4, 9, 37}) {
      for (const int vectors : {1, 5, 128, 130}) {
        std::vector<std::uint8_t> tables(static_cast<std::size_t>(kBlocksOf64) * words *
                                         golden::kLookUpWordBytes);
        for (auto& entry : tables) entry = static_cast<std::uint8_t>(rng() % 5);
        // The most that there can be: counters that are summed up too late overflow.
        for (std::size_t row = 0; row < tables.size() / golden::kLookUpBlock / 4; ++row) {
          const bool last_group = row % golden::kLookUpWordRows >= 12 * 32;
          std::fill_n(tables.begin() + static_cast<std::ptrdiff_t>(row * golden::kLookUpBlock),
                      golden::kLookUpBlock, static_cast<std::uint8_t>(last_group ? 4 : 5));
        }
        const auto inputs = randomWords(static_cast<std::size_t>(words) * vectors, rng);
        std::vector<std::int32_t> base(kAll), sums(static_cast<std::size_t>(vectors) * kLong, -7);
        for (auto& value : base) value = static_cast<std::int32_t>(rng() % 1000);
        golden::LookUpMatrix matrix{
            .tables = tables.data(), .base = base.data(), .words = words, .blocks = kBlocksOf64, .shift = 2};
        kernel.lookUpSums(matrix, inputs.data(), vectors, kLong, sums.data());
        for (int v = 0; v < vectors; ++v) {
          for (int o = 0; o < kLong; ++o) {
            int expected = o < kAll ? base[static_cast<std::size_t>(o)] : -7;
            for (int g = 0; o < kAll && g < golden::kLookUpGroups * words; ++g) {
              const int word = g / golden::kLookUpGroups, group = g % golden::kLookUpGroups;
              const auto value =
                  inputs[static_cast<std::size_t>(v * words + word)] >> (5 * group) & (group == 12 ? 15 : 31);
              const auto row = static_cast<std::size_t>(o / golden::kLookUpBlock * words + word) *
                                   golden::kLookUpWordRows +
                               static_cast<std::size_t>(32 * group) + value;
              expected -=
                  4 * tables[row * golden::kLookUpBlock + static_cast<std::size_t>(o % golden::kLookUpBlock)];
            }
            BOOST_REQUIRE_EQUAL(sums[static_cast<std::size_t>(v * kLong + o)], expected);
          }
        }
        // Decisions at every distance that occurs, and beyond both ends.
        std::vector<std::int16_t> limits(kAll);
        for (int o = 0; o < kAll; ++o) {
          const int v = static_cast<int>(rng() % static_cast<unsigned>(vectors));
          const int distance =
              (base[static_cast<std::size_t>(o)] - sums[static_cast<std::size_t>(v * kLong + o)]) / 4;
          limits[static_cast<std::size_t>(o)] =
              static_cast<std::int16_t>(o % 8 == 0   ? -1
                                        : o % 8 == 1 ? 32767
                                                     : distance - static_cast<int>(rng() % 2));
        }
        std::vector<std::uint64_t> bits(static_cast<std::size_t>(vectors) * kBlocksOf64);
        std::vector<std::int32_t> vector_at,
            word_at;  // the last vector first, so that order does not hide a mistake
        for (int v = 0; v < vectors; ++v) vector_at.push_back((vectors - 1 - v) * words);
        for (int w = 0; w < words; ++w) word_at.push_back(w);
        kernel.lookUpDecide(matrix, limits.data(), inputs.data(), vector_at.data(), word_at.data(), vectors,
                            bits.data());
        for (int v = 0; v < vectors; ++v) {
          for (int o = 0; o < kAll; ++o) {
            const int distance =
                (base[static_cast<std::size_t>(o)] - sums[static_cast<std::size_t>(v * kLong + o)]) / 4;
            const bool bit =
                (bits[static_cast<std::size_t>((vectors - 1 - v) * kBlocksOf64 + o / 64)] >> (o % 64) & 1) !=
                0;
            BOOST_REQUIRE_EQUAL(bit, distance <= limits[static_cast<std::size_t>(o)]);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(sums_of_planes) {
  std::mt19937_64 rng(1);
  constexpr int kPlanes = 3;
  for (const auto& kernel : golden::supportedKernels()) {
    // 70 words with every bit differing overflow byte counters that are summed up too late.
    for (const int words : {1, 2, 13, 31, 32, 70}) {
      auto weights = randomWords(static_cast<std::size_t>(words) * kOutputs, rng);
      auto inputs = randomWords(static_cast<std::size_t>(words) * kPlanes * kVectors, rng);
      std::fill_n(weights.begin(), words * golden::kKernelBlock, ~std::uint64_t{0});
      std::fill_n(inputs.begin(), words * kPlanes, 0);
      std::vector<std::int32_t> base(kOutputs);
      for (auto& value : base) value = static_cast<std::int32_t>(rng() % 1000);
      golden::KernelMatrix matrix{.weights = weights.data(),
                                  .base = base.data(),
                                  .words = words,
                                  .blocks = kBlocks,
                                  .planes = kPlanes,
                                  .shift = 1};
      std::vector<std::int32_t> sums(kVectors * kStride, -7);
      kernel.sums(matrix, inputs.data(), kVectors, kStride, sums.data());
      std::vector<std::int32_t> twice = sums;  // taken off once more, from the sums themselves
      matrix.base = twice.data();
      matrix.base_stride = kStride;
      kernel.sums(matrix, inputs.data(), kVectors, kStride, twice.data());
      for (int v = 0; v < kVectors; ++v) {
        for (int o = 0; o < kOutputs; ++o) {
          int taken = 0;
          for (int plane = 0; plane < kPlanes; ++plane) {
            for (int w = 0; w < words; ++w) {
              const auto at =
                  (o / golden::kKernelBlock * words + w) * golden::kKernelBlock + o % golden::kKernelBlock;
              const auto input = (v * kPlanes + plane) * words + w;
              taken +=
                  countBits(weights[static_cast<std::size_t>(at)] ^ inputs[static_cast<std::size_t>(input)]) *
                      2
                  << (kPlanes - 1 - plane);
            }
          }
          const auto at = static_cast<std::size_t>(v * kStride + o);
          BOOST_REQUIRE_EQUAL(sums[at], base[static_cast<std::size_t>(o)] - taken);
          BOOST_REQUIRE_EQUAL(twice[at], base[static_cast<std::size_t>(o)] - 2 * taken);
        }
        for (int o = kOutputs; o < kStride; ++o)
          BOOST_REQUIRE_EQUAL(sums[static_cast<std::size_t>(v * kStride + o)], -7);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(sums_of_the_rows_that_take_part) {
  std::mt19937_64 rng(2);
  for (const auto& kernel : golden::supportedKernels()) {
    for (const int words : {1, 2, 13, 32, 70}) {
      const auto weights = randomWords(static_cast<std::size_t>(words) * kOutputs, rng);
      const auto inputs = randomWords(static_cast<std::size_t>(words) * kVectors, rng);
      auto keep = randomWords(static_cast<std::size_t>(words) * kVectors, rng);
      std::fill_n(keep.begin(), words, ~std::uint64_t{0});
      std::vector<std::int32_t> base(kVectors * kStride);
      for (auto& value : base) value = static_cast<std::int32_t>(rng() % 1000);
      std::vector<std::int32_t> sums = base;
      kernel.maskedSums({.weights = weights.data(),
                         .base = sums.data(),
                         .base_stride = kStride,
                         .words = words,
                         .blocks = kBlocks,
                         .planes = 1,
                         .shift = 1},
                        inputs.data(), keep.data(), kVectors, kStride, sums.data());
      for (int v = 0; v < kVectors; ++v) {
        for (int o = 0; o < kStride; ++o) {
          int expected = base[static_cast<std::size_t>(v * kStride + o)];
          for (int w = 0; w < words && o < kOutputs; ++w) {
            const auto at =
                (o / golden::kKernelBlock * words + w) * golden::kKernelBlock + o % golden::kKernelBlock;
            const auto input = static_cast<std::size_t>(v * words + w);
            expected -= 2 * countBits((weights[static_cast<std::size_t>(at)] ^ inputs[input]) & keep[input]);
          }
          BOOST_REQUIRE_EQUAL(sums[static_cast<std::size_t>(v * kStride + o)], expected);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(decisions_and_draws) {
  std::mt19937_64 rng(3);
  for (const auto& kernel : golden::supportedKernels()) {
    std::vector<std::int32_t> sums, thresholds;
    for (int o = 0; o < 2 * golden::kDecideBlock; ++o) {
      sums.push_back(static_cast<std::int32_t>(rng() % 5) - 2);
      thresholds.push_back(o % 9 == 0   ? std::numeric_limits<std::int32_t>::min()
                           : o % 9 == 1 ? std::numeric_limits<std::int32_t>::max()
                                        : static_cast<std::int32_t>(rng() % 5) - 2);
    }
    std::uint64_t bits[2];
    kernel.decide(sums.data(), thresholds.data(), 2, bits);
    for (std::size_t o = 0; o < sums.size(); ++o)
      BOOST_REQUIRE_EQUAL((bits[o / 64] >> (o % 64)) & 1, sums[o] >= thresholds[o] ? 1U : 0U);

    constexpr int kCount = 77;
    std::vector<std::uint32_t> keys, events;
    for (std::uint32_t i = 0; i < kCount; ++i) {
      keys.push_back(device::drawKey(4, i));
      events.push_back(static_cast<std::uint32_t>(rng()));  // some wrap past 2^32
    }
    constexpr std::uint32_t kAdd = 0x90000000U;
    std::vector<std::int32_t> out(kCount);
    kernel.draws(keys.data(), events.data(), kAdd, kCount, out.data());
    for (std::uint32_t i = 0; i < kCount; ++i)
      BOOST_REQUIRE_EQUAL(std::int64_t{out[i]} + 0x80000000LL, device::draw(4, i, events[i] + kAdd));

    const std::vector<std::uint64_t> data(64, 0x8000000000000001U);
    BOOST_TEST(kernel.countMismatches(data.data(), 1, data.size()) == 64U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
