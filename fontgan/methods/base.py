"""What a method is.

A method is a frozen dataclass. Its fields are its hyper-parameters, and it answers three questions:

- ``networks(task)``: which networks does it have? Fresh ones, by name.
- ``steps()``: what is one iteration? A list of steps; each names the networks it moves and a
  function that adds its losses to `Terms`. Alternating updates, several generator updates in a row
  or a discriminator that moves every third iteration are all just such lists.
- ``translate(nets, batch)``: how does it draw?

It holds no state, no optimiser, no device and no loop: the trainer has these, and names no method.
So a new method is one file with one class, and one row in ``tests/test_methods.py``; what a family
of methods shares stands in a module with a leading underscore.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, StrokeInput, Task
from fontgan.data.task import Pairing
from fontgan.errors import ConfigError
from fontgan.limits import COUNT
from fontgan.losses.terms import Terms
from fontgan.nn import spline
from fontgan.nn.pen import draw_padded

Networks = Mapping[str, nn.Module]
ENDS = "ends"  # beside the trained networks of a model that moves a pen: how square strokes end
Weight = Annotated[float, Field(ge=0)]  # of a loss term; 0 leaves it out
Count = Annotated[int, Field(ge=1, le=COUNT)]
CountOrNone = Annotated[int, Field(ge=0, le=COUNT)]  # 0 is none


@dataclass(frozen=True)
class Step:
    """One update of an iteration.

    Attributes:
        name: prefix of its losses in the log, for example ``generator``.
        trains: names of the networks it moves; every other network is left alone.
        losses: draws its loss terms.
        every: runs in every n-th iteration.
        clip: largest gradient norm, or None.
        clamp: largest weight of the networks it moves, whose others are set to it, or None.
    """

    name: str
    trains: tuple[str, ...]
    losses: Callable[[Networks, GlyphBatch, Terms], None]
    every: int = 1
    clip: float | None = None
    clamp: float | None = None


@dataclass(frozen=True)
class Method(ABC):
    """Base of all methods; subclasses are frozen dataclasses of hyper-parameters.

    Class attributes:
        paper: where the method comes from.
        averaged: the networks that draw; the trainer keeps moving averages of these.
        style_table: the network that is a `fontgan.nn.style.StyleTable`, if any; with one, styles
            can be mixed, and added to a trained model.
        batch_multiple: what the batch size must be a multiple of.
        pairing: how sources and targets of a batch belong together: ``paired``; ``unpaired``, of
            different characters; or ``one_pair``, likewise, and all targets in one style.
        joins_sets: whether it learns from two data sets, and is told which of them a style is of.
        reads_characters: whether it draws by the code points of the characters.
        references: number K of glyphs in the target style that a training batch brings along.
        main_losses: the losses that a progress bar shows, by their names in the log; by default
            the first ones.
        former: names that settings had in earlier versions, and what they are called now.

    Attributes:
        rate: initial learning rate of all that draws.
    """

    paper: ClassVar[str]
    averaged: ClassVar[tuple[str, ...]]
    style_table: ClassVar[str | None] = None
    batch_multiple: ClassVar[int] = 1
    pairing: ClassVar[Pairing] = "paired"
    joins_sets: ClassVar[bool] = False
    reads_characters: ClassVar[bool] = False
    references: ClassVar[int] = 0
    main_losses: ClassVar[tuple[str, ...]] = ()
    former: ClassVar[Mapping[str, str]] = {}

    rate: Annotated[float, Field(gt=0)] = 2e-4

    @abstractmethod
    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return fresh networks by name.

        Raises:
            ConfigError: the method cannot be made for this task.
        """

    @abstractmethod
    def steps(self) -> Sequence[Step]:
        """Return the updates of one iteration, in order."""

    @abstractmethod
    def translate(
        self, nets: Networks, batch: GlyphBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw the batch's sources in its target styles.

        Args:
            nets: networks in evaluation mode.
            batch: sources (B, 1, S, S) in [-1, 1] and target styles.
            generator: source of noise, for methods that draw any; the same state draws the same
                glyphs.

        Returns:
            (B, 1, S, S) in [-1, 1], ink -1.
        """

    def translate_styles(
        self,
        nets: Networks,
        source: GlyphBatch,
        styles: Sequence[Tensor],
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """Draw the same sources in several styles, one after another; the batch's own do not count.

        What a style does not change may be computed once; the drawings are those of `translate`
        but for rounding.

        Args:
            nets: networks in evaluation mode.
            source: a batch of B sources.
            styles: each (B,) long, or (B, N) weights.
            generator: as for `translate`; it goes on from style to style.

        Yields:
            (B, 1, S, S) for each style.
        """
        for style in styles:
            yield self.translate(nets, replace(source, target_style=style), generator)

    def learning_rate(self, network: str) -> float:  # noqa: ARG002
        """Return the initial learning rate of a network; by default ``rate``."""
        return self.rate

    def betas(self, network: str) -> tuple[float, float]:  # noqa: ARG002
        """Return Adam's betas for a network."""
        return (0.5, 0.999)

    def weight_decay_of(self, network: str) -> float:  # noqa: ARG002
        """Return how hard Adam pulls a network's weights towards 0; by default not at all."""
        return 0.0

    @property
    def mixes_styles(self) -> bool:
        """Whether it draws weights (B, N) of styles; with a table of styles it does."""
        return self.style_table is not None

    @property
    def taught_by_reader(self) -> bool:
        """Whether training looks through the shipped glyph network, which also measures."""
        return False

    @property
    def notes_on_drawing(self) -> tuple[str, ...]:
        """What the user of an exported model should know of how it draws."""
        return ()

    def optimiser(
        self, network: str, weights: Sequence[nn.Parameter], fused: bool
    ) -> torch.optim.Optimizer:
        """Return what moves a network's weights: Adam, at the rate, betas and decay of these.

        Args:
            network: its name.
            weights: those that move; protected rows among them have gradients of 0 and must stay
                as they are, so the network ``style_table`` bears no weight decay.
            fused: whether the device has fused optimisers.
        """
        rate, betas = self.learning_rate(network), self.betas(network)
        decay = self.weight_decay_of(network)
        return torch.optim.Adam(weights, lr=rate, betas=betas, weight_decay=decay, fused=fused)

    @property
    def stroke_input(self) -> StrokeInput | None:
        """The strokes that batches shall carry; None, as by default, where none are looked at."""
        return None


@dataclass(frozen=True)
class CodedMethod(Method):
    """A method whose drawings vary with a latent code z from N(0, 1): one glyph, many drawings.

    Class attributes:
        encodes: whether it finds the codes of written glyphs.
        whole: whether a code is all of a glyph, its character too, and the source is not looked at
            where one is given.

    Attributes:
        z_size: length of z.
    """

    encodes: ClassVar[bool] = True
    whole: ClassVar[bool] = False

    z_size: Count = 8

    @abstractmethod
    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's sources in its styles with codes z (B, Z): (B, 1, S, S) in [-1, 1].

        Raises:
            ConfigError: z has another shape.
        """

    def encode(self, nets: Networks, glyphs: Tensor) -> Tensor:
        """Return the most likely codes z (B, Z) of written glyphs (B, 1, S, S) in [-1, 1].

        By default the mean of `posterior`.

        Raises:
            ConfigError: it finds none, as its class attribute ``encodes`` says.
        """
        found = self.posterior(nets, glyphs)
        if found is None:
            raise ConfigError(
                "this model has no encoder, and finds no code of written glyphs; take random codes "
                "with --samples, or train a method that has one, such as bicyclegan"
            )
        return found[0]

    def posterior(self, nets: Networks, glyphs: Tensor) -> tuple[Tensor, Tensor] | None:  # noqa: ARG002
        """Return mean and log variance (B, Z) of the codes of glyphs, of encoders that know both.

        By default None: the encoder finds a code and says nothing of how sure it is.
        """
        return None

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw with z = 0, the most likely code: without what varies from drawing to drawing."""
        return self.draw(nets, batch, batch.source.new_zeros(len(batch), self.z_size))

    @property
    def code_sizes(self) -> tuple[int, ...]:
        """Lengths of the codes that it draws with: of z and, where that is another, of `encode`."""
        return (self.z_size,)

    def check_codes(self, z: Tensor, glyphs: int) -> None:
        """Raise if codes do not fit.

        Raises:
            ConfigError: z has another shape than (glyphs, Z).
        """
        if z.dim() != 2 or len(z) != glyphs or z.shape[1] not in self.code_sizes:
            raise ConfigError(
                f"codes of shape {tuple(z.shape)}: this model draws {glyphs} glyphs with codes "
                f"of shape {(glyphs, self.z_size)}"
            )


@dataclass(frozen=True)
class PenStrokes:
    """Strokes of a pen: lines through points, as wide as twice the radius there.

    Attributes:
        points: (B, L, P, 2), x and y in sides of the image.
        radii: (B, L, P) in sides of the image.
        mask: (B, L) bool, which strokes there are.
        square: (B, L, 2) in [0, 1], how square the first and the last end of each stroke are; None
            is 0, round.
    """

    points: Tensor
    radii: Tensor
    mask: Tensor
    square: Tensor | None = None

    def smooth(self, pieces: int) -> PenStrokes:
        """Put points between the points, for drawings so large that one sees corners there."""
        points = spline.smooth(self.points, pieces)
        radii = spline.smooth(self.radii.log()[..., None], pieces)[..., 0].exp()
        return replace(self, points=points, radii=radii)


@dataclass(frozen=True)
class VectorMethod(Method):
    """A method that moves a pen: its drawings are strokes, and images of any size.

    Attributes:
        sets: names of the stroke sets that strokes come from, those to be asked first in front.
        fitted: names of sets derived from these, each of which places the same strokes once more.
        points: number P of points of a stroke.
        softness: of the pen's edge, in pixels, when it draws.
    """

    sets: tuple[str, ...] = ("hanzi-writer", "kanjivg", "hershey-simplex")
    fitted: tuple[str, ...] = ("noto-sans-sc-fitted",)
    points: Annotated[int, Field(ge=2)] = 8
    softness: Annotated[float, Field(gt=0)] = 0.35

    @abstractmethod
    def strokes(self, nets: Networks, batch: GlyphBatch) -> PenStrokes:
        """Return the strokes of the batch's characters in its target styles.

        They end as ``ENDS`` says, `fontgan.nn.ends.Ends`, where that is among the networks.
        """

    @property
    def stroke_input(self) -> StrokeInput:
        """The strokes in all layouts."""
        return StrokeInput((*self.sets, *self.fitted), self.points)

    @property
    def layouts(self) -> int:
        """Number K of places that a stroke is given in."""
        return 1 + len(self.fitted)

    def draw(self, strokes: PenStrokes, size: int, softness: float | None = None) -> Tensor:
        """Draw strokes: (B, 1, size, size) in [-1, 1], ink -1; another softness may be given."""
        edge = softness or self.softness
        pen = strokes.points, strokes.radii, strokes.mask
        drawn = draw_padded(*pen, size, edge, square=strokes.square)
        return (1 - 2 * drawn)[:, None]

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw the batch's strokes at the size of its sources; there is no noise in it."""
        return self.draw(self.strokes(nets, batch), batch.source.shape[-1])
