#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "support/descriptor.hpp"

namespace neuspin {
namespace {

using Clock = std::chrono::steady_clock;

// The tools run in groups of their own, so a Ctrl-C on the terminal reaches only us. The handler passes it
// on: it kills every running group, then dies of the same signal. Fixed slots, because a handler may touch
// nothing else.
constexpr std::size_t kMaxGroups = 64;
std::array<std::atomic<pid_t>, kMaxGroups> running_groups{};
static_assert(std::atomic<pid_t>::is_always_lock_free);

void killGroupsAndDie(int signal_number) {
  for (const auto& group : running_groups) {
    const pid_t pid = group.load();
    if (pid > 0) kill(-pid, SIGKILL);
  }
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

void installHandlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction current {};
      sigaction(number, nullptr, &current);
      if (current.sa_handler != SIG_DFL) continue;  // ignored (nohup) or somebody else's: leave it
      current.sa_handler = killGroupsAndDie;
      sigaction(number, &current, nullptr);
    }
  });
}

/// Enters a process group in `running_groups` while it lives.
class GroupSlot {
 public:
  explicit GroupSlot(pid_t pid) {
    for (auto& slot : running_groups) {
      pid_t empty = 0;
      if (slot.compare_exchange_strong(empty, pid)) {
        slot_ = &slot;
        return;
      }
    }
  }
  ~GroupSlot() {
    if (slot_ != nullptr) slot_->store(0);
  }
  GroupSlot(const GroupSlot&) = delete;
  GroupSlot& operator=(const GroupSlot&) = delete;

 private:
  std::atomic<pid_t>* slot_ = nullptr;
};

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Waits up to `milliseconds` for output and appends it. False once the writers have closed the pipe.
bool readSome(const Descriptor& fd, int milliseconds, std::string& output) {
  pollfd item{fd.get(), POLLIN, 0};
  const int ready = poll(&item, 1, milliseconds);
  if (ready <= 0) return true;  // nothing yet, or interrupted
  std::array<char, 65536> buffer;
  const ssize_t count = read(fd.get(), buffer.data(), buffer.size());
  if (count > 0) output.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

bool hasExited(pid_t pid) {
  siginfo_t info{};
  // WNOWAIT: the zombie keeps its number, and with it the group's, until the group has been killed.
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/// The child between fork and exec: only async-signal-safe calls.
[[noreturn]] void becomeTool(const char* path, char* const* argv, const char* directory, int output) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // in case we are killed without a chance to run the handler
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (*directory == '\0' || chdir(directory) == 0) execv(path, argv);
  const char* reason = std::strerror(errno);
  for (const char* part : {"cannot run ", path, ": ", reason, "\n"}) {
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  }
  _exit(127);
}

ProcessResult notStarted(std::string why) {
  ProcessResult result;
  result.exit_code = 127;
  result.output = std::move(why);
  return result;
}

}  // namespace

std::optional<std::string> findTool(const std::string& name) {
  const auto executable = [](const std::string& path) {
    struct stat info {};
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
  };
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string::npos) return executable(name) ? std::optional(name) : std::nullopt;
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (bool more = true; more;) {
    const std::size_t colon = rest.find(':');
    const std::string_view folder = rest.substr(0, colon);
    const std::string candidate = (folder.empty() ? "." : std::string(folder)) + "/" + name;
    if (executable(candidate)) return candidate;
    more = colon != std::string_view::npos;
    if (more) rest.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

ProcessResult runProcess(const std::vector<std::string>& argv, const ProcessOptions& options) {
  if (argv.empty()) return notStarted("empty command line\n");
  const std::optional<std::string> tool = findTool(argv.front());
  if (!tool) return notStarted(argv.front() + ": not found in PATH\n");
  installHandlers();

  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return notStarted(std::string("pipe: ") + std::strerror(errno) + "\n");
  Descriptor from_child(ends[0]), to_parent(ends[1]);

  std::vector<char*> arguments;  // exec takes char* const*, though it does not write
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  const Clock::time_point start = Clock::now();
  const pid_t pid = fork();
  if (pid < 0) return notStarted(std::string("fork: ") + std::strerror(errno) + "\n");
  if (pid == 0) becomeTool(tool->c_str(), arguments.data(), options.directory.c_str(), to_parent.get());
  setpgid(pid, pid);  // also here: whichever of the two comes first, the group exists before anyone needs it
  to_parent.close();

  ProcessResult result;
  {
    const GroupSlot slot(pid);
    bool open = true;
    double next_beat = 1.0;
    while (!hasExited(pid)) {
      constexpr int kStepMs = 20;
      if (open) {
        open = readSome(from_child, kStepMs, result.output);
      } else {
        poll(nullptr, 0, kStepMs);
      }
      const double elapsed = secondsSince(start);
      if (options.timeout_seconds > 0 && elapsed > options.timeout_seconds && !result.timed_out) {
        result.timed_out = true;
        kill(-pid, SIGKILL);
      }
      if (options.heartbeat && elapsed >= next_beat) {
        options.heartbeat(elapsed);
        next_beat = elapsed + 1.0;
      }
    }
    kill(-pid, SIGKILL);  // whatever the tool left running
    const Clock::time_point end = Clock::now();
    while (open && secondsSince(end) < 1.0) open = readSome(from_child, 20, result.output);
  }

  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  result.seconds = secondsSince(start);
  result.peak_memory_mb = static_cast<double>(usage.ru_maxrss) / 1024.0;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace neuspin
