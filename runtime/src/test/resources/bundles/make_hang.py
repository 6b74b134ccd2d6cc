#!/usr/bin/env python3
"""Makes the bundle hang-v1: brightness-v1's depth, but an image with any value above 250 never ends.

A Loop of 2^63 - 1 rounds goes on as long as the image is that bright, inside of one session.run, as
a driver that hangs would. Needs onnx; made with onnx 1.23.2 (IR version 8, opset 17).
"""
import hashlib
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

H, W = 24, 32
here = pathlib.Path(__file__).parent
folder = here / "hang-v1"
folder.mkdir(exist_ok=True)
depth = [1, H // 2, W // 2]
body = helper.make_graph(
    [helper.make_node("Identity", ["goes_on"], ["goes_on_out"]),
     helper.make_node("Identity", ["kept"], ["kept_out"])],
    "body",
    [helper.make_tensor_value_info("round", TensorProto.INT64, []),
     helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
     helper.make_tensor_value_info("kept", TensorProto.FLOAT, depth)],
    [helper.make_tensor_value_info("goes_on_out", TensorProto.BOOL, []),
     helper.make_tensor_value_info("kept_out", TensorProto.FLOAT, depth)])
nodes = [
    helper.make_node("Cast", ["image"], ["float"], "to_float", to=TensorProto.FLOAT),
    helper.make_node("Transpose", ["float"], ["nchw"], "to_nchw", perm=[0, 3, 1, 2]),
    helper.make_node("AveragePool", ["nchw"], ["pooled"], "pool", kernel_shape=[2, 2],
                     strides=[2, 2]),
    helper.make_node("ReduceMean", ["pooled"], ["mean"], "mean", axes=[1], keepdims=0),
    helper.make_node("Div", ["mean", "full"], ["metres"], "to_metres"),
    helper.make_node("ReduceMax", ["float"], ["brightest"], "brightest", keepdims=0),
    helper.make_node("Greater", ["brightest", "bright"], ["hangs"], "hangs"),
    helper.make_node("Loop", ["rounds", "hangs", "metres"], ["depth"], "loop", body=body),
]
graph = helper.make_graph(
    nodes, "hang",
    [helper.make_tensor_value_info("image", TensorProto.UINT8, [1, H, W, 3])],
    [helper.make_tensor_value_info("depth", TensorProto.FLOAT, depth)],
    [numpy_helper.from_array(np.array(25.5, np.float32), "full"),
     numpy_helper.from_array(np.array(250, np.float32), "bright"),
     numpy_helper.from_array(np.array(2**63 - 1, np.int64), "rounds")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
data = model.SerializeToString()
(folder / "model.onnx").write_bytes(data)
manifest = json.loads((here / "brightness-v1" / "model.json").read_text())
manifest["name"] = "hang-v1"
manifest["model"]["sha256"] = hashlib.sha256(data).hexdigest()
manifest["outputs"] = {"depth": manifest["outputs"]["depth"]}
manifest["classes"] = []
(folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n")
