"""A pool of earlier drawings, of which a discriminator is shown some in place of the newest."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ImagePool(nn.Module):
    """Keep drawings; once full, swap half of a batch for kept ones, which the newest replace.

    So a discriminator does not forget what it was shown. It is a part of a run's state, as weights
    are: its buffers lie in checkpoints. Every choice is made without a look at the device.
    Source: Shrivastava et al. 2017, section 2.3, as CycleGAN's authors have it, image by image; of
    larger batches a pool keeps whole ones.

    Args:
        capacity: number of drawings; none of a batch larger than that is kept.
        size: their side S.

    >>> import torch
    >>> pool = ImagePool(2, size=1)
    >>> pool(torch.full((2, 1, 1, 1), 0.5)).flatten().tolist(), pool.kept.tolist()
    ([0.5, 0.5], 2)
    >>> torch.cat([pool(torch.ones(1, 1, 1, 1)) for _ in range(40)]).unique().tolist()
    [0.5, 1.0]
    """

    images: Tensor
    kept: Tensor

    def __init__(self, capacity: int, size: int) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(capacity, 1, size, size))
        self.register_buffer("kept", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def forward(self, drawn: Tensor) -> Tensor:
        """Return (B, 1, S, S), each of it one of ``drawn`` (B, 1, S, S) or one of the pool."""
        count, capacity, places = len(drawn), len(self.images), self.images.device
        if count > capacity:
            return drawn
        full = self.kept + count > capacity
        numbers = torch.arange(capacity, device=places)
        order = torch.rand(capacity, device=places) + (numbers >= self.kept)
        slots = torch.where(full, order.argsort()[:count], (self.kept + numbers[:count]) % capacity)
        swapped = (full & (torch.rand(count, device=places) < 0.5)).view(-1, 1, 1, 1)
        before = self.images[slots]
        drawn = drawn.to(before)
        self.images[slots] = torch.where(swapped | ~full, drawn, before)
        self.kept += torch.where(full, 0, count)
        return torch.where(swapped, before, drawn)
