// The command `neuspin generate` as a process: report, exit codes, nothing left behind after an error.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/process.hpp"

namespace {

using namespace neuspin;
namespace fs = std::filesystem;

constexpr int kOk = 0, kBadInput = 1, kUsage = 4;

struct Fixture {
  fs::path example = fs::path(NEUSPIN_SOURCE_DIR) / "examples/fashion-mlp-scaledrop";
  fs::path scratch = fs::path(NEUSPIN_BINARY_DIR) / "test_emit_generate";
  Fixture() {
    fs::remove_all(scratch);
    fs::create_directories(scratch);
  }
  [[nodiscard]] ProcessResult generate(std::vector<std::string> arguments) const {
    std::vector<std::string> argv{NEUSPIN_BIN, "generate"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return runProcess(argv, {.directory = scratch.string(), .timeout_seconds = 60, .heartbeat = {}});
  }
  [[nodiscard]] std::string manifest(const std::string& folder) const {
    std::ifstream in(scratch / folder / "manifest.json");
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(generate_command, Fixture)

BOOST_AUTO_TEST_CASE(reports_what_it_wrote_and_repeats_itself) {
  const ProcessResult first = generate({example.string(), "--out", "a", "--json", "a.json", "--quiet"});
  BOOST_TEST_REQUIRE(first.exit_code == kOk, first.output);
  std::ifstream in(scratch / "a.json");
  const auto report = nlohmann::json::parse(in);
  std::size_t files = 0, bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "a")) {
    if (!entry.is_regular_file()) continue;
    ++files;
    bytes += entry.file_size();
  }
  BOOST_TEST(report.at("files") == files);
  BOOST_TEST(report.at("bytes") == bytes);
  BOOST_TEST(report.at("spec_sha256").get<std::string>().size() == 64U);
  BOOST_TEST(report.at("seconds").get<double>() > 0);
  BOOST_TEST(generate({example.string(), "--out", "b"}).exit_code == kOk);
  BOOST_TEST(manifest("a") == manifest("b"));  // holds the hash of every other file
  BOOST_TEST(generate({example.string(), "--out", "a", "--vectors", "0"}).exit_code == kOk);
  BOOST_TEST(!fs::exists(scratch / "a/tb"));  // replaced whole
}

BOOST_AUTO_TEST_CASE(keeps_folders_of_others) {
  fs::create_directories(scratch / "mine");
  std::ofstream(scratch / "mine/notes.txt") << "precious";
  const ProcessResult result = generate({example.string(), "--out", "mine"});
  BOOST_TEST(result.exit_code == kBadInput, result.output);
  BOOST_TEST(result.output.find("hint:") != std::string::npos);
  BOOST_TEST(fs::exists(scratch / "mine/notes.txt"));
  BOOST_TEST(!fs::exists(scratch / "mine/manifest.json"));
}

BOOST_AUTO_TEST_CASE(bad_input_leaves_nothing) {
  std::ofstream(scratch / "network.toml") << "[network]\nname = \"x\"\n";
  const ProcessResult result = generate({(scratch / "network.toml").string(), "--out", "out"});
  BOOST_TEST(result.exit_code == kBadInput, result.output);
  BOOST_TEST(!fs::exists(scratch / "out"));
  BOOST_TEST(std::distance(fs::directory_iterator(scratch), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(usage_errors) {
  BOOST_TEST(generate({example.string()}).exit_code == kUsage);
  BOOST_TEST(generate({example.string(), "--out", "o", "--vectors", "-1"}).exit_code == kUsage);
  BOOST_TEST(!fs::exists(scratch / "o"));
}

BOOST_AUTO_TEST_SUITE_END()
