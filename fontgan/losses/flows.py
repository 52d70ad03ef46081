"""Losses over flows (B, 2, S, S), in sides of the image."""

from __future__ import annotations

from torch import Tensor

from fontgan.losses import images
from fontgan.nn.flow import warp


def bending(flow: Tensor) -> Tensor:
    """Return how unevenly neighbours are moved: the squared differences of a flow, in pixels.

    Strokes that are moved as a whole cost nothing. Source: Horn and Schunck 1981, section 5.

    >>> import torch
    >>> bending(torch.full((1, 2, 4, 4), 0.25)).item()
    0.0
    >>> ramp = (torch.arange(4.0) / 4).view(1, 1, 1, 4).expand(1, 2, 4, 4)  # a pixel more a column
    >>> bending(ramp).item()
    1.0
    """
    pixels = flow * flow.shape[-1]
    across = (pixels[..., 1:] - pixels[..., :-1]).square().mean()
    down = (pixels[..., 1:, :] - pixels[..., :-1, :]).square().mean()
    return across + down


def registration(source: Tensor, flow: Tensor, target: Tensor) -> Tensor:
    """Return the `images.pyramid` of a source (B, 1, S, S), moved by a flow alone, and its target.

    >>> import torch
    >>> source = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)
    >>> registration(source, torch.zeros(1, 2, 8, 8), source).item() < 1e-6
    True
    """
    return images.pyramid(warp(source, flow), target)
