#include "build.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <thread>
#include <vector>

#include "embedded/shim.hpp"
#include "shim/neuspin_shim.h"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/progress.hpp"

namespace neuspin::tb {
namespace {

namespace fs = std::filesystem;

/// Two processes that want the same build take turns; the second finds it done.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : fd_(open((folder / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666)) {
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

bool isMemoryImage(std::string_view path) {
  return path.starts_with("mem/");
}
bool isSource(std::string_view path) {
  return path.ends_with(".sv") || path.ends_with(".svh") || path.ends_with("_sim.f") ||
         path.ends_with(".vlt");
}

/// `text` without whole-line comments: a changed banner is no reason to build again.
std::string withoutComments(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    const std::string_view line = text.substr(0, end + 1);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line.substr(first, 2) != "//" ||
        line.find("verilator") != line.npos) {
      result += line;
    }
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string lastLines(const std::string& text, int lines) {
  std::size_t at = text.size();
  for (int line = 0; line <= lines && at != 0 && at != std::string::npos; ++line)
    at = text.rfind('\n', at - 1);
  return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

struct Tools {
  std::string verilator_version;
  std::string compiler;
  bool ccache = false;
};

std::optional<Tools> findTools(Diagnostics& diags) {
  Tools tools;
  const auto missing = [&](const std::string& tool) {
    diags.error("tool-missing", {}, tool + " was not found in PATH",
                "install it (Debian and Ubuntu: apt-get install verilator clang make)");
  };
  if (!findTool("verilator")) missing("verilator");
  if (!findTool("make")) missing("make");
  // clang builds verilated code in half the time of g++ 12 and the result runs two to three times as fast.
  tools.compiler = findTool("clang++") ? "clang++" : "g++";
  if (!findTool(tools.compiler)) missing("a C++ compiler (clang++ or g++)");
  if (diags.hasErrors()) return std::nullopt;
  tools.ccache = findTool("ccache").has_value();
  tools.verilator_version = runProcess({"verilator", "--version"}).output;
  return tools;
}

std::vector<std::string> verilatorCommand(const std::string& net, const BuildOptions& options) {
  std::vector<std::string> command = {
      "verilator", "--cc", "--exe", "--top-module", net + "_top", "--prefix", "Vneuspin_dut", "-Mdir",
      "../obj",
      // one thread: two are slower on designs of this size
      "-O3", "--threads", "1", "--assert", "--output-split", "20000",
      // makes the `CIM_ARCH registers visible by name
      "-DCIM_VERIFY",
      // style is the business of `verilator --lint-only`; a combinational loop would change what is simulated
      "-Wno-fatal", "-Werror-UNOPTFLAT", "-CFLAGS",
      "-fPIC -std=gnu++17 -fvisibility=hidden -include ../shim/neuspin_print.h", "-LDFLAGS",
      "-shared -Wl,-u,neuspinAbi",  // the shim may lie in the archive of the model
      "-o", "model.so"};
  if (options.trace) command.insert(command.end(), {"--trace-fst"});
  if (options.coverage) command.insert(command.end(), {"--coverage-line"});
  command.insert(command.end(), {"-f", net + "_sim.f", "../shim/neuspin_shim.cpp"});
  return command;
}

std::vector<std::string> makeCommand(const Tools& tools, const std::string& optimise) {
  const unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::string> command = {
      "make", "-C", "obj", "-f", "Vneuspin_dut.mk", fmt::format("-j{}", jobs), "CXX=" + tools.compiler,
      "LINK=" + tools.compiler, "OPT_SLOW=-O0", "OPT_GLOBAL=-O1",
      // 5.032 includes a precompiled header, which has to be the first -include
      "VK_PCH_I_FAST=", "VK_PCH_I_SLOW="};
  if (optimise == "-O0") {
    // The headers, once a file, are two thirds of the time: one file, with the shim in it, takes a fifth.
    command.insert(command.end(), {"VM_PARALLEL_BUILDS=0", "VM_USER_CLASSES="});
    command.push_back("OPT_FAST=-O0 -include ../shim/neuspin_shim.cpp");
  } else {
    command.push_back("OPT_FAST=" + optimise);
  }
  // Depend mode: what is compiled for the first time is not preprocessed first.
  if (tools.ccache) command.emplace_back("OBJCACHE=env CCACHE_DEPEND=1 ccache");
  return command;
}

template <class Strings>
std::string joined(const Strings& strings) {
  return fmt::format("{}", fmt::join(strings, " "));
}

std::string buildKey(const FileSet& design, const Tools& tools, const std::string& flags) {
  std::string text = flags + tools.verilator_version;
  const auto add = [&](std::string_view path, std::string_view content) {
    text += fmt::format("\n{} {}\n", path, content.size());
    text += content;
  };
  for (const auto& [name, content] : embedded::shim()) add(name, content);
  for (const auto& [path, content] : design) {
    if (isSource(path) && !path.starts_with("tb/") && !path.starts_with("blackbox/")) {
      add(path, withoutComments(content));
    }
  }
  return sha256Hex(text).substr(0, 16);
}

bool writeAll(const fs::path& folder, const FileSet& files, Diagnostics& diags) {
  for (const auto& [path, content] : files) {
    std::error_code error;
    fs::create_directories((folder / path).parent_path(), error);
    if (error || !writeFileWhole((folder / path).string(), content, diags)) {
      if (!diags.hasErrors()) {
        diags.error("cannot-write", {.file = (folder / path).string()}, error.message(),
                    "choose another --work folder");
      }
      return false;
    }
  }
  return true;
}

/// Writes the sources into `folder`, verilates, compiles, and moves the result to folder/model.so.
bool build(const std::string& net, const fs::path& folder, const FileSet& design, const Tools& tools,
           const BuildOptions& options, Diagnostics& diags) {
  std::error_code ignored;
  fs::remove_all(folder / "obj", ignored);
  fs::remove_all(folder / "design", ignored);
  FileSet sources, shim;
  for (const auto& [path, content] : design) {
    if (isSource(path)) sources.emplace(path, content);
  }
  for (const auto& [name, content] : embedded::shim()) shim.emplace(name, content);
  if (!writeAll(folder / "design", sources, diags) || !writeAll(folder / "shim", shim, diags)) return false;

  Progress progress("building the simulation of " + net, 0, options.quiet);
  const auto run = [&](const std::vector<std::string>& command, const fs::path& directory, const char* name,
                       const std::string& hint) {
    const auto result =
        runProcess(command, {.directory = directory.string(), .timeout_seconds = 0, .heartbeat = [&](double) {
                               progress.update(0);
                             }});
    if (result.exit_code == 0) return true;
    diags.error(name, {.file = directory.string()},
                fmt::format("{} failed with exit code {}:\n{}", command.front(), result.exit_code,
                            lastLines(result.output, 30)),
                hint);
    return false;
  };
  if (!run(verilatorCommand(net, options), folder / "design", "verilator-failed",
           "this is a fault of the emitted design or of the Verilator version; 5.006 and 5.032 are known to "
           "work") ||
      !run(makeCommand(tools, options.optimise), folder, "compiler-failed",
           "see whether memory ran out; otherwise try another C++ compiler")) {
    return false;
  }
  std::error_code error;
  fs::rename(folder / "obj" / "model.so", folder / "model.so", error);  // whole or not at all
  if (error) {
    diags.error("cannot-write", {.file = (folder / "model.so").string()}, error.message(),
                "choose another --work folder");
    return false;
  }
  fs::remove_all(folder / "obj", ignored);
  return true;
}

}  // namespace

std::optional<Model> buildModel(const std::string& net, const FileSet& design, const BuildOptions& options,
                                Diagnostics& diags) {
  const auto tools = findTools(diags);
  if (!tools) return std::nullopt;
  const std::string flags = joined(verilatorCommand(net, options)) +
                            joined(makeCommand({"", tools->compiler, false}, options.optimise));
  std::error_code error;
  const fs::path folder = fs::absolute(options.work) / (net + "-" + buildKey(design, *tools, flags));
  fs::create_directories(folder, error);
  if (error) {
    diags.error("cannot-write", {.file = folder.string()}, error.message(), "choose another --work folder");
    return std::nullopt;
  }
  const FolderLock lock(folder);

  FileSet memories;
  std::string memory_text;
  for (const auto& [path, content] : design) {
    if (!isMemoryImage(path)) continue;
    memories.emplace(path, content);
    memory_text += path + "\n" + content;
  }
  Model model;
  model.top = net + "_top";
  model.library = (folder / "model.so").string();
  // Weights of their own get a folder of their own: two runs of one library may use different ones at the
  // same time.
  model.memory_root = (folder / ("memory-" + sha256Hex(memory_text).substr(0, 16))).string();
  model.reused = fs::exists(model.library, error);
  if (!model.reused) {
    const auto start = std::chrono::steady_clock::now();
    if (!build(net, folder, design, *tools, options, diags)) return std::nullopt;
    model.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  if (!fs::exists(model.memory_root, error)) {
    const std::string partial = model.memory_root + ".partial";
    fs::remove_all(partial, error);
    fs::create_directories(partial, error);  // also for a design without memory images
    if (!writeAll(partial, memories, diags)) return std::nullopt;
    fs::rename(partial, model.memory_root, error);
  }
  return model;
}

}  // namespace neuspin::tb
