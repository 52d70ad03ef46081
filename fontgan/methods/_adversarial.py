"""What adversarial methods share: the loss by name, and the discriminators' update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch
from fontgan.errors import ConfigError
from fontgan.losses import adversarial
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods.base import Count, Method, Networks, Step, Weight
from fontgan.nn.discriminators import Verdict

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

    def check_kind(self, penalty: float | None = None) -> None:
        """Raise if an adversarial loss lacks what keeps its discriminator from running away.

        Args:
            penalty: weight of the gradient penalty; None of a method without one.

        Raises:
            ConfigError: it names the setting.
        """
        if self.kind == "wgan" and not self.weight_clip:
            raise ConfigError("kind = wgan needs weight_clip above 0; 0.01 is its paper's")
        if self.kind == "wgan-gp" and penalty is None:
            raise ConfigError(
                "kind = wgan-gp needs a gradient_penalty, which this method has not; take wgan"
            )
        if self.kind == "wgan-gp" and not penalty:
            raise ConfigError("kind = wgan-gp needs gradient_penalty above 0; 10 is usual")

    def fool(self, terms: Terms, verdicts: list[Verdict], suffix: str = "") -> None:
        """Add the loss of drawings, on which there are these verdicts, that should pass for real.

        Args:
            terms: what it is added to.
            verdicts: of a discriminator.
            suffix: of the name of the loss.
        """
        loss = adversarial.generator_loss
        terms.add(f"adversarial{suffix}", self.adversarial, loss, verdicts, self.kind)

    def discriminator_step(
        self,
        losses: Callable[[Networks, GlyphBatch, Terms], None],
        *trains: str,
        every: int = 1,
        name: str = "discriminator",
    ) -> Step:
        """Return the discriminators' update; ``weight_clip`` is a part of it."""
        return Step(name, trains, losses, every, clamp=self.weight_clip or None)


def told(discriminator: nn.Module, *asked: object) -> Discriminates:
    """Return a discriminator that is told what was asked for of the images: styles (B,), say."""
    return lambda shown: discriminator(shown, *asked)


@dataclass(frozen=True)
class PenalisedAdversarialMethod(AdversarialMethod):
    """An adversarial method whose discriminators may be kept from being steep.

    Attributes:
        gradient_penalty: weight of the discriminators' gradient penalty, which ``wgan-gp`` needs;
            10 is usual.
        r1: weight of the discriminators' squared slope at real images.
    """

    gradient_penalty: Weight = 0.0
    r1: Weight = 0.0

    def discriminator_terms(
        self,
        terms: Terms,
        discriminator: Discriminates,
        real: Tensor,
        drawn: Tensor,
        weight: float,
        suffix: str = "",
    ) -> list[Verdict]:
        """Add a discriminator's own losses.

        Args:
            terms: what they are added to.
            discriminator: of what it is shown.
            real: (B, C, S, S), what it is shown of written glyphs.
            drawn: (B, C, S, S), what it is shown of drawings.
            weight: of telling them apart.
            suffix: of the names of the losses.

        Returns:
            What it says of written glyphs.
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
        return of_real
