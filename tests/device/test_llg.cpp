// The 1-D model against a stochastic Landau-Lifshitz-Gilbert equation in three dimensions, integrated here,
// and against the published points of another such run (reference/devices.md §1.2).
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "device/fokker_planck.hpp"

using namespace neuspin::device;

namespace {

using Vector = std::array<double, 3>;

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// dm/dt with t in units of 1/(γB_k): field h = m_z z + thermal h_T, damping α, spin torque along −z of
/// strength αi.
Vector motion(const Vector& m, const Vector& thermal, double alpha, double i) {
  const Vector h = {thermal[0], thermal[1], thermal[2] + m[2]};
  // The implicit torques solved for dm/dt: −m×h − α m×(m×h) and, from −αi m×(m×(−z)): the same with h →
  // αi·(−z) turned.
  const Vector mh = cross(m, h), mmh = cross(m, mh);
  const Vector mp = cross(m, {0, 0, -1}), mmp = cross(m, mp);
  const double a = alpha * i;
  Vector rate{};
  for (std::size_t k = 0; k < 3; ++k) {
    rate[k] = (-mh[k] - alpha * mmh[k] - a * mmp[k] + alpha * a * mp[k]) / (1 + alpha * alpha);
  }
  return rate;
}

/// Share of trajectories with m_z < 0 after tau (in units of tau_D), Heun's scheme (Stratonovich), from
/// equilibrium.
double llgSwitched(double delta, double i, double tau, int trajectories, std::uint32_t seed) {
  constexpr double kAlpha = 0.1, kStep = 0.02;
  const double length = tau * (1 + kAlpha * kAlpha) / kAlpha;
  const int steps = static_cast<int>(length / kStep + 0.5);
  const double sigma = std::sqrt(kAlpha / (delta * kStep));  // of each component of the thermal field
  std::mt19937 rng(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  int switched = 0;
  for (int trajectory = 0; trajectory < trajectories; ++trajectory) {
    double z = 0;  // density exp(Δ(z² − 1)) on z > 0, by rejection from exp(−2Δ(1 − z))·…: z² − 1 <= −(1 − z)
    do {
      z = 1 + std::log(1 - uniform(rng) * (1 - std::exp(-delta))) / delta;
    } while (uniform(rng) > std::exp(delta * (z * z - z)));
    const double angle = 6.283185307179586 * uniform(rng), r = std::sqrt(1 - z * z);
    Vector m = {r * std::cos(angle), r * std::sin(angle), z};
    for (int s = 0; s < steps; ++s) {
      const Vector thermal = {sigma * normal(rng), sigma * normal(rng), sigma * normal(rng)};
      const Vector first = motion(m, thermal, kAlpha, i);
      Vector guess{};
      for (std::size_t k = 0; k < 3; ++k) guess[k] = m[k] + kStep * first[k];
      const Vector second = motion(guess, thermal, kAlpha, i);
      double norm = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        m[k] += kStep / 2 * (first[k] + second[k]);
        norm += m[k] * m[k];
      }
      for (double& c : m) c /= std::sqrt(norm);
    }
    switched += m[2] < 0 ? 1 : 0;
  }
  return static_cast<double>(switched) / trajectories;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(llg)

BOOST_AUTO_TEST_CASE(published_points) {
  const struct {
    double delta, i, tau, model, trajectories, error;
  } cases[] = {{60, 1.5, 3.479, 0.527, 0.541, 0.006}, {60, 1.25, 6.958, 0.826, 0.830, 0.005},
               {60, 2.0, 2.485, 0.718, 0.724, 0.006}, {60, 1.0, 10, 0.5555, 0.556, 0.006},
               {40, 0.9, 10, 0.434, 0.436, 0.006},    {40, 0.7, 10, 0.0374, 0.040, 0.003},
               {60, 3, 1.242, 0.527, 0.523, 0.006}};
  for (const auto& c : cases) {
    const double p = solveSwitching(c.delta, c.i, {{c.tau}})[0].switched;
    BOOST_TEST(std::abs(p - c.model) < 1.1e-3, c.delta << " " << c.i << " " << c.tau);
    BOOST_TEST(std::abs(p - c.trajectories) < 2.5 * c.error, c.delta << " " << c.i << " " << c.tau);
  }
}

BOOST_AUTO_TEST_CASE(own_trajectories) {
  constexpr int kTrajectories = 1500;
  const struct { double delta, i, tau; } cases[] = {{60, 1.0, 10}, {60, 1.5, 3.479}, {40, 0.9, 10}};
  std::uint32_t seed = 1;
  for (const auto& c : cases) {
    const double p = solveSwitching(c.delta, c.i, {{c.tau}})[0].switched;
    const double llg = llgSwitched(c.delta, c.i, c.tau, kTrajectories, seed++);
    const double sigma = std::sqrt(p * (1 - p) / kTrajectories);
    BOOST_TEST_MESSAGE("Delta " << c.delta << ", i " << c.i << ", tau " << c.tau << ": FP " << p << ", s-LLG "
                                << llg);
    BOOST_TEST(std::abs(llg - p) < 3.5 * sigma, c.delta << " " << c.i << " " << c.tau);
  }
}

BOOST_AUTO_TEST_SUITE_END()
