#include "support/gzip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace neuspin {

bool isGzip(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit, const std::string& file,
                                  Diagnostics& diags) {
  z_stream stream = {};
  constexpr int kGzipOnly = 15 + 16;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) {
    diags.error("gzip-failed", partOf(file, ""), "zlib could not be started",
                "free memory, or decompress the file with gunzip");
    return std::nullopt;
  }
  struct End {
    z_stream* stream;
    ~End() { inflateEnd(stream); }
  } end{&stream};

  std::string out;
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  std::string chunk(kChunk, '\0');
  std::string_view rest = bytes;
  int status = Z_OK;
  while (status != Z_STREAM_END || isGzip(rest)) {
    if (status == Z_STREAM_END) inflateReset(&stream);  // another member follows
    const auto offered =
        static_cast<uInt>(std::min<std::size_t>(rest.size(), std::numeric_limits<uInt>::max()));
    // zlib's interface is not const-correct; it does not write through next_in.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
    stream.avail_in = offered;
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(kChunk);
    status = inflate(&stream, Z_NO_FLUSH);
    rest.remove_prefix(offered - stream.avail_in);
    out.append(chunk.data(), kChunk - stream.avail_out);
    if (status == Z_BUF_ERROR || (status == Z_OK && rest.empty() && stream.avail_out != 0)) {
      diags.error("gzip-truncated", partOf(file, fmt::format("after {} bytes", bytes.size())),
                  "the compressed file ends before its data does", "fetch the file again; it is incomplete");
      return std::nullopt;
    }
    if (status != Z_OK && status != Z_STREAM_END) {
      diags.error(
          "gzip-damaged", partOf(file, fmt::format("at byte {}", bytes.size() - rest.size())),
          fmt::format("not a sound gzip file: {}", stream.msg != nullptr ? stream.msg : "unknown error"),
          "fetch the file again; it is damaged");
      return std::nullopt;
    }
    if (out.size() > limit) {
      diags.error("gzip-too-large", partOf(file, ""),
                  fmt::format("more than {} bytes when decompressed", limit), "give a smaller file");
      return std::nullopt;
    }
  }
  if (!rest.empty()) {
    diags.error("gzip-trailing-bytes", partOf(file, fmt::format("at byte {}", bytes.size() - rest.size())),
                fmt::format("{} bytes follow the compressed data", rest.size()),
                "fetch the file again; it is damaged");
    return std::nullopt;
  }
  return out;
}

}  // namespace neuspin
