// Windows and pooling of convolutions: the clocked modules against windows and maxima computed from whole
// maps.
#include <boost/test/unit_test.hpp>

#include "driver.hpp"
#include "golden/avg_pool.hpp"
#include "golden/control.hpp"
#include "golden/max_pool.hpp"
#include "golden/post.hpp"
#include "golden/row_buffer.hpp"
#include "golden/window_buffer.hpp"
#include "plan/timing_windows.hpp"
#include "plan/windows.hpp"

using namespace neuspin;
using namespace neuspin::testing;
using namespace neuspin::golden;

namespace {

using Pixel = std::vector<std::uint32_t>;  // [channel]
using Map = std::vector<Pixel>;            // [row*width + column]

struct Case {
  LayerPlan layer;
  int passes = 1;
  [[nodiscard]] const WindowPlan& window() const { return *layer.window; }
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  const WindowPlan& w = c.window();
  return out << w.in.channels << "x" << w.in.height << "x" << w.in.width << " of " << c.layer.elem_bits
             << " bits, kernel " << w.kernel << ", stride " << w.stride << ", padding " << w.padding
             << ", depth " << w.depth << " of at least " << w.min_depth << (w.tap_major ? ", by taps" : "")
             << (w.absent ? ", absent" : "") << (c.layer.replay == Replay::Input ? ", replay " : ", passes ")
             << c.passes;
}

Case randomCase(unsigned seed) {
  std::mt19937 rng(seed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
  Case c;
  WindowPlan window;
  do {
    window.in = {pick(1, 5) == 1 ? pick(30, 70) : pick(1, 5), pick(1, 9), pick(1, 9)};
    window.kernel = pick(1, 5);
    window.stride = pick(1, 6);
    window.padding = pick(0, window.kernel - 1);
    window.out_height = (window.in.height + 2 * window.padding - window.kernel) / window.stride + 1;
    window.out_width = (window.in.width + 2 * window.padding - window.kernel) / window.stride + 1;
  } while (std::min(window.in.height, window.in.width) + 2 * window.padding < window.kernel);
  c.layer.elem_bits = pick(1, 3);
  window.pad_value = pick(0, (1 << c.layer.elem_bits) - 1);
  window.absent = pick(0, 1) == 1;
  window.tap_major = pick(0, 1) == 1;
  c.passes = pick(1, 4);
  if (pick(0, 1) == 1) c.layer.replay = Replay::Input;
  window.min_depth = plan::smallestDepth(window, c.layer.replay == Replay::Input && c.passes > 1);
  window.depth = window.min_depth;
  if (pick(0, 2) != 0) window.depth += pick(1, 2 * window.in.pixels());
  c.layer.window = window;
  return c;
}

Map randomMap(const Case& c, std::mt19937& rng) {
  Map map(static_cast<std::size_t>(c.window().in.pixels()),
          Pixel(static_cast<std::size_t>(c.window().in.channels)));
  for (Pixel& pixel : map) {
    for (std::uint32_t& element : pixel)
      element = static_cast<std::uint32_t>(rng()) & ((1U << c.layer.elem_bits) - 1);
  }
  return map;
}

/// As it comes out of the row buffer; the bits behind the last channel belong to nobody.
Bits packPixel(const Case& c, const Pixel& pixel, std::mt19937& rng) {
  Bits bits(static_cast<std::size_t>(wordsFor(c.window().in.channels * c.layer.elem_bits)));
  for (std::uint32_t& word : bits) word = static_cast<std::uint32_t>(rng());
  for (std::size_t i = 0; i < pixel.size(); ++i)
    putBits(bits, static_cast<int>(i) * c.layer.elem_bits, c.layer.elem_bits, pixel[i]);
  return bits;
}

struct Expected {
  Bits rows, absent;
};

/// Window `number` of a map: array row r holds logical input inputOfRow(r).
Expected windowOf(const Case& c, const Map& map, int number) {
  const WindowPlan& w = c.window();
  const int inputs = w.in.channels * w.taps();
  Expected expected{Bits(static_cast<std::size_t>(wordsFor(inputs * c.layer.elem_bits))),
                    Bits(static_cast<std::size_t>(wordsFor(w.taps())))};
  for (int row = 0; row < inputs; ++row) {
    const int input = c.layer.inputOfRow(row);
    const int channel = input / w.taps(), ky = input % w.taps() / w.kernel, kx = input % w.kernel;
    const int y = number / w.out_width * w.stride - w.padding + ky;
    const int x = number % w.out_width * w.stride - w.padding + kx;
    const bool inside = y >= 0 && y < w.in.height && x >= 0 && x < w.in.width;
    const std::uint64_t element =
        inside ? map[static_cast<std::size_t>(y * w.in.width + x)][static_cast<std::size_t>(channel)]
               : static_cast<std::uint64_t>(w.pad_value);
    putBits(expected.rows, row * c.layer.elem_bits, c.layer.elem_bits, element);
    if (!inside && w.absent) putBits(expected.absent, ky * w.kernel + kx, 1, 1);
  }
  return expected;
}

struct Scan {
  bool complete = false, in_order = true, held = true;
  int pixels = 0, windows = 0;
};

/// Several maps through the buffer; ends when all have gone or nothing moves any more.
Scan scan(const Case& c, int maps, double offer, double take, unsigned seed) {
  std::mt19937 rng(seed);
  std::bernoulli_distribution offers(offer), takes(take);
  std::vector<Map> images;
  for (int m = 0; m < maps; ++m) images.push_back(randomMap(c, rng));
  const int pixels = c.window().in.pixels(), windows = c.window().windows();
  const auto pixel_words = static_cast<std::size_t>(wordsFor(c.window().in.channels * c.layer.elem_bits));
  const int scans = c.layer.replay == Replay::Input ? c.passes : 1;
  WindowBuffer buffer(c.layer);
  Scan result;
  bool offered = false, was_valid = false;
  Bits pixel, rows;
  const int patience = static_cast<int>((400 + 20 * pixels + 20 * c.window().taps()) / (offer * take));
  for (int still = 0; still < patience; ++still) {
    if (!offered && result.pixels < maps * pixels && offers(rng)) {
      const Map& map = images[static_cast<std::size_t>(result.pixels / pixels)];
      pixel = packPixel(c, map[static_cast<std::size_t>(result.pixels % pixels)], rng);
      offered = true;
    }
    buffer.eval(offered, c.passes);
    const bool release = buffer.rowsValid() && takes(rng);
    if (was_valid && (!buffer.rowsValid() || buffer.rows() != rows)) result.held = false;
    was_valid = buffer.rowsValid() && !release;
    rows = buffer.rows();
    if (release) {
      const int map = result.windows / (windows * scans);
      if (map == maps) return {};  // one too many
      const Expected expected = windowOf(c, images[static_cast<std::size_t>(map)], result.windows % windows);
      if (expected.rows != rows || expected.absent != buffer.absent()) result.in_order = false;
      ++result.windows;
      still = 0;
    }
    const bool taken = buffer.pixelRelease();
    buffer.tick(offered ? pixel : Bits(pixel_words, ~0U), release);
    if (!taken) continue;
    offered = false;
    ++result.pixels;
    still = 0;
  }
  result.complete = result.pixels == maps * pixels && result.windows == maps * windows * scans;
  return result;
}

std::int64_t value(const std::vector<Probe>& probes, const std::string& signal) {
  for (const Probe& p : probes) {
    if (p.signal != signal) continue;
    Bits bits(static_cast<std::size_t>(wordsFor(p.width)));
    p.read(bits);
    return static_cast<std::int64_t>(getBits(bits, 0, std::min(64, p.width)));
  }
  BOOST_FAIL("no register " + signal);
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(windows)

BOOST_AUTO_TEST_CASE(every_window_once_and_in_order) {
  int skipping = 0, absent = 0, replays = 0, smallest = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    const Case c = randomCase(seed);
    skipping += c.window().stride > c.window().kernel;
    absent += c.window().absent && c.window().padding > 0;
    replays += c.layer.replay == Replay::Input && c.passes > 1;
    smallest += c.window().depth == c.window().min_depth;
    const double offer = seed % 3 == 0 ? 1.0 : 0.3, take = seed % 4 == 0 ? 1.0 : 0.2;
    BOOST_TEST_CONTEXT(c) {
      const Scan result = scan(c, 3, offer, take, seed);
      BOOST_TEST(result.complete);
      BOOST_TEST(result.in_order);
      BOOST_TEST(result.held);
    }
  }
  for (const int count : {skipping, absent, replays, smallest}) BOOST_TEST(count > 50);
}

BOOST_AUTO_TEST_CASE(one_pixel_less_than_the_smallest_depth_stops_the_scan) {
  int tried = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    Case c = randomCase(seed);
    if (c.window().min_depth == 1) continue;
    ++tried;
    BOOST_TEST_CONTEXT(c) {
      c.layer.window->depth = c.window().min_depth;
      BOOST_TEST(scan(c, 2, 1.0, 1.0, seed).complete);
      c.layer.window->depth = c.window().min_depth - 1;
      const Scan stopped = scan(c, 2, 1.0, 1.0, seed);
      BOOST_TEST(!stopped.complete);
      BOOST_TEST(stopped.in_order);  // what came out until then is right
    }
  }
  BOOST_TEST(tried > 300);
}

BOOST_AUTO_TEST_CASE(planned_windows_keep_step) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Case c = randomCase(seed);
    std::mt19937 rng(seed);
    std::bernoulli_distribution offers(seed % 3 == 0 ? 1.0 : 0.4), takes(seed % 4 == 0 ? 1.0 : 0.3);
    WindowBuffer buffer(c.layer);
    plan::WindowTiming planned(c.window(), c.layer.replay == Replay::Input ? c.passes : 1);
    const Bits pixel(static_cast<std::size_t>(wordsFor(c.window().in.channels * c.layer.elem_bits)));
    for (int before = plan::leadingTaps(c.window()); before > 0; --before) {
      buffer.eval(false, c.passes);
      buffer.tick(pixel, false);
    }
    buffer.eval(false, c.passes);  // the earliest pixel comes a clock later, through the row buffer
    buffer.tick(pixel, false);
    int differences = 0;
    for (int cycle = 0; cycle < 2000; ++cycle) {
      const bool offered = offers(rng);
      buffer.eval(offered, c.passes);
      const bool release = buffer.rowsValid() && takes(rng);
      differences +=
          planned.valid() != buffer.rowsValid() || (offered && planned.ready()) != buffer.pixelRelease();
      planned.clock(offered && planned.ready(), release);
      buffer.tick(pixel, release);
    }
    BOOST_TEST_CONTEXT(c) BOOST_TEST(differences == 0);
  }
}

BOOST_AUTO_TEST_CASE(first_window_by_hand) {
  // 3 × 3 map, kernel 3: nine pixels are written in cycles 0 … 8, since writing goes before reading; the nine
  // taps are issued in 9 … 17, column by column; the last is inserted in 18, and the window is on offer from
  // 19 on.
  Case c;
  c.layer.window = WindowPlan{.in = {1, 3, 3}, .kernel = 3, .out_height = 1, .out_width = 1, .depth = 9};
  WindowBuffer buffer(c.layer);
  std::vector<Probe> probes;
  buffer.addProbes(ProbeScope(probes, "w"));
  for (int cycle = 0; cycle < 24; ++cycle) {
    BOOST_TEST_CONTEXT("cycle " << cycle) {
      BOOST_TEST(buffer.rowsValid() == (cycle >= 19));
      BOOST_TEST(value(probes, "s1_valid_q") == (cycle >= 10 && cycle <= 18));
      BOOST_TEST(value(probes, "s1_last_q") == (cycle >= 18));
      // Pixels 0, 1 and 2 are given up as the scan leaves their columns, in cycles 12, 15 and 18: the last of
      // them belongs to the map before then.
      const int stored = cycle <= 9 ? cycle : cycle < 18 ? 9 : 0;
      BOOST_TEST(signExtend(static_cast<std::uint64_t>(value(probes, "stored_q")), 6) == stored);
      if (cycle == 13) BOOST_TEST(value(probes, "freed_q") == 1);
      if (cycle == 16) BOOST_TEST(value(probes, "freed_q") == 2);
      if (cycle >= 18) BOOST_TEST(signExtend(static_cast<std::uint64_t>(value(probes, "freed_q")), 6) <= 0);
      // Of the tap before: its pixel (row (cycle − 10) % 3, column (cycle − 10) / 3) and a row more.
      if (cycle >= 10 && cycle <= 18)
        BOOST_TEST(value(probes, "tap_index_q") == (cycle - 10) % 3 * 3 + (cycle - 10) / 3 + 3);
    }
    buffer.eval(cycle < 9, 1);
    BOOST_TEST(buffer.pixelRelease() == (cycle < 9));
    buffer.tick({1}, false);
  }
  BOOST_TEST(getBits(buffer.rows(), 0, 9) == 0x1FFU);
  buffer.reset();
  BOOST_TEST(!buffer.rowsValid());
  BOOST_TEST(getBits(buffer.rows(), 0, 9) == 0U);
}

BOOST_AUTO_TEST_CASE(registers_of_the_window_buffer) {
  Case c;
  c.layer.elem_bits = 2;
  c.layer.window = WindowPlan{
      .in = {5, 7, 6}, .kernel = 3, .stride = 2, .padding = 1, .out_height = 4, .out_width = 3, .depth = 20};
  WindowBuffer buffer(c.layer);
  std::vector<Probe> probes;
  buffer.addProbes(ProbeScope(probes, "w"));
  const std::vector<std::pair<std::string, int>> expected = {
      {"wr_addr_q", 5},    {"stored_q", 7},   {"freed_q", 7},    {"oy_q", 2},       {"ox_q", 2},
      {"col_q", 2},        {"ky_q", 2},       {"top_q", 5},      {"x_q", 5},        {"pass_q", 8},
      {"image_addr_q", 5}, {"row_addr_q", 5}, {"col_addr_q", 5}, {"tap_addr_q", 5}, {"base_q", 7},
      {"tap_index_q", 7},  {"s1_valid_q", 1}, {"s1_ky_q", 2},    {"s1_real_q", 1},  {"s1_last_q", 1},
      {"window_q", 90},    {"gap_q", 9},      {"rows_q", 90},    {"absent_q", 9},   {"rows_valid_q", 1}};
  BOOST_REQUIRE(probes.size() == expected.size());
  for (std::size_t i = 0; i < probes.size(); ++i) {
    BOOST_TEST(probes[i].signal == expected[i].first);
    BOOST_TEST_CONTEXT(probes[i].signal) BOOST_TEST(probes[i].width == expected[i].second);
  }
  BOOST_TEST(value(probes, "top_q") == 31);  // −1
  BOOST_TEST(value(probes, "x_q") == 31);
}

BOOST_AUTO_TEST_CASE(row_buffer_counts_the_vectors_of_an_image) {
  RowBuffer buffer(2, 4, 3);
  for (int beat = 0; beat < 14; ++beat) {
    BOOST_TEST(buffer.ready());
    BOOST_TEST(buffer.fillLast() == (beat % 6 == 5));
    buffer.tick({static_cast<std::uint32_t>(beat)}, true, buffer.rowsValid());
  }
}

BOOST_AUTO_TEST_CASE(a_choice_is_held_for_its_windows) {
  LayerPlan layer;
  layer.schedule = {{.first = true}, {.last = true}};
  layer.words = 2;
  layer.mask_windows = 3;
  layer.banks = 2;
  for (const Choice choice : {Choice::Rows, Choice::Array, Choice::Bank, Choice::Noise, Choice::None}) {
    layer.choice = choice;
    const bool reads = choice == Choice::Rows || choice == Choice::Array;
    TileCtrl ctrl(layer);
    PostCtrl post(layer);
    for (int step = 0; step < 20; ++step) {
      const bool ends = step % 2 == 1, held = step / 2 % 3 != 2;
      BOOST_TEST(ctrl.eval(true, true, true, 1).mask_ready == (ends && !(reads && held)));
      post.eval(true, 0, 1, true);
      if (step > 0) {
        const bool post_ends = (step - 1) % 2 == 1, post_held = (step - 1) / 2 % 3 != 2;
        BOOST_TEST(post.out().fire);
        BOOST_TEST(post.out().mask_ready ==
                   (choice == Choice::Noise || (post_ends && !(choice == Choice::Bank && post_held))));
      }
      ctrl.tick();
      post.tick(step % 2 == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_window_buffer_replays_for_a_convolution) {
  LayerPlan layer;
  layer.replay = Replay::Input;
  layer.schedule = {{.first = true, .last = true}};
  layer.window = WindowPlan{};
  TileCtrl ctrl(layer);
  for (int window = 0; window < 6; ++window) {
    BOOST_TEST(ctrl.eval(true, true, true, 3).rows_release);
    ctrl.tick();
  }
}

BOOST_AUTO_TEST_CASE(lanes_say_where_the_output_falls_with_the_sum) {
  LayerPlan layer;
  layer.lanes = 3;
  layer.window = WindowPlan{.pool = 2};
  const std::vector<std::int64_t> z{4, 4, 4};
  for (const PostForm form : {PostForm::Threshold, PostForm::Multiply}) {
    layer.form = form;
    PostLanes lanes(layer);
    const bool invert = form == PostForm::Threshold;
    const std::vector<PostEntry> entries{{.scale = invert ? -1 : 3},
                                         {.invert = invert, .scale = invert ? 1 : -3, .offset = 100},
                                         {.scale = 0}};
    lanes.tick(false, z, entries, {}, nullptr);
    BOOST_TEST(lanes.negative()[0] == 0U);
    lanes.tick(true, z, entries, {}, nullptr);
    BOOST_TEST(lanes.negative()[0] == 0b010U);
    std::vector<Probe> probes;
    lanes.addProbes(ProbeScope(probes, "l"));
    BOOST_REQUIRE(probes.size() == 2);
    BOOST_TEST((probes[1].signal == "negative_q" && probes[1].width == 3));
    lanes.reset();
    BOOST_TEST(lanes.negative()[0] == 0U);
  }
  layer.window->pool = 1;  // nobody asks
  PostLanes lanes(layer);
  lanes.tick(true, z, std::vector<PostEntry>(3, {.scale = -3}), {}, nullptr);
  BOOST_TEST(lanes.negative()[0] == 0U);
  std::vector<Probe> probes;
  lanes.addProbes(ProbeScope(probes, "l"));
  BOOST_TEST(probes.size() == 1);
}

BOOST_AUTO_TEST_CASE(pooled_bits_are_those_of_the_largest_sum) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 rng(seed);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
    LayerPlan layer;
    layer.lanes = pick(1, 40);
    layer.words = pick(1, 3);
    WindowPlan window;
    window.pool = pick(2, 4);
    window.out_height = pick(window.pool, 11);
    window.out_width = pick(window.pool, 11);
    layer.window = window;
    const int columns = layer.lanes * layer.words, pixels = window.windows();
    const int height = window.out_height / window.pool, width = window.out_width / window.pool;
    // A comparison a column: bit = (sum >= theta) ^ invert.
    std::vector<int> theta(static_cast<std::size_t>(columns));
    std::vector<bool> invert(theta.size());
    for (std::size_t o = 0; o < theta.size(); ++o) theta[o] = pick(0, 99), invert[o] = pick(0, 1) == 1;
    const int images = 3;
    std::vector<std::vector<int>> sums(static_cast<std::size_t>(images * pixels));  // [pixel][column]
    for (auto& pixel : sums) {
      for (int o = 0; o < columns; ++o) pixel.push_back(pick(0, 99));
    }
    const auto fires = [&](std::size_t o, int sum) { return (sum >= theta[o]) != invert[o]; };
    const auto word = [&](const auto& bit) {
      Bits bits(static_cast<std::size_t>(wordsFor(layer.lanes)));
      for (int l = 0; l < layer.lanes; ++l) putBits(bits, l, 1, bit(static_cast<std::size_t>(l)) ? 1 : 0);
      return bits;
    };
    std::vector<Bits> expected;
    for (int n = 0; n < images * height * width * layer.words; ++n) {
      const int first = n % layer.words * layer.lanes, pixel = n / layer.words;
      const int image = pixel / (height * width), y = pixel / width % height, x = pixel % width;
      expected.push_back(word([&](std::size_t l) {
        const std::size_t o = static_cast<std::size_t>(first) + l;
        int largest = -1;
        for (int dy = 0; dy < window.pool; ++dy) {
          for (int dx = 0; dx < window.pool; ++dx) {
            const int at = image * pixels + (y * window.pool + dy) * window.out_width + x * window.pool + dx;
            largest = std::max(largest, sums[static_cast<std::size_t>(at)][o]);
          }
        }
        return fires(o, largest);
      }));
    }
    MaxPool pool(layer);
    std::bernoulli_distribution offers(seed % 3 == 0 ? 1.0 : 0.4), takes(seed % 4 == 0 ? 1.0 : 0.3);
    std::vector<Bits> got;
    int sent = 0;
    bool held = false;
    Bits before;
    for (int still = 0; still < 1000; ++still) {
      const bool valid = sent < images * pixels * layer.words && offers(rng), ready = takes(rng);
      const int first = sent % layer.words * layer.lanes;
      const auto at = static_cast<std::size_t>(std::min(sent / layer.words, images * pixels - 1));
      const auto column = [&](std::size_t l) { return static_cast<std::size_t>(first) + l; };
      const Bits data = valid ? word([&](std::size_t l) { return fires(column(l), sums[at][column(l)]); })
                              : word([&](std::size_t) { return rng() % 2 == 0; });
      const Bits negative = valid ? word([&](std::size_t l) { return bool{invert[column(l)]}; })
                                  : word([&](std::size_t) { return rng() % 2 == 0; });
      if (held) BOOST_TEST((pool.valid() && pool.data() == before));
      before = pool.data();
      held = pool.valid() && !ready;
      if (pool.valid() && ready) got.push_back(pool.data());
      const bool accepted = valid && pool.ready(ready);
      pool.tick(data, negative, valid, ready);
      if (accepted) ++sent, still = 0;
    }
    BOOST_TEST_CONTEXT("seed " << seed << ": pool " << window.pool << " of " << window.out_height << "x"
                               << window.out_width) {
      BOOST_TEST(sent == images * pixels * layer.words);
      BOOST_TEST((got == expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(pooling_by_hand) {
  // 2 × 2 pixels of one word: the first two are joined and written, the next two too; the last take reads
  // what the first row left, and the maximum is on offer two cycles later.
  LayerPlan layer;
  layer.lanes = 1;
  layer.words = 1;
  layer.window = WindowPlan{.out_height = 2, .out_width = 2, .pool = 2};
  MaxPool pool(layer);
  std::vector<Probe> probes;
  pool.addProbes(ProbeScope(probes, "p"));
  const std::vector<std::pair<std::string, int>> names = {
      {"word_q", 1},    {"x_q", 1},           {"xm_q", 1},      {"px_q", 1},       {"y_q", 1},
      {"ym_q", 1},      {"py_q", 1},          {"acc_q", 1},     {"s1_valid_q", 1}, {"s1_emit_q", 1},
      {"s1_bits_q", 1}, {"s1_negative_q", 1}, {"s1_addr_q", 1}, {"data_q", 1},     {"valid_q", 1}};
  BOOST_REQUIRE(probes.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    BOOST_TEST(probes[i].signal == names[i].first);
    BOOST_TEST(probes[i].width == names[i].second);
  }
  const std::vector<std::uint32_t> bits{0, 0, 1, 0};
  for (int cycle = 0; cycle < 8; ++cycle) {
    BOOST_TEST(pool.ready(true));
    BOOST_TEST(pool.valid() == (cycle == 5));
    BOOST_TEST(value(probes, "s1_valid_q") == (cycle == 4));
    if (cycle == 5) BOOST_TEST(pool.data()[0] == 1U);
    pool.tick({bits[static_cast<std::size_t>(std::min(cycle, 3))]}, {0}, cycle < 4, true);
  }
}

BOOST_AUTO_TEST_CASE(a_row_in_the_middle_of_a_window_takes_the_memory_twice) {
  // Pool 3: the second row's last column reads and writes back, so one cycle takes nothing.
  LayerPlan layer;
  layer.lanes = 1;
  layer.words = 1;
  layer.window = WindowPlan{.out_height = 3, .out_width = 3, .pool = 3};
  MaxPool pool(layer);
  int taken = 0;
  for (int cycle = 0; cycle < 11; ++cycle) {
    const bool ready = pool.ready(true);
    BOOST_TEST(ready == (cycle != 6));
    pool.tick({0}, {0}, taken < 9, true);
    taken += ready && taken < 9 ? 1 : 0;
  }
  BOOST_TEST(taken == 9);
}

BOOST_AUTO_TEST_CASE(totals_of_pools) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 rng(seed);
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(rng); };
    LayerPlan layer;
    layer.lanes = pick(1, 5);
    layer.words = pick(1, 3);
    layer.total_bits = 20;
    const int pool = pick(2, 4), height = pool * pick(1, 3), width = pool * pick(1, 3);
    layer.window =
        WindowPlan{.out_height = height, .out_width = width, .pool = pool, .pooling = Pooling::Average};
    const int images = 2, windows = images * height * width;
    std::vector<std::vector<std::int64_t>> sums(
        static_cast<std::size_t>(windows * layer.words));  // [window, word][lane]
    for (auto& word : sums) {
      for (int l = 0; l < layer.lanes; ++l) word.push_back(pick(-500, 500));
    }
    std::vector<std::vector<std::int64_t>> expected, got;
    for (int n = 0; n < windows / (pool * pool) * layer.words; ++n) {
      const int out = n / layer.words, image = out / (height / pool * (width / pool));
      const int y = out / (width / pool) % (height / pool) * pool, x = out % (width / pool) * pool;
      std::vector<std::int64_t> total(static_cast<std::size_t>(layer.lanes));
      for (int dy = 0; dy < pool; ++dy) {
        for (int dx = 0; dx < pool; ++dx) {
          const int window = (image * height + y + dy) * width + x + dx;
          for (std::size_t l = 0; l < total.size(); ++l)
            total[l] += sums[static_cast<std::size_t>(window * layer.words + n % layer.words)][l];
        }
      }
      expected.push_back(total);
    }
    // As cim_post_ctrl steps it: a word fires when the one before has moved on or does so now, and not while
    // the pool is not free.
    AvgPool average(layer);
    const bool always = seed % 4 == 0;
    std::vector<std::int64_t> sum(static_cast<std::size_t>(layer.lanes)), taken;
    bool s1 = false, out = false;
    int fired = 0, waited = 0;
    for (int cycle = 0; cycle < 40 * windows * layer.words + 100; ++cycle) {
      const bool wants = fired < windows * layer.words && (always || pick(0, 3) > 0),
                 ready = always || pick(0, 3) > 0;
      if (out && average.emits() && ready) got.push_back(taken);
      const bool out_advances = !out || ready || !average.emits(), move = s1 && out_advances;
      const bool fire = wants && average.free() && (!s1 || move);
      waited += wants && !average.free() ? 1 : 0;
      const auto totals = average.totals(sum);
      average.tick(fire, fired % layer.words, move, totals);
      if (move) taken = totals;
      if (out_advances) out = s1;
      if (fire || move) s1 = fire;
      if (fire) sum = sums[static_cast<std::size_t>(fired++)];
    }
    BOOST_TEST_CONTEXT("seed " << seed << ": pool " << pool << " of " << height << "x" << width) {
      BOOST_TEST((got == expected));
      if (width == pool) BOOST_TEST(waited == 0);
      if (width > pool && always) BOOST_TEST(waited > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(registers_of_an_average) {
  LayerPlan layer;
  layer.lanes = 2;
  layer.words = 3;
  layer.total_bits = 9;
  layer.window = WindowPlan{.out_height = 4, .out_width = 6, .pool = 2, .pooling = Pooling::Average};
  const AvgPool average(layer);
  std::vector<Probe> probes;
  average.addProbes(ProbeScope(probes, "p"));
  const std::vector<std::pair<std::string, int>> names = {
      {"xm_q", 1},       {"ym_q", 1},         {"px_q", 2},       {"s1_valid_q", 1},
      {"s1_first_q", 1}, {"s1_fetched_q", 1}, {"s1_store_q", 1}, {"s1_emit_q", 1},
      {"s1_word_q", 2},  {"s1_addr_q", 4},    {"acc_q", 54},     {"emit_q", 1}};
  BOOST_REQUIRE(probes.size() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    BOOST_TEST(probes[i].signal == names[i].first);
    BOOST_TEST(probes[i].width == names[i].second);
  }
}

BOOST_AUTO_TEST_CASE(signed_pixels) {
  for (int bits = 2; bits <= 8; ++bits) {
    const InputSpec input{.features = 1, .encoding = InputEncoding::Signed, .bits = bits};
    const double half = 1 << (bits - 1);
    for (int pixel = 0; pixel < 256; ++pixel) {
      const double x = std::clamp(std::round((2.0 * pixel / 255 - 1) * half), -half, half - 1);
      BOOST_TEST(encodePixel(input, static_cast<std::uint8_t>(pixel)) == x + half);
    }
  }
}

BOOST_AUTO_TEST_CASE(order_of_the_input_stream) {
  LayerPlan layer;
  layer.inputs = 7;
  layer.beat_elems = 3;
  layer.beats = 3;
  for (int at = 0; at < 9; ++at) BOOST_TEST(streamFeature(layer, at / 3, at % 3) == (at < 7 ? at : -1));
  // 5 channels of 2 × 3 pixels, 3 a beat: two beats a pixel, the second with two channels.
  layer.window = WindowPlan{.in = {5, 2, 3}};
  layer.beats = 2;
  BOOST_TEST(layer.beatsPerImage() == 12);
  std::vector<int> order;
  for (int beat = 0; beat < 12; ++beat) {
    for (int e = 0; e < 3; ++e) {
      const int feature = streamFeature(layer, beat, e);
      BOOST_TEST((feature < 0) == (beat % 2 == 1 && e == 2));
      if (feature >= 0) order.push_back(feature);
    }
  }
  BOOST_TEST(order == plan::streamOrder(layer.window->in), boost::test_tools::per_element());
  BOOST_TEST(
      (order[0] == 0 && order[1] == 6 && order[5] == 1));  // channels of the first pixel, then the second
}

BOOST_AUTO_TEST_SUITE_END()
