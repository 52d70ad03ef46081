"""Losses over images (B, 1, S, S) in [-1, 1]."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.nn.shares import share_count


def l1(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the mean absolute difference.

    >>> import torch
    >>> l1(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).item()
    1.0
    """
    return F.l1_loss(drawn, target)


def l1_sum(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the absolute differences summed over an image's pixels, the mean over images.

    >>> import torch
    >>> l1_sum(torch.zeros(3, 1, 2, 2), torch.ones(3, 1, 2, 2)).item()
    4.0
    """
    return (drawn - target).abs().flatten(1).sum(dim=1).mean()


def shrunk(image: Tensor, like: Tensor) -> Tensor:
    """Return images of the size of others, which divides their own, by means over pixels.

    >>> import torch
    >>> shrunk(torch.arange(4.0).view(1, 1, 2, 2), torch.zeros(1, 1, 1, 1)).item()
    1.5
    """
    times = image.shape[-1] // like.shape[-1]
    return F.avg_pool2d(image, times) if times > 1 else image


def smooth_l1(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the mean of differences that are half squared below 1, and .5 less above.

    Source: Girshick 2015 (Fast R-CNN), equation 3.

    >>> import torch
    >>> smooth_l1(torch.tensor([0.0, 0.0]), torch.tensor([0.5, 2.0])).item()
    0.8125
    """
    return F.smooth_l1_loss(drawn, target)


def drawn_l1(draw: Callable[..., Tensor], *seen_and_target: Tensor) -> Tensor:
    """Return the `l1` of what is drawn of some tensors, and the last one, its target.

    >>> import torch
    >>> drawn_l1(torch.neg, torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).item()
    2.0
    """
    *seen, target = seen_and_target
    return l1(draw(*seen), target)


def squared(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference.

    >>> import torch
    >>> squared(torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.5)).item()
    0.25
    """
    return F.mse_loss(drawn, target)


def squared_sum(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the squared differences summed over an image's pixels, the mean over images.

    It is a normal distribution's negative log-likelihood of variance 1/2, but for a constant.

    >>> import torch
    >>> squared_sum(torch.zeros(3, 1, 2, 2), torch.full((3, 1, 2, 2), 0.5)).item()
    1.0
    """
    return (drawn - target).square().flatten(1).sum(dim=1).mean()


def total_variation(drawn: Tensor) -> Tensor:
    """Return half the squared differences of neighbours, over the width, summed over the batch.

    Source: zi2zi's ``tv_loss`` (Rudin et al. 1992, squared form).

    >>> import torch
    >>> total_variation(torch.tensor([[[[0.0, 2.0], [0.0, 2.0]]]])).item()
    2.0
    """
    vertical = (drawn[..., 1:, :] - drawn[..., :-1, :]).square().sum()
    horizontal = (drawn[..., :, 1:] - drawn[..., :, :-1]).square().sum()
    # A sum: the mean over processes, each with a share of the batch, is then that of the batch.
    return (vertical + horizontal) / (2 * drawn.shape[-1]) * share_count()


def binary(drawn: Tensor) -> Tensor:
    """Return the mean of 1 - x^2: 0 for black and white, 1 for middle grey.

    >>> import torch
    >>> binary(torch.tensor([-1.0, 0.0, 1.0, 0.0])).item()
    0.5
    """
    return (1 - drawn.square()).mean()


def pyramid(drawn: Tensor, target: Tensor, levels: int = 3) -> Tensor:
    """Return the mean absolute difference of ever smaller copies of two images.

    Where strokes are a pixel off, L1 likes blank paper best; of a smaller copy it likes as much ink
    as there is. Source: Denton et al. 2015 and Bojanowski et al. 2018 (Laplacian pyramids), here
    of means over 2 x 2 pixels.

    Args:
        drawn: (B, 1, S, S) in [-1, 1].
        target: the same.
        levels: copies of sides S / 2, S / 4, ...; their differences are averaged.

    >>> import torch
    >>> stroke = torch.ones(1, 1, 8, 8)
    >>> stroke[..., 2, :] = -1
    >>> beside = stroke.roll(1, 2)
    >>> l1(beside, stroke).item(), pyramid(beside, stroke).item()
    (0.5, 0.0)
    """
    differences = []
    for _ in range(levels):
        drawn, target = F.avg_pool2d(drawn, 2), F.avg_pool2d(target, 2)
        differences.append((drawn - target).abs().mean())
    return torch.stack(differences).mean()
