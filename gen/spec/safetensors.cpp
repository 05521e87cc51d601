#include "spec/safetensors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "spec/quote.hpp"
#include "spec/safetensors_header.hpp"

namespace neuspin::spec {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor data is used as it lies in the file");

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;  // the limit of the reference implementation
constexpr int kMostLayoutErrors = 20;

std::optional<std::string> readHeader(const ByteSource& bytes, const std::string& file, Diagnostics& diags) {
  const Location where{file, 0, 0, "header length, bytes 0 … 7"};
  if (bytes.size() < kLengthBytes) {
    diags.error("truncated", where, fmt::format("the file has only {} bytes", bytes.size()),
                "the file is damaged or no safetensors file; save it anew");
    return std::nullopt;
  }
  std::uint64_t length = 0;
  if (!bytes.read(0, &length, sizeof length)) {
    diags.error("cannot-read", where, "the bytes cannot be read",
                "check the disk and that nobody writes the file");
    return std::nullopt;
  }
  if (length > kLongestHeader) {
    diags.error("bad-header-length", where,
                fmt::format("the header claims {} bytes, the limit is {}", length, kLongestHeader),
                "the file is damaged or no safetensors file; save it anew");
    return std::nullopt;
  }
  if (length > bytes.size() - kLengthBytes) {
    diags.error(
        "bad-header-length", where,
        fmt::format("the header claims {} bytes, but only {} follow", length, bytes.size() - kLengthBytes),
        "the file is damaged, truncated or no safetensors file; save it anew");
    return std::nullopt;
  }
  std::string header(length, '\0');
  if (!bytes.read(kLengthBytes, header.data(), header.size())) {
    diags.error("cannot-read", {file, 0, 0, "header"}, "the bytes cannot be read",
                "check the disk and that nobody writes the file");
    return std::nullopt;
  }
  return header;
}

/// Size and place of one tensor; `data` bytes of data follow the header.
std::optional<std::string> layoutFault(const Tensor& tensor, std::uint64_t data) {
  if (tensor.begin > tensor.end) {
    return fmt::format("data_offsets [{}, {}] run backwards", tensor.begin, tensor.end);
  }
  if (tensor.end > data) {
    return fmt::format("data_offsets [{}, {}] leave the {} bytes of data", tensor.begin, tensor.end, data);
  }
  const auto width = elementBytes(tensor.dtype);
  if (!width) return std::nullopt;  // judged where the tensor is used
  const auto count = elementCount(tensor.shape);
  if (!count || *count > data / *width) {
    return fmt::format("shape {} does not fit into the {} bytes of data", shapeText(tensor.shape), data);
  }
  if (*count * *width != tensor.end - tensor.begin) {
    return fmt::format("shape {} of {} needs {} bytes, data_offsets hold {}", shapeText(tensor.shape),
                       tensor.dtype, *count * *width, tensor.end - tensor.begin);
  }
  return std::nullopt;
}

/// The tensors must cover the data exactly once: overlaps and holes are how files smuggle or lose bytes.
void checkCover(const Tensors& tensors, std::uint64_t data, const std::string& file, Diagnostics& diags) {
  std::vector<std::pair<const std::string*, const Tensor*>> order;
  for (const auto& [name, tensor] : tensors) order.emplace_back(&name, &tensor);
  std::ranges::stable_sort(order, {},
                           [](const auto& item) { return std::pair(item.second->begin, item.second->end); });
  std::uint64_t covered = 0;
  int errors = 0;
  for (const auto& [name, tensor] : order) {
    const Location where{file, 0, 0, "tensor " + quoteWord(*name)};
    if (tensor->begin == tensor->end) continue;
    if (tensor->begin < covered) {
      diags.error(
          "overlap", where,
          fmt::format("its data [{}, {}] overlap those of another tensor", tensor->begin, tensor->end),
          "the file is damaged; save it anew");
    } else if (tensor->begin > covered) {
      diags.error("unused-bytes", where,
                  fmt::format("the {} bytes of data before it belong to no tensor", tensor->begin - covered),
                  "the file is damaged; save it anew");
    } else {
      covered = tensor->end;
      continue;
    }
    covered = std::max(covered, tensor->end);
    if (++errors == kMostLayoutErrors) return;
  }
  if (covered < data) {
    diags.error("unused-bytes", {file, 0, 0, "end of the file"},
                fmt::format("the last {} bytes of data belong to no tensor", data - covered),
                "the file is damaged; save it anew");
  }
}

}  // namespace

bool MemorySource::read(std::uint64_t offset, void* out, std::size_t count) const {
  if (offset > bytes_.size() || count > bytes_.size() - offset) return false;
  if (count != 0) std::memcpy(out, bytes_.data() + offset, count);
  return true;
}

std::optional<FileSource> FileSource::open(const std::string& path, Diagnostics& diags) {
  const auto fail = [&](const std::string& why) {
    diags.error("cannot-read", {path, 0, 0, {}}, "cannot read: " + why, "check the path and the permissions");
    return std::nullopt;
  };
  // O_NONBLOCK: a named pipe must not hang the command before it is recognised.
  FileSource source(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), 0);
  struct stat info {};
  if (source.fd_ < 0 || fstat(source.fd_, &info) != 0) return fail(std::generic_category().message(errno));
  if (!S_ISREG(info.st_mode)) return fail("not a regular file");
  source.size_ = static_cast<std::uint64_t>(info.st_size);
  return source;
}

FileSource::FileSource(FileSource&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

FileSource::~FileSource() {
  if (fd_ >= 0) ::close(fd_);
}

bool FileSource::read(std::uint64_t offset, void* out, std::size_t count) const {
  auto* to = static_cast<char*>(out);
  while (count > 0) {
    const ssize_t got = ::pread(fd_, to, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<std::uint64_t> elementBytes(std::string_view dtype) {
  constexpr std::pair<std::string_view, std::uint64_t> kWidths[] = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"I64", 8},     {"U64", 8}, {"F64", 8},
  };
  for (const auto& [name, width] : kWidths) {
    if (name == dtype) return width;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> elementCount(const std::vector<std::uint64_t>& shape) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63;
  if (std::ranges::find(shape, 0U) != shape.end()) return 0;
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) {
    if (size > kMost / count) return std::nullopt;
    count *= size;
  }
  return count;
}

std::string shapeText(const std::vector<std::uint64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::optional<Tensors> readTensorTable(const ByteSource& bytes, const std::string& file, Diagnostics& diags) {
  const auto header = readHeader(bytes, file, diags);
  Tensors tensors;
  if (!header || !parseTensorHeader(*header, file, tensors, diags)) return std::nullopt;

  const std::uint64_t data_begin = kLengthBytes + header->size();
  const std::uint64_t data = bytes.size() - data_begin;
  int errors = 0;
  for (const auto& [name, tensor] : tensors) {
    const auto fault = layoutFault(tensor, data);
    if (!fault) continue;
    diags.error("bad-layout", {file, 0, 0, "tensor " + quoteWord(name)}, *fault,
                "the file is damaged or truncated; save it anew");
    if (++errors == kMostLayoutErrors) break;
  }
  if (errors != 0) return std::nullopt;
  const std::size_t errors_before = diags.errorCount();
  checkCover(tensors, data, file, diags);
  if (diags.errorCount() != errors_before) return std::nullopt;
  for (auto& [name, tensor] : tensors) {
    tensor.begin += data_begin;
    tensor.end += data_begin;
  }
  return tensors;
}

}  // namespace neuspin::spec
