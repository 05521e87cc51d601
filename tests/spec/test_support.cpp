// Diagnostics, and files that appear whole or not at all.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/diagnostic.hpp"
#include "support/files.hpp"

namespace {

using namespace neuspin;
namespace fs = std::filesystem;

/// A folder of its own for each test case.
struct Scratch {
  Scratch() {
    std::string name = (fs::temp_directory_path() / "neuspin_test.XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Scratch() { fs::remove_all(path); }
  [[nodiscard]] std::string at(const std::string& name) const { return (path / name).string(); }
  [[nodiscard]] long entries() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
  fs::path path;
};

std::string contentOf(const std::string& path) {
  Diagnostics diags;
  return readFile(path, diags).value_or("(unreadable)");
}

BOOST_AUTO_TEST_CASE(closest_match) {
  const std::vector<std::string> words = {"outputs", "inputs", "name", "kind"};
  BOOST_TEST(closestMatch("otputs", words) == "outputs");
  BOOST_TEST(closestMatch("nmae", words) == "name");
  BOOST_TEST(closestMatch("xy", words) == "");
  BOOST_TEST(closestMatch("", words) == "");
  BOOST_TEST(closestMatch(std::string(100000, 'n'), words) == "");
}

BOOST_AUTO_TEST_CASE(render_escapes_what_a_terminal_would_obey) {
  Diagnostics diags;
  diags.error("x", {"f\x1b[2J", 1, 2, {}}, "é \xFF \xC2\x9B line\n", "h");
  BOOST_TEST(diags.render() == "f\\x1B[2J:1:2: error: é \\xFF \\xC2\\x9B line\\x0A [x]\n  hint: h\n");
}

BOOST_AUTO_TEST_CASE(read_file) {
  const Scratch scratch;
  Diagnostics diags;
  BOOST_TEST(!readFile(scratch.at("none"), diags));
  BOOST_TEST(!readFile(scratch.path.string(), diags));
  BOOST_TEST(writeFileWhole(scratch.at("f"), "12345", diags));
  BOOST_TEST(!readFile(scratch.at("f"), diags, 4));
  BOOST_TEST(!readFile("/dev/zero", diags, 1000));
  BOOST_TEST(diags.errorCount() == 4U);
  BOOST_TEST(readFile(scratch.at("f"), diags, 5).value() == "12345");
}

BOOST_AUTO_TEST_CASE(write_file_whole) {
  const Scratch scratch;
  Diagnostics diags;
  BOOST_TEST(writeFileWhole(scratch.at("f"), "old", diags));
  BOOST_TEST(writeFileWhole(scratch.at("f"), "new", diags));
  BOOST_TEST(contentOf(scratch.at("f")) == "new");
  BOOST_TEST(scratch.entries() == 1);
  fs::create_directory(scratch.at("d"));
  BOOST_TEST(!writeFileWhole(scratch.at("d"), "x", diags));     // the rename fails
  BOOST_TEST(!writeFileWhole(scratch.at("no/f"), "x", diags));  // the temporary file fails
  BOOST_TEST(scratch.entries() == 2);
  BOOST_TEST(diags.errorCount() == 2U);
}

BOOST_AUTO_TEST_CASE(links_and_devices_are_written_through) {
  const Scratch scratch;
  Diagnostics diags;
  BOOST_TEST(writeFileWhole(scratch.at("f"), "old", diags));
  fs::create_symlink("f", scratch.at("link"));
  BOOST_TEST(writeFileWhole(scratch.at("link"), "new", diags));
  BOOST_TEST(fs::is_symlink(scratch.at("link")));
  BOOST_TEST(contentOf(scratch.at("f")) == "new");
  fs::create_symlink("/dev/null", scratch.at("null"));
  BOOST_TEST(writeFileWhole(scratch.at("null"), "x", diags));
  BOOST_TEST(fs::is_character_file(scratch.at("null")));
  fs::create_symlink("/dev/full", scratch.at("full"));
  BOOST_TEST(!writeFileWhole(scratch.at("full"), "x", diags));
  BOOST_TEST(diags.errorCount() == 1U);
  BOOST_TEST(scratch.entries() == 4);
}

const std::map<std::string, std::string> kFiles = {{"manifest.json", "{ \"generator\" : \"neuspin\" }"},
                                                   {"rtl/a.sv", "a"}};

BOOST_AUTO_TEST_CASE(write_folder_whole) {
  const Scratch scratch;
  Diagnostics diags;
  BOOST_TEST(writeFolderWhole(scratch.at("deep/out/"), kFiles, diags));
  BOOST_TEST(contentOf(scratch.at("deep/out/rtl/a.sv")) == "a");
  auto files = kFiles;
  files.erase("rtl/a.sv");
  files.emplace("b", "b");
  BOOST_TEST(writeFolderWhole(scratch.at("deep/out"), files, diags));  // ours: replaced as a whole
  BOOST_TEST(!fs::exists(scratch.at("deep/out/rtl")));
  BOOST_TEST(contentOf(scratch.at("deep/out/b")) == "b");
  fs::create_directory(scratch.at("empty"));
  BOOST_TEST(writeFolderWhole(scratch.at("empty"), kFiles, diags));
  BOOST_TEST(diags.render() == "");
  BOOST_TEST(scratch.entries() == 2);
}

BOOST_AUTO_TEST_CASE(folders_of_others_are_left_alone) {
  const Scratch scratch;
  Diagnostics diags;
  fs::create_directory(scratch.at("theirs"));
  BOOST_TEST(writeFileWhole(scratch.at("theirs/manifest.json"), "{\"generator\": \"other\"}", diags));
  BOOST_TEST(!writeFolderWhole(scratch.at("theirs"), kFiles, diags));
  BOOST_TEST(contentOf(scratch.at("theirs/manifest.json")) == "{\"generator\": \"other\"}");
  BOOST_TEST(writeFileWhole(scratch.at("file"), "x", diags));
  BOOST_TEST(!writeFolderWhole(scratch.at("file"), kFiles, diags));
  BOOST_TEST(contentOf(scratch.at("file")) == "x");
  BOOST_TEST(diags.errorCount() == 2U);
  BOOST_TEST(scratch.entries() == 2);
}

BOOST_AUTO_TEST_CASE(a_failed_folder_leaves_nothing) {
  const Scratch scratch;
  Diagnostics diags;
  // Fails in the middle: the second file wants a folder where the first one is a file.
  BOOST_TEST(!writeFolderWhole(scratch.at("new/out"), {{"a", "x"}, {"a/b", "y"}}, diags));
  BOOST_TEST(!writeFolderWhole(scratch.at("out"), {{"../escaped", "x"}}, diags));
  BOOST_TEST(scratch.entries() == 0);
  BOOST_TEST(writeFolderWhole(scratch.at("out"), kFiles, diags));
  BOOST_TEST(!writeFolderWhole(scratch.at("out"), {{"a", "x"}, {"a/b", "y"}}, diags));
  BOOST_TEST(contentOf(scratch.at("out/rtl/a.sv")) == "a");  // the old content stands
  BOOST_TEST(scratch.entries() == 1);
  BOOST_TEST(!writeFolderWhole("/proc/neuspin/out", kFiles, diags));
  BOOST_TEST(diags.errorCount() == 4U);
}

BOOST_AUTO_TEST_CASE(unwritable_parent,
                     *boost::unit_test::precondition([](auto) { return geteuid() != 0; })) {
  const Scratch scratch;  // root writes anywhere, so this runs for other users only
  Diagnostics diags;
  fs::create_directory(scratch.at("locked"));
  BOOST_REQUIRE(chmod(scratch.at("locked").c_str(), 0500) == 0);
  BOOST_TEST(!writeFolderWhole(scratch.at("locked/out"), kFiles, diags));
  BOOST_TEST(fs::is_empty(scratch.at("locked")));
}

BOOST_AUTO_TEST_CASE(sha256) {
  BOOST_TEST(sha256Hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
