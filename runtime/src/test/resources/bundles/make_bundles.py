#!/usr/bin/env python3
"""Makes the bundle that tests use: a network small enough to check by hand.

input   image    uint8   [1, 24, 32, 3] RGB
output  classes  uint8   [1, 12, 16]  the strongest channel of the mean over 2x2 pixels: 0 red,
                                      1 green, 2 blue (the first one when equal)
output  depth    float32 [1, 12, 16]  metres: mean of the three channels over 2x2 pixels, / 25.5

Needs Debian's python3-onnx. The committed files were made with onnx 1.12 and are kept as they are:
a bundle of schema tarsier.bundle/1 must load in every later version.
"""
import hashlib
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

H, W = 24, 32
folder = pathlib.Path(__file__).parent / "brightness-v1"
folder.mkdir(exist_ok=True)
nodes = [
    helper.make_node("Cast", ["image"], ["float"], "to_float", to=TensorProto.FLOAT),
    helper.make_node("Transpose", ["float"], ["nchw"], "to_nchw", perm=[0, 3, 1, 2]),
    helper.make_node("AveragePool", ["nchw"], ["pooled"], "pool", kernel_shape=[2, 2],
                     strides=[2, 2]),
    helper.make_node("ArgMax", ["pooled"], ["ids"], "argmax", axis=1, keepdims=0),
    helper.make_node("Cast", ["ids"], ["classes"], "to_ids", to=TensorProto.UINT8),
    helper.make_node("ReduceMean", ["pooled"], ["mean"], "mean", axes=[1], keepdims=0),
    helper.make_node("Div", ["mean", "full"], ["depth"], "to_metres"),
]
graph = helper.make_graph(
    nodes, "brightness",
    [helper.make_tensor_value_info("image", TensorProto.UINT8, [1, H, W, 3])],
    [helper.make_tensor_value_info("classes", TensorProto.UINT8, [1, H // 2, W // 2]),
     helper.make_tensor_value_info("depth", TensorProto.FLOAT, [1, H // 2, W // 2])],
    [numpy_helper.from_array(np.array(25.5, np.float32), "full")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
data = model.SerializeToString()
(folder / "model.onnx").write_bytes(data)
manifest = {
    "schema": "tarsier.bundle/1",
    "name": "brightness-v1",
    "version": "1.0.0",
    "model": {"file": "model.onnx", "sha256": hashlib.sha256(data).hexdigest(), "opset": 17,
              "irVersion": 8},
    "input": {"name": "image", "dtype": "uint8", "layout": "NHWC", "height": H, "width": W,
              "colorOrder": "RGB", "resize": "stretch"},
    "outputs": {
        "classes": {"name": "classes", "dtype": "uint8", "height": H // 2, "width": W // 2},
        "depth": {"name": "depth", "dtype": "float32", "height": H // 2, "width": W // 2}},
    "classes": [{"id": 0, "name": "red", "color": "#FF0000"},
                {"id": 1, "name": "green", "color": "#00FF00"},
                {"id": 2, "name": "blue", "color": "#0000FF"}],
    "ignoreId": 255,
    "depth": {"unit": "m", "min": 0.0, "max": 10.0, "invalid": "NaN"},
    "intrinsics": {"fx": 29.0, "fy": 29.0, "cx": 16.0, "cy": 12.0},
    "provenance": {"recipeSha256": None, "dataSets": [], "seed": 0, "metrics": [],
                   "versions": {"onnx": onnx.__version__}},
    "golden": [],
}
(folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
