"""What methods share that grow: how far, what is shown meanwhile, and both players' losses."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import adversarial
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import Discriminates, PenalisedAdversarialMethod, told
from fontgan.methods._styled import StyledMethod
from fontgan.methods.base import CodedMethod, Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.deep import char_codes
from fontgan.nn.grown import SMALLEST, GrowingDiscriminator, enlarged, grown_channels

Stage = tuple[int, Tensor | None]  # a level, and the share of it that has faded in, if not all


@dataclass(frozen=True)
class GrownMethod(StyledMethod, PenalisedAdversarialMethod, CodedMethod):
    """A method that draws from codes, told which character in which hand, ever larger.

    Attributes:
        width: channels of a generator's maps, times half their side.
        discriminator_width: the same of the discriminator.
        max_width: most channels of a map.
        first_size: side in pixels that it begins with.
        growing: share of the training in which it grows: every size fades in for as long as it
            then stays; 0 has the full size from the beginning.
        char_code: length of a character's code, which its code point alone decides; 0 for none.
        group: images over which the discriminator sees how far they differ.
        drift: weight of the discriminator's squared verdicts on real images.
        second_momentum: Adam's second beta; the first is 0.
    """

    averaged: ClassVar[tuple[str, ...]] = ("generator", "styles")
    encodes: ClassVar[bool] = False
    reads_characters: ClassVar[bool] = True
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/adversarial",
        "discriminator/real",
        "discriminator/drawn",
    )

    z_size: Count = 512
    width: Count = 8192
    discriminator_width: Count = 8192
    max_width: Count = 512
    first_size: Count = 4
    growing: Annotated[float, Field(ge=0, le=1)] = 0.5
    char_code: CountOrNone = 32
    group: Count = 4
    drift: Weight = 0.0
    second_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    rate: Annotated[float, Field(gt=0)] = 1e-3
    discriminator_rate: Annotated[float, Field(gt=0)] = 1e-3

    def check(self, task: Task) -> None:
        """Raise if the images are of no power of two, or smaller than what it begins with.

        Raises:
            ConfigError: it says what to set.
        """
        self.check_kind(self.gradient_penalty)
        for name, size, cure in (
            ("images", task.size, "build the data with --size 32 or 64"),
            ("method.first_size", self.first_size, "set method.first_size=8"),
        ):
            if size & (size - 1) or size < SMALLEST:
                raise ConfigError(
                    f"it grows by doubling from 4 px; {name} of {size} px do not fit: {cure}"
                )
        if self.first_size > task.size:
            raise ConfigError(
                f"method.first_size = {self.first_size} is more than the {task.size} px of the data"
            )

    def discriminator(self, task: Task, blur: bool = False) -> GrowingDiscriminator:
        """Return a fresh discriminator."""
        channels = grown_channels(task.size, self.discriminator_width, self.max_width)
        return GrowingDiscriminator(channels, len(task.styles), self.char_code, blur, self.group)

    def steps(self) -> Sequence[Step]:
        """Return one step of the discriminator, then one of all that draws."""
        return [
            self.discriminator_step(self._discriminator_losses, "discriminator"),
            Step("generator", self.averaged, self._generator_losses),
        ]

    def betas(self, network: str) -> tuple[float, float]:  # noqa: ARG002
        """Return Adam's betas, the same for all networks."""
        return (0.0, self.second_momentum)

    def stage(self, batch: GlyphBatch, progress: float) -> Stage:
        """Return how far it has grown at a progress in [0, 1)."""
        first, last = (int(math.log2(s // SMALLEST)) for s in (self.first_size, _side(batch)))
        phases = 1 + 2 * (last - first)  # one of the first size, and two of each other
        phase = progress / self.growing * phases if self.growing else math.inf
        if phase >= phases:
            return last, None
        number = int(phase)
        fade = batch.target.new_tensor(phase - number) if number % 2 else None
        return first + (number + 1) // 2, fade

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's characters in its styles with codes z (B, Z); no source is looked at.

        A model that is not grown yet draws small images, which are enlarged.
        """
        self.check_codes(z, len(batch))
        image = self.grow(nets, batch, z.to(batch.source), None, None).clamp(-1, 1)
        return F.interpolate(image, size=batch.source.shape[-1])

    @abstractmethod
    def grow(
        self,
        nets: Networks,
        batch: GlyphBatch,
        z: Tensor,
        level: int | None,
        fade: Tensor | None,
    ) -> Tensor:
        """Draw at a stage, in training; or, without a level, at that of the training so far."""

    def asked(self, nets: Networks, batch: GlyphBatch) -> Tensor:
        """Return what is asked for, (B, D): codes of styles and of characters."""
        style: Tensor = nets["styles"](batch.target_style).code
        return torch.cat([style, char_codes(batch.char, self.char_code).to(style)], dim=1)

    def shown(self, glyphs: Tensor, level: int, fade: Tensor | None) -> Tensor:
        """Return real glyphs (B, 1, S, S) as a stage shows them: small, and blended alike."""
        small = F.adaptive_avg_pool2d(glyphs, SMALLEST << level)
        if fade is None:
            return small
        return torch.lerp(enlarged(F.avg_pool2d(small, 2)), small, fade)

    def _drawn(self, nets: Networks, batch: GlyphBatch, stage: Stage) -> Tensor:
        z = torch.randn_like(batch.source.new_empty(len(batch), self.z_size))
        return self.grow(nets, batch, z, *stage)

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        stage = self.stage(batch, terms.progress)
        verdicts = self._seeing(nets, batch, stage)(self._drawn(nets, batch, stage))
        self.fool(terms, verdicts)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        stage = self.stage(batch, terms.progress)
        with torch.no_grad():
            drawn = self._drawn(nets, batch, stage)
        see, real = self._seeing(nets, batch, stage), self.shown(batch.target, *stage)
        of_real = self.discriminator_terms(terms, see, real, drawn, self.adversarial)
        terms.add("drift", self.drift, adversarial.drift, of_real)

    def _seeing(self, nets: Networks, batch: GlyphBatch, stage: Stage) -> Discriminates:
        """Return the discriminator in sight of what was asked for, at a stage."""
        char = char_codes(batch.char, self.char_code)
        return told(nets["discriminator"], batch.target_style, char, *stage)


def _side(batch: GlyphBatch) -> int:
    return batch.target.shape[-1]
