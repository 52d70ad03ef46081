"""Losses over images (B, 1, S, S) in [-1, 1]."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def l1(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the mean absolute difference.

    >>> import torch
    >>> l1(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).item()
    1.0
    """
    return F.l1_loss(drawn, target)


def total_variation(drawn: Tensor) -> Tensor:
    """Return half the squared differences of neighbours, over the width, summed over the batch.

    Source: zi2zi's ``tv_loss`` (Rudin et al. 1992, squared form).

    >>> import torch
    >>> total_variation(torch.tensor([[[[0.0, 2.0], [0.0, 2.0]]]])).item()
    2.0
    """
    vertical = (drawn[..., 1:, :] - drawn[..., :-1, :]).square().sum()
    horizontal = (drawn[..., :, 1:] - drawn[..., :, :-1]).square().sum()
    return (vertical + horizontal) / (2 * drawn.shape[-1])


def binary(drawn: Tensor) -> Tensor:
    """Return the mean of 1 - x^2: 0 for black and white, 1 for middle grey.

    >>> import torch
    >>> binary(torch.tensor([-1.0, 0.0, 1.0, 0.0])).item()
    0.5
    """
    return (1 - drawn.square()).mean()
