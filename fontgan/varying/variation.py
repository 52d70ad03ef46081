"""Variation: the few directions in which each hand's drawings differ most; and how strokes end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.errors import CheckpointError
from fontgan.methods.base import PenStrokes
from fontgan.varying.residuals import Residual
from fontgan.varying.ways import WAYS, moved

RANK = 16  # numbers of a code
TRUSTED = 0.75  # share of the glyphs, those fitted best: others are of another form
FEWEST = 4  # glyphs that say anything of a hand
UNSURE = 0.02  # variance of a measured amount
DIRECTIONS, SQUARE = "directions", "square"

_UNFIT = "what the checkpoint says of how hands vary does not fit it"


@dataclass(frozen=True)
class Variation:
    """How the hands of a model vary: a code z from N(0, 1) moves strokes by ``z @ directions``.

    Attributes:
        directions: (N, Z, WAYS), of each style; zeros where nothing is known of a hand.
        square: (N,) in [0, 1], how square each hand's strokes end; None is 0, round, for all.
    """

    directions: Tensor
    square: Tensor | None = None

    @property
    def z_size(self) -> int:
        """Return Z."""
        return self.directions.shape[1]

    def moved(self, strokes: PenStrokes, style: Tensor, z: Tensor) -> PenStrokes:
        """Return strokes as their hands write them with codes z (B, Z).

        Args:
            strokes: of B glyphs.
            style: (B,) long, or (B, N) weights that mix styles.
            z: (B, Z).
        """
        amounts = (z[:, :, None] * self._of(style)).sum(dim=1)
        points, radii = moved(strokes.points, strokes.radii, strokes.mask, amounts)
        return replace(strokes, points=points, radii=radii)

    def codes(self, found: Residual, style: Tensor) -> Tensor:
        """Return the likeliest codes (B, Z), given N(0, 1), of glyphs in styles (B,)."""
        ways = self._of(style)
        likely = ways @ ways.mT + UNSURE * torch.eye(self.z_size, device=ways.device)
        codes: Tensor = torch.linalg.solve(likely, ways @ found.amounts[..., None])[..., 0]
        return codes

    def to(self, device: torch.device) -> Variation:
        """Return the same on a device."""
        square = None if self.square is None else self.square.to(device)
        return Variation(self.directions.to(device), square)

    def grown(self, styles: int) -> Variation:
        """Return the same of more hands, of which nothing is known."""
        fresh = styles - len(self.directions)
        square = None if self.square is None else F.pad(self.square, (0, fresh))
        return Variation(F.pad(self.directions, (0, 0, 0, 0, 0, fresh)), square)

    def known(self, style: int) -> bool:
        """Tell whether anything is known of a hand."""
        return bool(self.directions[style].any())

    def _of(self, style: Tensor) -> Tensor:
        if style.is_floating_point():
            mixed: Tensor = torch.tensordot(style.to(self.directions), self.directions, dims=1)
            return mixed
        return self.directions[style]

    @classmethod
    def of(cls, found: Sequence[Residual | None]) -> Variation:
        """Return what the glyphs of each style say; None is a style of which there are none."""
        none = torch.zeros(RANK, WAYS)
        return cls(torch.stack([none if one is None else principal(one) for one in found]))

    @classmethod
    def read(cls, tensors: Mapping[str, Tensor], styles: int) -> Variation | None:
        """Return what a checkpoint says of its hands; None where it says nothing.

        Raises:
            CheckpointError: it does not fit the checkpoint's styles.
        """
        if not tensors:
            return None
        found = tensors.get(DIRECTIONS, torch.empty(0))
        fits = found.dim() == 3 and found.shape[::2] == (styles, WAYS) and found.shape[1] <= WAYS
        if not fits or not found.is_floating_point() or not found.isfinite().all():
            raise CheckpointError(_UNFIT)
        return cls(found.float(), _squares(tensors, styles))

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Return what a checkpoint keeps."""
        square = {} if self.square is None else {SQUARE: self.square}
        return {DIRECTIONS: self.directions, **square}


def _squares(tensors: Mapping[str, Tensor], styles: int) -> Tensor | None:
    """Return how square the hands of a checkpoint end strokes; older ones say nothing."""
    square = tensors.get(SQUARE)
    if square is None:
        return None
    fits = square.shape == (styles,) and square.is_floating_point()
    if not fits or not ((square >= 0) & (square <= 1)).all():  # nor is what is no number
        raise CheckpointError(_UNFIT)
    return square.float() if square.any() else None


def principal(found: Residual, rank: int = RANK) -> Tensor:
    """Return the directions (Z, WAYS) of most variance, each as long as its standard deviation.

    The mean is left out: it is what the model draws wrongly each time, and no variation.
    """
    sound = found.amounts.isfinite().all(dim=1) & found.error.isfinite()
    amounts, error = found.amounts[sound], found.error[sound]
    amounts = amounts[error.argsort()[: max(FEWEST, round(TRUSTED * len(error)))]].double()
    if len(amounts) < FEWEST:
        return torch.zeros(rank, amounts.shape[1])
    apart = (amounts - amounts.mean(dim=0)) / (len(amounts) - 1) ** 0.5
    _, lengths, directions = torch.linalg.svd(apart, full_matrices=False)
    kept = lengths[:rank, None] * _upright(directions[:rank])
    return torch.cat([kept, kept.new_zeros(rank - len(kept), kept.shape[1])]).float()


def _upright(directions: Tensor) -> Tensor:
    """Return directions of which the largest number is above zero: else the sign is chance."""
    largest = directions.abs().argmax(dim=1, keepdim=True)
    return directions * directions.gather(1, largest).sign()
