// The NumPy reader: what it accepts, and hostile files.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

#include "evaluate/npz.hpp"
#include "numpy_files.hpp"

using namespace neuspin;
using namespace neuspin::test;
using evaluate::parseNpy;
using evaluate::parseNpz;

namespace {

const std::vector<std::string> kPreferred = {"images", "x_test"};

/// Name of the one error of `read`, or "" if it is accepted. Every error must name the file and a remedy.
template <typename Read>
std::string errorOf(const Read& read) {
  Diagnostics diags;
  const bool accepted = read(diags).has_value();
  BOOST_REQUIRE_EQUAL(accepted, !diags.hasErrors());
  if (accepted) return "";
  BOOST_REQUIRE_EQUAL(diags.all().size(), 1U);
  BOOST_TEST(diags.all()[0].where.file == "test.npz");
  BOOST_TEST(!diags.all()[0].hint.empty());
  return diags.all()[0].name;
}
std::string npyError(const std::string& bytes) {
  return errorOf([&](Diagnostics& diags) { return parseNpy(bytes, "test.npz", "array x", diags); });
}
std::string npzError(const std::string& bytes, const std::string& array = "") {
  return errorOf([&](Diagnostics& diags) { return parseNpz(bytes, "test.npz", array, kPreferred, diags); });
}
std::string headerError(const std::string& header) {
  return npyError(npyWithHeader(header, std::string(6, 'x')));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(numpy)

BOOST_AUTO_TEST_CASE(npy_shapes) {
  using Dims = std::vector<std::uint32_t>;
  const auto dimsOf = [](const std::string& shape, std::size_t bytes) {
    Diagnostics diags;
    const auto array = parseNpy(npy(shape, bytes), "f", "", diags);
    BOOST_REQUIRE(array);
    BOOST_REQUIRE_EQUAL(array->data.size(), bytes);
    BOOST_TEST(array->data[4] == 4);
    return array->dims;
  };
  BOOST_TEST((dimsOf("(60,)", 60) == Dims{60}));
  BOOST_TEST((dimsOf("(5, 3, 4)", 60) == Dims{5, 3, 4}));
  BOOST_TEST((dimsOf("(5,3,2,2)", 60) == Dims{5, 3, 2, 2}));
}

BOOST_AUTO_TEST_CASE(npy_versions) {
  const std::string one = npy("(6,)", 6);
  const std::string header = one.substr(10, one.size() - 16);
  for (const char version : {'\2', '\3'}) {
    const std::string bytes =
        one.substr(0, 6) + version + '\0' + littleEndian(header.size(), 4) + header + "abcdef";
    BOOST_TEST(npyError(bytes) == "");
  }
  std::string unknown = one;
  unknown[6] = '\4';
  BOOST_TEST(npyError(unknown) == "npy-version");
}

BOOST_AUTO_TEST_CASE(npy_of_another_kind) {
  BOOST_TEST(headerError("{'shape': (6,), 'fortran_order': False, 'descr': '|u1'}") ==
             "");  // any order of keys
  BOOST_TEST(headerError("{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }") == "npy-dtype");
  BOOST_TEST(headerError("{'descr': '<i8', 'fortran_order': False, 'shape': (6,), }") == "npy-dtype");
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }") == "npy-order");
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': True, 'shape': (6,), }") ==
             "");  // the same in one dimension
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': False, 'shape': (), }") == "npy-shape");
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1, 2, 3), }") ==
             "npy-shape");
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': False, 'shape': (6, 0), }") == "npy-empty");
}

BOOST_AUTO_TEST_CASE(npy_headers_that_are_none) {
  for (const char* header :
       {"", "{", "}", "{}", "[]", "{'descr'}", "{'descr': '|u1'}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), } x",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6.0,), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 6, }",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (6,), }",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (6,), }",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'more': 1}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999999,), }",
        "{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (6,), }"}) {
    BOOST_TEST(headerError(header) == "npy-header", header);
  }
}

BOOST_AUTO_TEST_CASE(npy_sizes_that_lie) {
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': False, 'shape': (7,), }") == "npy-truncated");
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }") ==
             "npy-trailing-bytes");
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296), }") ==
             "npy-too-large");  // product is 0 modulo 2^64
  BOOST_TEST(headerError("{'descr': '|u1', 'fortran_order': False, 'shape': (536870912, 2), }") ==
             "npy-too-large");
  const std::string good = npy("(6,)", 6);
  for (std::size_t length = 6; length < good.size(); ++length)
    BOOST_REQUIRE_EQUAL(npyError(good.substr(0, length)), "npy-truncated");
  BOOST_TEST(npyError("PK\3\4") == "npy-magic");
  BOOST_TEST(npyError("") == "npy-magic");
}

BOOST_AUTO_TEST_CASE(archives) {
  const std::string images = npy("(5, 3, 4)", 60), labels = npy("(5,)", 5);
  const auto dims = [&](const std::string& bytes, const std::string& array) {
    Diagnostics diags;
    const auto read = parseNpz(bytes, "f", array, kPreferred, diags);
    BOOST_REQUIRE_MESSAGE(read, diags.render());
    return read->dims.size();
  };
  for (const bool deflate : {true, false}) {
    BOOST_TEST(dims(zip({{"any.npy", images, deflate}}), "") == 3U);  // the only one
    const std::string both =
        zip({{"y.npy", labels, deflate}, {"note.txt", "hello", deflate}, {"x_test.npy", images, deflate}});
    BOOST_TEST(dims(both, "") == 3U);
    BOOST_TEST(dims(both, "y") == 1U);
    BOOST_TEST(dims(zip({{"x_test.npy", labels, deflate}, {"images.npy", images, deflate}}), "") ==
               3U);  // preferred first
    BOOST_TEST(npzError(both, "z") == "npz-no-array");
    BOOST_TEST(npzError(both, "note.txt") == "npz-no-array");
    BOOST_TEST(npzError(zip({{"a.npy", labels, deflate}, {"b.npy", images, deflate}})) == "npz-no-array");
    BOOST_TEST(npzError(zip({{"a.txt", "hello", deflate}})) == "npz-empty");
    BOOST_TEST(npzError(zip({{"a.npy", "hello", deflate}})) == "npy-magic");
  }
  BOOST_TEST(npzError(zip({})) == "npz-empty");
}

BOOST_AUTO_TEST_CASE(archives_that_lie) {
  const std::string images = npy("(5, 3, 4)", 60);
  for (const bool deflate : {true, false}) {
    const std::string good = zip({{"x.npy", images, deflate}});
    BOOST_TEST(npzError(good) == "");
    for (std::size_t length = 4; length < good.size(); ++length)
      BOOST_REQUIRE_EQUAL(npzError(good.substr(0, length)), "npz-damaged");
    BOOST_TEST(npzError(zip({{"x.npy", images, deflate, 1}})) == "npz-damaged");
    BOOST_TEST(npzError(zip({{"x.npy", images, deflate, 0, -1}})) != "");
  }
  BOOST_TEST(npzError("PK\3\4 no archive at all") == "npz-damaged");
}

BOOST_AUTO_TEST_CASE(bomb_is_stopped) {
  // Zeros shrink a thousandfold. A directory that says how many they are is believed ...
  const std::string bomb = npyWithHeader("{'descr': '|u1', 'fortran_order': False, 'shape': (600000000,), }",
                                         std::string(4'000'000, '\0'));
  const auto size = static_cast<std::int64_t>(bomb.size());
  BOOST_TEST(npzError(zip({{"x.npy", bomb, true, 0, 600'000'000 - size}})) == "npy-too-large");
  // ... and one that says less is found out before they are all in memory.
  BOOST_TEST(npzError(zip({{"x.npy", bomb, true, 0, 100'000 - size}})) == "npz-damaged");
  // The header of an honest archive promises too much in its own right.
  BOOST_TEST(npzError(zip({{"x.npy", bomb}})) == "npy-too-large");
}

BOOST_AUTO_TEST_CASE(random_damage_never_crashes) {
  std::mt19937 rng(6);
  const std::string plain = npy("(5, 3, 4)", 60);
  const std::string packed = zip({{"x.npy", plain}, {"y.npy", npy("(5,)", 5), false}});
  int refused = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string bytes = i % 2 == 0 ? plain.substr(0, 128) : packed;
    for (unsigned n = rng() % 4 + 1; n > 0; --n) bytes[rng() % bytes.size()] = static_cast<char>(rng());
    Diagnostics diags;
    const auto read = i % 2 == 0 ? parseNpy(bytes, "f", "", diags) : parseNpz(bytes, "f", "x", {}, diags);
    BOOST_REQUIRE_EQUAL(read.has_value(), !diags.hasErrors());
    refused += !read;
  }
  BOOST_TEST(refused > 3000);
}

BOOST_AUTO_TEST_SUITE_END()
