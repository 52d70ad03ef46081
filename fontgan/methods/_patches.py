"""What methods share whose discriminators look at patches: their settings and their losses."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses import adversarial
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import Discriminates, PenalisedAdversarialMethod
from fontgan.methods._tasks import check_halvings, check_several
from fontgan.methods.base import Count, Weight
from fontgan.nn.discriminators import MultiScaleDiscriminator, Verdict


@dataclass(frozen=True)
class PatchAdversarialMethod(PenalisedAdversarialMethod):
    """An adversarial method with discriminators that look at patches, at several scales.

    Attributes:
        discriminator_layers: halvings in a discriminator.
        discriminator_scales: sizes of the image that a discriminator looks at.
    """

    discriminator_layers: Count = 3
    discriminator_scales: Count = 1

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
            styles if self.names_styles else 0,
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
        self.check_kind(self.gradient_penalty)
        fewer = "set fewer discriminator_layers or discriminator_scales"
        check_halvings(task.size, max(least, self.smallest_size), fewer)

    @property
    def smallest_size(self) -> int:
        """The smallest image side that the discriminators can look at."""
        layers, scales = self.discriminator_layers, self.discriminator_scales
        return MultiScaleDiscriminator.smallest_size(layers, scales)

    @property
    def names_styles(self) -> bool:
        """Whether the discriminators also say whose hand it is."""
        return False


@dataclass(frozen=True)
class PairedAdversarialMethod(PatchAdversarialMethod):
    """Likewise, of drawings that have targets.

    Attributes:
        classifier: weight of the style classification terms.
        feature_matching: weight of the distance of discriminator features.
        perceptual: weight of the distance in the eyes of fontgan's glyph network.
    """

    classifier: Weight = 0.0
    feature_matching: Weight = 0.0
    perceptual: Weight = 0.0

    @property
    def taught_by_reader(self) -> bool:
        """Whether the perceptual term has a weight."""
        return self.perceptual > 0

    @property
    def names_styles(self) -> bool:
        """Whether the classification terms have a weight."""
        return self.classifier > 0

    def check_size(self, task: Task, least: int = 0) -> None:
        """Raise likewise, or if there is one style, and styles are to be told apart."""
        super().check_size(task, least)
        if self.names_styles:
            check_several(task, "classifier")

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
        self.fool(terms, verdicts, suffix)
        terms.add(
            f"classifier{suffix}", self.classifier, adversarial.classification, verdicts, style
        )
        if real is not None:
            weight = self.feature_matching
            terms.add("feature_matching", weight, _match, discriminator, verdicts, real)

    def classified_terms(
        self,
        terms: Terms,
        discriminator: Discriminates,
        real: Tensor,
        drawn: Tensor,
        style: Tensor,
        weight: float,
        suffix: str = "",
    ) -> None:
        """Add a discriminator's own losses, and that of the styles (B,) of written glyphs.

        The other arguments are those of `discriminator_terms`.
        """
        of_real = self.discriminator_terms(terms, discriminator, real, drawn, weight, suffix)
        terms.add(
            f"classifier{suffix}", self.classifier, adversarial.classification, of_real, style
        )


@dataclass(frozen=True)
class ConditionalAdversarialMethod(PairedAdversarialMethod):
    """Likewise, with discriminators that may see the source beside a drawing.

    Attributes:
        conditional_discriminator: show the discriminators the source too (BicycleGAN's authors'
            ``conditional_D``).
    """

    conditional_discriminator: bool = True

    @property
    def channels_shown(self) -> int:
        """Channels of what a discriminator sees of an image."""
        return 2 if self.conditional_discriminator else 1

    def shown(self, pairs: GlyphBatch, image: Tensor) -> Tensor:
        """Return what a discriminator sees of images (B, 1, S, S), sources in front."""
        return torch.cat([pairs.source, image], dim=1) if self.conditional_discriminator else image


def _match(discriminator: Discriminates, drawn: list[Verdict], real: Tensor) -> Tensor:
    with torch.no_grad():
        aim = discriminator(real)
    return adversarial.feature_matching(drawn, aim)
