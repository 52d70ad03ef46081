"""Checkpoints of version 1 have biases before norms, which norms take away; version 2 has none.

Leaving them out changes no drawing and no step of training. Only a batch norm's running mean knew
of its bias, and is smaller by it.
"""

from __future__ import annotations

from itertools import zip_longest

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def without_biases(network: nn.Module, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a network's state without the biases that the network has no more.

    >>> import torch
    >>> network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1))
    >>> before = network.state_dict() | {"0.bias": torch.ones(1)}
    >>> without_biases(network, before)["1.running_mean"], "0.bias" in before
    (tensor([-1.]), True)
    """
    left_out = biases_left_out(network, state)
    kept = {key: value for key, value in state.items() if key not in left_out}
    means = [
        f"{name}.running_mean"
        for name, module in network.named_modules()
        if isinstance(module, _BatchNorm)
    ]
    if left_out and means:  # in these networks one stands behind every such convolution
        for mean, bias in zip_longest(means, left_out, fillvalue=""):
            if mean not in state or bias not in state or state[mean].shape != state[bias].shape:
                return state  # of another model, as loading it will say
            kept[mean] = state[mean] - state[bias]
    return kept


def biases_left_out(network: nn.Module, state: dict[str, Tensor]) -> list[str]:
    """Return the names of biases in a state whose convolutions have none in the network."""
    biases = [
        f"{name}.bias"
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.bias is None
    ]
    return [bias for bias in biases if bias in state]


def renumbered(network: nn.Module, state: dict[str, Tensor]) -> dict[int, int]:
    """Return the numbers that an optimiser gives weights now, by those of when a state was saved.

    >>> import torch
    >>> network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1))
    >>> renumbered(network, network.state_dict() | {"0.bias": torch.ones(1)})
    {0: 0, 2: 1, 3: 2}
    """
    left_out = biases_left_out(network, state)
    then = []
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            bias = f"{name.removesuffix('.weight')}.bias"
            then += [name, bias] if bias in left_out else [name]
    kept = [number for number, name in enumerate(then) if name not in left_out]
    return {number: place for place, number in enumerate(kept)}
