"""Labels: vectors that say which hand an image is in, or shall be; print is a hand too."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Labels(nn.Module):
    """One label for every domain: the styles in their order, and print behind them.

    Nothing of it learns; it lies in checkpoints as weights do.

    Args:
        styles: number N of styles.
        off: what stands in a label in all places but its own, where 1 stands.

    Attributes:
        rows: (N + 1, N + 1), the labels.
        prints: (N,), the domain of the print that each style is drawn from.

    >>> Labels(2)(torch.tensor([1, 2])).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> Labels(2)(torch.tensor([[0.25, 0.75]])).tolist()
    [[0.25, 0.75, 0.0]]
    """

    rows: Tensor
    prints: Tensor

    def __init__(self, styles: int, off: float = 0.0) -> None:
        super().__init__()
        domains = styles + 1
        rows = torch.full((domains, domains), off)
        self.register_buffer("rows", rows.fill_diagonal_(1.0))
        self.register_buffer("prints", torch.full((styles,), styles))

    @property
    def size(self) -> int:
        """Length of a label."""
        return self.rows.shape[1]

    def forward(self, domain: Tensor, prints: bool = False) -> Tensor:
        """Return labels of domains (B,) long; mixed ones of weights of styles (B, N).

        With ``prints`` return the domains (B,) of the prints that styles (B,) are drawn from.
        """
        if prints:
            return self.prints[domain]
        if domain.is_floating_point():
            return domain.to(self.rows) @ self.rows[: domain.shape[1]]
        return self.rows[domain]
