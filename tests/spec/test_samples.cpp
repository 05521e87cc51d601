// Weights of SpinBayes layers, parameters of the other stochastic schemes.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <string>

#include "spec/posterior.hpp"
#include "spec/spec.hpp"

namespace {

using namespace neuspin;

/// A safetensors file, tensor by tensor.
class File {
 public:
  template <typename T>
  File& add(const std::string& name, const std::string& shape, const std::vector<T>& values) {
    const char* dtype = sizeof(T) == 1 ? "I8" : sizeof(T) == 4 ? "F32" : "F64";
    const std::size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    header_ += std::string(header_.empty() ? "{" : ",") + "\"" + name + R"(":{"dtype":")" + dtype +
               R"(","shape":)" + shape + R"(,"data_offsets":[)" + std::to_string(begin) + "," +
               std::to_string(data_.size()) + "]}";
    return *this;
  }
  [[nodiscard]] std::string bytes() const {
    const std::string header = header_ + "}";
    const std::uint64_t length = header.size();
    std::string text(8, '\0');
    std::memcpy(text.data(), &length, 8);
    return text + header + data_;
  }

 private:
  std::string header_, data_;
};

/// One last layer `a`.
NetworkSpec network(const Scheme& scheme, int inputs = 3, int outputs = 2) {
  NetworkSpec spec;
  LayerSpec layer;
  layer.name = "a";
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.last = true;
  layer.scheme = scheme;
  spec.layers = {layer};
  return spec;
}

std::string findings(const File& file, const Scheme& scheme) {
  Diagnostics diags;
  const auto weights = parseWeights(file.bytes(), "w", network(scheme), diags);
  BOOST_TEST(weights.has_value() == !diags.hasErrors());
  return diags.render();
}

LayerWeights read(const File& file, const NetworkSpec& spec) {
  Diagnostics diags;
  const auto weights = parseWeights(file.bytes(), "w", spec, diags);
  BOOST_REQUIRE_MESSAGE(weights, diags.render());
  BOOST_TEST(diags.render() == "");
  return weights->layers.at(0);
}

using Bytes = std::vector<signed char>;
const std::string kUnit = "[2,3]";
const Bytes kSigns = {1, -1, 1, -1, 1, -1};

BOOST_AUTO_TEST_CASE(multi_level_weights_become_slices) {
  // Two arrays of 2 × 70 (more than a word a row), every legal value of 3 bits.
  constexpr int kInputs = 70;
  Bytes values;
  for (int i = 0; i < 2 * 2 * kInputs; ++i) values.push_back(static_cast<signed char>(2 * (i * i % 8) - 7));
  const auto layer = read(File{}.add("a.weight", "[2,2,70]", values), network(SpinBayes{2, 3}, kInputs));
  BOOST_TEST(layer.arrays == 2);
  BOOST_TEST(layer.slices == 3);
  BOOST_TEST(layer.outputs == 2);
  BOOST_TEST(layer.weight_bits.size() == 2u * 3 * 2 * 2);
  for (int n = 0, at = 0; n < 2; ++n) {
    for (int o = 0; o < 2; ++o) {
      for (int i = 0; i < kInputs; ++i, ++at) {
        BOOST_REQUIRE_EQUAL(layer.value(n, o, i), values[static_cast<std::size_t>(at)]);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(one_bit_arrays_take_signs) {
  const auto layer = read(File{}.add("a.weight", "[2,2,3]",
                                     std::vector<float>{1, -1, 0, -0.5F, 2, -2,  //
                                                        -1, 1, 1, 1, -2, 2}),
                          network(SpinBayes{2, 1}));
  const int expected[] = {1, -1, 1, -1, 1, -1, -1, 1, 1, 1, -1, 1};
  for (int k = 0; k < 12; ++k) BOOST_TEST(layer.value(k / 6, k / 3 % 2, k % 3) == expected[k]);
}

BOOST_AUTO_TEST_CASE(illegal_samples) {
  const Bytes values = {1, 3, -3, -1, 1, 1, 3, 3, 3, 3, 3, 3};
  const auto with = [&](std::size_t at, int value) {
    Bytes changed = values;
    changed[at] = static_cast<signed char>(value);
    return File{}.add("a.weight", "[2,2,3]", changed);
  };
  BOOST_TEST(findings(with(0, 1), SpinBayes{2, 2}) == "");
  for (const int bad : {0, 2, -2, 5, -5, 127, -128}) {
    BOOST_TEST(
        findings(with(10, bad), SpinBayes{2, 2}) ==
        "w: tensor 'a.weight': error: element [1, 1, 1] is none of the odd numbers up to 3 [bad-weight]\n"
        "  hint: I8 weights hold only odd numbers up to 3 in size\n");
  }
  BOOST_TEST(findings(with(0, 1), SpinBayes{3, 2}) ==
             "w: tensor 'a.weight': error: the shape is [2, 2, 3], layer 'a' needs [3, 2, 3] [wrong-shape]\n"
             "  hint: correct the tensor, or the sizes in network.toml\n");
  BOOST_TEST(findings(File{}.add("a.weight", "[2,2,3]", std::vector<float>(12)), SpinBayes{2, 2}) ==
             "w: tensor 'a.weight': error: weights cannot be 'F32' [wrong-dtype]\n"
             "  hint: store them as I8 (odd numbers up to 3 in size)\n");
  BOOST_TEST(findings(File{}.add("b", "[1]", std::vector<float>(1)), SpinBayes{2, 2})
                 .find("'a.weight' of shape [2, 2, 3], or their posterior as weight_mu and weight_sigma") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(gaussian_numbers) {
  constexpr int kCount = 200000;
  double sum = 0, square = 0, fourth = 0, product = 0, before = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = spec::gaussian(0x123456789ABCDEFULL, static_cast<std::uint32_t>(i));
    BOOST_REQUIRE(std::abs(x) <= 6);
    sum += x;
    square += x * x;
    fourth += x * x * x * x;
    product += x * before;
    before = x;
  }
  const double error = 1 / std::sqrt(double{kCount});  // standard error of the mean
  BOOST_TEST(std::abs(sum / kCount) < 4 * error);
  BOOST_TEST(std::abs(square / kCount - 1) < 4 * std::sqrt(1.9) * error);
  BOOST_TEST(std::abs(fourth / kCount - 2.9) < 40 * error);  // the sum of 12 has kurtosis 3 − 6/(5·12)
  BOOST_TEST(std::abs(product / kCount) < 4 * error);
}

BOOST_AUTO_TEST_CASE(a_posterior_without_spread_is_quantised_to_itself) {
  // All weights are odd multiples of 0.25, so no error is left: 2 bits, levels −3 … 3.
  const std::vector<float> mu = {0.25F, -0.75F, 0.75F, -0.25F, 0.75F, -0.25F};
  const auto layer = read(File{}
                              .add("a.weight_mu", kUnit, mu)
                              .add("a.weight_sigma", kUnit, std::vector<float>(6))
                              .add("a.scale", "[2]", std::vector<float>{2, 4}),
                          network(SpinBayes{3, 2}));
  for (int n = 0; n < 3; ++n) {
    for (int k = 0; k < 6; ++k) {
      BOOST_TEST(layer.value(n, k / 3, k % 3) == std::lround(mu[static_cast<std::size_t>(k)] / 0.25F));
    }
  }
  BOOST_TEST(layer.scale[0] == 2 * 0.25, boost::test_tools::tolerance(2e-4));  // bins of the search: 1/4096
  BOOST_TEST(layer.scale[1] == 4 * 0.25, boost::test_tools::tolerance(2e-4));
}

BOOST_AUTO_TEST_CASE(a_posterior_gives_samples_of_its_distribution) {
  constexpr int kInputs = 400, kOutputs = 10, kArrays = 8;
  std::vector<double> mu, sigma;
  for (int k = 0; k < kInputs * kOutputs; ++k) {
    mu.push_back(k % 2 == 0 ? 0.5 : -0.2);
    sigma.push_back(k % 2 == 0 ? 0.1 : 0.3);
  }
  const File file = File{}.add("a.weight_mu", "[10,400]", mu).add("a.weight_sigma", "[10,400]", sigma);
  auto spec = network(SpinBayes{kArrays, 4}, kInputs, kOutputs);
  const auto layer = read(file, spec);
  std::array<double, 2> sum{}, square{};
  int equal = 0;
  for (int n = 0; n < kArrays; ++n) {
    for (int o = 0; o < kOutputs; ++o) {
      for (int i = 0; i < kInputs; ++i) {
        const double w = layer.value(n, o, i) * layer.scale[0];
        sum[static_cast<std::size_t>(i % 2)] += w;
        square[static_cast<std::size_t>(i % 2)] += w * w;
        equal += n > 0 && layer.value(n, o, i) == layer.value(n - 1, o, i) ? 1 : 0;
      }
    }
  }
  constexpr int kEach = kInputs * kOutputs * kArrays / 2;
  for (const std::size_t kind : {0U, 1U}) {
    const double mean = sum[kind] / kEach;
    BOOST_TEST(std::abs(mean - (kind == 0 ? 0.5 : -0.2)) < 0.01);
    BOOST_TEST(std::sqrt(square[kind] / kEach - mean * mean) == (kind == 0 ? 0.1 : 0.3),
               boost::test_tools::tolerance(0.1));
  }
  BOOST_TEST(equal < kEach);  // arrays are different samples
  // The seed of the network decides.
  BOOST_TEST((read(file, spec).weight_bits == layer.weight_bits));
  spec.seed = 2;
  BOOST_TEST((read(file, spec).weight_bits != layer.weight_bits));
}

BOOST_AUTO_TEST_CASE(one_bit_of_a_posterior_is_worth_the_mean_size) {
  // The least squared error of ±level is at the mean of |w|.
  const std::vector<float> mu = {0.1F, -0.9F, 0.4F, -0.3F, 0.5F, 0.2F};
  const auto layer =
      read(File{}.add("a.weight_mu", kUnit, mu).add("a.weight_sigma", kUnit, std::vector<float>(6)),
           network(SpinBayes{2, 1}));
  BOOST_TEST(layer.scale[0] == 0.4, boost::test_tools::tolerance(1e-3));
  for (int k = 0; k < 6; ++k)
    BOOST_TEST((layer.value(1, k / 3, k % 3) > 0) == (mu[static_cast<std::size_t>(k)] >= 0));
}

BOOST_AUTO_TEST_CASE(illegal_posteriors) {
  const std::vector<float> mu = {0.1F, -0.9F, 0.4F, -0.3F, 0.5F, 0.2F};
  std::vector<float> sigma(6, 0.1F);
  const SpinBayes scheme{2, 1};
  BOOST_TEST(findings(File{}.add("a.weight_mu", kUnit, mu), scheme) ==
             "w: tensor 'a.weight_sigma': error: the tensor is missing [missing-tensor]\n"
             "  hint: store the weights of layer 'a' as 'a.weight_sigma' of shape [2, 3] (there is a "
             "'a.weight_mu')\n");
  BOOST_TEST(findings(File{}.add("a.weight_mu", kUnit, mu).add("a.weight_sigma", kUnit, kSigns), scheme) ==
             "w: tensor 'a.weight_sigma': error: a posterior cannot be 'I8' [wrong-dtype]\n"
             "  hint: store it as F32, F64, F16 or BF16\n");
  BOOST_TEST(findings(File{}.add("a.weight_mu", kUnit, mu).add("a.weight_sigma", "[3,2]", sigma), scheme) ==
             "w: tensor 'a.weight_sigma': error: the shape is [3, 2], layer 'a' needs [2, 3] [wrong-shape]\n"
             "  hint: transpose it: rows are outputs, columns inputs\n");
  BOOST_TEST(findings(File{}
                          .add("a.weight_mu", kUnit, mu)
                          .add("a.weight_sigma", kUnit, sigma)
                          .add("a.weight", "[2,2,3]", Bytes(12, 1)),
                      scheme)
                 .find("[conflicting-tensors]") != std::string::npos);
  sigma[4] = -0.5F;
  BOOST_TEST(
      findings(File{}.add("a.weight_mu", kUnit, mu).add("a.weight_sigma", kUnit, sigma), scheme) ==
      "w: tensor 'a.weight_sigma': error: element [1, 1] is -0.5 [bad-deviation]\n"
      "  hint: standard deviations are not negative; store sigma, not its logarithm or a raw parameter\n");
  sigma[4] = NAN;
  BOOST_TEST(findings(File{}.add("a.weight_mu", kUnit, mu).add("a.weight_sigma", kUnit, sigma), scheme)
                 .starts_with("w: tensor 'a.weight_sigma': error: element [1, 1] is nan, legal is"));
  BOOST_TEST(findings(File{}
                          .add("a.weight_mu", kUnit, std::vector<float>(6))
                          .add("a.weight_sigma", kUnit, std::vector<float>(6)),
                      scheme)
                 .find("[empty-posterior]") != std::string::npos);
  // Next to nothing, but finite: neither a crash nor a division by zero.
  BOOST_TEST(findings(File{}
                          .add("a.weight_mu", kUnit, std::vector<double>(6, 5e-324))
                          .add("a.weight_sigma", kUnit, std::vector<double>(6, 1e-310)),
                      scheme)
                 .find("[empty-posterior]") != std::string::npos);
  BOOST_TEST(findings(File{}
                          .add("a.weight_mu", kUnit, std::vector<double>{1e30, 1e-30, -1e30, 0, 1, 2})
                          .add("a.weight_sigma", kUnit, std::vector<double>(6, 1e30)),
                      scheme) == "");
}

BOOST_AUTO_TEST_CASE(samples_of_the_scale) {
  const std::vector<float> samples = {1, 2, 3, 4, 5, 6};
  const auto stored = [&](const std::string& shape) {
    return File{}.add("a.weight", kUnit, kSigns).add("a.scale", shape, samples);
  };
  const auto layer = read(stored("[3,2]"), network(SubsetSamples{3}));
  BOOST_TEST(layer.scale == (std::vector<double>{1, 2, 3, 4, 5, 6}), boost::test_tools::per_element());
  BOOST_TEST(findings(stored("[2,3]"), SubsetSamples{3}) ==
             "w: tensor 'a.scale': error: the shape is [2, 3], layer 'a' needs [3, 2] [wrong-shape]\n"
             "  hint: correct the tensor, or the sizes in network.toml\n");
  BOOST_TEST(findings(File{}.add("a.weight", kUnit, kSigns), SubsetSamples{3}) ==
             "w: tensor 'a.scale': error: the tensor is missing [missing-tensor]\n"
             "  hint: store the samples of the scale of layer 'a' with shape [3, 2]\n");
}

BOOST_AUTO_TEST_CASE(noise_of_the_scale) {
  File file = File{}.add("a.weight", kUnit, kSigns).add("a.scale", "[2]", std::vector<float>{1, 2});
  BOOST_TEST(findings(file, SubsetNoise{4}) ==
             "w: tensor 'a.scale_sigma': error: the tensor is missing [missing-tensor]\n"
             "  hint: store the standard deviation of the scale of layer 'a' with shape [2]\n");
  file.add("a.scale_sigma", "[2]", std::vector<float>{0.5F, 0.25F});
  const auto layer = read(file, network(SubsetNoise{4}));
  BOOST_TEST(layer.scale == (std::vector<double>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(layer.scale_sigma == (std::vector<double>{0.5, 0.25}), boost::test_tools::per_element());
  BOOST_TEST(findings(file, Deterministic{}) ==
             "w: tensor 'a.scale_sigma': warning: no layer uses this tensor [unknown-tensor]\n");
}

BOOST_AUTO_TEST_CASE(affine_parameters) {
  File file = File{}.add("a.weight", kUnit, kSigns);
  BOOST_TEST(findings(file, AffineDropout{0.3}) ==
             "w: tensor 'a.norm.weight': error: the tensor is missing [missing-tensor]\n"
             "  hint: store the trained gamma (norm.weight) of layer 'a' with shape [2]\n"
             "w: tensor 'a.norm.bias': error: the tensor is missing [missing-tensor]\n"
             "  hint: store the trained beta (norm.bias) of layer 'a' with shape [2]\n");
  file.add("a.norm.weight", "[2]", std::vector<float>{3, 4})
      .add("a.norm.bias", "[2]", std::vector<float>{5, 6});
  const auto layer = read(file, network(AffineDropout{0.3}));
  BOOST_TEST(layer.gamma == (std::vector<double>{3, 4}), boost::test_tools::per_element());
  BOOST_TEST(layer.beta == (std::vector<double>{5, 6}), boost::test_tools::per_element());
  BOOST_TEST(layer.mean == (std::vector<double>{0, 0}), boost::test_tools::per_element());
  file.add("a.norm.running_mean", "[2]", std::vector<float>{0, 0});
  BOOST_TEST(findings(file, AffineDropout{0.3}) ==
             "w: tensor 'a.norm.running_mean': error: layer 'a' normalises over its outputs, input by input, "
             "and has no "
             "running statistics [unused-tensor]\n"
             "  hint: remove the tensor; a network trained with batch normalisation needs another scheme\n");
}

}  // namespace
