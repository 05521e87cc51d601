// Folding judged by brute force: an entry must decide as the float expression for every sum in range.
#include <boost/test/unit_test.hpp>
#include <random>

#include "net.hpp"
#include "plan/fold.hpp"

using namespace neuspin;
using namespace neuspin::plan;
using neuspin::testing::allSchemes;
using neuspin::testing::deriveShapes;
using neuspin::testing::makeNetwork;
using neuspin::testing::makeWeights;
using neuspin::testing::planOf;

namespace {

bool thresholdFires(const PostEntry& entry, std::int64_t z) {
  return (z >= entry.theta) != entry.invert;
}
bool multiplyFires(const PostEntry& entry, std::int64_t z) {
  return z * entry.scale + entry.offset >= 0;
}

void checkAll(const Affine& affine, std::int64_t reach, int frac) {
  const auto threshold = foldThreshold(affine, reach);
  const auto multiply = foldMultiply(affine, reach, frac);
  for (std::int64_t z = -reach; z <= reach; ++z) {
    const bool wanted = affine(z) >= 0;
    BOOST_REQUIRE_EQUAL(thresholdFires(threshold, z), wanted);
    BOOST_REQUIRE_EQUAL(multiplyFires(multiply, z), wanted);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fold)

BOOST_AUTO_TEST_CASE(random_columns_of_every_sign) {
  std::mt19937 rng(7);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> fraction(0, 12);
  for (int n = 0; n < 3000; ++n) {
    const Affine affine{.a = normal(rng),
                        .gamma = normal(rng),
                        .bias = 3 * normal(rng),
                        .mean = 20 * normal(rng),
                        .var = std::abs(normal(rng)),
                        .eps = 1e-5,
                        .beta = normal(rng)};
    checkAll(affine, 60, fraction(rng));
  }
}

BOOST_AUTO_TEST_CASE(skip_connections_move_the_constant_alone) {
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    NetworkSpec network =
        makeNetwork({30, 40, 40, 40, 3}, std::vector<Scheme>(4, ScaleDropout{0.3, false}), 2);
    network.layers[2].skip = 0;
    TargetSpec target;
    target.form = form;
    Weights weights = makeWeights(network, 5);
    weights.layers[2].gamma[7] = weights.layers[2].scale[8] = 0.0;  // the skip connection alone decides
    Diagnostics diags;
    const auto plan = makePlan(network, target, weights, diags);
    BOOST_REQUIRE(plan.has_value());
    const LayerPlan& layer = plan->layers[2];
    BOOST_TEST(layer.skip_bits > 1);
    BOOST_TEST(layer.entryBits() == layer.laneEntryBits() + layer.skip_bits);
    int moved = 0;
    for (int bank = 0; bank < 2; ++bank) {
      for (int o = 0; o < layer.outputs; ++o) {
        const PostEntry& entry = layer.entries[static_cast<std::size_t>(bank)][static_cast<std::size_t>(o)];
        PostEntry of_one = entry;
        (form == PostForm::Threshold ? of_one.theta : of_one.offset) += entry.skip;
        moved += entry.skip != 0 ? 1 : 0;
        for (const int bit : {-1, 1}) {
          const Affine column = columnAffine(network.layers[2], weights.layers[2], o, bank, bit);
          for (std::int64_t z = -40; z <= 40; ++z) {
            const PostEntry& used = bit < 0 ? entry : of_one;
            const bool fires = form == PostForm::Threshold ? thresholdFires(used, z) : multiplyFires(used, z);
            BOOST_REQUIRE_EQUAL(fires, column(z) >= 0);
          }
        }
      }
    }
    BOOST_TEST(moved > 40);
  }
}

BOOST_AUTO_TEST_CASE(ties_fire) {
  // y(S) = S − 4: S = 4 gives exactly 0 and sign(0) = +1; falling: y(S) = 4 − S.
  const Affine rising{.a = 1, .gamma = 1, .bias = 0, .mean = 4, .var = 1, .eps = 0, .beta = 0};
  const Affine falling{.a = 1, .gamma = -1, .bias = 0, .mean = 4, .var = 1, .eps = 0, .beta = 0};
  BOOST_TEST(thresholdFires(foldThreshold(rising, 10), 4));
  BOOST_TEST(!thresholdFires(foldThreshold(rising, 10), 3));
  BOOST_TEST(thresholdFires(foldThreshold(falling, 10), 4));
  BOOST_TEST(!thresholdFires(foldThreshold(falling, 10), 5));
  checkAll(rising, 10, 6);
  checkAll(falling, 10, 6);
}

BOOST_AUTO_TEST_CASE(constant_and_saturated_columns) {
  for (const double beta : {-1.0, 0.0, 1.0}) {
    checkAll({.a = 1, .gamma = 0, .bias = 0, .mean = 0, .var = 1, .eps = 0, .beta = beta}, 20, 6);
    checkAll({.a = 0, .gamma = 1, .bias = 0, .mean = 0, .var = 1, .eps = 0, .beta = beta}, 20, 6);
    checkAll({.a = 0, .gamma = -1, .bias = beta, .mean = 0, .var = 1, .eps = 0, .beta = 0}, 20, 6);
  }
  checkAll({.a = 1, .gamma = 1, .bias = 0, .mean = 1000, .var = 1, .eps = 0, .beta = 0}, 20, 6);   // never
  checkAll({.a = 1, .gamma = 1, .bias = 0, .mean = -1000, .var = 1, .eps = 0, .beta = 0}, 20, 6);  // always
  checkAll({.a = 1, .gamma = -1, .bias = 0, .mean = 1000, .var = 1, .eps = 0, .beta = 0}, 20,
           6);  // always, falling
  checkAll({.a = 1e-9, .gamma = 1, .bias = 0, .mean = 1e-9, .var = 1, .eps = 0, .beta = 0}, 20,
           6);  // scale rounds to 0
}

BOOST_AUTO_TEST_CASE(widths) {
  BOOST_TEST(signedBits(0) == 1);
  BOOST_TEST(signedBits(-1) == 1);
  BOOST_TEST(signedBits(1) == 2);
  BOOST_TEST(signedBits(127) == 8);
  BOOST_TEST(signedBits(128) == 9);
  BOOST_TEST(signedBits(-128) == 8);
  BOOST_TEST(fractionBits(1.0, 8) == 6);   // 127/1 → 2^6 = 64 <= 127
  BOOST_TEST(fractionBits(1.99, 8) == 5);  // 63.8
  BOOST_TEST(fractionBits(0.0, 8) == 24);
  BOOST_TEST(fractionBits(1e9, 8) == 0);
}

BOOST_AUTO_TEST_CASE(columns_of_every_bank) {
  const auto column = [](const Scheme& scheme, int bank) {
    auto network = makeNetwork({6, 4, 2}, std::vector{scheme}, 2);
    LayerWeights w;
    w.outputs = 4;
    w.scale = {1, 2, 3, 4, 5, 6, 7, 8};
    w.scale_sigma = {0.1, 0.2, 0.3, 0.4};
    w.bias = w.gamma = w.beta = w.mean = w.var = {10, 20, 30, 40};
    return columnAffine(network.layers[0], w, 2, bank);
  };
  BOOST_TEST(column(Deterministic{}, 0).a == 3.0);
  BOOST_TEST(column(SpinDrop{0.2, false}, 0).a == 3.0);
  BOOST_TEST(column(SpinDrop{0.2, true}, 0).a == 3.0 * (1.0 / 0.8));
  BOOST_TEST(column(SpatialDropout{0.5, 3, true}, 0).a == 6.0);
  BOOST_TEST(column(ScaleDropout{0.2}, 0).a == 3.0);
  BOOST_TEST(column(ScaleDropout{0.2}, 1).a == 1.0);
  BOOST_TEST(column(SubsetSamples{2}, 0).a == 3.0);
  BOOST_TEST(column(SubsetSamples{2}, 1).a == 7.0);
  BOOST_TEST(column(SubsetNoise{4}, 0).sigma == 0.3);
  BOOST_TEST(column(SpinBayes{2, 2}, 0).a == 3.0);
  // Affine dropout: u = γ·(a·S + bias) + β, bit 0 of the bank drops γ, bit 1 drops β.
  for (const int bank : {0, 1, 2, 3}) {
    const auto affine = column(AffineDropout{0.3}, bank);
    const double gamma = (bank & 1) != 0 ? 1 : 30, beta = (bank & 2) != 0 ? 0 : 30;
    for (const int sum : {-7, 0, 3}) BOOST_TEST(affine(sum) == gamma * (3.0 * sum + 30) + beta);
  }
  BOOST_TEST(bankCount(Deterministic{}) == 1);
  BOOST_TEST(bankCount(ScaleDropout{0.2}) == 2);
  BOOST_TEST(bankCount(AffineDropout{0.2}) == 4);
  BOOST_TEST(bankCount(SubsetSamples{5}) == 5);
  BOOST_TEST(bankCount(SubsetNoise{5}) == 1);
  BOOST_TEST(bankCount(SpinBayes{5, 2}) == 1);
}

// Every entry of whole layers, every sum, every bank: what the lanes put out is what spec.hpp says.
BOOST_AUTO_TEST_CASE(entries_of_hidden_layers_decide_as_the_float_expression) {
  for (const Scheme& scheme : allSchemes()) {
    if (std::holds_alternative<AffineDropout>(scheme) || std::holds_alternative<SubsetNoise>(scheme))
      continue;
    for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
      for (const int scale_bits : {2, 8}) {
        auto network = makeNetwork({21, 40, 3}, std::vector{scheme}, 4);
        network.scale_bits = scale_bits;
        TargetSpec target;
        target.form = form;
        const auto weights = makeWeights(network, 1);  // as planOf
        const auto plan = planOf(network, target);
        const auto& layer = plan.layers[0];
        BOOST_TEST((layer.form == form));
        BOOST_REQUIRE_EQUAL(layer.entries.size(), static_cast<std::size_t>(bankCount(scheme)));
        const std::int64_t reach = 21 * ((1 << layer.slices) - 1);
        for (int bank = 0; bank < layer.banks; ++bank) {
          for (int o = 0; o < layer.outputs; ++o) {
            const auto affine = columnAffine(network.layers[0], weights.layers[0], o, bank);
            const auto& entry = layer.entries[static_cast<std::size_t>(bank)][static_cast<std::size_t>(o)];
            BOOST_REQUIRE(signedBits(form == PostForm::Threshold ? entry.theta : entry.scale) <=
                          (form == PostForm::Threshold ? layer.theta_bits : layer.scale_bits));
            for (std::int64_t z = -reach; z <= reach; ++z) {
              const bool fires =
                  form == PostForm::Threshold ? thresholdFires(entry, z) : multiplyFires(entry, z);
              BOOST_REQUIRE_EQUAL(fires, affine(z) >= 0);
              if (form == PostForm::Multiply) {
                BOOST_REQUIRE(signedBits(z * entry.scale + entry.offset) <= layer.out_bits);
              }
            }
          }
        }
      }
    }
  }
}

// The rules of behavioral/reference/README.md, written out again.
BOOST_AUTO_TEST_CASE(averages_are_in_the_entries) {
  // 9 windows of 2 · 4 inputs: the total of their sums decides as their mean would.
  NetworkSpec network = makeNetwork({18, 3}, 0.0, 2, InputEncoding::Bipolar);
  network.input.shape = {2, 4, 4};
  LayerSpec conv;
  conv.name = "conv";
  conv.conv = ConvSpec{.kernel = 2};
  conv.outputs = 9;
  conv.pool = 3;
  conv.pooling = Pooling::Average;
  conv.scheme = ScaleDropout{0.3};
  network.layers.insert(network.layers.begin(), conv);
  deriveShapes(network);
  const Weights weights = makeWeights(network, 5);
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    TargetSpec target;
    target.form = form;
    Diagnostics diags;
    const auto plan = makePlan(network, target, weights, diags);
    BOOST_REQUIRE(plan);
    const LayerPlan& layer = plan->layers[0];
    BOOST_TEST(layer.sum_bits == 5);    // |S| <= 8
    BOOST_TEST(layer.total_bits == 8);  // 72
    const LayerWeights& w = weights.layers[0];
    for (std::size_t o = 0; o < 9; ++o) {
      for (std::size_t bank = 0; bank < 2; ++bank) {
        const PostEntry& entry = layer.entries[bank][o];
        for (std::int64_t sum = -72; sum <= 72; ++sum) {
          const double share = (bank == 1 ? 1.0 : w.scale[o]) / 9;
          const double y = w.gamma[o] * (share * static_cast<double>(sum) + w.bias[o] - w.mean[o]) /
                               std::sqrt(w.var[o] + network.layers[0].norm_eps) +
                           w.beta[o];
          const bool fires = form == PostForm::Threshold ? (sum >= entry.theta) != entry.invert
                                                         : sum * entry.scale + entry.offset >= 0;
          BOOST_TEST(fires == (y >= 0));
        }
      }
    }
  }
  network.layers[0].pooling = Pooling::Max;
  BOOST_TEST(planOf(network, TargetSpec{}).layers[0].total_bits == 5);
}

BOOST_AUTO_TEST_CASE(affine_entries_follow_the_rule) {
  const auto network = makeNetwork({21, 20, 5}, {AffineDropout{0.3}, AffineDropout{0.3}}, 4);
  const auto weights = makeWeights(network, 1);
  const auto plan = planOf(network, TargetSpec{});
  for (const std::size_t l : {0U, 1U}) {
    const auto& w = weights.layers[l];
    const auto& layer = plan.layers[l];
    BOOST_TEST((layer.form == PostForm::Multiply && layer.cross_norm == (l == 0)));
    double largest = 0;
    for (std::size_t o = 0; o < w.scale.size(); ++o) {
      largest = std::max({largest, std::abs(w.gamma[o] * w.scale[o]), std::abs(w.scale[o])});
    }
    const int bits = l == 0 ? network.scale_bits : network.logit_scale_bits;
    const int f = std::min(24, std::ilogb(((1 << (bits - 1)) - 1) / largest));
    if (l == 1) BOOST_TEST(plan.head.logit_frac == f);
    for (unsigned bank = 0; bank < 4; ++bank) {
      for (std::size_t o = 0; o < w.scale.size(); ++o) {
        const double gamma = (bank & 1U) != 0 ? 1 : w.gamma[o], beta = (bank & 2U) != 0 ? 0 : w.beta[o];
        const auto& entry = layer.entries[bank][o];
        BOOST_REQUIRE_EQUAL(entry.scale, std::llround(std::ldexp(gamma * w.scale[o], f)));
        BOOST_REQUIRE_EQUAL(entry.offset, std::llround(std::ldexp(gamma * w.bias[o] + beta, f)));
        BOOST_REQUIRE(signedBits(entry.scale) <= bits);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(noise_entries_follow_the_rule) {
  constexpr int kBits = 6;
  const auto network = makeNetwork({21, 20, 5}, {SubsetNoise{kBits}, SubsetNoise{kBits}}, 4);
  const auto weights = makeWeights(network, 1);
  const auto plan = planOf(network, TargetSpec{});
  const auto& w = weights.layers[0];
  const auto& hidden = plan.layers[0];
  BOOST_TEST((hidden.form == PostForm::Noise && hidden.noise_bits == kBits && !hidden.cross_norm));
  double largest = 0;
  for (std::size_t o = 0; o < w.scale.size(); ++o) {
    largest = std::max(largest, std::abs(w.scale[o]) + std::abs(w.scale_sigma[o]) * std::sqrt(kBits));
  }
  const int f = std::ilogb(127 / largest);
  for (std::size_t o = 0; o < w.scale.size(); ++o) {
    const double d = w.gamma[o] < 0 ? -1 : 1, root = std::sqrt(w.var[o] + network.layers[0].norm_eps);
    const auto& entry = hidden.entries[0][o];
    BOOST_REQUIRE_EQUAL(entry.scale, std::llround(std::ldexp(d * w.scale[o], f)));
    BOOST_REQUIRE_EQUAL(entry.sigma, std::llround(std::ldexp(d * w.scale_sigma[o] / std::sqrt(kBits), f)));
    BOOST_REQUIRE_EQUAL(entry.offset, std::llround(std::ldexp(
                                          d * (w.bias[o] - w.mean[o] + w.beta[o] * root / w.gamma[o]), f)));
    // Its decisions are those of the float expression but for sums next to the threshold.
    for (int e = -kBits; e <= kBits; e += 2) {
      for (int z = -21; z <= 21; ++z) {
        const double a = w.scale[o] + w.scale_sigma[o] * e / std::sqrt(kBits);
        const double y = w.gamma[o] * (a * z + w.bias[o] - w.mean[o]) / root + w.beta[o];
        const std::int64_t integer = (entry.scale + entry.sigma * e) * z + entry.offset;
        BOOST_REQUIRE(signedBits(integer) <= hidden.out_bits);
        const double rounding = std::abs(w.gamma[o]) / root * std::ldexp((1 + kBits) * 21 + 1, -f - 1);
        if (std::abs(y) > rounding) BOOST_REQUIRE_EQUAL(integer >= 0, y >= 0);
      }
    }
  }
  const auto& v = weights.layers[1];
  const auto& last = plan.layers[1];
  largest = 0;
  for (std::size_t o = 0; o < v.scale.size(); ++o) {
    const double root = std::sqrt(v.var[o] + network.layers[1].norm_eps);
    largest =
        std::max(largest, std::abs(v.gamma[o] * v.scale[o] / root) +
                              kBits * std::abs(v.gamma[o] * v.scale_sigma[o] / (std::sqrt(kBits) * root)));
  }
  const int g = std::min(24, std::ilogb(511 / largest));
  BOOST_TEST(plan.head.logit_frac == g);
  for (std::size_t o = 0; o < v.scale.size(); ++o) {
    const double root = std::sqrt(v.var[o] + network.layers[1].norm_eps);
    const auto& entry = last.entries[0][o];
    BOOST_REQUIRE_EQUAL(entry.scale, std::llround(std::ldexp(v.gamma[o] * v.scale[o] / root, g)));
    BOOST_REQUIRE_EQUAL(
        entry.sigma, std::llround(std::ldexp(v.gamma[o] * v.scale_sigma[o] / (std::sqrt(kBits) * root), g)));
    BOOST_REQUIRE_EQUAL(entry.offset,
                        std::llround(std::ldexp(v.gamma[o] * (v.bias[o] - v.mean[o]) / root + v.beta[o], g)));
    for (const int e : {-kBits, kBits}) {
      for (const int z : {-20, 20}) {
        BOOST_REQUIRE(signedBits((entry.scale + entry.sigma * e) * z + entry.offset) <= last.out_bits);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(noise_of_constant_columns) {
  for (const double beta : {-0.5, 0.0, 0.5}) {
    const auto entry = foldNoise({.a = 1, .gamma = 0, .bias = 3, .beta = beta, .sigma = 2}, 8, 5);
    BOOST_TEST(entry.scale == 0);
    BOOST_TEST(entry.sigma == 0);
    BOOST_TEST(entry.offset == (beta >= 0 ? 0 : -1));
  }
  const auto far = foldNoise({.a = 1, .gamma = 1e-30, .var = 1, .beta = 1, .sigma = 0}, 8, 5);
  BOOST_TEST(far.offset == std::int64_t{1} << 40);
}

BOOST_AUTO_TEST_CASE(absurd_scales_are_errors) {
  for (const Scheme& scheme : allSchemes()) {
    for (const bool last : {false, true}) {
      auto network = makeNetwork({21, 20, 5}, 0.0, 4, InputEncoding::Bipolar);
      network.layers[last ? 1 : 0].scheme = scheme;
      auto weights = makeWeights(network, 1);
      for (double& scale : weights.layers[last ? 1 : 0].scale) scale = 1e30;
      TargetSpec target;
      target.form = PostForm::Multiply;
      Diagnostics diags;
      BOOST_TEST(!makePlan(network, target, weights, diags));
      BOOST_TEST(diags.render().find("[logit-too-wide]") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
