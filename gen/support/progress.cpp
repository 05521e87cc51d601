#include "support/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace neuspin {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr duration<double> kSilentStart{1.0};  // shorter work shows nothing
constexpr duration<double> kTerminalPeriod{0.1};
constexpr duration<double> kLogPeriod{10.0};

}  // namespace

Progress::Progress(std::string what, std::int64_t total, bool quiet)
    : what_(std::move(what)),
      total_(total),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(steady_clock::now()),
      last_(start_) {}

Progress::~Progress() {
  finish();
}

void Progress::update(std::int64_t done) {
  done_ = done;
  if (quiet_ || finished_) return;
  const auto now = steady_clock::now();
  const auto period = !shown_ && terminal_ ? kSilentStart : terminal_ ? kTerminalPeriod : kLogPeriod;
  if (now - last_ < period) return;
  last_ = now;
  draw(false);
}

void Progress::finish(const std::string& message) {
  if (finished_) return;
  finished_ = true;
  if (quiet_) return;
  if (!message.empty()) what_ += ": " + message;
  if (shown_ || !message.empty()) draw(true);
}

void Progress::draw(bool final_line) {
  const double seconds = duration<double>(steady_clock::now() - start_).count();
  std::string line = what_;
  if (final_line) {
    line += fmt::format(" ({:.1f} s)", seconds);
  } else if (total_ > 0) {
    line += fmt::format(": {}/{} ({} %), {:.0f} s", done_, total_, 100 * done_ / total_, seconds);
    if (done_ > 0)
      line += fmt::format(", {:.0f} s left",
                          seconds * static_cast<double>(total_ - done_) / static_cast<double>(done_));
  } else {
    line += fmt::format(": {:.0f} s", seconds);
  }
  // On a terminal the line is redrawn in place: return, text, erase to the end of the line.
  if (terminal_) line = "\r" + line + "\x1b[K";
  if (!terminal_ || final_line) line += '\n';
  std::fputs(line.c_str(), stderr);
  shown_ = true;
}

}  // namespace neuspin
