"""Drawing a form as a PDF: the same bytes for the same form, on every machine and day."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fontgan.files import atomic_write
from fontgan.forms.form import Cell, Form, Page, write_code
from fontgan.forms.help_chars import Outline
from fontgan.forms.layout import HELP, MARGIN, MARKER, TICK_WIDTH, Box, Layout
from fontgan.forms.markers import marker_bits
from fontgan.forms.needs import needed

POINTS = 72 / 25.4  # of a millimetre
ADVICE = (
    "One character in each cell, between the corner ticks, on the level of the side ticks. Dark",
    "pen, white paper. Strike a bad one through, corner to corner, both ways. Then photograph each",
    "page from above with its four corner marks, or scan it at 300 dpi: fontgan scan PHOTO -o hand",
)


def pdf_of(form: Form, outlines: Mapping[str, Outline | None]) -> bytes:
    """Return the form as a PDF.

    Args:
        form: what to print.
        outlines: of the help characters; one without an outline is printed as its code point.

    Raises:
        MissingDependencyError: the extra ``scan`` is not installed.
    """
    file = io.BytesIO()
    size = (form.layout.width * POINTS, form.layout.height * POINTS)
    pdf = needed("reportlab.pdfgen.canvas").Canvas(file, size, invariant=1, pageCompression=1)
    pdf.setTitle(f"fontgan form {form.id}")
    for page in form.pages:
        _Printer(pdf, form.layout).page(page, outlines)
        pdf.showPage()
    pdf.save()
    return file.getvalue()


def write_pages(pdf: bytes, form: Form, path: Path, dpi: int) -> list[Path]:
    """Write each page of a form's PDF as a picture beside ``path``, for a tablet.

    Raises:
        MissingDependencyError: the extra ``scan`` is not installed.
    """
    document = needed("pypdfium2").PdfDocument(pdf)
    files = []
    for page in form.pages:
        file = path.with_name(f"{path.stem}-{page.number}.png")
        image = document[page.number - 1].render(scale=dpi / 72, grayscale=True).to_pil()
        with atomic_write(file) as part:
            image.save(part, dpi=(dpi, dpi))
        files.append(file)
    return files


class _Printer:
    """Draws in millimetres from the upper left corner, y down, on reportlab's canvas."""

    def __init__(self, pdf: Any, layout: Layout) -> None:
        self.pdf, self.layout = pdf, layout

    def page(self, page: Page, outlines: Mapping[str, Outline | None]) -> None:
        for corner, box in enumerate(self.layout.markers):
            self._dots(marker_bits(4 * (page.number - 1) + corner), box)
        self._code(page)
        self._words(page)
        self.pdf.setLineWidth(TICK_WIDTH * POINTS)
        for cell in page.cells:
            for line in self.layout.ticks(cell.slot):
                ends = self._at(line.x0, line.y0) + self._at(line.x1, line.y1)
                self.pdf.line(*ends)
            self._help(cell, outlines.get(cell.char))

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x * POINTS, (self.layout.height - y) * POINTS

    def _dots(self, black: NDArray[np.bool_], box: Box) -> None:
        """Paint a square of dots, each run of a row as one rectangle, all as one path."""
        side = box.width / len(black)
        path = self.pdf.beginPath()
        for row, line in enumerate(black):
            edges = np.flatnonzero(np.diff(line.astype(np.int8), prepend=0, append=0))
            for start, stop in edges.reshape(-1, 2).tolist():
                x, y = self._at(box.left + start * side, box.top + (row + 1) * side)
                # a little taller, so that no viewer shows seams between rows
                path.rect(x, y, (stop - start) * side * POINTS, side * POINTS * 1.02)
        self.pdf.drawPath(path, stroke=0, fill=1, fillMode=1)  # rows overlap: none is cut out

    def _code(self, page: Page) -> None:
        segno = needed("segno")
        code = segno.make(write_code(page), error="l", micro=False, encoding="utf-8")
        self._dots(np.array([list(row) for row in code.matrix], bool), self.layout.code)

    def _words(self, page: Page) -> None:
        title = f"fontgan form {page.form}, page {page.number} of {page.count}"
        left = MARGIN + MARKER + 4
        self._text(left, MARGIN + 4, title, 11)
        self._text(left, MARGIN + 9, f"print at any size on {self.layout.paper.upper()}", 7)
        width = self.layout.code.left - left
        for number, line in enumerate(_wrapped(" ".join(ADVICE), int(width / 1.13))):
            self._text(left, MARGIN + 14 + 3.4 * number, line, 7)

    def _text(self, x: float, y: float, text: str, size: float) -> None:
        self.pdf.setFont("Helvetica", size)
        self.pdf.drawString(*self._at(x, y), text)

    def _help(self, cell: Cell, outline: Outline | None) -> None:
        box = self.layout.help_box(cell.slot)
        code = f"U+{ord(cell.char):04X}"
        self._text(box.left + HELP + 1.6, box.bottom - 0.9, code, 4.5 if outline else 7)
        if outline is None:
            return
        path = self.pdf.beginPath()
        base = box.top + 0.88 * HELP
        for move, points in outline.moves:
            if move == "moveTo" and path.getCode():
                path.close()
            places = [self._at(box.left + x * HELP, base - y * HELP) for x, y in points]
            getattr(path, move)(*(value for place in places for value in place))
        path.close()
        self.pdf.drawPath(path, stroke=0, fill=1, fillMode=1)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width)
