"""The table of styles: what a generator knows of each hand, one row a style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Style:
    """The rows of a batch.

    Attributes:
        code: (B, D), joined to the bottleneck.
        norms: per modulated layer (B, C, 2), scale and shift of its conditional norm; may be empty.
    """

    code: Tensor
    norms: tuple[Tensor, ...]


class StyleTable(nn.Module):
    """One code, and one scale and shift per modulated channel, for every style.

    Args:
        styles: number N of styles.
        code_size: D.
        modulated: channels of each layer with conditional norm.
        trained: whether the codes move; the original zi2zi never trains them.
    """

    def __init__(
        self, styles: int, code_size: int, modulated: Sequence[int] = (), *, trained: bool = True
    ) -> None:
        super().__init__()
        self.modulated = tuple(modulated)
        self.codes = nn.Parameter(0.01 * torch.randn(styles, code_size), requires_grad=trained)
        neutral = torch.zeros(styles, sum(self.modulated), 2)
        neutral[..., 0] = 1.0
        self.norms = nn.Parameter(neutral, requires_grad=bool(self.modulated))

    def forward(self, style: Tensor) -> Style:
        """Look up styles: (B,) long indices, or (B, N) float weights that mix rows linearly."""
        norms = self._rows(self.norms, style)
        layers = norms.split(self.modulated, dim=1) if self.modulated else ()
        return Style(self._rows(self.codes, style), tuple(layers))

    @staticmethod
    def _rows(table: Tensor, style: Tensor) -> Tensor:
        if style.is_floating_point():
            return torch.tensordot(style.to(table.dtype), table, dims=1)  # type: ignore[no-any-return]
        return table[style]

    def protect(self, rows: Sequence[int]) -> None:
        """Let training move every row but these: their gradients become 0 from now on."""
        self.codes.requires_grad_(True)
        free = torch.ones(len(self.codes), dtype=torch.bool)
        free[list(rows)] = False
        for table in (self.codes, self.norms):
            if table.requires_grad:
                table.register_hook(_mask_rows(free))

    @torch.no_grad()
    def start_from_mean(self, rows: Sequence[int], known: Sequence[int]) -> None:
        """Give new rows the mean of known ones, a better start than neutral values."""
        for table in (self.codes, self.norms):
            table[list(rows)] = table[list(known)].mean(dim=0)


def _mask_rows(free: Tensor) -> Callable[[Tensor], Tensor]:
    def mask(gradient: Tensor) -> Tensor:
        keep = free.to(gradient.device).view(-1, *[1] * (gradient.dim() - 1))
        return torch.where(keep, gradient, torch.zeros_like(gradient))

    return mask
