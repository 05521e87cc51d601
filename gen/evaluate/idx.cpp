#include "evaluate/idx.hpp"

#include <fmt/format.h>

#include "support/gzip.hpp"

namespace neuspin::evaluate {

namespace {

constexpr std::size_t kLargestHeader = 4 + 4 * 4;

std::uint32_t bigEndian(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

std::optional<ByteArray> parsePlain(std::string_view bytes, const std::string& file, Diagnostics& diags) {
  const auto fail = [&](const char* name, std::string part, std::string message, const char* hint) {
    diags.error(name, partOf(file, std::move(part)), std::move(message), hint);
    return std::nullopt;
  };
  constexpr std::uint32_t kUnsignedBytes = 0x08;
  if (bytes.size() < 4) {
    return fail("idx-truncated", "header", fmt::format("only {} bytes", bytes.size()),
                "give a whole IDX file");
  }
  const std::uint32_t magic = bigEndian(bytes, 0);
  const std::uint32_t rank = magic & 255;
  if (magic >> 8 != kUnsignedBytes || rank < 1 || rank > 4) {
    return fail(
        "idx-magic", "bytes 0..3",
        fmt::format("0x{:08x} does not start an IDX file of unsigned bytes (0x000008 and 1 … 4 dimensions)",
                    magic),
        "give images as IDX (0x00000803) and labels as IDX (0x00000801), plain or .gz");
  }
  const std::size_t header = 4 + 4 * std::size_t{rank};
  if (bytes.size() < header) {
    return fail("idx-truncated", "header",
                fmt::format("{} bytes, the header alone takes {}", bytes.size(), header),
                "give a whole IDX file");
  }
  ByteArray idx;
  std::uint64_t promised = 1;
  for (std::size_t d = 0; d < rank; ++d) {
    idx.dims.push_back(bigEndian(bytes, 4 + 4 * d));
    if (idx.dims.back() == 0) {
      return fail("idx-empty", fmt::format("dimension {}", d), "the size is 0",
                  "give a file with at least one element");
    }
    promised *= idx.dims.back();  // < 2^63: both factors are at most 2^31 and 2^32 − 1
    if (promised > kLargestData) {
      return fail("idx-too-large", fmt::format("dimension {}", d),
                  fmt::format("the header promises over {} bytes", kLargestData),
                  "split the data set, or repair the header");
    }
  }
  const std::size_t present = bytes.size() - header;
  if (present != promised) {
    return fail(present < promised ? "idx-truncated" : "idx-trailing-bytes", "data",
                fmt::format("the header promises {} bytes, {} follow it", promised, present),
                "give a whole, undamaged IDX file");
  }
  idx.data.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  return idx;
}

}  // namespace

std::optional<ByteArray> parseIdx(std::string_view bytes, const std::string& file, Diagnostics& diags) {
  if (!isGzip(bytes)) return parsePlain(bytes, file, diags);
  const auto plain = gunzip(bytes, kLargestData + kLargestHeader, file, diags);
  return plain ? parsePlain(*plain, file, diags) : std::nullopt;
}

}  // namespace neuspin::evaluate
