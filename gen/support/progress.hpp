// Progress on stderr for anything longer than a second: a redrawn line on a terminal, a line every ten
// seconds otherwise.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace neuspin {

class Progress {
 public:
  /// total = 0: unknown; shows elapsed time only. quiet: prints nothing.
  Progress(std::string what, std::int64_t total, bool quiet = false);
  ~Progress();  ///< finishes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(std::int64_t done);
  void finish(const std::string& message = {});

 private:
  void draw(bool final_line);
  std::string what_;
  std::int64_t total_, done_ = 0;
  bool quiet_, terminal_, shown_ = false, finished_ = false;
  std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace neuspin
