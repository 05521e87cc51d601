// Convolutions of ReferenceNetwork: by hand, and against loops that follow the definition element by element.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <random>

#include "device/draw.hpp"
#include "tiny.hpp"

using namespace neuspin;
using test::plainWeights;
using test::runOne;
using test::Tiny;

namespace {

/// A convolution of 1 × 3 × 3 with two outputs, + + + + and + − − +, pooled 2 × 2; then classes h0 + h1 and
/// h0 − h1.
Tiny makePooled() {
  Tiny tiny;
  tiny.network.input = {
      .features = 9, .encoding = InputEncoding::Unsigned, .bits = 4, .threshold = 128, .shape = {1, 3, 3}};
  tiny.network.logit_scale_bits = 8;
  LayerSpec conv;
  conv.conv = ConvSpec{.kernel = 2};
  conv.in = {1, 3, 3};
  conv.inputs = 4;
  conv.outputs = 2;
  conv.pool = 2;
  conv.out = {2, 1, 1};
  conv.norm_eps = 0;
  LayerSpec last;
  last.in = conv.out;
  last.inputs = last.outputs = 2;
  last.last = true;
  last.norm_eps = 0;
  tiny.network.layers = {conv, last};
  tiny.weights.layers = {plainWeights({0b1111, 0b1001}), plainWeights({0b11, 0b01})};
  return tiny;
}

/// One layer that puts its map out as logits, which the reader does not allow: hidden decisions are read back
/// through a linear layer that repeats them (weights +1 for one element; the others' contribution is known to
/// be removed).
std::vector<int> hiddenMap(Tiny tiny, const std::vector<std::uint8_t>& pixels,
                           const reference::Options& options = {}) {
  const int elements = tiny.network.layers.back().out.elements();
  LayerSpec last;
  last.in = tiny.network.layers.back().out;
  last.inputs = elements;
  last.outputs = elements + 1;
  last.last = true;
  last.norm_eps = 0;
  tiny.network.layers.push_back(last);
  // Logit 0: all +; logit e + 1: all + but −e. Their difference is 2·x[e].
  std::vector<std::uint64_t> rows = {(std::uint64_t{1} << elements) - 1};
  for (int e = 0; e < elements; ++e) rows.push_back(rows[0] & ~(std::uint64_t{1} << e));
  tiny.weights.layers.push_back(plainWeights(rows));
  const auto result = runOne(tiny, pixels, options);
  std::vector<int> map;
  for (std::size_t e = 1; e < result.logits[0].size(); ++e)
    map.push_back(static_cast<int>(result.logits[0][0] - result.logits[0][e]) / 2);
  return map;
}

/// A single convolution over a bipolar (pixel >= 128) or 4-bit map.
Tiny makeConvolution(const Shape& in, int outputs, const ConvSpec& conv, int pool, InputEncoding encoding,
                     std::mt19937& rng, Pooling pooling = Pooling::Max) {
  Tiny tiny;
  tiny.network.input = {.features = in.elements(),
                        .encoding = encoding,
                        .bits = encoding == InputEncoding::Bipolar ? 1 : 4,
                        .threshold = 128,
                        .shape = in};
  LayerSpec layer;
  layer.conv = conv;
  layer.in = in;
  layer.inputs = in.channels * conv.kernel * conv.kernel;
  layer.outputs = outputs;
  layer.pool = pool;
  layer.pooling = pooling;
  const Shape windows = layer.windowMap();
  layer.out = {outputs, windows.height / pool, windows.width / pool};
  layer.norm_eps = 0;
  tiny.network.layers = {layer};
  std::vector<std::uint64_t> rows;
  for (int o = 0; o < outputs; ++o)
    rows.push_back((std::uint64_t{rng()} << 32 | rng()) & ((std::uint64_t{1} << layer.inputs) - 1));
  tiny.weights.layers = {plainWeights(rows)};
  for (int o = 0; o < outputs; ++o) {
    tiny.weights.layers[0].gamma[static_cast<std::size_t>(o)] = rng() % 2 == 0 ? 1 : -1;
    tiny.weights.layers[0].mean[static_cast<std::size_t>(o)] = static_cast<int>(rng() % 7) - 3 + 0.5;
  }
  return tiny;
}

double valueOf(const InputSpec& input, std::uint8_t pixel) {
  switch (input.encoding) {
    case InputEncoding::Bipolar:
      return pixel >= 128 ? 1 : -1;
    case InputEncoding::Unsigned:
      return pixel / 16;
    case InputEncoding::Signed:  // 4 bits: sixteenths of the range, halves do not occur
      return std::min(std::floor((pixel / 255.0 * 2 - 1) * 8 + 0.5), 7.0);
  }
  return 0;
}

/// The same map by the definition. dropped(window, c, ky, kx).
std::vector<int> mapByDefinition(const Tiny& tiny, const std::vector<std::uint8_t>& pixels,
                                 const std::function<bool(int, int, int, int)>& dropped) {
  const LayerSpec& layer = tiny.network.layers[0];
  const ConvSpec& conv = *layer.conv;
  const LayerWeights& weights = tiny.weights.layers[0];
  std::vector<int> map;
  const int across = (layer.in.width + 2 * conv.padding - conv.kernel) / conv.stride + 1;
  for (int o = 0; o < layer.outputs; ++o) {
    for (int py = 0; py < layer.out.height; ++py) {
      for (int px = 0; px < layer.out.width; ++px) {
        double best = -1e9, total = 0;
        for (int i = 0; i < layer.pool * layer.pool; ++i) {
          const int oy = py * layer.pool + i / layer.pool, ox = px * layer.pool + i % layer.pool;
          double sum = 0;
          for (int c = 0; c < layer.in.channels; ++c) {
            for (int k = 0; k < conv.kernel * conv.kernel; ++k) {
              if (dropped(oy * across + ox, c, k / conv.kernel, k % conv.kernel)) continue;
              const int y = oy * conv.stride + k / conv.kernel - conv.padding;
              const int x = ox * conv.stride + k % conv.kernel - conv.padding;
              double value = conv.pad_minus_one ? -1 : 0;
              if (y >= 0 && x >= 0 && y < layer.in.height && x < layer.in.width)
                value =
                    valueOf(tiny.network.input,
                            pixels[static_cast<std::size_t>((c * layer.in.height + y) * layer.in.width + x)]);
              sum += weights.weight(o, c * conv.kernel * conv.kernel + k) ? value : -value;
            }
          }
          best = std::max(best, sum);
          total += sum;
        }
        if (layer.pooling == Pooling::Average) best = total / (layer.pool * layer.pool);
        const auto at = static_cast<std::size_t>(o);
        map.push_back(weights.gamma[at] * (best - weights.mean[at]) >= 0 ? 1 : -1);
      }
    }
  }
  return map;
}

bool nothingDropped(int, int, int, int) {
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reference_convolutions)

BOOST_AUTO_TEST_CASE(sums_are_pooled_before_the_normalisation) {
  // Codes 1 2 3 / 4 5 6 / 7 8 15: output 0 sums 12 16 24 34, output 1 sums 0 0 0 6.
  const std::vector<std::uint8_t> image = {16, 32, 48, 64, 80, 96, 112, 128, 255};
  Tiny tiny = makePooled();
  auto& conv = tiny.weights.layers[0];
  const auto decisions = [&] {
    const auto logits = runOne(tiny, image).logits[0];  // h0 + h1, h0 − h1
    return std::pair((logits[0] + logits[1]) / 2, (logits[0] - logits[1]) / 2);
  };
  conv.mean = {34, 6};
  BOOST_TEST((decisions() == std::pair(1.0, 1.0)));
  conv.mean = {34.5, 6.5};
  BOOST_TEST((decisions() == std::pair(-1.0, -1.0)));
  // Falling: y = 5.5 − 6, although y would be 5.5 in three of four windows.
  conv.gamma = {1, -1};
  conv.mean = {0, 5.5};
  BOOST_TEST((decisions() == std::pair(1.0, -1.0)));
  conv.mean = {0, 6};
  BOOST_TEST((decisions() == std::pair(1.0, 1.0)));
}

BOOST_AUTO_TEST_CASE(averages_by_hand) {
  // The sums above: 12 + 16 + 24 + 34 = 86 and 6, on average 21.5 and 1.5.
  const std::vector<std::uint8_t> image = {16, 32, 48, 64, 80, 96, 112, 128, 255};
  Tiny tiny = makePooled();
  tiny.network.layers[0].pooling = Pooling::Average;
  auto& conv = tiny.weights.layers[0];
  const auto decisions = [&] {
    const auto logits = runOne(tiny, image).logits[0];
    return std::pair((logits[0] + logits[1]) / 2, (logits[0] - logits[1]) / 2);
  };
  conv.mean = {21.5, 1.5};
  BOOST_TEST((decisions() == std::pair(1.0, 1.0)));
  conv.mean = {21.75, 1.75};
  BOOST_TEST((decisions() == std::pair(-1.0, -1.0)));
  conv.gamma = {-1, -1};
  BOOST_TEST((decisions() == std::pair(1.0, 1.0)));
  conv.gamma = {1, 1};
  conv.scale = {2, 0.5};  // 43 and 0.75
  conv.bias = {-1, 1};
  conv.mean = {42, 1.75};
  BOOST_TEST((decisions() == std::pair(1.0, 1.0)));
  conv.mean = {42.25, 2};
  BOOST_TEST((decisions() == std::pair(-1.0, -1.0)));
  // As the last layer: logits 3·21.5 + 1 and 0.5·1.5 in halves of 2^-fraction at most; a dropped scale is 1,
  // not 4.
  tiny.network.layers[0].last = true;
  tiny.network.layers.pop_back();
  tiny.weights.layers.pop_back();
  tiny.network.logit_scale_bits = 12;
  conv.gamma = {1, 1};
  conv.mean = {0, 0};
  conv.scale = {3, 0.5};
  conv.bias = {1, 0};
  for (const bool dropped : {false, true}) {
    tiny.network.layers[0].scheme = ScaleDropout{dropped ? 0.999999 : 0.000001};
    const auto result = runOne(tiny, image);
    BOOST_TEST(result.logits[0] == (dropped ? std::vector{22.5, 1.5} : std::vector{65.5, 0.75}),
               boost::test_tools::per_element());
    // |k| is 3/4 at most: 2047·4/3 lies above 2^11, so the fraction has 11 bits.
    const std::vector<std::int64_t> expected = dropped ? std::vector<std::int64_t>{86 * 512 + 2048, 6 * 512}
                                                       : std::vector<std::int64_t>{86 * 1536 + 2048, 6 * 256};
    BOOST_TEST(result.integer_logits[0] == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(padding_by_hand) {
  std::mt19937 rng(1);
  // + − / − + : every window of a 3 × 3 kernel of + with padding 1 sees all four, sum 0; five positions lie
  // outside.
  Tiny tiny = makeConvolution({1, 2, 2}, 1, {.kernel = 3, .padding = 1}, 1, InputEncoding::Bipolar, rng);
  tiny.weights.layers[0].weight_bits = {0b111111111};
  tiny.weights.layers[0].gamma = {1};
  const std::vector<std::uint8_t> image = {255, 0, 0, 255};
  const std::vector<int> all(4, 1), none(4, -1);
  tiny.weights.layers[0].mean = {0};
  BOOST_TEST(hiddenMap(tiny, image) == all, boost::test_tools::per_element());
  tiny.network.layers[0].conv->pad_minus_one = true;
  BOOST_TEST(hiddenMap(tiny, image) == none, boost::test_tools::per_element());
  tiny.weights.layers[0].mean = {-5};
  BOOST_TEST(hiddenMap(tiny, image) == all, boost::test_tools::per_element());
  tiny.weights.layers[0].mean = {-4.5};
  BOOST_TEST(hiddenMap(tiny, image) == none, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(maps_follow_the_definition) {
  std::mt19937 rng(7);
  for (int trial = 0; trial < 300; ++trial) {
    ConvSpec conv{.kernel = 1 + static_cast<int>(rng() % 4), .stride = 1 + static_cast<int>(rng() % 3)};
    conv.padding = static_cast<int>(rng() % static_cast<unsigned>(conv.kernel));
    const Shape in = {1 + static_cast<int>(rng() % 3), 4 + static_cast<int>(rng() % 3),
                      4 + static_cast<int>(rng() % 3)};
    const auto encoding = static_cast<InputEncoding>(rng() % 3);
    conv.pad_minus_one = encoding == InputEncoding::Bipolar && rng() % 2 == 0;
    const int pool = 1 + static_cast<int>(rng() % 3);
    if (const int smallest = std::min(in.height, in.width) + 2 * conv.padding - conv.kernel;
        smallest < 0 || smallest / conv.stride + 1 < pool)
      continue;
    Tiny tiny =
        makeConvolution(in, 1, conv, pool, encoding, rng, rng() % 2 == 0 ? Pooling::Max : Pooling::Average);
    const int elements = tiny.network.layers[0].out.elements();
    if (elements == 0 || elements > 60) continue;  // rows of one word read the map back
    std::vector<std::uint8_t> image(static_cast<std::size_t>(in.elements()));
    for (auto& pixel : image) pixel = static_cast<std::uint8_t>(rng());
    BOOST_TEST_CONTEXT("trial " << trial) {
      BOOST_TEST(hiddenMap(tiny, image) == mapByDefinition(tiny, image, nothingDropped),
                 boost::test_tools::per_element());
    }
  }
}

BOOST_AUTO_TEST_CASE(masks_of_convolutions) {
  std::mt19937 rng(9);
  constexpr std::uint32_t kSeed = 5;
  constexpr double kP = 0.4;
  for (int trial = 0; trial < 150; ++trial) {
    ConvSpec conv{.kernel = 1 + static_cast<int>(rng() % 3), .stride = 1 + static_cast<int>(rng() % 2)};
    conv.padding = static_cast<int>(rng() % static_cast<unsigned>(conv.kernel));
    conv.pad_minus_one = rng() % 2 == 0;
    Tiny tiny = makeConvolution({3, 4, 5}, 2, conv, 1, InputEncoding::Bipolar, rng);
    const LayerSpec layer = tiny.network.layers[0];
    const int windows = layer.out.pixels();
    if (layer.out.elements() > 60) continue;  // rows of one word read the map back
    const int group = 1 + static_cast<int>(rng() % 3);
    const int kind = trial % 3;
    tiny.network.layers[0].scheme = kind == 0   ? Scheme{SpinDrop{kP}}
                                    : kind == 1 ? Scheme{SpinDrop{.probability = kP, .every_window = true}}
                                                : Scheme{SpatialDropout{kP, group}};
    const int taps = conv.kernel * conv.kernel;
    const int bits = kind == 2 ? (3 + group - 1) / group : layer.inputs;
    tiny.hardware.share = trial % 2 == 0 ? 1 : 4;
    const int devices = (bits + tiny.hardware.share - 1) / tiny.hardware.share;
    const int rounds = (bits + devices - 1) / devices;
    const std::int64_t image_number = trial;
    const auto dropped = [&](int window, int c, int ky, int kx) {
      const int bit = kind == 2 ? c / group : c * taps + ky * conv.kernel + kx;
      const std::int64_t mask = kind == 1 ? image_number * windows + window : image_number;
      const auto draw = static_cast<std::uint32_t>(mask * rounds + bit / devices);
      return device::draw(kSeed, static_cast<std::uint32_t>(bit % devices), draw) <
             static_cast<std::uint64_t>(std::llround(kP * 4294967296.0));
    };
    std::vector<std::uint8_t> image(60);
    for (auto& pixel : image) pixel = static_cast<std::uint8_t>(rng());
    BOOST_TEST_CONTEXT("trial " << trial) {
      BOOST_TEST(hiddenMap(tiny, image, {.seed = kSeed, .passes = 1, .first_image = image_number}) ==
                     mapByDefinition(tiny, image, dropped),
                 boost::test_tools::per_element());
    }
  }
}

namespace {

/// A convolution of one pixel, with these weight rows, over a map of one row.
Tiny makePixelwise(const std::vector<std::uint64_t>& rows, int width, InputEncoding encoding,
                   const Scheme& scheme) {
  Tiny tiny;
  const bool bipolar = encoding == InputEncoding::Bipolar;
  tiny.network.input = {.features = width,
                        .encoding = encoding,
                        .bits = bipolar ? 1 : 4,
                        .threshold = 128,
                        .shape = {1, 1, width}};
  LayerSpec layer;
  layer.conv = ConvSpec{.kernel = 1};
  layer.in = {1, 1, width};
  layer.inputs = 1;
  layer.outputs = static_cast<int>(rows.size());
  layer.out = {layer.outputs, 1, width};
  layer.scheme = scheme;
  layer.norm_eps = 0;
  tiny.network.layers = {layer};
  tiny.weights.layers = {plainWeights(rows)};
  return tiny;
}

}  // namespace

BOOST_AUTO_TEST_CASE(skip_connection_by_hand) {
  // h = x; then S = -h, to which weight * h is added.
  for (const auto& [weight, expected] :
       {std::pair{0.5, std::vector{-1, 1, -1}}, {2.0, {1, -1, 1}}, {1.0, {1, 1, 1}}}) {
    Tiny tiny = makePixelwise({1}, 3, InputEncoding::Bipolar, Deterministic{});
    tiny.network.layers.push_back(tiny.network.layers[0]);
    tiny.network.layers[1].skip = 0;
    tiny.weights.layers.push_back(plainWeights({0}));
    tiny.weights.layers[1].skip = {weight};
    BOOST_TEST(hiddenMap(tiny, {255, 0, 255}) == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(affine_dropout_compares_within_a_pixel) {
  // u = x and 5 for the pixels 6 and 15: means 5.5 and 10. (The mean of the whole map would be 7.75.)
  Tiny tiny = makePixelwise({1, 1}, 2, InputEncoding::Unsigned, AffineDropout{1e-9});
  tiny.weights.layers[0].scale = {1, 0};
  tiny.weights.layers[0].beta = {0, 5};
  BOOST_TEST(hiddenMap(tiny, {6 * 16, 15 * 16}) == (std::vector{1, 1, -1, -1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(noise_of_every_window_and_output) {
  // y = e * x with x = 1: the bits of window w are draw w of the devices, one an output.
  Tiny tiny = makePixelwise({1, 1}, 7, InputEncoding::Bipolar, SubsetNoise{1});
  tiny.weights.layers[0].scale = {0, 0};
  tiny.weights.layers[0].scale_sigma = {1, 1};
  constexpr std::uint32_t kSeed = 5;
  constexpr std::int64_t kPass = 3;
  std::vector<int> expected;
  for (std::uint32_t o = 0; o < 2; ++o) {
    for (std::uint32_t w = 0; w < 7; ++w)
      expected.push_back(device::draw(kSeed, o, kPass * 7 + w) < std::uint64_t{1} << 31 ? 1 : -1);
  }
  BOOST_TEST(hiddenMap(tiny, std::vector<std::uint8_t>(7, 255),
                       {.seed = kSeed, .passes = 1, .first_image = kPass}) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
