#!/usr/bin/env python3
"""Times a training step of a network in PyTorch: the peer of dev.tarsier.bench.TrainStepBench.

Reads a folder with network.json (layers by name, as the bench writes them) and weights.safetensors,
builds the network of torch.nn modules, and prints one JSON line: the losses of the first step, to be
compared with ours, and the milliseconds of each timed step (forward, losses, backward, Adam).

    train_step.py FOLDER STEPS WARMUP THREADS channels_last|contiguous
"""
import json
import struct
import sys
import time

import numpy
import torch
import torch.nn.functional as F
from torch import nn


class Network(nn.Module):
    def __init__(self, description):
        super().__init__()
        self.nodes = description["nodes"]
        self.outputs = description["outputs"]
        self.plans = []
        last = {source: i for i, node in enumerate(self.nodes) for source in node["inputs"]}
        kept = set(self.outputs.values())
        for i, node in enumerate(self.nodes):
            module = make(node)
            if module is not None:
                self.add_module(node["name"].replace(".", "/"), module)
            done = [s for s in set(node["inputs"]) if last[s] == i and s not in kept]
            self.plans.append((node, module, done))

    def forward(self, image):
        values = {"image": image}
        for node, module, done in self.plans:
            inputs = [values[name] for name in node["inputs"]]
            values[node["name"]] = run(node, module, inputs)
            for name in done:
                del values[name]
        return {name: values[node] for name, node in self.outputs.items()}

    def load(self, tensors):
        state = {name.replace(".", "/"): value for name, value in tensors.items()}
        own = {name.replace(".", "/"): name for name in self.state_dict()}
        wanted = {own[n] for n in own if not own[n].endswith("num_batches_tracked")}
        given = {own.get(n, n) for n in state}
        if wanted != given:
            raise SystemExit(f"weights differ: {sorted(wanted ^ given)[:5]}")
        with torch.no_grad():
            for name, tensor in self.state_dict().items():
                if not name.endswith("num_batches_tracked"):
                    tensor.copy_(state[name.replace(".", "/")])


def make(node):
    kind = node["type"]
    if kind == "Conv":
        top, left, bottom, right = node["padding"]
        symmetric = top == bottom and left == right
        conv = nn.Conv2d(
            node["in"], node["out"], node["kernel"], node["stride"],
            (top, left) if symmetric else 0, node["dilation"], node["groups"], node["bias"])
        if symmetric:
            return conv
        # Keeps the convolution's tensor names, unlike nn.Sequential.
        conv.register_forward_pre_hook(lambda _, x: F.pad(x[0], (left, right, top, bottom)))
        return conv
    if kind == "BatchNorm":
        return nn.BatchNorm2d(node["channels"], node["epsilon"], node["momentum"])
    if kind == "RELU":
        return nn.ReLU(inplace=True)
    if kind == "RELU6":
        return nn.ReLU6(inplace=True)
    return None


def run(node, module, x):
    kind = node["type"]
    if module is not None:
        return module(x[0])
    if kind == "Normalise":
        mean = torch.tensor(node["mean"]).view(1, -1, 1, 1)
        std = torch.tensor(node["std"]).view(1, -1, 1, 1)
        return (x[0] - mean) / std
    if kind == "SIGMOID":
        return torch.sigmoid(x[0])
    if kind == "Affine":
        y = x[0] if node["factor"] == 1 else x[0] * node["factor"]
        return y if node["offset"] == 0 else y + node["offset"]
    if kind == "Add":
        y = x[0]
        for other in x[1:]:
            y = y + other
        return y
    if kind == "Upsample":
        return F.interpolate(x[0], scale_factor=node["factor"], mode="bilinear", align_corners=False)
    if kind == "ResizeLike":
        return F.interpolate(x[0], size=x[1].shape[2:], mode="bilinear", align_corners=False)
    if kind == "GlobalAveragePool":
        return F.adaptive_avg_pool2d(x[0], 1)
    raise SystemExit(f"no rule for layer type {kind}")


def read(file):
    with open(file, "rb") as f:
        length = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(length))
        data = f.read()
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(
            numpy.frombuffer(data[e["data_offsets"][0]:e["data_offsets"][1]], "<f4")
            .reshape(e["shape"]).copy())
        for name, e in header.items()}


def main():
    folder, steps, warmup, threads, layout = sys.argv[1:]
    torch.set_num_threads(int(threads))
    with open(folder + "/network.json") as f:
        description = json.load(f)
    net = Network(description)
    net.load(read(folder + "/weights.safetensors"))
    net.train()
    # The last pixel of each tensor is defined by its index, as in the bench.
    n, h, w, classes = (description[k] for k in ("batch", "height", "width", "classes"))
    image = (torch.arange(n * 3 * h * w) * 7919 % 256).float().view(n, 3, h, w)
    labels = (torch.arange(n * h * w // 4) // 50 % classes).view(n, h // 2, w // 2)
    depth = (1 + torch.arange(n * h * w // 4) % 50 / 10).float().view(n, 1, h // 2, w // 2)
    if layout == "channels_last":
        net = net.to(memory_format=torch.channels_last)
        image = image.contiguous(memory_format=torch.channels_last)
    adam = torch.optim.Adam(net.parameters(), lr=1e-4)
    millis, first = [], None
    for step in range(int(warmup) + int(steps)):
        start = time.perf_counter()
        adam.zero_grad(set_to_none=True)
        out = net(image)
        cross = F.cross_entropy(out["classes"], labels)
        error = (out["depth"] - depth).abs().mean()
        loss = cross + error
        loss.backward()
        adam.step()
        values = (cross.item(), error.item())
        if first is None:
            first = values
        if step >= int(warmup):
            millis.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({
        "torch": torch.__version__, "threads": torch.get_num_threads(), "millis": millis,
        "first": first, "last": values, "parameters": sum(p.numel() for p in net.parameters())}))


if __name__ == "__main__":
    main()
