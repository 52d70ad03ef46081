"""Moving averages of networks: copies that follow the weights, and draw more steadily."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from fontgan.methods.base import Networks
from fontgan.nn.style import StyleTable

Averages = dict[str, nn.Module]


def start_averages(networks: Networks, names: Iterable[str]) -> Averages:
    """Return copies of networks, from which their averages start."""
    return {name: copy.deepcopy(networks[name]).eval().requires_grad_(False) for name in names}


@torch.no_grad()
def move_averages(averages: Mapping[str, nn.Module], networks: Networks, decay: float) -> None:
    """Let averages follow their networks by a share of ``1 - decay``; buffers are copied."""
    for name, average in averages.items():
        network = networks[name]
        if isinstance(network, StyleTable) and network.sparse:
            assert isinstance(average, StyleTable)
            average.copy_moved(network)  # a row that moves now and then has no average
            continue
        # All weights in one go: a GPU waits longer for orders than it takes to follow them.
        if weights := tuple(average.parameters()):
            torch._foreach_lerp_(weights, tuple(network.parameters()), 1 - decay)
        for kept, value in zip(average.buffers(), network.buffers(), strict=True):
            kept.copy_(value)
