"""CAPG-GAN: drawing guided by a character's skeleton and key points, before two judges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, StrokeInput, Task
from fontgan.losses import images
from fontgan.losses.terms import Terms
from fontgan.methods._multiscale import MultiScaleMethod
from fontgan.methods.base import Networks, Step, Weight
from fontgan.nn.init import dcgan
from fontgan.nn.multiscale import MultiScaleGenerator
from fontgan.nn.pen import draw_padded
from fontgan.nn.style import StyleTable

JUDGES = ("", "_skeleton")  # endings of the networks and terms: beside the source, the skeleton


@dataclass(frozen=True)
class CapgGan(MultiScaleMethod):
    """CAPG-GAN on glyphs: where a face has key points, a character has strokes and their ends.

    The generator sees the source beside a map of the character's centre lines and one of where its
    strokes begin and end. One discriminator sees the glyph beside its source, the other beside
    these maps: a stroke that is on the map and not in the drawing is a fake. The maps are those of
    the print; a hand's own are not known before it has written.

    There is no official code. Deviations from the paper, also with the ``paper`` preset: the two
    maps, of one pose, stand for a heat map of five points for each of two poses; who it is need
    not be kept, so ``perceptual`` stands where the recogniser did, and is off; the discriminators
    are pix2pix's of patches; the smaller drawing, enlarged, is joined on the way up.

    Attributes:
        line: half the width of a centre line on the map, in sides of the image.
        point: radius of a key point on the map, in sides of the image.
    """

    paper: ClassVar[str] = (
        "Hu et al., Pose-Guided Photorealistic Face Rotation, CVPR 2018; written from the paper "
        "and a reproduction, for there is no official code"
    )

    l1: Weight = 10.0
    adversarial: Weight = 0.1
    line: Annotated[float, Field(gt=0, le=0.5)] = 0.015
    point: Annotated[float, Field(gt=0, le=0.5)] = 0.035

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return generator, styles and both discriminators."""
        self.check(task, "capggan")
        style = self.style_size(task)
        generator = MultiScaleGenerator(
            task.size, self.width, self.features, style, images=3, norm_kind=self.norm
        )
        modulated = generator.modulated if self.norm == "conditional" else ()
        nets: dict[str, nn.Module] = {
            "generator": generator,
            "styles": StyleTable(len(task.styles), style, modulated, trained=style > 0),
            "discriminator": self.patches(task, 2),
            "discriminator_skeleton": self.patches(task, 3),
        }
        for network in nets.values():
            network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of all that draws, then one of both discriminators."""
        return [
            Step("generator", ("generator", "styles"), self._generator_losses),
            self.discriminator_step(
                self._discriminator_losses, *(f"discriminator{judge}" for judge in JUDGES)
            ),
        ]

    @property
    def stroke_input(self) -> StrokeInput:
        """The strokes that guide it."""
        return self.strokes_of_sets

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw; there is no noise in it."""
        return self._draw(nets, batch, self.maps(batch))[-1]

    @torch.no_grad()
    def maps(self, batch: GlyphBatch) -> Tensor:
        """Return centre lines and key points of a batch: (B, 2, S, S) in [-1, 1], ink -1."""
        size, mask = batch.source.shape[-1], batch.strokes.mask
        points = batch.strokes.points[:, 0]
        if not mask.numel() or (mask.device.type == "cpu" and not mask.any()):
            return torch.ones_like(batch.source).expand(-1, 2, -1, -1)
        ends = points[:, :, [0, -1]].flatten(1, 2)[:, :, None].expand(-1, -1, 2, -1)
        drawn = [
            draw_padded(places, places.new_full(places.shape[:-1], radius), there, size)
            for places, there, radius in (
                (points, mask, self.line),
                (ends, mask.repeat_interleave(2, dim=1), self.point),
            )
        ]
        return 1 - 2 * torch.stack(drawn, dim=1).to(batch.source)

    def distance(self, drawn: Sequence[Tensor], target: Tensor) -> Tensor:
        """Return the mean of the three sizes."""
        return torch.stack([images.l1(one, images.shrunk(target, one)) for one in drawn]).mean()

    def _draw(self, nets: Networks, batch: GlyphBatch, maps: Tensor) -> list[Tensor]:
        style = nets["styles"](batch.target_style)
        shown = torch.cat([batch.source, maps], dim=1)
        return nets["generator"](shown, style.code, style.norms)  # type: ignore[no-any-return]

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        maps = self.maps(batch)
        drawn = self._draw(nets, batch, maps)
        terms.shared["drawn"], terms.shared["maps"] = drawn[-1].detach(), maps
        self.image_terms(terms, drawn, batch)
        for judge, beside in zip(JUDGES, (batch.source, maps), strict=True):
            show = _beside(beside)
            real = None if judge else show(batch.target)  # features are matched once
            see, style = nets[f"discriminator{judge}"], batch.target_style
            self.generator_terms(terms, see, show(drawn[-1]), style, real, judge)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn, weight = terms.shared["drawn"], self.adversarial
        for judge, beside in zip(JUDGES, (batch.source, terms.shared["maps"]), strict=True):
            show, see = _beside(beside), nets[f"discriminator{judge}"]
            real, style = show(batch.target), batch.target_style
            self.classified_terms(terms, see, real, show(drawn), style, weight, judge)


def _beside(other: Tensor) -> Callable[[Tensor], Tensor]:
    """Return what puts images beside others, as channels."""
    return lambda image: torch.cat([other, image], dim=1)
