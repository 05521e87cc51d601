// The IDX reader: what it accepts, and hostile files.
#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <random>

#include "evaluate/dataset.hpp"
#include "folder.hpp"
#include "numpy_files.hpp"

using namespace neuspin;
using evaluate::parseIdx;
using test::Folder;

namespace {

std::string word(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

std::string idx(const std::vector<std::uint32_t>& dims, std::size_t bytes) {
  std::string out = word(0x800 + static_cast<std::uint32_t>(dims.size()));
  for (const auto dim : dims) out += word(dim);
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(i % 7));
  return out;
}

std::string gzip(const std::string& plain) {
  z_stream stream = {};
  BOOST_REQUIRE_EQUAL(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  BOOST_REQUIRE_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Name of the one error that `bytes` gives, or "" if it is accepted. Every error must name the file and a
/// remedy.
std::string errorOf(const std::string& bytes) {
  Diagnostics diags;
  const bool accepted = parseIdx(bytes, "test.idx", diags).has_value();
  BOOST_REQUIRE_EQUAL(accepted, !diags.hasErrors());
  if (accepted) return "";
  BOOST_REQUIRE_EQUAL(diags.all().size(), 1U);
  BOOST_TEST(diags.all()[0].where.file == "test.idx");
  BOOST_TEST(!diags.all()[0].hint.empty());
  return diags.all()[0].name;
}

/// Names of all errors of readDataset for 12 features and 10 classes.
std::vector<std::string> readErrors(const std::string& images, const std::string& labels) {
  Diagnostics diags;
  const auto set = evaluate::readDataset({.images = images, .labels = labels}, 12, 10, 0, diags);
  BOOST_REQUIRE_EQUAL(set.has_value(), !diags.hasErrors());
  std::vector<std::string> names;
  for (const auto& item : diags.all()) names.push_back(item.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(dataset)

BOOST_AUTO_TEST_CASE(plain_and_compressed_agree) {
  const std::string plain = idx({5, 3, 4}, 60);
  const std::string packed = gzip(plain);
  for (const auto& bytes : {plain, packed, gzip(plain.substr(0, 20)) + gzip(plain.substr(20))}) {
    Diagnostics diags;
    const auto read = parseIdx(bytes, "f", diags);
    BOOST_REQUIRE(read);
    BOOST_TEST(read->dims == (std::vector<std::uint32_t>{5, 3, 4}), boost::test_tools::per_element());
    BOOST_REQUIRE_EQUAL(read->data.size(), 60U);
    BOOST_TEST(read->data[8] == 1);
  }
}

BOOST_AUTO_TEST_CASE(hostile_plain_files) {
  const std::string good = idx({5, 3, 4}, 60);
  BOOST_TEST(errorOf("") == "idx-truncated");
  BOOST_TEST(errorOf(good.substr(0, 3)) == "idx-truncated");
  BOOST_TEST(errorOf(good.substr(0, 15)) == "idx-truncated");
  BOOST_TEST(errorOf(good.substr(0, good.size() - 1)) == "idx-truncated");
  BOOST_TEST(errorOf(good + "x") == "idx-trailing-bytes");
  BOOST_TEST(errorOf(word(0x00000d02) + good.substr(4)) == "idx-magic");  // floats
  BOOST_TEST(errorOf(word(0x00000800) + good.substr(4)) == "idx-magic");  // no dimension
  BOOST_TEST(errorOf(word(0x000008ff) + good.substr(4)) == "idx-magic");
  BOOST_TEST(errorOf(word(0x01000803) + good.substr(4)) == "idx-magic");
  BOOST_TEST(errorOf(word(0x03080000) + good.substr(4)) == "idx-magic");  // little-endian
  BOOST_TEST(errorOf("P5\n28 28\n255\n") == "idx-magic");
  BOOST_TEST(errorOf(idx({0, 3, 4}, 0)) == "idx-empty");
}

BOOST_AUTO_TEST_CASE(sizes_that_lie) {
  BOOST_TEST(errorOf(idx({6, 3, 4}, 60)) == "idx-truncated");
  BOOST_TEST(errorOf(idx({4, 3, 4}, 60)) == "idx-trailing-bytes");
  BOOST_TEST(errorOf(idx({0xffffffff, 0xffffffff, 0xffffffff}, 60)) == "idx-too-large");
  BOOST_TEST(errorOf(idx({0x80000000, 2, 0x80000000, 2}, 60)) ==
             "idx-too-large");  // product is 0 modulo 2^64
  BOOST_TEST(errorOf(idx({0xffffffff}, 60)) == "idx-too-large");
}

BOOST_AUTO_TEST_CASE(hostile_compressed_files) {
  const std::string packed = gzip(idx({50, 3, 4}, 600));
  for (std::size_t length = 2; length < packed.size(); ++length) {
    BOOST_REQUIRE_EQUAL(errorOf(packed.substr(0, length)), "gzip-truncated");
  }
  BOOST_TEST(errorOf(packed + "x") == "gzip-trailing-bytes");
  BOOST_TEST(errorOf(packed + packed.substr(0, 9)) == "gzip-truncated");
  std::string damaged = packed;
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // check sum
  BOOST_TEST(errorOf(damaged) == "gzip-damaged");
  BOOST_TEST(errorOf(gzip("hello")) == "idx-magic");
  BOOST_TEST(errorOf(gzip(packed)) == "idx-magic");  // compressed twice
}

BOOST_AUTO_TEST_CASE(random_damage_never_crashes) {
  std::mt19937 rng(5);
  const std::string plain = idx({5, 3, 4}, 60);
  const std::string packed = gzip(plain);
  int refused = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string bytes = i % 2 == 0 ? plain.substr(0, 16) : packed;
    for (unsigned n = rng() % 4 + 1; n > 0; --n) bytes[rng() % bytes.size()] = static_cast<char>(rng());
    Diagnostics diags;
    const auto read = parseIdx(bytes, "f", diags);
    BOOST_REQUIRE_EQUAL(read.has_value(), !diags.hasErrors());
    refused += !read;
  }
  BOOST_TEST(refused > 3000);
}

BOOST_AUTO_TEST_CASE(files_that_belong_together) {
  const Folder folder("dataset");
  const auto images = folder.write("images", idx({5, 3, 4}, 60));
  const auto labels = folder.write("labels.gz", gzip(idx({5}, 5)));
  Diagnostics diags;
  const auto set = evaluate::readDataset({.images = images, .labels = labels}, 12, 10, 0, diags);
  BOOST_REQUIRE(set);
  BOOST_TEST(set->images() == 5);
  BOOST_TEST(set->labels[4] == 4);
  const auto two = evaluate::readDataset({.images = images, .labels = labels}, 12, 10, 2, diags);
  BOOST_REQUIRE(two);
  BOOST_TEST(two->images() == 2);
  BOOST_TEST(two->pixels.size() == 24U);
  const auto more = evaluate::readDataset({.images = images, .labels = labels}, 12, 10, 99, diags);
  BOOST_REQUIRE(more);
  BOOST_TEST(more->images() == 5);
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit) {
  const Folder folder("dataset");
  const auto images = folder.write("images", idx({5, 3, 4}, 60));
  const auto labels = folder.write("labels", idx({5}, 5));
  BOOST_TEST(readErrors(images, labels).empty());
  BOOST_TEST((readErrors(folder.write("wide", idx({5, 4, 4}, 80)), labels) == Names{"features-differ"}));
  BOOST_TEST((readErrors(images, folder.write("few", idx({4}, 4))) == Names{"counts-differ"}));
  BOOST_TEST((readErrors(images, images) == Names{"idx-not-labels"}));
  BOOST_TEST((readErrors(labels, labels) == Names{"idx-not-images"}));
  BOOST_TEST(
      (readErrors(images, folder.write("class10", word(0x801) + word(5) + std::string("\0\1\2\3\x0a", 5))) ==
       Names{"label-out-of-range"}));
  BOOST_TEST(
      (readErrors(folder.missing(), folder.missing()) == Names{"no-dataset", "no-dataset"}));  // both at once
}

BOOST_AUTO_TEST_CASE(every_format_gives_the_same_set) {
  const Folder folder("dataset");
  const std::string images = test::npy("(5, 3, 4)", 60), labels = test::npy("(5, 1)", 5);
  const auto both = folder.write("both.npz", test::zip({{"x_test.npy", images}, {"y_test.npy", labels}}));
  const auto odd = folder.write("odd:name.npz", test::zip({{"a.npy", images}, {"b.npy", labels, false}}));
  for (const evaluate::DatasetFiles& files :
       {evaluate::DatasetFiles{folder.write("images", idx({5, 3, 4}, 60)),
                               folder.write("labels", idx({5}, 5))},
        {both, both},
        {both + ":x_test", both + ":y_test"},
        {odd + ":a", odd + ":b"},
        {folder.write("x.npy", images), folder.write("y.npy", labels)}}) {
    Diagnostics diags;
    const auto set = evaluate::readDataset(files, 12, 10, 0, diags);
    BOOST_REQUIRE_MESSAGE(set, diags.render());
    BOOST_TEST(set->images() == 5);
    BOOST_TEST(set->pixels[13] == 6);
    BOOST_TEST(set->labels[4] == 4);
    BOOST_TEST(set->shape.rows == 3);
    BOOST_TEST(set->shape.cols == 4);
  }
  BOOST_TEST((readErrors(both + ":x_test", both + ":x_test") == Names{"idx-not-labels"}));
  BOOST_TEST((readErrors(both + ":nothing", both) == Names{"npz-no-array"}));
}

BOOST_AUTO_TEST_CASE(shapes) {
  const Folder folder("dataset");
  const auto shapeOf = [&](const std::string& shape, int features) {
    Diagnostics diags;
    const auto set = evaluate::readImages(
        folder.write("s.npy", test::npy(shape, static_cast<std::size_t>(2 * features))), features, 0, diags);
    BOOST_REQUIRE_MESSAGE(set, diags.render());
    BOOST_TEST(set->labels.empty());
    BOOST_TEST(set->images() == 2);
    return set->shape;
  };
  BOOST_TEST(shapeOf("(2, 16)", 16).rows == 4);
  BOOST_TEST(shapeOf("(2, 15)", 15).rows == 0);  // how its pixels lie cannot be told
  BOOST_TEST(shapeOf("(2, 5, 6, 3)", 90).channels_last);
  BOOST_TEST(shapeOf("(2, 5, 6, 3)", 90).cols == 6);
  BOOST_TEST(!shapeOf("(2, 3, 5, 6)", 90).channels_last);
  BOOST_TEST(shapeOf("(2, 3, 5, 6)", 90).channels == 3);
}

BOOST_AUTO_TEST_CASE(default_is_named_with_its_package) {
  BOOST_TEST(!evaluate::defaultDataset(64).has_value());
  const auto files = evaluate::defaultDataset(784);
  BOOST_REQUIRE(files);
  if (std::filesystem::exists(files->images)) return;
  Diagnostics diags;
  BOOST_TEST(!evaluate::readDataset(*files, 784, 10, 0, diags).has_value());
  BOOST_TEST(diags.render().find("dataset-fashion-mnist") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
