"""Writes small files in the layout of NYU Depth v2's, with the HDF group's own library.

Usage: write_nyu.py FOLDER CHUNKS [VARIANT]

CHUNKS: frame (a chunk holds a frame), mixed (a chunk holds parts of 4 frames), none.
VARIANT: short_depths (fewer columns than the images have), no_labels, bad_label.

10 frames of 24x16; every value says where it stands. MATLAB stores columns first, so the axes of
HDF5 are those of MATLAB in reverse: frame, colour, column, row.
"""
import sys

import h5py
import numpy as np

folder, chunks = sys.argv[1:3]
variant = sys.argv[3] if len(sys.argv) > 3 else ""
FRAMES, WIDTH, HEIGHT = 10, 24, 16
SCENES = ["kitchen_0001a", "kitchen_0001b", "office_0002", "office_0003", "bedroom_0004",
          "bedroom_0005", "study_0006", "study_0007", "cafe_0008", "cafe_0009"]


def create(file, name, data, matlab_class, chunk):
    options = {}
    if chunk is not None:
        options = {"chunks": tuple(np.minimum(chunk, data.shape)), "compression": "gzip",
                   "compression_opts": 3}
    dataset = file.create_dataset(name, data=data, **options)
    dataset.attrs["MATLAB_class"] = np.bytes_(matlab_class)
    return dataset


def header(path):
    text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: test HDF5 schema 1.00 ."
    with open(path, "r+b") as file:
        file.write(text.ljust(116) + b" " * 8 + b"\x00\x02IM")


f, c, x, y = np.meshgrid(np.arange(FRAMES), np.arange(3), np.arange(WIDTH), np.arange(HEIGHT),
                         indexing="ij")
images = ((7 * f + 50 * c + 3 * x + 11 * y) % 256).astype(np.uint8)
f, x, y = f[:, 0], x[:, 0], y[:, 0]
depths = (0.5 + f + 0.01 * x + 0.1 * y).astype(np.float32)
raw = np.where((x + y) % 5 == 0, 0, depths).astype(np.float32)
labels = ((100 * f + x + 2 * y) % 895).astype(np.uint16)
if variant == "short_depths":
    depths = depths[:, :20]
if variant == "bad_label":
    labels[0, 3, 2] = 895

whole = {"frame": (1, 3, WIDTH, HEIGHT), "mixed": (4, 1, 7, 5), "none": None}[chunks]
plane = None if whole is None else (whole[0],) + whole[2:]
path = folder + "/nyu_depth_v2_labeled.mat"
with h5py.File(path, "w", userblock_size=512) as file:
    create(file, "images", images, "uint8", whole)
    create(file, "depths", depths, "single", plane)
    create(file, "rawDepths", raw, "single", plane)
    if variant != "no_labels":
        create(file, "labels", labels, "uint16", plane)
    refs = file.create_group("#refs#")
    scenes = file.create_dataset("scenes", (1, FRAMES), dtype=h5py.ref_dtype)
    for i, scene in enumerate(SCENES):
        letters = np.array([[ord(letter)] for letter in scene], dtype=np.uint16)
        scenes[0, i] = create(refs, "s%d" % i, letters, "char", None).ref
    scenes.attrs["MATLAB_class"] = np.bytes_("cell")
header(path)

path = folder + "/splits.mat"
with h5py.File(path, "w", userblock_size=512) as file:
    create(file, "trainNdxs", np.array([[1, 2, 3, 5, 7, 9, 10]], dtype=np.float64), "double", None)
    create(file, "testNdxs", np.array([[4, 6, 8]], dtype=np.float64), "double", None)
header(path)

path = folder + "/classMapping40.mat"
with h5py.File(path, "w", userblock_size=512) as file:
    mapping = np.arange(894, dtype=np.float64)[:, None] % 40 + 1
    create(file, "mapClass", mapping, "double", None)
header(path)
