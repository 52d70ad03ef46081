"""How weights lie in memory: with the channels last, where a GPU's matrix units read them so.

Only the order of the numbers in memory differs: values, shapes and checkpoints do not.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

CHANNELS_LAST = torch.channels_last


def prefers_channels_last(device: torch.device, reduced: bool) -> bool:
    """Tell whether convolutions are faster with the channels last.

    Args:
        device: that computes; on CPUs training was 10 to 20 % slower so.
        reduced: whether it computes in bf16 or fp16, which matrix units want in this order.
    """
    return device.type == "cuda" and reduced


@torch.no_grad()
def put_channels_last(networks: Iterable[nn.Module]) -> None:
    """Lay out all weights (C', C, H, W) so, in place; to be done before copies and optimisers."""
    for network in networks:
        for weight in network.parameters():
            if weight.dim() == 4:
                weight.data = weight.data.contiguous(memory_format=CHANNELS_LAST)


def keep_layout(optimiser: torch.optim.Optimizer) -> None:
    """Lay out what an optimiser notes of a weight as the weight is, also when it is loaded.

    Checkpoints hold all numbers in the same order, and fused optimisers need one order for all.
    """

    def follow(loaded: torch.optim.Optimizer) -> None:
        for weight, notes in loaded.state.items():
            for name, value in notes.items():
                if value.shape == weight.shape and value.stride() != weight.stride():
                    notes[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)

    optimiser.register_load_state_dict_post_hook(follow)
