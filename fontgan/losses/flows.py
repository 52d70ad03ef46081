"""Losses over flows (B, 2, S, S), in sides of the image."""

from __future__ import annotations

from torch import Tensor


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
