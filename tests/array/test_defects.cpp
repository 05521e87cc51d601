// Defect maps and their repair, against every possible repair of small arrays.
#include <bit>
#include <numeric>

#include "array_fixture.hpp"

using namespace neuspin;
using namespace neuspin::array;

namespace {

/// Fewest faulty cells that any choice of lines leaves.
int bestRepair(const DefectMap& map, int rows, int cols) {
  int best = rows * cols;
  for (unsigned r = 0; r < 1U << map.rows; ++r) {
    if (std::popcount(r) != rows) continue;
    for (unsigned c = 0; c < 1U << map.cols; ++c) {
      if (std::popcount(c) != cols) continue;
      int left = 0;
      for (int row = 0; row < map.rows; ++row) {
        for (int col = 0; col < map.cols; ++col) {
          left += (r >> row & 1U) != 0 && (c >> col & 1U) != 0 && map.faulty(row, col) ? 1 : 0;
        }
      }
      best = std::min(best, left);
    }
  }
  return best;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(defects)

BOOST_AUTO_TEST_CASE(rates_and_seeds) {
  device::DeviceSet set = plainSet(1e6);
  set.stuck_p.value = 0.01;
  set.stuck_ap.value = 0.02;
  set.pinhole.value = 0.005;
  set.open_row.value = 0.1;
  set.open_column.value = 0;
  const DefectMap map = drawDefects(set, 400, 500, 1, 0);
  const auto count = [&](Defect kind) {
    return static_cast<double>(std::ranges::count(map.one, kind) + std::ranges::count(map.zero, kind));
  };
  constexpr double kJunctions = 400 * 500 * 2;
  BOOST_TEST(std::abs(count(Defect::StuckP) - 0.01 * kJunctions) < 4 * std::sqrt(0.01 * kJunctions));
  BOOST_TEST(std::abs(count(Defect::StuckAp) - 0.02 * kJunctions) < 4 * std::sqrt(0.02 * kJunctions));
  BOOST_TEST(std::abs(count(Defect::Pinhole) - 0.005 * kJunctions) < 4 * std::sqrt(0.005 * kJunctions));
  const int open = std::accumulate(map.open_row.begin(), map.open_row.end(), 0);
  BOOST_TEST(std::abs(open - 40) < 24);
  BOOST_TEST(std::accumulate(map.open_col.begin(), map.open_col.end(), 0) == 0);
  BOOST_TEST((drawDefects(set, 400, 500, 1, 0).one == map.one));
  BOOST_TEST((drawDefects(set, 400, 500, 2, 0).one != map.one));
  BOOST_TEST(drawDefects(set, 400, 500, 1, 0, 0).faultyCells() == 0);
}

BOOST_AUTO_TEST_CASE(whole_lines_are_replaced_by_spares_of_their_kind) {
  DefectMap map(6, 6);  // 4 x 4 with two spares each way
  for (int col = 0; col < 6; ++col) map.one[map.at(1, col)] = Defect::StuckP;
  map.open_col[2] = 1;
  const Repair repair = repairLines(map, 4, 4);
  BOOST_TEST(repair.left == 0);
  BOOST_TEST(repair.row[1] >= 4);
  BOOST_TEST(repair.col[2] >= 4);
  BOOST_TEST(repair.row[0] == 0);
  BOOST_TEST(applyRepair(map, repair).faultyCells() == 0);
}

BOOST_AUTO_TEST_CASE(a_bad_spare_is_not_taken) {
  DefectMap map(4, 3);  // one spare row, itself worse than the row it could replace
  map.one[map.at(0, 0)] = Defect::StuckP;
  map.open_row[3] = 1;
  const Repair repair = repairLines(map, 3, 3);
  BOOST_TEST(repair.row[0] == 0);
  BOOST_TEST(repair.left == 1);
}

BOOST_AUTO_TEST_CASE(close_to_the_best_possible) {
  Random random(5);
  int optimal = 0, worse = 0, better_than_nothing = 0;
  constexpr int kMaps = 300;
  for (int k = 0; k < kMaps; ++k) {
    DefectMap map(7, 7);
    for (auto& defect : map.one) defect = random.uniform() < 0.12 ? Defect::StuckP : Defect::None;
    const Repair repair = repairLines(map, 5, 5);
    BOOST_TEST(repair.left == applyRepair(map, repair).faultyCells());
    DefectMap untouched(5, 5);
    for (int row = 0; row < 5; ++row) {
      for (int col = 0; col < 5; ++col) untouched.one[untouched.at(row, col)] = map.one[map.at(row, col)];
    }
    BOOST_TEST(repair.left <= untouched.faultyCells());
    better_than_nothing += repair.left < untouched.faultyCells() ? 1 : 0;
    const int best = bestRepair(map, 5, 5);
    BOOST_TEST(repair.left >= best);
    optimal += repair.left == best ? 1 : 0;
    worse += repair.left > best + 1 ? 1 : 0;
  }
  BOOST_TEST_MESSAGE(optimal << " of " << kMaps << " optimal, " << worse << " more than one fault from it");
  BOOST_TEST(optimal > kMaps * 8 / 10);
  BOOST_TEST(worse < kMaps / 20);
  BOOST_TEST(better_than_nothing > kMaps * 8 / 10);
}

BOOST_AUTO_TEST_SUITE_END()
