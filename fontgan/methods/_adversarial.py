"""What adversarial methods share: discriminators and their losses; and a U-Net's fields."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.limits import SIDE
from fontgan.losses import adversarial
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods.base import Count, CountOrNone, Method, Networks, Step, Weight
from fontgan.nn.discriminators import MultiScaleDiscriminator, Verdict
from fontgan.nn.unet import unet_channels

NO_NOISE = (
    "the model keeps dropout on when it draws with torch; the ONNX file draws without that noise"
)
Discriminates = Callable[[Tensor], list[Verdict]]


@dataclass(frozen=True)
class AdversarialMethod(Method):
    """A method whose drawings are told from written glyphs by discriminators.

    Attributes:
        discriminator_width: channels of the discriminator's first level.
        adversarial: weight of the adversarial term.
        kind: the adversarial loss: ``lsgan``, ``vanilla``, ``hinge``, ``wgan``, ``wgan-gp``, or by
            the divergence that it makes small: ``kl``, ``reverse-kl``, ``pearson``, ``jeffrey`` or
            ``total-variation``.
        weight_clip: largest weight of a discriminator, which ``wgan`` needs (.01 in its paper), or
            0 for any.
        discriminator_rate: initial learning rate of networks called ``discriminator...``.
    """

    former: ClassVar[Mapping[str, str]] = {
        f"critic_{name}": f"discriminator_{name}"
        for name in ("width", "layers", "scales", "pool", "rate")
    }

    discriminator_width: Count = 64
    adversarial: Weight = 1.0
    kind: Kind = "lsgan"
    weight_clip: Annotated[float, Field(ge=0)] = 0.0
    discriminator_rate: Annotated[float, Field(gt=0)] = 2e-4

    def learning_rate(self, network: str) -> float:
        """Return ``discriminator_rate`` for discriminators, ``rate`` for the others."""
        return self.discriminator_rate if network.startswith("discriminator") else self.rate

    def check_kind(self) -> None:
        """Raise if an adversarial loss lacks what keeps its discriminator from running away.

        Raises:
            ConfigError: it names the setting.
        """
        if self.kind == "wgan" and not self.weight_clip:
            raise ConfigError("kind = wgan needs weight_clip above 0; 0.01 is its paper's")
        if self.kind == "wgan-gp" and not getattr(self, "gradient_penalty", 0):
            raise ConfigError(
                "kind = wgan-gp needs gradient_penalty above 0; 10 is usual"
                if hasattr(self, "gradient_penalty")
                else "kind = wgan-gp needs a gradient_penalty, which this method has not; take wgan"
            )

    def discriminator_step(
        self, losses: Callable[[Networks, GlyphBatch, Terms], None], *trains: str, every: int = 1
    ) -> Step:
        """Return the discriminators' update; ``weight_clip`` is a part of it."""
        return Step("discriminator", trains, losses, every, clamp=self.weight_clip or None)


@dataclass(frozen=True)
class UNetMethod(Method):
    """A U-Net that draws in the styles of a table.

    Attributes:
        full_width: channels of an extra level of the image's own size, or 0 for none.
        width: channels of the U-Net's first halved level; they double up to ``max_width``.
        max_width: most channels of a level.
        l1: weight of the L1 distance to the target.
    """

    style_table: ClassVar[str | None] = "styles"
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/l1",
        "generator/adversarial",
        "discriminator/drawn",
    )

    full_width: CountOrNone = 0
    width: Count = 64
    max_width: Count = 512
    l1: Weight = 100.0

    def channels(self, task: Task) -> list[int]:
        """Return the channels of the U-Net's levels (see `fontgan.nn.unet.unet_channels`)."""
        return unet_channels(task.size, self.width, self.max_width, self.full_width)


@dataclass(frozen=True)
class PatchAdversarialMethod(AdversarialMethod):
    """Likewise, with discriminators that look at patches, at several scales.

    Attributes:
        discriminator_layers: halvings in a discriminator.
        discriminator_scales: sizes of the image that a discriminator looks at.
        classifier: weight of the style classification terms.
        feature_matching: weight of the distance of discriminator features.
        gradient_penalty: weight of the discriminators' gradient penalty, which ``wgan-gp`` needs;
            10 is usual.
        r1: weight of the discriminators' squared slope at real images.
        perceptual: weight of the distance in the eyes of fontgan's glyph network.
    """

    discriminator_layers: Count = 3
    discriminator_scales: Count = 1
    classifier: Weight = 0.0
    feature_matching: Weight = 0.0
    gradient_penalty: Weight = 0.0
    r1: Weight = 0.0
    perceptual: Weight = 0.0

    @property
    def taught_by_reader(self) -> bool:
        """Whether the perceptual term has a weight."""
        return self.perceptual > 0

    def patches(
        self, task: Task, images: int, *, projected: bool = False, norm_kind: str = "instance"
    ) -> MultiScaleDiscriminator:
        """Return a fresh discriminator of patches.

        Args:
            task: for which styles.
            images: channels that it is shown.
            projected: whether it sees the style that was asked for.
            norm_kind: as for `fontgan.nn.blocks.norm`.
        """
        styles = len(task.styles)
        return MultiScaleDiscriminator(
            self.discriminator_width,
            self.discriminator_layers,
            self.discriminator_scales,
            styles if self.classifier else 0,
            images,
            projected=styles if projected else 0,
            norm_kind=norm_kind,
        )

    def check_size(self, task: Task, least: int = 0) -> None:
        """Raise if images are too small, or not halved evenly, or the loss cannot be taken.

        Raises:
            ConfigError: it names the smallest size, which is never under ``least``; or the
                adversarial loss lacks something.
        """
        self.check_kind()
        layers, scales = self.discriminator_layers, self.discriminator_scales
        smallest = max(least, MultiScaleDiscriminator.smallest_size(layers, scales))
        if not math.log2(task.size).is_integer() or task.size < smallest:
            fewer = "set fewer discriminator_layers or discriminator_scales"
            if smallest > SIDE:
                raise ConfigError(
                    f"these discriminators halve images too often: they would need {smallest} px, "
                    f"and {SIDE} is the most; {fewer}"
                )
            raise ConfigError(
                f"with these discriminators this method draws {smallest} px or a power of two "
                f"above it, not {task.size} px; build the data with --size {smallest}, or {fewer}"
            )

    def generator_terms(
        self,
        terms: Terms,
        discriminator: Discriminates,
        drawn: Tensor,
        style: Tensor,
        real: Tensor | None,
        suffix: str = "",
    ) -> None:
        """Add the losses of drawings that should pass for real.

        Args:
            terms: what they are added to.
            discriminator: of what it is shown.
            drawn: (B, C, S, S), what it is shown of the drawings.
            style: (B,) their styles.
            real: what it is shown of the drawings' targets, for feature matching; None without.
            suffix: of the names of the losses.
        """
        verdicts = discriminator(drawn)
        terms.add(
            f"adversarial{suffix}",
            self.adversarial,
            adversarial.generator_loss,
            verdicts,
            self.kind,
        )
        terms.add(
            f"classifier{suffix}", self.classifier, adversarial.classification, verdicts, style
        )
        if real is not None:
            weight = self.feature_matching
            terms.add("feature_matching", weight, _match, discriminator, verdicts, real)

    def discriminator_terms(
        self,
        terms: Terms,
        discriminator: Discriminates,
        real: Tensor,
        drawn: Tensor,
        style: Tensor,
        weight: float,
        suffix: str = "",
    ) -> None:
        """Add a discriminator's own losses.

        Args:
            terms: what they are added to.
            discriminator: of what it is shown.
            real: (B, C, S, S), what it is shown of written glyphs.
            drawn: (B, C, S, S), what it is shown of drawings.
            style: (B,) of the written glyphs.
            weight: of telling them apart.
            suffix: of the names of the losses.
        """
        if self.r1:
            real = real.detach().requires_grad_()
        of_real, of_drawn = discriminator(real), discriminator(drawn)
        loss = adversarial.discriminator_loss
        terms.add(f"real{suffix}", weight, loss, of_real, self.kind, True)
        terms.add(f"drawn{suffix}", weight, loss, of_drawn, self.kind, False)
        terms.add(f"r1{suffix}", self.r1, adversarial.r1, of_real, real)
        penalty = self.gradient_penalty, adversarial.gradient_penalty
        terms.add(f"gradient_penalty{suffix}", *penalty, discriminator, real, drawn)
        terms.add(
            f"classifier{suffix}", self.classifier, adversarial.classification, of_real, style
        )


def _match(discriminator: Discriminates, drawn: list[Verdict], real: Tensor) -> Tensor:
    with torch.no_grad():
        aim = discriminator(real)
    return adversarial.feature_matching(drawn, aim)
