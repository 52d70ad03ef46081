"""CycleGAN: from print to hand and back, by glyphs that are no pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.task import Pairing
from fontgan.errors import ConfigError
from fontgan.losses import images
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import told
from fontgan.methods._patches import PatchAdversarialMethod
from fontgan.methods._tasks import check_one_hand
from fontgan.methods.base import Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.init import dcgan
from fontgan.nn.pool import ImagePool
from fontgan.nn.residual import ResidualGenerator
from fontgan.nn.style import StyleTable


@dataclass(frozen=True)
class CycleGan(PatchAdversarialMethod):
    """CycleGAN with the defaults of its authors' code.

    One generator turns print into a hand, another turns it back, and what comes back should be what
    went: no glyph is ever shown beside its own written form. What belongs to the way from hand to
    print is called ``..._back``.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no mirrored
    images; no biases before norms, where they do nothing; the generators move before the
    discriminators, as in the authors' second code. ``style_norms`` is ours: the original knows one
    hand.

    Attributes:
        width: channels of the generators at the size of the image.
        blocks: residual blocks of the generators.
        style_norms: let the style scale and shift the norms of the generator that draws hands, and
            show it to its discriminator; without, the original, the data set must have one style.
        pool: drawings in each pool that a discriminator is shown old ones from, or 0 for none.
        cycle: weight of the L1 distance of what comes back, of each way.
        identity: weight of the L1 distance between a glyph and what its own side's generator makes
            of it, of each way.
    """

    paper: ClassVar[str] = (
        "Zhu et al., Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial "
        "Networks, ICCV 2017"
    )
    averaged: ClassVar[tuple[str, ...]] = ("generator", "styles")
    style_table: ClassVar[str | None] = "styles"
    pairing: ClassVar[Pairing] = "unpaired"
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/cycle",
        "generator/adversarial",
        "discriminator/drawn",
    )

    width: Count = 64
    blocks: Annotated[int, Field(ge=0, le=64)] = 9
    style_norms: bool = False
    pool: CountOrNone = 50
    cycle: Weight = 10.0
    identity: Weight = 5.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return two generators, the styles, two discriminators and, if any, their pools."""
        self._check(task)
        generator, back = (ResidualGenerator(self.width, self.blocks) for _ in range(2))
        modulated = generator.modulated if self.style_norms else ()
        nets: dict[str, nn.Module] = {
            "generator": generator,
            "back": back,
            "styles": StyleTable(len(task.styles), 0, modulated, trained=False),
            "discriminator": self.patches(task, 1, projected=self.style_norms),
            "discriminator_back": self.patches(task, 1),
        }
        for network in nets.values():
            network.apply(dcgan)
        if self.pool:
            for way in ("", "_back"):
                nets[f"pool{way}"] = ImagePool(self.pool, task.size)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of both generators, then one of both discriminators."""
        both = ("discriminator", "discriminator_back")
        return [
            Step("generator", ("generator", "back", "styles"), self._generator_losses),
            self.discriminator_step(self._discriminator_losses, *both),
        ]

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw; there is no noise in it."""
        return _write(nets, batch.source, batch.target_style)

    def _check(self, task: Task) -> None:
        self.check_size(task)
        if not self.style_norms:
            check_one_hand(task, "cyclegan", "method.style_norms=true and method.pool=0")
        if self.style_norms and self.pool:
            raise ConfigError(
                "a pool keeps drawings and not whose hand they are in: set method.pool=0, or leave "
                "method.style_norms out"
            )

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        printed, written, style = batch.source, batch.target, batch.target_style
        back = nets["back"]
        drawn, returned = _write(nets, printed, style), back(written)
        terms.shared["drawn"] = drawn.detach(), returned.detach()
        self.fool(terms, nets["discriminator"](drawn, style))
        self.fool(terms, nets["discriminator_back"](returned), "_back")
        terms.add("cycle", self.cycle, images.drawn_l1, back, drawn, printed)
        terms.add("cycle_back", self.cycle, _written_l1, nets, returned, style, written)
        terms.add("identity", self.identity, _written_l1, nets, written, style, written)
        terms.add("identity_back", self.identity, images.drawn_l1, back, printed, printed)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn, returned = terms.shared["drawn"]
        weight = self.adversarial / 2  # as the authors have it: they learn half as fast
        seen = told(nets["discriminator"], batch.target_style)
        for way, see, real, fake in (
            ("", seen, batch.target, drawn),
            ("_back", nets["discriminator_back"], batch.source, returned),
        ):
            shown = nets[f"pool{way}"](fake) if self.pool else fake
            self.discriminator_terms(terms, see, real, shown, weight, way)


def _write(nets: Networks, image: Tensor, style: Tensor) -> Tensor:
    """Draw images (B, 1, S, S) in hands."""
    return nets["generator"](image, nets["styles"](style).norms)  # type: ignore[no-any-return]


def _written_l1(nets: Networks, image: Tensor, style: Tensor, wanted: Tensor) -> Tensor:
    return images.l1(_write(nets, image, style), wanted)
