"""Judges made for tests: a recogniser of bars, and weights by chance in the published shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

from fontgan.nn.eyes.inception import Inception
from fontgan.nn.eyes.lpips import Lpips

DICTIONARY = "永和"  # what the recogniser calls a black and a grey bar; paper is nothing


def recogniser(folder: Path, known: str = DICTIONARY) -> Path:
    """Write a network that reads every column: black, grey, or the paper between.

    Of more characters it knows than these two it reads none.
    """
    centres = np.array([1.0, -1.0, 0.0, 9.0], dtype=np.float32)  # nothing, black, grey, a space
    steps = [
        helper.make_node("ReduceMean", ["x", "places"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "last"], ["column"]),
        helper.make_node("Sub", ["column", "centres"], ["far"]),
        helper.make_node("Mul", ["far", "far"], ["square"]),
        helper.make_node("Neg", ["square"], ["scores"]),
    ]
    values = {"places": np.array([1, 2]), "last": np.array([2]), "centres": centres}
    graph = helper.make_graph(
        steps,
        "bars",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 48, "W"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", "W", 4])],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {"character": "\n".join(known)})
    onnx.save(model, folder / "bars_rec.onnx")
    return folder / "bars_rec.onnx"


def lpips_weights(file: Path, trunk: str = "alex") -> Path:
    """Write weights by chance; the heads are at least 0, as those of LPIPS are."""
    torch.manual_seed(0)
    weights = {
        name: value.abs() if name.startswith("lin") else value
        for name, value in Lpips(trunk).state_dict().items()
    }
    save_file({**weights, "classifier.6.bias": torch.zeros(1000)}, file)  # as in torchvision's
    return file


def fid_weights(file: Path) -> Path:
    """Write weights by chance, in half precision to be quick."""
    torch.manual_seed(0)
    with torch.device("meta"):
        net = Inception()
    net.to_empty(device="cpu")
    for layer in net.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)  # so that pictures still differ at the end
        elif isinstance(layer, torch.nn.BatchNorm2d):
            layer.reset_parameters()
    weights = {name: value.half() for name, value in net.state_dict().items()}
    save_file({**weights, "fc.bias": torch.zeros(1008)}, file)  # as in the published file
    return file
