"""StarGAN: one generator for all hands, told by a label which one it shall write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import adversarial, images
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._domains import DomainMethod, Mixed, mixed
from fontgan.methods.base import Count, Networks, Step, Weight
from fontgan.nn.discriminators import Verdict
from fontgan.nn.labelled import LabelledGenerator, LabellingDiscriminator
from fontgan.nn.labels import Labels


@dataclass(frozen=True)
class StarGan(DomainMethod):
    """StarGAN with the defaults of its authors' code.

    Print is a hand among the others: one generator turns an image of any hand into any other, and
    back into its own, where it should be the image that it was. What is drawn should pass for real,
    and for the hand that was asked for: the discriminator also says whose hand it sees.

    Of two data sets (``--also``), which have their turns, the label also says which one it is of;
    the discriminator is asked to tell the hands of each apart, and none from those of the other.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no mirrored
    images; half of the images are prints, and all of these are turned into hands; and the gradient
    penalty is one with the other losses, on the mean of an image's patches.

    Attributes:
        width: channels of the generator at the size of the image.
        blocks: residual blocks of the generator.
        discriminator_layers: halvings in the discriminator.
        discriminator_steps: iterations, each with one step of the discriminator, to one step of the
            generator.
        classifier: weight of the terms of whose hand it is.
        reconstruction: weight of the L1 distance of what comes back from what went.
    """

    paper: ClassVar[str] = (
        "Choi et al., StarGAN: Unified Generative Adversarial Networks for Multi-Domain "
        "Image-to-Image Translation, CVPR 2018"
    )
    averaged: ClassVar[tuple[str, ...]] = ("generator", "labels")
    joins_sets: ClassVar[bool] = True
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/reconstruction",
        "generator/classifier",
        "discriminator/drawn",
    )

    width: Count = 64
    blocks: Annotated[int, Field(ge=0, le=64)] = 6
    discriminator_layers: Annotated[int, Field(ge=1, le=9)] = 6
    discriminator_steps: Count = 5
    kind: Kind = "wgan-gp"
    gradient_penalty: Weight = 10.0
    classifier: Weight = 1.0
    reconstruction: Weight = 10.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return generator, labels and discriminator."""
        self._check(task)
        labels = Labels(len(task.styles), sets=task.sets)
        return {
            "generator": LabelledGenerator(labels.size, self.width, self.blocks),
            "labels": labels,
            "discriminator": LabellingDiscriminator(
                task.size, len(labels.rows), self.discriminator_width, self.discriminator_layers
            ),
        }

    def steps(self) -> Sequence[Step]:
        """Return one step of the discriminator, then one of the generator, at its turn."""
        return [
            self.discriminator_step(self._discriminator_losses, "discriminator"),
            Step(
                "generator", ("generator",), self._generator_losses, every=self.discriminator_steps
            ),
        ]

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw; there is no noise in it."""
        return _draw(nets, batch.source, batch.target_style)

    def _check(self, task: Task) -> None:
        self.check_kind(self.gradient_penalty)
        halved = 1 << self.discriminator_layers
        if task.size % max(4, halved):
            raise ConfigError(
                f"stargan halves images {self.discriminator_layers} times, which {task.size} px "
                f"do not allow; build the data with --size {max(32, halved)}, or set fewer "
                "method.discriminator_layers"
            )

    def _generator_losses(self, nets: Networks, _batch: GlyphBatch, terms: Terms) -> None:
        shown: Mixed = terms.shared["shown"]
        drawn = _draw(nets, shown.images, shown.wanted)
        verdicts = nets["discriminator"](drawn)
        self.fool(terms, verdicts)
        terms.add("classifier", self.classifier, _of_hand, nets, verdicts, shown.wanted)
        terms.add("reconstruction", self.reconstruction, _back, nets, drawn, shown)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        shown = terms.shared["shown"] = mixed(batch, nets["labels"])
        with torch.no_grad():
            drawn = _draw(nets, shown.images, shown.wanted)
        weight, see = self.adversarial, nets["discriminator"]
        of_real = self.discriminator_terms(terms, see, shown.images, drawn, weight)
        terms.add("classifier", self.classifier, _of_hand, nets, of_real, shown.domain)


def _draw(nets: Networks, image: Tensor, domain: Tensor) -> Tensor:
    return nets["generator"](image, nets["labels"](domain))  # type: ignore[no-any-return]


def _of_hand(nets: Networks, verdicts: list[Verdict], domain: Tensor) -> Tensor:
    """Return how far verdicts are from naming domains (2 B,), among those of their data set."""
    return adversarial.one_of(verdicts, domain, nets["labels"](domain, "rivals"))


def _back(nets: Networks, drawn: Tensor, shown: Mixed) -> Tensor:
    return images.l1(_draw(nets, drawn, shown.domain), shown.images)
