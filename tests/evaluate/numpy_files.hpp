// .npy and .npz made by hand, so that tests can damage any field. Zip layout: PKWARE APPNOTE 6.3.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace neuspin::test {

inline std::string littleEndian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

/// Version 1.0 with this header text, padded as numpy does.
inline std::string npyWithHeader(std::string header, const std::string& data) {
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  header += '\n';
  return "\x93NUMPY" + std::string("\1\0", 2) + littleEndian(header.size(), 2) + header + data;
}

inline std::string npy(const std::string& shape, std::size_t bytes) {
  std::string data;
  for (std::size_t i = 0; i < bytes; ++i) data.push_back(static_cast<char>(i % 7));
  return npyWithHeader("{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }", data);
}

struct ZipMember {
  std::string name, content;
  bool deflate = true;
  std::uint32_t crc_error = 0;  ///< flipped bits
  std::int64_t size_error = 0;  ///< added to the stated size
};

inline std::string deflated(const std::string& plain) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zip(const std::vector<ZipMember>& members) {
  std::string out, directory;
  for (const ZipMember& member : members) {
    const std::string packed = member.deflate ? deflated(member.content) : member.content;
    const std::uint32_t crc =
        static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(member.content.data()),
                                         static_cast<uInt>(member.content.size()))) ^
        member.crc_error;
    const auto size =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(member.content.size()) + member.size_error);
    // Version, flags, method, time, date, check sum, sizes, length of the name, of the extra field.
    const std::string common = littleEndian(20, 2) + littleEndian(0, 2) +
                               littleEndian(member.deflate ? 8 : 0, 2) + littleEndian(0, 4) +
                               littleEndian(crc, 4) + littleEndian(packed.size(), 4) + littleEndian(size, 4) +
                               littleEndian(member.name.size(), 2) + littleEndian(0, 2);
    directory += "PK\1\2" + littleEndian(20, 2) + common + littleEndian(0, 10) + littleEndian(out.size(), 4) +
                 member.name;
    out += "PK\3\4" + common + member.name + packed;
  }
  return out + directory + "PK\5\6" + littleEndian(0, 4) + littleEndian(members.size(), 2) +
         littleEndian(members.size(), 2) + littleEndian(directory.size(), 4) + littleEndian(out.size(), 4) +
         littleEndian(0, 2);
}

}  // namespace neuspin::test
