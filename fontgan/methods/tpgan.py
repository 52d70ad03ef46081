"""TP-GAN: a path that sees the whole glyph, and four that see parts of it, for each of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, StrokeInput, Task
from fontgan.losses import images
from fontgan.losses.terms import Terms
from fontgan.methods._multiscale import MultiScaleMethod
from fontgan.methods.base import Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.init import dcgan
from fontgan.nn.multiscale import MultiScaleGenerator
from fontgan.nn.parts import NORMS, PartPaths, Windows, borders
from fontgan.nn.style import StyleTable

SHARES = 1.5, 1.0, 1.0  # of the L1 distances, from the smallest drawing to the largest
NOISE = 0.02  # how far the noise beside the dense code goes


@dataclass(frozen=True)
class TpGan(MultiScaleMethod):
    """TP-GAN on glyphs: where the face has eyes, nose and mouth, a character has its components.

    A global path draws the glyph around a dense code; four local paths, each with weights of its
    own, draw what lies in four windows, which are put together by the darkest and joined to the
    global path's last layers. Distances are sums over pixels, as its authors have them.

    Deviations from the original, also with the ``paper`` preset: glyphs have no symmetry, so
    neither the mirrored image nor the symmetry term is there; parts are quadrants, not eyes; who it
    is need not be kept, so ``perceptual`` stands where the recogniser did, and is off; the
    discriminator is pix2pix's of patches; the smaller drawing, enlarged, is joined on the way up.

    Attributes:
        windows: ``fixed``, around the quadrants, or ``components``: where a character's strokes
            fall into a left and a right half, or an upper and a lower one, windows lie about these.
        part_width: channels of the local paths.
        parts: weight of the L1 distance of what the local paths draw.
        noise: numbers of noise beside the dense code in training; there is none in drawing.
        generator_steps: steps of all that draws in an iteration.
    """

    paper: ClassVar[str] = (
        "Huang et al., Beyond Face Rotation: Global and Local Perception GAN for Photorealistic "
        "and Identity Preserving Frontal View Synthesis, ICCV 2017"
    )
    averaged: ClassVar[tuple[str, ...]] = ("generator", "parts", "styles")

    windows: Literal["fixed", "components"] = "fixed"
    part_width: Count = 64
    adversarial: Weight = 20.0
    parts: Weight = 3.0
    total_variation: Weight = 1e-3
    noise: CountOrNone = 100
    generator_steps: Annotated[int, Field(ge=1, le=16)] = 2
    rate: Annotated[float, Field(gt=0)] = 1e-4
    discriminator_rate: Annotated[float, Field(gt=0)] = 1e-4

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return the global path, the local ones, styles and discriminator."""
        self.check(task, "tpgan")
        style = self.style_size(task)
        generator = MultiScaleGenerator(
            task.size,
            self.width,
            self.features,
            style + self.noise,
            joined=self.part_width + 1,
            norm_kind=self.norm,
        )
        parts = PartPaths(self.part_width, self.norm)
        modulated = [*parts.modulated, *generator.modulated]
        nets: dict[str, nn.Module] = {
            "generator": generator,
            "parts": parts,
            "styles": StyleTable(
                len(task.styles),
                style,
                modulated if self.norm == "conditional" else (),
                trained=style > 0,
            ),
            "discriminator": self.patches(task, 1),
        }
        for network in nets.values():
            network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return the steps of all that draws, then one of the discriminator."""
        step = Step("generator", ("generator", "parts", "styles"), self._generator_losses)
        return [
            *[step] * self.generator_steps,
            self.discriminator_step(self._discriminator_losses, "discriminator"),
        ]

    @property
    def stroke_input(self) -> StrokeInput | None:
        """The strokes, where windows lie about components."""
        return self.strokes_of_sets if self.windows == "components" else None

    def betas(self, network: str) -> tuple[float, float]:  # noqa: ARG002
        """Return Adam's own betas."""
        return (0.9, 0.999)

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw; there is no noise in it."""
        noise = batch.source.new_zeros(batch.source.shape[0], self.noise)
        return self._draw(nets, batch, noise)[0][-1]

    def distance(self, drawn: Sequence[Tensor], target: Tensor) -> Tensor:
        """Return the sums over pixels, each size's times its share."""
        pairs = zip(SHARES, drawn, strict=True)
        sums = [share * images.l1_sum(one, images.shrunk(target, one)) for share, one in pairs]
        return torch.stack(sums).sum()

    def _draw(
        self, nets: Networks, batch: GlyphBatch, noise: Tensor
    ) -> tuple[list[Tensor], list[Tensor], Windows]:
        """Return drawings at three sizes, those of the parts, and where these lie."""
        style, windows = nets["styles"](batch.target_style), self._windows(batch)
        own = NORMS if style.norms else 0
        together, parts = nets["parts"](batch.source, windows, style.norms[:own])
        told = int(style.code.shape[1])  # of a code of nothing an ONNX file cannot be made
        code = torch.cat([style.code.to(noise), noise], dim=1) if told else noise
        drawn = nets["generator"](batch.source, code, style.norms[own:], together)
        return drawn, parts, windows

    def _windows(self, batch: GlyphBatch) -> Windows:
        size = int(batch.source.shape[-1])  # of a trace, too
        if self.windows == "fixed":
            return Windows(size)
        return Windows(size, borders(batch.strokes.points[:, 0], batch.strokes.mask))

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        noise = torch.randn_like(batch.source.new_empty(len(batch), self.noise))
        drawn, parts, windows = self._draw(nets, batch, NOISE * noise)
        terms.shared["drawn"] = drawn[-1].detach()
        self.image_terms(terms, drawn, batch)
        terms.add("parts", self.parts, _part_sums, parts, windows, batch.target)
        see, style = nets["discriminator"], batch.target_style
        self.generator_terms(terms, see, drawn[-1], style, batch.target)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn, style = terms.shared["drawn"], batch.target_style
        see, weight = nets["discriminator"], self.adversarial
        self.classified_terms(terms, see, batch.target, drawn, style, weight)


def _part_sums(parts: Sequence[Tensor], windows: Windows, target: Tensor) -> Tensor:
    sums = [images.l1_sum(part, windows.cut(target, n)) for n, part in enumerate(parts)]
    return torch.stack(sums).sum()
