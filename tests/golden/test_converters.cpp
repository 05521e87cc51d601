// Columns that sum currents: ideal ones are as good as sense amplifiers, the others are what the definition
// says.
#include <boost/test/unit_test.hpp>

#include "../cosim/convolutions.hpp"
#include "check.hpp"
#include "device/draw.hpp"
#include "golden/adc_array.hpp"
#include "plan/converter.hpp"

using namespace neuspin;
using namespace neuspin::testing;

namespace {

/// The same network with converters that tell `missing` bits fewer than all counts apart.
Design withConverters(const Design& bit, unsigned weight_seed, int missing) {
  TargetSpec target = bit.target;
  target.sensing = Sensing::Adc;
  Design design = makeDesign(bit.network, target, weight_seed);
  for (LayerPlan& layer : design.plan.layers) layer.adc_bits = std::max(1, layer.adc_bits - missing);
  return design;
}

/// Clocked model under stalls and clockless model against the oracle; what came out.
std::vector<golden::ImageResult> judge(const Design& design, const std::vector<Image>& images,
                                       unsigned number) {
  golden::Network network(design.plan, design.weights, number);
  const auto results = run(network, design.plan, images, {0.3, 0.3, number}).images;
  checkAgainstOracle(design, images, resetOptions(design.plan, number), results);
  BOOST_TEST((inferAll(design, images, number, {}) == results));
  return results;
}

std::vector<Image> imagesOf(const Plan& plan, unsigned number) {
  auto images = randomImages(plan, 3, number);
  for (Image& image : images) {  // signed input of 8 bits has an element that no pixel becomes
    for (auto& element : image)
      element = golden::encodePixel(plan.input, static_cast<std::uint8_t>(37 * element));
  }
  return images;
}

/// How often sense amplifiers, fewer codes and real junctions give different results.
struct Changes {
  int by_range = 0, by_junctions = 0, by_noise = 0;
};

void judgeAll(const Design& bit, unsigned number, Changes& changes) {
  const auto images = imagesOf(bit.plan, number);
  const auto expected = inferAll(bit, images, number, {});
  const Design exact = withConverters(bit, number, 0);
  BOOST_TEST((judge(exact, images, number) == expected));
  BOOST_TEST(plannedCycles(exact.plan, 3, number) == plannedCycles(bit.plan, 3, number));
  const Design coarse = withConverters(bit, number, 1 + static_cast<int>(number % 2));
  changes.by_range += judge(coarse, images, number) != expected ? 1 : 0;
  for (const Design& ideal : {exact, coarse}) {
    Design chip = ideal;
    addCurrents(chip.plan, 0.2, number);
    const auto quiet = judge(chip, images, number);
    changes.by_junctions += quiet != expected ? 1 : 0;
    if (&ideal == &exact) chip = exact;  // noise on ideal junctions, and on others
    addReadNoise(chip.plan, 1, number);
    const auto noisy = judge(chip, images, number);
    changes.by_noise += noisy != quiet ? 1 : 0;
    // Images from the middle of the stream on, and passes that could be taken for the same.
    const std::vector<Image> rest(images.begin() + 1, images.end());
    const auto later = inferAll(chip, rest, number, {}, 1);
    BOOST_TEST((later == std::vector(noisy.begin() + 1, noisy.end())));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(converters)

BOOST_AUTO_TEST_CASE(range_is_the_middle_of_the_counts) {
  for (int driven = 0; driven <= 64; ++driven) {
    for (int bits = 1; bits <= 7; ++bits) {
      const auto range = plan::countRange(driven, bits);
      BOOST_TEST(range.least + range.most == driven);
      const int counts = range.most - range.least + 1;
      BOOST_TEST(counts <= 1 << bits);
      BOOST_TEST((range.least == 0 || counts + 2 > 1 << bits));  // one more at both ends would not fit
    }
  }
  BOOST_TEST(plan::countRange(8, 3).least == 1);
  BOOST_TEST(plan::countRange(8, 4).most == 8);
  // 8 rows, 3 bits: 0 and 8 matches, 2 of 256 patterns. 64 rows, 7 bits: none; 5 bits: |matches − 32| > 15.
  BOOST_TEST(plan::cutCounts(8, 3) == 2.0 / 256, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(plan::cutCounts(64, 7) == 0.0);
  BOOST_TEST(plan::cutCounts(64, 5) == 7.733e-5, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_CASE(codes_of_one_array) {
  golden::AdcArray array(8, 3, 4, 2);
  for (int row = 0; row < 8; ++row) {
    for (int col = 0; col < 3; ++col) array.setWeight(row, col, row < col + 5);
  }
  golden::WordLines lines(4);
  lines.wl[0] = 0b1111;
  array.read(1, lines);  // rows 4 … 7: matches 1, 2, 3 of 4; codes 1 … 3
  BOOST_TEST(array.codes()[0] == 1U);
  BOOST_TEST(array.codes()[1] == 2U);
  BOOST_TEST(array.codes()[2] == 3U);
  lines.wl[0] = 0;
  lines.wlb[0] = 0b0111;
  array.read(1, lines);  // rows 4, 5, 6 with input −1: matches 2, 1, 0 of 3, all told apart
  BOOST_TEST(array.codes()[0] == 2U);
  BOOST_TEST(array.codes()[2] == 0U);
  lines.clear();
  array.read(1, lines);
  BOOST_TEST(array.codes()[0] == 0U);
  array.flip(std::vector<CellFault>{{4, 0, false, JunctionFault::Flipped}});
  lines.wl[0] = 0b0011;
  array.read(1, lines);
  BOOST_TEST(array.codes()[0] == 0U);
  array.writeRow(4, std::vector<std::uint32_t>{0b111});
  array.read(1, lines);
  BOOST_TEST(array.codes()[0] == 1U);
  array.reset();
  BOOST_TEST(array.codes()[0] == 0U);
  BOOST_CHECK_THROW(array.flip(std::vector<CellFault>{{4, 0, false, JunctionFault::High}}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_current_halfway_counts_up) {
  CellCurrents currents;
  currents.cells.resize(2);
  currents.cells[0].one = {4096, -4097};
  currents.offsets = {0};
  golden::AdcArray array(2, 1, 2, 2);
  array.setCurrents(currents);
  golden::WordLines lines(2);
  lines.wl[0] = 0b01;
  array.setWeight(0, 0, true);
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 1U);  // 4096 of 8192
  currents.cells[0].one.parallel = 4095;
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 0U);
  currents.offsets = {8192};
  array.setWeight(0, 0, false);
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 0U);  // 8192 − 4097 = 4095
  currents.offsets = {20000};
  array.read(0, lines);
  BOOST_TEST(array.codes()[0] == 1U);  // never more than the driven rows
}

// Quantised normal: the sum of eight bytes against the law itself, and what a level of the current makes of
// it.
BOOST_AUTO_TEST_CASE(read_noise_is_nearly_normal) {
  std::vector<double> chance{1};  // of every sum of bytes, by adding one byte after the other
  for (int byte = 0; byte < 8; ++byte) {
    std::vector<double> next(chance.size() + 255);
    for (std::size_t sum = 0; sum < chance.size(); ++sum) {
      for (std::size_t value = 0; value < 256; ++value) next[sum + value] += chance[sum] / 256;
    }
    chance = std::move(next);
  }
  double below = 0, mean = 0, square = 0, largest = 0;
  for (std::size_t sum = 0; sum < chance.size(); ++sum) {
    const double off = static_cast<double>(sum) - 1020;
    mean += chance[sum] * off;
    square += chance[sum] * off * off;
    below += chance[sum];
    largest = std::max(largest, std::abs(below - std::erfc(-(off + 0.5) / 209.02153 / std::sqrt(2.0)) / 2));
  }
  BOOST_TEST(std::abs(mean) < 1e-9);
  BOOST_TEST(std::sqrt(square) == 209.02153, boost::test_tools::tolerance(1e-7));
  BOOST_TEST_MESSAGE("distance of the distribution function from the normal one: " << largest);
  BOOST_TEST(largest < 0.004);
  // Draws: all bytes of both count, and the deviation is the one asked for.
  BOOST_TEST(plan::readNoise(4096, 0, 0) == -1020);
  BOOST_TEST(plan::readNoise(4096, 0x01020304, 0xFF000010) == -1020 + 10 + 271);
  BOOST_TEST(plan::readNoise(plan::kMostNoise, 0xFFFFFFFF, 0xFFFFFFFF) == 522240);
  double squares = 0;
  constexpr std::uint32_t kReads = 100000;
  const auto sigma = static_cast<std::uint32_t>(0.1 / plan::kNoiseUnit);
  for (std::uint32_t read = 0; read < kReads; ++read) {
    const double off =
        plan::readNoise(sigma, device::draw(1, 5, 2 * read), device::draw(1, 5, 2 * read + 1)) / 8192.0;
    squares += off * off / kReads;
  }
  BOOST_TEST(std::sqrt(squares) == 0.1, boost::test_tools::tolerance(0.01));
}

// Which read it is decides, and nothing else: a reset begins anew, columns differ, and other arrays' reads do
// not matter.
BOOST_AUTO_TEST_CASE(noise_of_one_array) {
  ReadNoise noise{{0, 0, 0, 200000, 200000, 0, 200000, 200000, 200000}, 0};
  golden::AdcArray array(2, 8, 2, 2);
  array.setNoise(noise, 7, 40);
  golden::WordLines lines(2);
  lines.wl[0] = 0b11;
  array.setWeight(0, 0, true);
  const auto read = [&] {
    array.read(0, lines);
    return std::vector<std::uint32_t>(array.codes().begin(), array.codes().end());
  };
  std::vector<std::vector<std::uint32_t>> first, second;
  for (int k = 0; k < 20; ++k) first.push_back(read());
  BOOST_TEST(array.reads() == 20U);
  BOOST_TEST((std::ranges::adjacent_find(first, std::not_equal_to<>()) != first.end()));
  array.reset();
  BOOST_TEST(array.reads() == 0U);
  for (int k = 0; k < 20; ++k) second.push_back(read());
  BOOST_TEST((first == second));
  array.setNoise(noise, 8, 40);
  BOOST_TEST((read() != first[0] || read() != first[1] || read() != first[2]));
  lines.clear();
  BOOST_TEST((read() == std::vector<std::uint32_t>(8)));  // nothing driven
}

BOOST_AUTO_TEST_CASE(random_networks) {
  Changes changes;
  constexpr unsigned kNetworks = 40;
  for (unsigned number = 0; number < kNetworks; ++number) {
    const Config config = randomConfig(number);
    BOOST_TEST_CONTEXT(config.name) {
      judgeAll(makeDesign(config.network, config.target, number), number, changes);
    }
  }
  BOOST_TEST(changes.by_range > 20);
  BOOST_TEST(changes.by_junctions > 60);
  BOOST_TEST(changes.by_noise > 70);
}

BOOST_AUTO_TEST_CASE(random_convolutions) {
  Changes changes;
  for (unsigned number = 0; number < 25; ++number) {
    const Configuration random = randomConvolution(number);
    BOOST_TEST_CONTEXT(random.name) {
      judgeAll(makeDesign(random.network, random.target, number), number, changes);
    }
  }
  BOOST_TEST(changes.by_range > 10);
  BOOST_TEST(changes.by_junctions > 35);
  BOOST_TEST(changes.by_noise > 40);
}

BOOST_AUTO_TEST_SUITE_END()
