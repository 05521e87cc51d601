// support/process: exit codes, time limits, and that nothing a tool started survives it.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

#include "support/process.hpp"

namespace neuspin {
namespace {

/// A zombie that nobody has collected yet does not count.
bool alive(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string number, name, state;
  return file >> number >> name >> state && state != "Z";
}

/// Whether the process is gone, or goes within two seconds: a killed process may take a moment to die.
bool dies(const std::string& pid) {
  for (int i = 0; i < 200 && alive(pid); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return !alive(pid);
}

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(output_and_exit_code_come_back) {
  const ProcessResult result = runProcess({"sh", "-c", "echo out; echo err >&2; exit 3"});
  BOOST_TEST(result.exit_code == 3);
  BOOST_TEST(result.output == "out\nerr\n");
  BOOST_TEST(!result.timed_out);
  BOOST_TEST(result.peak_memory_mb > 0);
}

BOOST_AUTO_TEST_CASE(a_missing_tool_is_127) {
  BOOST_TEST(!findTool("neuspin-no-such-tool").has_value());
  const ProcessResult result = runProcess({"neuspin-no-such-tool"});
  BOOST_TEST(result.exit_code == 127);
  BOOST_TEST(result.output.find("neuspin-no-such-tool") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(runs_in_the_folder_asked_for) {
  BOOST_TEST(runProcess({"pwd"}, {.directory = "/"}).output == "/\n");
  BOOST_TEST(runProcess({"pwd"}, {.directory = "/no/such/folder"}).exit_code == 127);
}

BOOST_AUTO_TEST_CASE(a_signal_is_128_plus_its_number) {
  BOOST_TEST(runProcess({"sh", "-c", "kill -SEGV $$"}).exit_code == 128 + SIGSEGV);
}

BOOST_AUTO_TEST_CASE(output_larger_than_a_pipe) {
  const ProcessResult result = runProcess({"sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x"});
  BOOST_TEST(result.output.size() == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(the_time_limit_kills_the_whole_group_and_heartbeats_come) {
  int beats = 0;
  const ProcessResult result =
      runProcess({"sh", "-c", "sleep 60 & echo $!; sleep 60"},
                 {.directory = {}, .timeout_seconds = 1.3, .heartbeat = [&](double) { ++beats; }});
  BOOST_TEST(result.timed_out);
  BOOST_TEST(result.exit_code == 128 + SIGKILL);
  BOOST_TEST(result.seconds < 10.0);
  BOOST_TEST(beats == 1);
  BOOST_TEST(dies(firstLine(result.output)));
}

BOOST_AUTO_TEST_CASE(children_left_behind_are_killed) {
  const ProcessResult result = runProcess({"sh", "-c", "sleep 60 & echo $!"});
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(result.seconds < 10.0);
  BOOST_TEST(dies(firstLine(result.output)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin
