"""What methods share whose codes are grown to glyphs by convolutions alone; autoencoders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses.terms import Terms
from fontgan.methods._styled import StyledMethod
from fontgan.methods._tasks import check_halved
from fontgan.methods.base import CodedMethod, Count, Networks, Step, Weight
from fontgan.nn.deep import DeepDecoder, DeepEncoder, deep_channels


@dataclass(frozen=True)
class GrowingMethod(CodedMethod):
    """A method that grows codes to glyphs.

    Attributes:
        width: channels of the maps of half the image's side; every halving doubles them.
    """

    width: Count = 64

    def channels(self, task: Task) -> list[int]:
        """Return the channels of the maps.

        Raises:
            ConfigError: images cannot be halved down to 4 pixels.
        """
        check_halved(task)
        return deep_channels(task.size, self.width)


@dataclass(frozen=True)
class DeepMethod(StyledMethod, GrowingMethod):
    """A method that grows codes to glyphs, in styles whose own codes are joined to them."""


@dataclass(frozen=True)
class AutoencodingMethod(DeepMethod):
    """A method that learns codes by drawing glyphs from their own; a code is all of a glyph.

    So it can draw a source in a hand, too: by the source's code, which shall draw the target.

    Attributes:
        norm: behind the convolutions: ``none`` or ``batch``.
        reconstruction: weight of the squared difference of a written glyph and what its own code
            draws in its style.
        translation: weight of the same of a written glyph and what its source's code draws.
    """

    averaged: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "styles")
    whole: ClassVar[bool] = True
    main_losses: ClassVar[tuple[str, ...]] = (
        "autoencoder/reconstruction",
        "autoencoder/translation",
    )

    width: Count = 32
    norm: Literal["none", "batch"] = "none"
    reconstruction: Weight = 1.0
    translation: Weight = 1.0
    rate: Annotated[float, Field(gt=0)] = 1e-3

    def autoencoder(self, task: Task, outputs: int) -> dict[str, nn.Module]:
        """Return encoder, of so many outputs, decoder and styles.

        Raises:
            ConfigError: neither of the two distances has a weight.
        """
        if not self.reconstruction and not self.translation:
            raise ConfigError(
                "an autoencoder learns nothing with reconstruction = 0 and translation = 0; give "
                "one of them a weight"
            )
        channels = self.channels(task)
        return {
            "encoder": DeepEncoder(channels, outputs, self.norm),
            "decoder": DeepDecoder(self.z_size + self.style_size(task), channels, self.norm),
            "styles": self.styles(task),
        }

    def steps(self) -> Sequence[Step]:
        """Return one step of everything."""
        return [Step("autoencoder", self.averaged, self.losses)]

    @abstractmethod
    def losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        """Draw the loss terms."""

    def betas(self, network: str) -> tuple[float, float]:  # noqa: ARG002
        """Return Adam's own betas."""
        return (0.9, 0.999)

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the glyphs of codes z (B, Z) in the batch's styles; no source is looked at."""
        self.check_codes(z, len(batch))
        style = nets["styles"](batch.target_style).code
        return nets["decoder"](torch.cat([z.to(style), style], dim=1))  # type: ignore[no-any-return]

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw the codes of the sources in the target styles; there is no noise in it."""
        return self.draw(nets, batch, self.encode(nets, batch.source))
