#!/usr/bin/python3
"""Turns a folder (or .tar, .tar.xz) of JPEG or PNG images, one subfolder a class, into one .npz for `neuspin evaluate`.

    tools/jpeg_folder_to_npz.py ../shared/data/cifar10-jpeg/cifar-10-images.tar.xz cifar.npz --under test --first 200

Classes are the subfolders in alphabetical order (CIFAR-10: airplane 0 ... truck 9), images those with the lowest names.
Writes images [n, channels, height, width] and labels [n], unsigned bytes. Needs python3-pil and python3-numpy (apt).
"""
import argparse
import io
import pathlib
import tarfile

import numpy as np
from PIL import Image

ENDINGS = (".jpg", ".jpeg", ".png")


def members(source):
    """(path, reader) of every file."""
    if source.is_dir():
        for path in source.rglob("*"):
            if path.is_file():
                yield path.relative_to(source), path.read_bytes
        return
    with tarfile.open(source) as archive:
        for member in archive:
            if member.isfile():
                yield pathlib.PurePosixPath(member.name), archive.extractfile(member).read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path, help="folder or tar archive")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--under", default=".", help="folder that holds the classes (default: the source itself)")
    parser.add_argument("--first", type=int, default=0, help="images of a class, 0 = all")
    args = parser.parse_args()
    classes = {}
    for path, read in members(args.source):
        if path.parent.parent == pathlib.PurePosixPath(args.under) and path.suffix.lower() in ENDINGS:
            if args.first and path.stem.isdigit() and int(path.stem) >= args.first:
                continue
            classes.setdefault(path.parent.name, {})[path.name] = read()
    if not classes:
        parser.error("no class folder with images is there")
    images, labels = [], []
    for label, name in enumerate(sorted(classes)):
        chosen = sorted(classes[name])[:args.first or None]
        for file in chosen:
            pixels = np.asarray(Image.open(io.BytesIO(classes[name][file])).convert("RGB"))
            images.append(pixels.transpose(2, 0, 1))
            labels.append(label)
        print(f"{label} {name}: {len(chosen)} images")
    np.savez_compressed(args.out, images=np.stack(images), labels=np.array(labels, np.uint8))


if __name__ == "__main__":
    main()
