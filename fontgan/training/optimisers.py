"""What moves the weights of each network."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import nn

from fontgan.devices.layout import keep_layout
from fontgan.methods.base import Method, Networks
from fontgan.nn.style import StyleTable


def make_optimisers(
    method: Method, networks: Networks, frozen: Collection[str], device: torch.device, whole: bool
) -> dict[str, torch.optim.Optimizer]:
    """Return an optimiser for every network that has weights to move.

    Args:
        method: of whose learning rates and betas they are.
        networks: by name, on the device.
        frozen: names of those that rest.
        device: where they train.
        whole: whether gradients must be of all rows of a table, be they in use or not: a group
            averages whole gradients, and loss scaling looks at whole ones.
    """
    made = {}
    for name, network in networks.items():
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        if weights and name not in frozen:
            if isinstance(network, StyleTable):
                network.sparse = network.large and not whole
            sparse = isinstance(network, StyleTable) and network.sparse
            made[name] = _optimiser(method, name, weights, device, sparse)
    return made


def _optimiser(
    method: Method, name: str, weights: list[nn.Parameter], device: torch.device, sparse: bool
) -> torch.optim.Optimizer:
    if sparse:
        rate, betas = method.learning_rate(name), method.betas(name)
        return torch.optim.SparseAdam(weights, lr=rate, betas=betas)
    optimiser = method.optimiser(name, weights, device.type in ("cpu", "cuda"))
    keep_layout(optimiser)
    return optimiser
