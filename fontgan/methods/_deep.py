"""What methods share whose codes are grown to glyphs by convolutions alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from fontgan.data.batch import Task
from fontgan.errors import ConfigError
from fontgan.methods.base import CodedMethod, Count, CountOrNone
from fontgan.nn.deep import deep_channels
from fontgan.nn.style import StyleTable


@dataclass(frozen=True)
class DeepMethod(CodedMethod):
    """A method that grows codes to glyphs.

    Attributes:
        width: channels of the maps of half the image's side; every halving doubles them.
        style_code: length of a style's code, joined to z; there is none for a single style.
    """

    style_table: ClassVar[str | None] = "styles"

    width: Count = 64
    style_code: CountOrNone = 16

    def channels(self, task: Task) -> list[int]:
        """Return the channels of the maps.

        Raises:
            ConfigError: images cannot be halved down to 4 pixels.
        """
        if task.size & (task.size - 1) or task.size < 16:
            raise ConfigError(
                f"this method halves images down to 4 px, which {task.size} px do not allow; build "
                "the data with --size 32 or 64"
            )
        return deep_channels(task.size, self.width)

    def style_size(self, task: Task) -> int:
        """Return the length of the style codes: of a single style there is nothing to say."""
        return self.style_code if len(task.styles) > 1 else 0

    def styles(self, task: Task) -> StyleTable:
        """Return a fresh table of styles, as far apart as the codes beside them."""
        size = self.style_size(task)
        table = StyleTable(len(task.styles), size, trained=size > 0)
        nn.init.normal_(table.codes)
        return table
