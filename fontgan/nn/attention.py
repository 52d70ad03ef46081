"""Attention: every place of a map looks at every place of the same or of another map."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head attention between two maps of one size, added to the first.

    Places are told apart by learned codes; maps are normalised first, and a gate per channel lets
    the sum begin as the map itself.
    Source: Vaswani et al. 2017, equation 1; on images Zhang et al. 2019 (SAGAN), equation 3.

    Args:
        channels: C of the map that looks.
        seen: channels of the map that is looked at.
        side: rows and columns of both.
        heads: how many; they divide C.
    """

    def __init__(self, channels: int, seen: int, side: int, heads: int = 4) -> None:
        super().__init__()
        self.shape = (channels, side, side)
        self.parts = (heads, channels // heads, side * side)  # sizes that an exporter can see
        self.place = nn.Parameter(0.02 * torch.randn(2, channels, side, side))
        self.ask = nn.Conv2d(channels, channels, 1)
        # A bias of the keys adds the same to all that a place is asked: softmax takes it away.
        self.key = nn.Conv2d(seen, channels, 1, bias=False)
        self.value = nn.Conv2d(seen, channels, 1)
        self.gate = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """Let x (B, C, H, W) look at seen (B, C', H, W); (B, C, H, W)."""
        looked_at = self._normal(seen)
        asked = self._heads(self.ask(self._normal(x)) + self.place[0])
        keys = self._heads(self.key(looked_at) + self.place[1])
        found = F.scaled_dot_product_attention(asked, keys, self._heads(self.value(looked_at)))
        return x + self.gate * found.transpose(2, 3).reshape(-1, *self.shape)

    def _normal(self, x: Tensor) -> Tensor:
        # An instance norm, in words that need not know the channels: exporting forgets them.
        return F.layer_norm(x, self.shape[1:])

    def _heads(self, x: Tensor) -> Tensor:
        """Turn (B, C, H, W) into (B, heads, H W, C / heads)."""
        return x.reshape(-1, *self.parts).transpose(2, 3)
