"""What methods share that draw with a U-Net in the styles of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fontgan.data.batch import Task
from fontgan.methods.base import Count, CountOrNone, Method, Weight
from fontgan.nn.unet import unet_channels

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
