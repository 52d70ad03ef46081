"""Where everything stands on a form's page: one geometry, which the printer and the reader share.

Lengths are millimetres from the upper left corner of the paper, y down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fontgan.errors import ConfigError, nearest
from fontgan.faces.em import ABOVE
from fontgan.glyphs.canvas import Canvas

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
LEAST_CELL, MOST_CELL = 8, 40
MOST_COPIES = 5

MARGIN = 12.0  # what printers leave blank, and a hand holds the paper by
MARKER = 10.0  # side of a corner marker
CODE = 26.0  # side of the QR code
HEAD, FOOT = 30.0, 13.0  # height of the band with code and title, of the one with the lower markers
GAP = 4.0  # between cells
STRIP = 6.0  # above a cell, where the help character stands
HELP = 4.6  # em of the help character
TICK_AWAY, TICK_LONG = 0.9, 2.4  # a corner tick is an angle so far outside its corner
SIDE_AWAY, SIDE_LONG = 0.6, 1.1  # the baseline tick, in the gap beside a cell
TICK_WIDTH = 0.2
# A cell is the canvas on which glyphs are drawn: an em box with the usual margin around it, and
# the baseline .88 down, as in fonts of Chinese characters.
EM_MARGIN = Canvas().margin
BASELINE = EM_MARGIN + ABOVE * (1 - 2 * EM_MARGIN)


@dataclass(frozen=True)
class Box:
    """A rectangle, upper left corner and size in mm."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return self.top + self.height

    def moved(self, right: float, down: float) -> Box:
        """Return the rectangle elsewhere."""
        return Box(self.left + right, self.top + down, self.width, self.height)

    def grown(self, by: float) -> Box:
        """Return the rectangle with its edges moved outwards."""
        return Box(self.left - by, self.top - by, self.width + 2 * by, self.height + 2 * by)


@dataclass(frozen=True)
class Line:
    """A printed line from (x0, y0) to (x1, y1) in mm."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def box(self) -> Box:
        """Return the rectangle around it."""
        return Box(
            min(self.x0, self.x1),
            min(self.y0, self.y1),
            abs(self.x1 - self.x0),
            abs(self.y1 - self.y0),
        )


@dataclass(frozen=True)
class Layout:
    """The geometry of every page of a form.

    Attributes:
        paper: ``a4`` or ``letter``.
        cell: the side of the square to write in, in mm.
    """

    paper: str = "a4"
    cell: int = 16

    def __post_init__(self) -> None:
        if self.paper not in PAPERS:
            raise ConfigError(f"no paper {self.paper!r}: {nearest(self.paper, PAPERS)}")
        if not LEAST_CELL <= self.cell <= MOST_CELL:
            raise ConfigError(f"a cell is {LEAST_CELL} to {MOST_CELL} mm, not {self.cell}")

    @property
    def width(self) -> float:
        """Return the width of the paper."""
        return PAPERS[self.paper][0]

    @property
    def height(self) -> float:
        """Return the height of the paper."""
        return PAPERS[self.paper][1]

    @property
    def columns(self) -> int:
        """Return how many cells stand side by side."""
        return int((self.width - 2 * MARGIN - 2 * SIDE_AWAY) // (self.cell + GAP))

    @property
    def rows(self) -> int:
        """Return how many rows of cells a page has."""
        return int((self.height - 2 * MARGIN - HEAD - FOOT) // (self.cell + GAP / 2 + STRIP))

    @property
    def capacity(self) -> int:
        """Return how many cells a page has."""
        return self.columns * self.rows

    @property
    def code(self) -> Box:
        """Return where the QR code stands."""
        return Box(self.width - MARGIN - MARKER - 4 - CODE, MARGIN, CODE, CODE)

    @property
    def markers(self) -> tuple[Box, Box, Box, Box]:
        """Return where the corner markers stand: upper left, upper right, lower right, lower left.

        Marker number k of page n has the id 4 (n - 1) + k.
        """
        left, right = MARGIN, self.width - MARGIN - MARKER
        top, bottom = MARGIN, self.height - MARGIN - MARKER
        places = ((left, top), (right, top), (right, bottom), (left, bottom))
        first, second, third, fourth = (Box(x, y, MARKER, MARKER) for x, y in places)
        return first, second, third, fourth

    def cell_box(self, slot: int) -> Box:
        """Return the square to write in, number ``slot`` of the page, row by row."""
        row, column = divmod(slot, self.columns)
        pitch = self.cell + GAP
        free = self.width - self.columns * pitch + GAP
        top = MARGIN + HEAD + STRIP + row * (self.cell + GAP / 2 + STRIP)
        return Box(free / 2 + column * pitch, top, self.cell, self.cell)

    def help_box(self, slot: int) -> Box:
        """Return the em box of the help character above a cell."""
        cell = self.cell_box(slot)
        return Box(cell.left, cell.top - TICK_AWAY - 0.7 - HELP, HELP, HELP)

    def ticks(self, slot: int) -> Iterator[Line]:
        """Yield the printed lines around a cell: an angle at each corner, two baseline ticks."""
        cell = self.cell_box(slot)
        outer = cell.grown(TICK_AWAY)
        for x, inwards in ((outer.left, TICK_LONG), (outer.right, -TICK_LONG)):
            for y, down in ((outer.top, TICK_LONG), (outer.bottom, -TICK_LONG)):
                yield Line(x, y, x + inwards, y)
                yield Line(x, y, x, y + down)
        y = cell.top + BASELINE * cell.height
        yield Line(cell.left - SIDE_AWAY - SIDE_LONG, y, cell.left - SIDE_AWAY, y)
        yield Line(cell.right + SIDE_AWAY, y, cell.right + SIDE_AWAY + SIDE_LONG, y)
