#include "evaluate/npz.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace neuspin::evaluate {

namespace {

constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr const char* kResave = "save it again: numpy.savez(file, images=a.astype(numpy.uint8))";

/// The header's text: a Python dictionary with exactly the keys descr, fortran_order and shape.
struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
};

class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  std::optional<Header> parse() {
    Header header;
    bool descr = false, order = false, shape = false;
    if (!take('{')) return std::nullopt;
    while (!take('}')) {
      std::string key;
      if (!quoted(key) || !take(':')) return std::nullopt;
      bool& seen = key == "descr" ? descr : key == "fortran_order" ? order : shape;
      if (seen || (key != "descr" && key != "fortran_order" && key != "shape")) return std::nullopt;
      seen = true;
      if (key == "descr" && !quoted(header.descr)) return std::nullopt;
      if (key == "fortran_order" && !boolean(header.fortran_order)) return std::nullopt;
      if (key == "shape" && !tuple(header.shape)) return std::nullopt;
      if (!take(',') && !rest_.starts_with('}')) return std::nullopt;
    }
    if (!descr || !order || !shape || !rest_.empty()) return std::nullopt;
    return header;
  }

 private:
  void skipSpace() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool take(char c) {
    skipSpace();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    skipSpace();
    return true;
  }
  bool quoted(std::string& out) {
    if (!take('\'')) return false;
    const auto end = rest_.find('\'');
    if (end == std::string_view::npos) return false;
    out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return take('\'');
  }
  bool boolean(bool& out) {
    out = rest_.starts_with("True");
    if (!out && !rest_.starts_with("False")) return false;
    rest_.remove_prefix(out ? 4 : 5);
    skipSpace();
    return true;
  }
  bool tuple(std::vector<std::uint64_t>& out) {
    if (!take('(')) return false;
    while (!take(')')) {
      std::uint64_t value = 0;
      const auto [end, failed] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
      if (failed != std::errc()) return false;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      out.push_back(value);
      if (!take(',') && !rest_.starts_with(')')) return false;
    }
    return true;
  }
  std::string_view rest_;
};

std::size_t littleEndian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
  return value;
}

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Member = std::unique_ptr<zip_file_t, Discard>;

Archive openArchive(std::string_view bytes, std::string& reason) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  Archive archive(source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error));
  if (!archive) {
    reason = zip_error_strerror(&error);
    if (source != nullptr) zip_source_free(source);
  }
  zip_error_fini(&error);
  return archive;
}

/// Names of the arrays, "" for members that are none, in the order of the archive.
std::vector<std::string> arrayNames(zip_t* archive) {
  constexpr std::string_view kSuffix = ".npy";
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
    const char* name = zip_get_name(archive, static_cast<zip_uint64_t>(i), 0);
    const std::string_view text = name == nullptr ? "" : name;
    names.emplace_back(text.ends_with(kSuffix) ? text.substr(0, text.size() - kSuffix.size()) : "");
  }
  return names;
}

/// Index of the array to read, or nothing with an error.
std::optional<std::size_t> choose(const std::vector<std::string>& names, const std::string& file,
                                  const std::string& array, const std::vector<std::string>& preferred,
                                  Diagnostics& diags) {
  std::vector<std::string> arrays;
  std::ranges::copy_if(names, std::back_inserter(arrays), [](const auto& name) { return !name.empty(); });
  std::vector<std::string> wanted = array.empty() ? preferred : std::vector{array};
  if (array.empty() && arrays.size() == 1) wanted = arrays;
  for (const auto& name : wanted) {
    const auto found = std::ranges::find(names, name);
    if (found != names.end() && !name.empty()) return static_cast<std::size_t>(found - names.begin());
  }
  if (arrays.empty()) {
    diags.error("npz-empty", partOf(file, ""), "the archive holds no .npy",
                "give a file made by numpy.savez");
  } else {
    diags.error("npz-no-array", partOf(file, ""),
                array.empty() ? fmt::format("which array is meant? It holds {}", fmt::join(arrays, ", "))
                              : fmt::format("no array \"{}\"; it holds {}", array, fmt::join(arrays, ", ")),
                "name one after a colon, as in " + file + ":" + arrays.front());
  }
  return std::nullopt;
}

Archive openArchiveOrFail(std::string_view bytes, const std::string& file, Diagnostics& diags) {
  std::string reason;
  Archive archive = openArchive(bytes, reason);
  if (!archive) {
    diags.error("npz-damaged", partOf(file, ""), "not a sound zip archive: " + reason,
                "fetch or save the file again; it is damaged");
  }
  return archive;
}

constexpr std::size_t kMostHeader = 65536;

/// The bytes of one member, at most `limit`.
std::optional<std::string> readMember(zip_t* archive, std::size_t index, const std::string& file,
                                      const std::string& part, std::size_t limit, Diagnostics& diags) {
  const auto damaged = [&](const std::string& what) {
    diags.error("npz-damaged", partOf(file, part), what,
                "fetch or save the file again; it is damaged (or encrypted)");
    return std::optional<std::string>();
  };
  zip_stat_t promised;
  if (zip_stat_index(archive, index, 0, &promised) != 0 || (promised.valid & ZIP_STAT_SIZE) == 0)
    return damaged("the directory does not say how large it is");
  if (promised.size > limit) {
    diags.error("npy-too-large", partOf(file, part),
                fmt::format("more than {} bytes when decompressed", limit), "split the data set");
    return std::nullopt;
  }
  const Member member(zip_fopen_index(archive, index, 0));
  std::string plain;
  zip_int64_t count = -1;
  if (member) {
    // Read to the end, where the check sum is compared, in pieces: the directory may say less than there is
    // (some versions of libzip do not compare this themselves), and then no more than one piece too much is
    // read.
    constexpr std::size_t kChunk = std::size_t{1} << 16;
    std::string chunk(kChunk, '\0');
    while ((count = zip_fread(member.get(), chunk.data(), kChunk)) > 0 && plain.size() <= promised.size)
      plain.append(chunk.data(), static_cast<std::size_t>(count));
  }
  if (count < 0) {
    return damaged("cannot be read from the archive: " +
                   std::string(member ? zip_file_strerror(member.get()) : zip_strerror(archive)));
  }
  if (promised.size != plain.size()) return damaged("holds another number of bytes than its directory says");
  return plain;
}

}  // namespace

bool isNpy(std::string_view bytes) {
  return bytes.starts_with(kNpyMagic);
}

bool isZip(std::string_view bytes) {
  return bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06");
}

namespace {

/// A .npy as it lies in the file.
struct RawArray {
  std::string descr;
  std::vector<std::uint32_t> dims;
  std::string_view data;
};

/// Bytes an element of a dtype; 0 = not known here.
std::size_t widthOf(std::string_view descr) {
  if (descr == "|u1" || descr == "|i1") return 1;
  return descr == "<i2" ? 2 : descr == "<i4" ? 4 : descr == "<i8" ? 8 : 0;
}

/// `bytes_only`: unsigned bytes, else any integers that widthOf knows.
std::optional<RawArray> parseRaw(std::string_view bytes, bool bytes_only, const std::string& file,
                                 const std::string& part, Diagnostics& diags) {
  const auto fail = [&](const char* name, std::string message, const char* hint) {
    diags.error(name, partOf(file, part), std::move(message), hint);
    return std::nullopt;
  };
  if (!isNpy(bytes)) return fail("npy-magic", "not a .npy", "give a file made by numpy.save or numpy.savez");
  const std::size_t major = bytes.size() > 6 ? static_cast<std::uint8_t>(bytes[6]) : 0;
  const std::size_t fixed = major == 1 ? 10 : 12;
  if (bytes.size() < fixed) return fail("npy-truncated", "the header is cut off", "give a whole file");
  if (major < 1 || major > 3) {
    return fail("npy-version", fmt::format("format version {}; 1 … 3 are known", major), kResave);
  }
  const std::size_t length = littleEndian(bytes.substr(8, fixed - 8));
  if (length > bytes.size() - fixed)
    return fail("npy-truncated", "the header is cut off", "give a whole file");
  const auto header = HeaderParser(bytes.substr(fixed, length)).parse();
  if (!header)
    return fail("npy-header", "the header is no dictionary of descr, fortran_order, shape", kResave);
  const std::size_t width = widthOf(header->descr);
  if (bytes_only ? header->descr != "|u1" : width == 0) {
    return fail("npy-dtype",
                fmt::format("dtype {}, {} are needed", header->descr,
                            bytes_only ? "unsigned bytes (|u1)" : "integers (|u1, |i1, <i2, <i4 or <i8)"),
                bytes_only ? kResave : "save it again with an integer dtype");
  }
  const auto& shape = header->shape;
  if (header->fortran_order && shape.size() > 1) {
    return fail("npy-order", "in Fortran order", "save numpy.ascontiguousarray of the array");
  }
  if (shape.empty() || shape.size() > kLargestRank) {
    return fail("npy-shape", fmt::format("{} dimensions; 1 … {} are known", shape.size(), kLargestRank),
                kResave);
  }
  RawArray array{.descr = header->descr, .dims = {}, .data = {}};
  std::uint64_t promised = width;
  for (const std::uint64_t dim : shape) {
    if (dim == 0) return fail("npy-empty", "a dimension is 0", "give at least one element");
    if (dim > kLargestData || (promised *= dim) > kLargestData) {
      return fail("npy-too-large", fmt::format("the header promises over {} bytes", kLargestData),
                  "split the data set, or repair the header");
    }
    array.dims.push_back(static_cast<std::uint32_t>(dim));
  }
  const auto data = bytes.substr(fixed + length);
  if (data.size() != promised) {
    return fail(data.size() < promised ? "npy-truncated" : "npy-trailing-bytes",
                fmt::format("the header promises {} bytes, {} follow it", promised, data.size()),
                "give a whole, undamaged file");
  }
  array.data = data;
  return array;
}

}  // namespace

std::optional<ByteArray> parseNpy(std::string_view bytes, const std::string& file, const std::string& part,
                                  Diagnostics& diags) {
  const auto raw = parseRaw(bytes, true, file, part, diags);
  if (!raw) return std::nullopt;
  return ByteArray{.dims = raw->dims, .data = {raw->data.begin(), raw->data.end()}};
}

std::optional<ByteArray> parseNpz(std::string_view bytes, const std::string& file, const std::string& array,
                                  const std::vector<std::string>& preferred, Diagnostics& diags) {
  const Archive archive = openArchiveOrFail(bytes, file, diags);
  if (!archive) return std::nullopt;
  const auto names = arrayNames(archive.get());
  const auto index = choose(names, file, array, preferred, diags);
  if (!index) return std::nullopt;
  const std::string part = "array " + names[*index];
  const auto plain = readMember(archive.get(), *index, file, part, kLargestData + kMostHeader, diags);
  if (!plain) return std::nullopt;
  return parseNpy(*plain, file, part, diags);
}

std::optional<std::map<std::string, IntegerArray>> parseIntegerArrays(std::string_view bytes,
                                                                      const std::string& file,
                                                                      std::size_t most_bytes,
                                                                      Diagnostics& diags) {
  const Archive archive = openArchiveOrFail(bytes, file, diags);
  if (!archive) return std::nullopt;
  const auto names = arrayNames(archive.get());
  std::map<std::string, IntegerArray> arrays;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const std::string part = "array " + names[i];
    const auto plain = readMember(archive.get(), i, file, part, most_bytes + kMostHeader, diags);
    if (!plain) return std::nullopt;
    most_bytes -= std::min(most_bytes, plain->size());
    const auto raw = parseRaw(*plain, false, file, part, diags);
    if (!raw) return std::nullopt;
    if (arrays.contains(names[i])) {
      diags.error("npz-duplicate", partOf(file, part), "two arrays have this name", "save the archive again");
      return std::nullopt;
    }
    IntegerArray& array = arrays[names[i]];
    array.dims = raw->dims;
    const std::size_t width = widthOf(raw->descr);
    const bool is_signed = raw->descr[1] == 'i';
    for (std::size_t at_byte = 0; at_byte < raw->data.size(); at_byte += width) {
      const auto shift = static_cast<unsigned>(8 * (sizeof(std::int64_t) - width));
      const auto top = static_cast<std::int64_t>(littleEndian(raw->data.substr(at_byte, width)) << shift);
      array.values.push_back(is_signed ? top >> shift
                                       : static_cast<std::int64_t>(static_cast<std::uint64_t>(top) >> shift));
    }
  }
  return arrays;
}

}  // namespace neuspin::evaluate
