"""The table of styles: what a generator knows of each hand, one row a style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

LARGE = 2**24  # weights; with fewer the rows that rest cost little beside a training step


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

    Attributes:
        sparse: whether gradients are of the rows in use alone, which not every optimiser takes.
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
        self.sparse = False

    def forward(self, style: Tensor) -> Style:
        """Look up styles: (B,) long indices, or (B, N) float weights that mix rows linearly."""
        layers = self._rows(self.norms, style).split(self.modulated, 1) if self.modulated else ()
        return Style(self._rows(self.codes, style), tuple(layers))

    def _rows(self, table: Tensor, style: Tensor) -> Tensor:
        if not table.shape[1]:  # of a product with nothing ONNX Runtime dies, and Python with it
            return (style if style.is_floating_point() else style[:, None])[:, :0].to(table)
        if style.is_floating_point():
            return torch.tensordot(style.to(table.dtype), table, dims=1)  # type: ignore[no-any-return]
        if self.sparse:
            return _SparseRows.apply(table, style)  # type: ignore[no-any-return, no-untyped-call]
        return table[style]

    @property
    def large(self) -> bool:
        """Whether a step over all rows costs more than what the rows are for."""
        return self.codes.numel() + self.norms.numel() >= LARGE

    @torch.no_grad()
    def copy_moved(self, other: StyleTable) -> None:
        """Copy from another, sparse table the rows that its last gradients have moved."""
        for mine, its in ((self.codes, other.codes), (self.norms, other.norms)):
            if its.grad is not None:
                rows = its.grad.coalesce().indices()[0]
                mine[rows] = its[rows]

    def protect(self, rows: Sequence[int]) -> None:
        """Let training move every row but these: their gradients become 0 from now on."""
        self.codes.requires_grad_(True)
        free = torch.ones(len(self.codes), dtype=torch.bool, device=self.codes.device)
        free[list(rows)] = False
        for table in (self.codes, self.norms):
            if table.requires_grad:
                table.register_hook(_mask_rows(free))

    @torch.no_grad()
    def start_from_mean(self, rows: Sequence[int], known: Sequence[int]) -> None:
        """Give new rows the mean of known ones, a better start than neutral values."""
        for table in (self.codes, self.norms):
            table[list(rows)] = table[list(known)].mean(dim=0)


class _SparseRows(torch.autograd.Function):
    """Rows (B, ...) of a table (N, ...), with a gradient that holds these rows alone."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.shape = table.shape
        return table[rows]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return _sparse(rows, gradient, ctx.shape), None


def _sparse(rows: Tensor, values: Tensor, shape: torch.Size) -> Tensor:
    return torch.sparse_coo_tensor(rows[None], values, shape, check_invariants=False)


def _mask_rows(free: Tensor) -> Callable[[Tensor], Tensor]:
    def mask(gradient: Tensor) -> Tensor:
        if gradient.is_sparse:
            gradient = gradient.coalesce()
            rows = gradient.indices()[0]
            kept = free.to(rows.device)[rows]
            return _sparse(rows[kept], gradient.values()[kept], gradient.shape)
        keep = free.to(gradient.device).view(-1, *[1] * (gradient.dim() - 1))
        return torch.where(keep, gradient, torch.zeros_like(gradient))

    return mask
