// The safetensors container: an 8-byte little-endian header length, a JSON header, raw data. Reads the header
// and checks that it describes the data completely; knows nothing of networks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostic.hpp"

namespace neuspin::spec {

/// Random access to the bytes of a file. Not a memory map: a file that shrinks while it is read must end in
/// an error, not a signal, and mapped pages would count as memory of this process.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Exactly `count` bytes from `offset` into `out`; false if they cannot be had.
  [[nodiscard]] virtual bool read(std::uint64_t offset, void* out, std::size_t count) const = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] bool read(std::uint64_t offset, void* out, std::size_t count) const override;

 private:
  std::string_view bytes_;
};

class FileSource final : public ByteSource {
 public:
  /// Adds an error and returns nullopt if `path` is no readable regular file.
  static std::optional<FileSource> open(const std::string& path, Diagnostics& diags);
  FileSource(FileSource&& other) noexcept;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override;
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  [[nodiscard]] bool read(std::uint64_t offset, void* out, std::size_t count) const override;

 private:
  FileSource(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  int fd_;
  std::uint64_t size_;
};

struct Tensor {
  std::string dtype;                 ///< as written: "F32", "I8", …
  std::vector<std::uint64_t> shape;  ///< at most 8 dimensions; empty = one value
  std::uint64_t begin = 0, end = 0;  ///< bytes of the file
};
using Tensors = std::map<std::string, Tensor>;

/// Bytes of one element, nullopt for a dtype the format does not know.
[[nodiscard]] std::optional<std::uint64_t> elementBytes(std::string_view dtype);

/// Product of the shape, nullopt if it does not fit 63 bits.
[[nodiscard]] std::optional<std::uint64_t> elementCount(const std::vector<std::uint64_t>& shape);

/// "[512, 784]"
[[nodiscard]] std::string shapeText(const std::vector<std::uint64_t>& shape);

/// All tensors of the file, their byte ranges inside it, disjoint, without holes and of the size that dtype
/// and shape ask for. Adds every error it finds; nullopt if there was one.
[[nodiscard]] std::optional<Tensors> readTensorTable(const ByteSource& bytes, const std::string& file,
                                                     Diagnostics& diags);

}  // namespace neuspin::spec
