#include "support/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "support/descriptor.hpp"

namespace neuspin {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) {
  return std::generic_category().message(error);
}

mode_t defaultMode(mode_t all) {
  const mode_t mask = umask(0);
  umask(mask);
  return all & ~mask;
}

bool writeAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// 0, or the errno of what failed.
int writeNewFile(const fs::path& path, std::string_view content) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file.isOpen() || !writeAll(file.get(), content) || !file.close()) return errno;
  return 0;
}

void cannotWrite(const std::string& path, const std::string& why, Diagnostics& diags) {
  diags.error("cannot-write", {.file = path}, "cannot write: " + why,
              "check that the place exists, is writable and has free space, or choose another one");
}

/// Removes what it guards unless told to keep it: a folder under construction, or folders made on the way to
/// it.
class Cleanup {
 public:
  Cleanup() = default;
  ~Cleanup() {
    std::error_code ignored;
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) fs::remove_all(*path, ignored);
  }
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  void add(fs::path path) { paths_.push_back(std::move(path)); }
  void keep() { paths_.clear(); }

 private:
  std::vector<fs::path> paths_;
};

bool isOurs(const fs::path& folder) {
  Diagnostics unused;
  const auto manifest = readFile((folder / "manifest.json").string(), unused, std::size_t{64} << 20);
  if (!manifest) return false;
  constexpr std::string_view kKey = "\"generator\"";
  std::size_t at = manifest->find(kKey);
  if (at == std::string::npos) return false;
  at = manifest->find_first_not_of(" \t\r\n:", at + kKey.size());
  return at != std::string::npos && manifest->compare(at, 9, "\"neuspin\"") == 0;
}

bool mayReplace(const fs::path& folder, const std::string& shown, Diagnostics& diags) {
  std::error_code failure;
  if (!fs::is_directory(folder, failure)) {
    diags.error("output-exists", {.file = shown},
                "the output folder's name is taken by something that is not a folder",
                "choose another folder, or remove that file yourself");
    return false;
  }
  const bool empty = fs::is_empty(folder, failure);
  if (failure) {
    cannotWrite(shown, failure.message(), diags);
    return false;
  }
  if (empty || isOurs(folder)) return true;
  diags.error("output-exists", {.file = shown}, "the output folder holds files that neuspin did not write",
              "choose a new or empty folder (only a folder with a manifest.json of neuspin is replaced)");
  return false;
}

bool isInside(const fs::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  for (const fs::path& step : name) {
    if (step == ".." || step == "." || step.empty()) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> readFile(const std::string& path, Diagnostics& diags, std::size_t limit) {
  const Location where{.file = path};
  const auto unreadable = [&](const std::string& why) {
    diags.error("cannot-read", where, "cannot read: " + why, "check the path and the permissions");
    return std::nullopt;
  };
  const auto too_large = [&] {
    diags.error("file-too-large", where, fmt::format("the file is larger than the limit of {} bytes", limit),
                "check that this is the file you meant");
    return std::nullopt;
  };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file.isOpen() || fstat(file.get(), &info) != 0) return unreadable(reason(errno));
  if (S_ISDIR(info.st_mode)) return unreadable(reason(EISDIR));
  std::string bytes;
  if (S_ISREG(info.st_mode)) {
    if (static_cast<std::uintmax_t>(info.st_size) > limit) return too_large();
    bytes.reserve(static_cast<std::size_t>(info.st_size));
  }
  // The size is a hint only: pipes have none, and a file may change while it is read.
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(reason(errno));
    if (got == 0) return bytes;
    if (static_cast<std::size_t>(got) > limit - bytes.size()) return too_large();
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

bool writeFileWhole(const std::string& path, std::string_view content, Diagnostics& diags) {
  std::error_code failure;
  const fs::file_status there = fs::status(path, failure);
  if (fs::exists(there) && !fs::is_regular_file(there)) {  // a device or pipe is written to, not replaced
    Descriptor sink(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (sink.isOpen() && writeAll(sink.get(), content) && sink.close()) return true;
    cannotWrite(path, reason(errno), diags);
    return false;
  }
  // Where a link leads, not the link.
  const fs::path target = fs::exists(there) ? fs::canonical(path, failure) : fs::path(path);
  if (fs::exists(there) && failure) {
    cannotWrite(path, failure.message(), diags);
    return false;
  }
  std::string temporary = target.string() + ".XXXXXX";
  Descriptor file(::mkstemp(temporary.data()));
  if (!file.isOpen()) {
    cannotWrite(path, reason(errno), diags);
    return false;
  }
  Cleanup cleanup;
  cleanup.add(temporary);
  if (fchmod(file.get(), defaultMode(0666)) != 0 || !writeAll(file.get(), content) || !file.close() ||
      ::rename(temporary.c_str(), target.c_str()) != 0) {
    cannotWrite(path, reason(errno), diags);
    return false;
  }
  cleanup.keep();
  return true;
}

bool writeFolderWhole(const std::string& folder, const std::map<std::string, std::string>& files,
                      Diagnostics& diags) {
  const auto fail = [&](const std::string& why) {
    cannotWrite(folder, why, diags);
    return false;
  };
  std::error_code failure;
  fs::path target = fs::weakly_canonical(fs::absolute(folder, failure), failure);
  if (failure) return fail(failure.message());
  if (!target.has_filename()) target = target.parent_path();
  if (!target.has_filename()) return fail("this is the root folder");
  const bool replace = fs::exists(fs::symlink_status(target, failure));
  if (replace && !mayReplace(target, folder, diags)) return false;

  // Folders on the way that do not exist yet; taken back if the writing fails.
  Cleanup cleanup;
  fs::path first_new = target.parent_path();
  if (!fs::exists(first_new, failure)) {
    while (!fs::exists(first_new.parent_path(), failure)) first_new = first_new.parent_path();
    cleanup.add(first_new);
    fs::create_directories(target.parent_path(), failure);
    if (failure) return fail(failure.message());
  }

  std::string temporary = target.string() + ".XXXXXX";
  if (::mkdtemp(temporary.data()) == nullptr) return fail(reason(errno));
  cleanup.add(temporary);
  if (::chmod(temporary.c_str(), defaultMode(0777)) != 0) return fail(reason(errno));
  for (const auto& [name, content] : files) {
    if (!isInside(name)) return fail("file name '" + name + "' leaves the folder");
    const fs::path path = fs::path(temporary) / name;
    fs::create_directories(path.parent_path(), failure);
    if (failure) return fail(name + ": " + failure.message());
    if (const int error = writeNewFile(path, content); error != 0) return fail(name + ": " + reason(error));
  }

  if (!replace) {
    if (::rename(temporary.c_str(), target.c_str()) != 0) return fail(reason(errno));
  } else {
    // One step, so that no moment is without a whole folder; the old one is then removed under the temporary
    // name.
    if (renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) {
      // File systems without the exchange: two steps, undone if the second fails.
      const std::string old = temporary + ".old";
      if (::rename(target.c_str(), old.c_str()) != 0) return fail(reason(errno));
      if (::rename(temporary.c_str(), target.c_str()) != 0) {
        const int error = errno;
        if (::rename(old.c_str(), target.c_str()) != 0) return fail("the previous content is now in " + old);
        return fail(reason(error));
      }
      temporary = old;
    }
    fs::remove_all(temporary, failure);
  }
  cleanup.keep();
  return true;
}

std::string sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  std::string hex;
  for (unsigned i = 0; i < length; ++i) fmt::format_to(std::back_inserter(hex), "{:02x}", digest[i]);
  return hex;
}

}  // namespace neuspin
