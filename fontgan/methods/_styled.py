"""What methods share whose styles have codes of a length that can be set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from fontgan.data.batch import Task
from fontgan.methods.base import CountOrNone, Method
from fontgan.nn.style import StyleTable


@dataclass(frozen=True)
class StyledMethod(Method):
    """A method with a table of style codes.

    Attributes:
        style_code: length of a style's code; there is none for a single style.
    """

    style_table: ClassVar[str | None] = "styles"

    style_code: CountOrNone = 16

    def style_size(self, task: Task) -> int:
        """Return the length of the style codes: of a single style there is nothing to say."""
        return self.style_code if len(task.styles) > 1 else 0

    def styles(self, task: Task) -> StyleTable:
        """Return a fresh table of styles, as far apart as the codes z beside them."""
        size = self.style_size(task)
        table = StyleTable(len(task.styles), size, trained=size > 0)
        nn.init.normal_(table.codes)
        return table
