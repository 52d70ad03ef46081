"""PGGAN: glyphs from noise, small ones first, then ever larger ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses.adversarial import Kind
from fontgan.methods._grown import GrownMethod
from fontgan.methods.base import Networks, Weight
from fontgan.nn.grown import GrowingDecoder, grown_channels


@dataclass(frozen=True)
class PgGan(GrownMethod):
    """PGGAN, which grows from 4 x 4 pixels on, told which character to draw in which hand.

    It draws from a code z alone: no source is looked at, so it draws what it was trained on.

    Deviations from the original, also with the ``paper`` preset: one grey channel; it is told what
    to draw by codes joined to z, and the discriminator sees them (Miyato and Koyama 2018) in place
    of naming them; the batch is of one size at all levels; the optimisers keep what they know when
    a layer is added; each of the two networks is shown drawings of its own.

    Attributes:
        drift: weight of the discriminator's squared verdicts on real images, which keep it near 0.
    """

    paper: ClassVar[str] = (
        "Karras et al., Progressive Growing of GANs for Improved Quality, Stability, and "
        "Variation, ICLR 2018"
    )

    kind: Kind = "wgan-gp"
    gradient_penalty: Weight = 10.0
    drift: Weight = 1e-3

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return generator, styles and discriminator."""
        self.check(task)
        code_size = self.z_size + self.style_size(task) + self.char_code
        channels = grown_channels(task.size, self.width, self.max_width)
        return {
            "generator": GrowingDecoder(code_size, channels),
            "styles": self.styles(task),
            "discriminator": self.discriminator(task),
        }

    def grow(
        self, nets: Networks, batch: GlyphBatch, z: Tensor, level: int | None, fade: Tensor | None
    ) -> Tensor:
        """Draw at a stage, see `GrownMethod.grow`."""
        code = torch.cat([z, self.asked(nets, batch).to(z)], dim=1)
        return nets["generator"](code, level, fade)  # type: ignore[no-any-return]
