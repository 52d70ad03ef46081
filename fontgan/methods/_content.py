"""What methods share that read content and a code of glyphs of both sides, and swap the codes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch, Task
from fontgan.methods._sides import SIDES, TwoSidedMethod
from fontgan.methods._styled import StyledMethod
from fontgan.methods.base import CodedMethod, CountOrNone, Networks, Weight

Read = Callable[[Tensor], Tensor]
Draw = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class ContentMethod(StyledMethod, TwoSidedMethod, CodedMethod):
    """A method that reads of a glyph what it shows, a map, and how it is written, a code z.

    The map of a glyph of either side can be drawn on either side, with any code.

    Attributes:
        style_code: length of a style's code, joined to z; there is none for a single style, and
            with 0 the hand, too, is what z says.
        reconstruction: weight of the L1 distance of a glyph and what is drawn of its own map and
            code.
    """

    style_code: CountOrNone = 8
    reconstruction: Weight = 10.0

    @abstractmethod
    def reading(self, nets: Networks, side: str) -> Read:
        """Return what reads content (B, C, S / 4, S / 4) of a side's glyphs (B, 1, S, S)."""

    @abstractmethod
    def drawing(self, nets: Networks, side: str) -> Draw:
        """Return what draws a side's glyphs of content and codes, a style's behind z."""

    def code_sizes_of_sides(self, task: Task) -> Mapping[str, int]:
        """Return the lengths of the codes that each side is drawn with."""
        return {"printed": self.z_size, "written": self.z_size + self.style_size(task)}

    def readings(self, nets: Networks) -> Mapping[str, Read]:
        """Return what reads each side's content."""
        return {side: self.reading(nets, side) for side in SIDES}

    def drawings(self, nets: Networks, batch: GlyphBatch) -> Mapping[str, Draw]:
        """Return what draws each side of content and codes z (B, Z), in the batch's styles."""
        return {"printed": self.drawing(nets, "printed"), "written": self._writing(nets, batch)}

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's sources in its styles with codes z (B, Z)."""
        self.check_codes(z, len(batch))
        content = self.reading(nets, "printed")(batch.source)
        return self._writing(nets, batch)(content, z.to(content))

    def _writing(self, nets: Networks, batch: GlyphBatch) -> Draw:
        style, write = nets["styles"](batch.target_style).code, self.drawing(nets, "written")
        return lambda content, z: write(content, torch.cat([z, style], dim=1))
