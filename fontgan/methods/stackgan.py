"""StackGAN: a small glyph from a description of it and noise, and a large one drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import adversarial, latent
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import AdversarialMethod
from fontgan.methods._styled import StyledMethod
from fontgan.methods.base import CodedMethod, Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.init import dcgan
from fontgan.nn.stacked import Conditioning, FirstStage, SecondStage, StageDiscriminator

Stage = Literal["one", "two"]
STAGES: tuple[Stage, ...] = ("one", "two")
SCALE = 4  # a side of the second stage's images, in sides of the first one's


@dataclass(frozen=True)
class StackGan(StyledMethod, AdversarialMethod, CodedMethod):
    """StackGAN with the defaults of its authors' code for COCO.

    What text is there, print is here: its means over ``glance`` x ``glance`` places, and a code of
    the style, are the embedding of what shall be drawn. A condition is drawn from a distribution
    about it (conditioning augmentation), so that what lies between two embeddings is drawn too. A
    first stage draws a quarter of the side, from condition and noise; a second draws the whole over
    that. Each has a discriminator, which also learns to refuse glyphs beside other conditions.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no mirrored
    images; the generators move before the discriminators, so that both see one drawing; conditions
    begin further apart than their noise, and may bear less of it than 1, where the original's drown
    in theirs; when it draws, they are the means of their distributions.

    Attributes:
        width: an eighth of the first stage's channels at 4 x 4 pixels; the second's first ones.
        blocks: residual blocks of the second stage.
        condition: length of a condition.
        glance: side of the map of means that print is embedded as.
        alone: share of the run in which the first stage learns alone; then it rests, and the second
            learns. With 0 both learn all the time.
        kl: weight of the mean divergence of conditions from N(0, 1).
    """

    paper: ClassVar[str] = (
        "Zhang et al., StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative "
        "Adversarial Networks, ICCV 2017"
    )
    averaged: ClassVar[tuple[str, ...]] = (
        *("styles", "conditioning_one", "stage_one", "conditioning_two", "stage_two"),
    )
    encodes: ClassVar[bool] = False
    batch_multiple: ClassVar[int] = 2  # wrong conditions are those of other glyphs
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator_one/adversarial",
        "generator_two/adversarial",
        "discriminator_two/drawn",
    )

    z_size: Count = 100
    width: Count = 192
    discriminator_width: Count = 96
    blocks: Annotated[int, Field(ge=0, le=64)] = 2
    condition: Count = 128
    glance: Count = 32
    style_code: CountOrNone = 64
    alone: Annotated[float, Field(ge=0, lt=1)] = 0.5
    kind: Kind = "vanilla"
    kl: Weight = 2.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return the styles and of each stage conditioning, generator and discriminator."""
        self._check(task)
        embedded, small = self.glance**2 + self.style_size(task), task.size // SCALE
        judge = partial(
            StageDiscriminator, condition=self.condition, width=self.discriminator_width
        )
        nets: dict[str, nn.Module] = {
            "styles": self.styles(task),
            "conditioning_one": Conditioning(embedded, self.condition),
            "stage_one": FirstStage(small, self.z_size + self.condition, self.width),
            "discriminator_one": judge(small, unconditional=False),
            "conditioning_two": Conditioning(embedded, self.condition),
            "stage_two": SecondStage(small, self.condition, self.width, self.blocks),
            "discriminator_two": judge(task.size, unconditional=True),
        }
        for name, network in nets.items():
            if not name.startswith("conditioning"):  # which begin as they are
                network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return of each stage a step of the generator, then one of the discriminator."""
        first = "styles", "conditioning_one", "stage_one"
        second = "conditioning_two", "stage_two"
        return [
            step
            for stage, drawing in zip(STAGES, (first, second), strict=True)
            for step in (
                Step(f"generator_{stage}", drawing, partial(self._generator_losses, stage=stage)),
                self.discriminator_step(
                    partial(self._discriminator_losses, stage=stage),
                    f"discriminator_{stage}",
                    name=f"discriminator_{stage}",
                ),
            )
        ]

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's sources in its styles with noise z (B, Z)."""
        self.check_codes(z, len(batch))
        embedding = self._embedding(nets, batch)
        means = [nets[f"conditioning_{stage}"](embedding)[0] for stage in STAGES]
        small = nets["stage_one"](torch.cat([z.to(embedding), means[0]], dim=1))
        return nets["stage_two"](small, means[1])  # type: ignore[no-any-return]

    def _check(self, task: Task) -> None:
        self.check_kind()
        if task.size & (task.size - 1) or task.size < 32:
            raise ConfigError(
                f"stackgan draws 32 px, or a power of two above it, not {task.size} px; build the "
                "data with --size 64"
            )
        if task.size % self.glance:
            raise ConfigError(
                f"glance = {self.glance}: images of {task.size} px cannot be looked at in so many "
                "places; set method.glance=16"
            )

    def _learns(self, stage: Stage, terms: Terms) -> bool:
        if not self.alone:
            return True
        return (terms.progress < self.alone) == (stage == "one")

    def _embedding(self, nets: Networks, batch: GlyphBatch) -> Tensor:
        """Return what describes the wanted glyphs, (B, E): the print's ink, and a style."""
        grey = F.avg_pool2d(batch.source, batch.source.shape[-1] // self.glance)
        ink = 1 - 2 * grey  # about 0, and about 1 from it, where a quarter is ink
        return torch.cat([ink.flatten(1), nets["styles"](batch.target_style).code], dim=1)

    def _generator_losses(
        self, nets: Networks, batch: GlyphBatch, terms: Terms, stage: Stage
    ) -> None:
        if not self._learns(stage, terms):
            return
        embedding = self._embedding(nets, batch)
        mean, log_variance = nets[f"conditioning_{stage}"](embedding)
        condition = latent.sample(mean, log_variance)
        if stage == "one":
            drawn = nets["stage_one"](self._noisy(condition))
        else:
            drawn = nets["stage_two"](self._small(nets, embedding), condition)
        terms.shared[stage] = drawn.detach(), mean.detach()
        verdicts = nets[f"discriminator_{stage}"](drawn, mean.detach())
        self.fool(terms, verdicts)
        terms.add("kl", self.kl, _mean_kl, mean, log_variance)

    def _discriminator_losses(
        self, nets: Networks, batch: GlyphBatch, terms: Terms, stage: Stage
    ) -> None:
        if not self._learns(stage, terms):
            return
        drawn, mean = terms.shared[stage]
        real = batch.target if stage == "two" else F.avg_pool2d(batch.target, SCALE)
        see, loss, kind = nets[f"discriminator_{stage}"], adversarial.discriminator_loss, self.kind
        of_real = see(real, mean)
        heads = len(of_real)  # with two, what is real and what is not weigh the same
        terms.add("real", self.adversarial / heads, loss, of_real, kind, True)
        weight = self.adversarial / (heads + 1)
        terms.add("drawn", weight, loss, see(drawn, mean), kind, False)
        terms.add("wrong", weight, loss, see(real, mean.roll(1, 0))[:1], kind, False)

    def _noisy(self, condition: Tensor) -> Tensor:
        z = torch.randn(len(condition), self.z_size).to(condition)
        return torch.cat([z, condition], dim=1)

    def _small(self, nets: Networks, embedding: Tensor) -> Tensor:
        """Draw by the first stage, which does not move."""
        with torch.no_grad():
            found = nets["conditioning_one"](embedding)
            return nets["stage_one"](self._noisy(latent.sample(*found)))  # type: ignore[no-any-return]


def _mean_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the divergence's mean over batch and codes, as the authors have it."""
    return latent.mean_kl(mean, log_variance) / mean.shape[1]
