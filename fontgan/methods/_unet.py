"""What methods share that draw with a U-Net in the styles of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from fontgan.data.batch import GlyphBatch, Task
from fontgan.methods.base import Count, CountOrNone, Method, Networks, Weight
from fontgan.nn.blocks import noise
from fontgan.nn.style import StyleTable
from fontgan.nn.unet import UNetDecoder, unet_channels

NO_NOISE = (
    "the model keeps dropout on when it draws with torch; the ONNX file draws without that noise"
)


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

    def styles(
        self, task: Task, code_size: int, modulates: bool, trained: bool | None = None
    ) -> StyleTable:
        """Return a fresh table of styles.

        Args:
            task: whose styles.
            code_size: length of their codes.
            modulates: whether they also scale and shift the levels on the way up.
            trained: whether the codes move; by default where there are any.
        """
        widths = UNetDecoder.modulated(self.channels(task)) if modulates else ()
        moves = code_size > 0 if trained is None else trained
        return StyleTable(len(task.styles), code_size, widths, trained=moves)


@dataclass(frozen=True)
class DroppingUNetMethod(UNetMethod):
    """A U-Net of encoder and decoder, with dropout for its noise.

    Attributes:
        dropout: probability on the three innermost levels on the way up.
        dropout_at_inference: keep dropout on when drawing, as the originals do: their only noise.
    """

    averaged: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "styles")

    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    dropout_at_inference: bool = True

    def generate(self, nets: Networks, batch: GlyphBatch) -> tuple[Tensor, Tensor]:
        """Return the sources' bottlenecks (B, C, 1, 1), and the drawings (B, 1, S, S)."""
        levels = nets["encoder"](batch.source)
        return levels[-1], nets["decoder"](levels, nets["styles"](batch.target_style))

    def translate(
        self, nets: Networks, batch: GlyphBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw; the generator feeds the dropout that ``dropout_at_inference`` keeps on."""
        with noise(nets["decoder"], generator if self.dropout_at_inference else None):
            return self.generate(nets, batch)[1]

    def translate_styles(
        self,
        nets: Networks,
        source: GlyphBatch,
        styles: Sequence[Tensor],
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """Draw the same sources in several styles: what none of them changes is there once."""
        decoder = nets["decoder"]
        assert isinstance(decoder, UNetDecoder)
        prepared = decoder.prepare(nets["encoder"](source.source))
        for style in styles:
            with noise(decoder, generator if self.dropout_at_inference else None):
                drawn = decoder.draw(prepared, nets["styles"](style))
            yield drawn

    @property
    def notes_on_drawing(self) -> tuple[str, ...]:
        """Say that an exported model has no noise."""
        return (NO_NOISE,) if self.dropout and self.dropout_at_inference else ()
