"""The page that shows every cell of a scan with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from fontgan.errors import DataError
from fontgan.forms.folder import REVIEW, CellRecord, Record, cell_file
from fontgan.forms.judging import VERDICTS
from fontgan.glyphs.image_files import read_grey
from fontgan.reports.page import picture, write_page

SHOWN = 112  # longest side in pixels of a shown cell


@dataclass(frozen=True)
class CellFigure:
    """A cell shown: its name, its picture, what is said of it."""

    char: str
    code: str
    picture: str
    said: str


def write_review(folder: Path, record: Record) -> Path:
    """Write the page into a scan's folder; return its path."""
    groups = []
    for verdict in (*VERDICTS[1:], VERDICTS[0]):  # what needs eyes comes first
        cells = [cell for cell in record.cells if cell.verdict == verdict]
        if cells:
            groups.append((verdict, [_figure(folder, cell) for cell in cells]))
    hand = record.hand
    return write_page(
        folder / REVIEW,
        "review.html",
        title="scan",
        heading="What was read" + (f" of form {record.form}" if record.form else ""),
        taken=sum(cell.taken for cell in record.cells),
        cells=len(record.cells),
        groups=groups,
        hand=[
            f"pen {hand.pen:.3f} em wide",
            f"writing {hand.size:.0%} as large as print",
            f"baseline {abs(hand.low):.1%} of an em {'below' if hand.low > 0 else 'above'} print's",
        ],
    )


def _figure(folder: Path, cell: CellRecord) -> CellFigure:
    grey = read_grey(cell_file(folder, cell.char, cell.copy), DataError, SHOWN)
    said = f"copy {cell.copy}" if cell.copy > 1 else ""
    said += " taken all the same" if cell.accepted and cell.verdict != "good" else ""
    code = f"U+{ord(cell.char):04X}"
    return CellFigure(cell.char, code, picture(Image.fromarray(grey)), said.strip())
