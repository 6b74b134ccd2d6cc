"""Writes the small files in the formats of Street View House Numbers that SvhnTest reads.

Usage: write_svhn.py FOLDER (needs h5py and scipy; what it wrote stands beside it)

svhn_v5.mat, svhn_v73.mat: four cropped digits of 6x4 with the labels 1, 10, 3, 9; every value says
where it stands. svhn_digit_struct.mat: three pictures with 1, 2 and 3 digits. MATLAB 7.3 is HDF5
with axes in reverse; a struct array has a list of references for each field, and a field of one
number is that number, one of several a list of references to numbers.
"""
import sys

import h5py
import numpy as np
import scipy.io

folder = sys.argv[1]
y, x, c, n = np.meshgrid(np.arange(4), np.arange(6), np.arange(3), np.arange(4), indexing="ij")
images = ((60 * n + 20 * c + 3 * x + 31 * y) % 256).astype(np.uint8)
labels = np.array([[1], [10], [3], [9]], dtype=np.uint8)
scipy.io.savemat(folder + "/svhn_v5.mat", {"X": images, "y": labels}, do_compression=True)


def header(path):
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")


path = folder + "/svhn_v73.mat"
with h5py.File(path, "w", userblock_size=512) as file:
    file.create_dataset("X", data=images.T, chunks=(2, 3, 6, 4), compression="gzip")
    file.create_dataset("y", data=labels.T.astype(np.float64))
header(path)

PICTURES = [
    ("1.png", [(5, 3, 4, 8, 2)]),  # left, top, width, height, label; the first pixel is 1
    ("2.png", [(1, 1, 3, 6, 10), (9, 2, 4, 4, 7)]),
    ("3.png", [(2, 2, 2, 4, 1), (4, 2, 2, 4, 2), (6, 2, 2, 4, 3)]),
]
path = folder + "/svhn_digit_struct.mat"
with h5py.File(path, "w", userblock_size=512, libver="earliest") as file:
    refs = file.create_group("#refs#")
    count = 0

    def store(values, dtype):
        global count
        count += 1
        return refs.create_dataset("r%d" % count, data=np.array(values, dtype=dtype)).ref

    struct = file.create_group("digitStruct")
    names = struct.create_dataset("name", (len(PICTURES), 1), dtype=h5py.ref_dtype)
    boxes = struct.create_dataset("bbox", (len(PICTURES), 1), dtype=h5py.ref_dtype)
    for i, (name, digits) in enumerate(PICTURES):
        names[i, 0] = store([[ord(letter)] for letter in name], np.uint16)
        group = refs.create_group("b%d" % i)
        for k, field in enumerate(["left", "top", "width", "height", "label"]):
            if len(digits) == 1:
                group.create_dataset(field, data=np.array([[digits[0][k]]], dtype=np.float64))
            else:
                list_of = group.create_dataset(field, (len(digits), 1), dtype=h5py.ref_dtype)
                for d, digit in enumerate(digits):
                    list_of[d, 0] = store([[digit[k]]], np.float64)
        boxes[i, 0] = group.ref
header(path)
