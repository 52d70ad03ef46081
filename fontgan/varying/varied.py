"""A method that moves a pen, with codes of how its hands vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.methods.base import CodedMethod, Networks, PenStrokes, Step, VectorMethod
from fontgan.varying.residuals import residual
from fontgan.varying.variation import Variation


@dataclass(frozen=True, kw_only=True)
class VariedMethod(CodedMethod):
    """Draws as the method does, moved by what a code says; z = 0 moves nothing.

    It finds the code of a glyph by its character and style alone (`codes`), not of any image.

    Attributes:
        method: moves the pen.
        variation: of its hands.
    """

    encodes: ClassVar[bool] = False

    method: VectorMethod
    variation: Variation

    @classmethod
    def of(cls, method: VectorMethod, variation: Variation) -> VariedMethod:
        """Give a method the codes of its hands."""
        return cls(method=method, variation=variation, z_size=variation.z_size)

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return the method's."""
        return self.method.networks(task)

    def steps(self) -> Sequence[Step]:
        """Return the method's: codes are no part of training."""
        return self.method.steps()

    def strokes(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> PenStrokes:
        """Return the strokes of the batch's characters in its target styles, with codes (B, Z)."""
        self.check_codes(z, len(batch))
        return self.variation.moved(self.method.strokes(nets, batch), batch.target_style, z)

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw at the size of the batch's sources."""
        return self.method.draw(self.strokes(nets, batch, z), batch.source.shape[-1])

    def codes(self, nets: Networks, batch: GlyphBatch) -> Tensor:
        """Return the codes (B, Z) of the batch's targets, which its target styles wrote."""
        found = residual(self.method.strokes(nets, batch), batch.target)
        return self.variation.codes(found, batch.target_style)
