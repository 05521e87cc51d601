#!/usr/bin/python3
"""Writes the first images of an optdigits text file as IDX files. Standard library only.

    tools/convert_optdigits.py ../shared/data/optdigits/optdigits.tes tests/nets/optdigits_test 200

Each line of the file is 64 values 0 … 16 and a label. The networks were trained on pixels min(255, 16*value).
"""
import gzip
import struct
import sys


def write(path, magic, sizes, data):
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:  # no name, no time: reproducible
        out.write(struct.pack(f">{1 + len(sizes)}I", magic, *sizes) + bytes(data))


def main(source, prefix, count):
    with open(source) as lines:
        rows = [[int(v) for v in next(lines).split(",")] for _ in range(count)]
    write(prefix + ".idx3-ubyte.gz", 0x803, (count, 8, 8), [min(255, 16 * v) for row in rows for v in row[:64]])
    write(prefix + ".idx1-ubyte.gz", 0x801, (count,), [row[64] for row in rows])


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
