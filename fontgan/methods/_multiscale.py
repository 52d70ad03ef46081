"""What methods share that draw a glyph at three sizes around a dense code."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from fontgan.data.batch import GlyphBatch, StrokeInput, Task
from fontgan.errors import ConfigError
from fontgan.losses import images
from fontgan.losses.adversarial import Kind
from fontgan.losses.perceptual import perceptual
from fontgan.losses.terms import Terms
from fontgan.methods._patches import PairedAdversarialMethod
from fontgan.methods._styled import StyledMethod
from fontgan.methods.base import Count, CountOrNone, Weight
from fontgan.nn.multiscale import SIZES, SMALLEST


@dataclass(frozen=True)
class MultiScaleMethod(StyledMethod, PairedAdversarialMethod):
    """A method with a `fontgan.nn.multiscale.MultiScaleGenerator`, and strokes, if it wants any.

    Attributes:
        width: channels at the size of the image; from the second halving on they double.
        features: numbers in the dense code.
        style_code: length of a style's code, joined to the dense code.
        norm: ``batch``; or ``conditional``, by which the style scales and shifts every level on
            the way up.
        l1: weight of the L1 distances to the target at all three sizes.
        total_variation: weight of the differences of neighbouring pixels.
        sets: names of the stroke sets that strokes come from, those to be asked first in front.
        points: of a stroke.
    """

    averaged: ClassVar[tuple[str, ...]] = ("generator", "styles")
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/l1",
        "generator/adversarial",
        "discriminator/drawn",
    )

    width: Count = 64
    features: Count = 256
    style_code: CountOrNone = 0
    norm: Literal["batch", "conditional"] = "batch"
    kind: Kind = "vanilla"
    l1: Weight = 1.0
    total_variation: Weight = 1e-4
    sets: tuple[str, ...] = ("hanzi-writer", "kanjivg", "hershey-simplex")
    points: Count = 8

    @property
    def strokes_of_sets(self) -> StrokeInput:
        """The strokes of the first set that has the character."""
        return StrokeInput(self.sets, self.points)

    def check(self, task: Task, name: str) -> None:
        """Raise if the size cannot be drawn, or styles have no place.

        Raises:
            ConfigError: it says what to set.
        """
        self.check_size(task, least=SMALLEST << (SIZES - 1))
        if len(task.styles) > 1 and not self.style_code and self.norm == "batch":
            raise ConfigError(
                f"{name} as published knows no styles, and the data set has {len(task.styles)}: "
                "train one with --styles NAME, or set method.norm=conditional"
            )

    def image_terms(self, terms: Terms, drawn: Sequence[Tensor], batch: GlyphBatch) -> None:
        """Add what does not ask a discriminator, of drawings at three sizes."""
        terms.add("l1", self.l1, self.distance, drawn, batch.target)
        terms.add("total_variation", self.total_variation, images.total_variation, drawn[-1])
        terms.add("perceptual", self.perceptual, perceptual, drawn[-1], batch.target)

    @abstractmethod
    def distance(self, drawn: Sequence[Tensor], target: Tensor) -> Tensor:
        """Return the L1 distance of drawings at three sizes from the target."""
