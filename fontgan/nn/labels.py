"""Labels: vectors that say which hand an image is in, or shall be; print is a hand too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn


class Labels(nn.Module):
    """One label for every domain: the styles in their order, and print behind them.

    Of two data sets the print of each is a domain, and two numbers behind a label say which of them
    it is of (the mask vector of StarGAN, Choi et al. 2018, section 3.3). Nothing of it learns; it
    lies in checkpoints as weights do.

    Args:
        styles: number N of styles.
        off: what stands in a label in all places but its own, where 1 stands.
        sets: number of the data set that each style is of; empty of a single one.

    Attributes:
        rows: (N + K, L), the labels; K data sets.
        sets: (N + K,), the data set of each domain.

    >>> Labels(2)(torch.tensor([1, 2])).tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    >>> Labels(2)(torch.tensor([[0.25, 0.75]])).tolist()
    [[0.25, 0.75, 0.0]]
    >>> Labels(2, sets=(0, 1))(torch.tensor([1, 2])).tolist()
    [[0.0, 1.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0, 1.0, 0.0]]
    """

    rows: Tensor
    sets: Tensor

    def __init__(self, styles: int, off: float = 0.0, sets: Sequence[int] = ()) -> None:
        super().__init__()
        self.styles = styles
        count = max(sets, default=0) + 1
        of = torch.tensor([*(sets or [0] * styles), *range(count)])
        rows = torch.full((len(of), len(of)), off).fill_diagonal_(1.0)
        if count > 1:
            rows = torch.cat([rows, torch.eye(count)[of]], dim=1)
        self.register_buffer("rows", rows)
        self.register_buffer("sets", of)

    @property
    def size(self) -> int:
        """Length L of a label."""
        return self.rows.shape[1]

    def forward(
        self, domain: Tensor, wanted: Literal["label", "print", "rivals"] = "label"
    ) -> Tensor:
        """Return labels (B, L) of domains (B,) long; mixed ones of weights of styles (B, N).

        Or the ``print`` (B,) of each, its data set's; or as ``rivals`` which domains are of the
        same data set (B, N + K).
        """
        if wanted == "print":
            return self.styles + self.sets[domain]
        if wanted == "rivals":
            return self.sets[domain][:, None] == self.sets
        if domain.is_floating_point():
            return domain.to(self.rows) @ self.rows[: domain.shape[1]]
        return self.rows[domain]
