"""Pages as files: SVG and PDF, filled or as lines for a plotter, and PNG."""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from fontTools.pens.svgPathPen import SVGPathPen
from PIL import Image, ImageDraw

from fontgan.errors import ConfigError, MissingDependencyError
from fontgan.letters.paper import Paper
from fontgan.letters.setting import Glyph
from fontgan.limits import IMAGE_PIXELS
from fontgan.outlines.curves import draw
from fontgan.outlines.pen_ends import end_shapes
from fontgan.outlines.pen_outline import TOLERANCE, outlines

POINTS = 72 / 25.4  # of a millimetre
FINER = 3  # dots of a pixel's side, so that edges are grey

Page = Sequence[Glyph]


@dataclass(frozen=True)
class Look:
    """How pages are written.

    Attributes:
        lines: the pen's way, as wide as the pen is on the whole, for plotters, and not its outline.
        dpi: pixels an inch of a PNG.
        notice: whose strokes they start from; stands in SVG and PDF files.
    """

    lines: bool = False
    dpi: int = 200
    notice: str = ""


def svg(page: Page, paper: Paper, look: Look) -> bytes:
    """Return a page as SVG in millimetres: a path a character, or with ``lines`` one a stroke."""
    bodies = _line_paths(page) if look.lines else _filled_paths(page, paper)
    pen = ""
    if look.lines:
        pen = (
            f'<g fill="none" stroke="#000" stroke-width="{_short(_pen(page))}" '
            'stroke-linecap="round" stroke-linejoin="round">'
        )
    notice = f"<desc>{escape(look.notice)}</desc>" if look.notice else ""
    size = f'width="{_short(paper.width)}mm" height="{_short(paper.height)}mm"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {_short(paper.width)} {_short(paper.height)}">{notice}{pen}'
        + "\n".join(f'<path d="{body}"/>' for body in bodies)
        + ("</g>" if pen else "")
        + "</svg>\n"
    ).encode()


def _filled_paths(page: Page, paper: Paper) -> list[str]:
    paths = []
    for contours in outlines([glyph.strokes for glyph in page], TOLERANCE * paper.size):
        pen = SVGPathPen(None, ntos=_short)
        draw(pen, contours)
        paths.append(pen.getCommands())
    return paths


def _line_paths(page: Page) -> list[str]:
    lines = (line for glyph in page for line in glyph.strokes.polylines)
    return ["M" + "L".join(f"{_short(x)},{_short(y)}" for x, y in line.tolist()) for line in lines]


def _pen(page: Page) -> float:
    """Return the mean width of the pen in millimetres."""
    radii = [thick for glyph in page for thick in glyph.strokes.radii or ()]
    return 2 * float(np.concatenate(radii).mean()) if radii else 0.5


def pdf(pages: Sequence[Page], paper: Paper, look: Look) -> bytes:
    """Return pages as one PDF, the same bytes for the same pages.

    Raises:
        MissingDependencyError: reportlab is not installed.
    """
    try:
        canvas = importlib.import_module("reportlab.pdfgen.canvas")
    except ImportError:
        raise MissingDependencyError(
            "a PDF needs reportlab: pip install 'fontgan[scan]', or write .svg"
        ) from None
    file, size = io.BytesIO(), (paper.width * POINTS, paper.height * POINTS)
    made = canvas.Canvas(file, size, invariant=1, pageCompression=1)
    made.setTitle("fontgan write")
    made.setSubject(look.notice)
    for page in pages:
        made.transform(POINTS, 0, 0, -POINTS, 0, size[1])  # millimetres, y down
        (_pdf_lines if look.lines else _pdf_filled)(made, page, paper)
        made.showPage()
    made.save()
    return file.getvalue()


def _pdf_filled(made: Any, page: Page, paper: Paper) -> None:
    for contours in outlines([glyph.strokes for glyph in page], TOLERANCE * paper.size):
        path = made.beginPath()
        for segments in contours:
            path.moveTo(*segments[0][0].tolist())
            for segment in segments:
                ends = segment[1:].ravel().tolist()
                (path.lineTo if len(segment) == 2 else path.curveTo)(*ends)
            path.close()
        made.drawPath(path, stroke=0, fill=1, fillMode=1)


def _pdf_lines(made: Any, page: Page, paper: Paper) -> None:  # noqa: ARG001
    made.setLineWidth(_pen(page))
    made.setLineCap(1)
    made.setLineJoin(1)
    for glyph in page:
        for line in glyph.strokes.polylines:
            path = made.beginPath()
            path.moveTo(*line[0].tolist())
            for point in line[1:].tolist():
                path.lineTo(*point)
            made.drawPath(path, stroke=1, fill=0)


def png(page: Page, paper: Paper, look: Look) -> bytes:
    """Return a page as a grey PNG.

    Raises:
        ConfigError: so many pixels that nothing would open it.
    """
    scale = look.dpi / 25.4
    wide, high = round(paper.width * scale), round(paper.height * scale)
    if look.dpi < 20 or wide * high > IMAGE_PIXELS:
        raise ConfigError(
            f"{look.dpi} dots an inch make a picture of {wide} x {high} pixels; give another --dpi"
        )
    image = Image.new("L", (wide, high), 255)
    for glyph in page:
        _ink(image, glyph, scale)
    file = io.BytesIO()
    image.save(file, "png", dpi=(look.dpi, look.dpi), optimize=True)
    return file.getvalue()


def _ink(image: Image.Image, glyph: Glyph, scale: float) -> None:
    """Paint a character: discs at its points and what lies between two of them."""
    box = glyph.strokes.box * scale
    thick = max(float(one.max()) for one in glyph.strokes.radii or ()) * scale
    square = glyph.strokes.square
    thick = thick * (1 if square is None else 2**0.5) + 1  # as far as a corner
    left, top = np.floor(box[0] - thick).astype(int).tolist()
    right, bottom = np.ceil(box[1] + thick).astype(int).tolist()
    fine = Image.new("L", (FINER * (right - left), FINER * (bottom - top)), 255)
    brush = ImageDraw.Draw(fine)
    lines = [
        FINER * (line.astype(np.float64) * scale - (left, top)) - 0.5
        for line in glyph.strokes.polylines
    ]
    widths = [FINER * scale * radii.astype(np.float64) for radii in glyph.strokes.radii or ()]
    for points, radii in zip(lines, widths, strict=True):
        _stroke(brush, points, radii)
    for shape in () if square is None else end_shapes(lines, widths, square):
        brush.polygon([tuple(corner) for corner in shape], fill=0)
    small = fine.reduce(FINER)
    under = image.crop((left, top, right, bottom))
    dark = np.minimum(np.asarray(under), np.asarray(small))
    image.paste(Image.fromarray(dark), (left, top))


def _stroke(brush: ImageDraw.ImageDraw, points: np.ndarray, radii: np.ndarray) -> None:
    for (x, y), thick in zip(points.tolist(), radii.tolist(), strict=True):
        brush.ellipse((x - thick, y - thick, x + thick, y + thick), fill=0)
    ways = np.diff(points, axis=0)
    lengths = np.maximum(np.hypot(*ways.T), 1e-9)[:, None]
    across = np.stack([-ways[:, 1], ways[:, 0]], axis=1) / lengths
    for one, two, side, thick, thin in zip(
        points, points[1:], across, radii, radii[1:], strict=False
    ):
        corners = (one + side * thick, two + side * thin, two - side * thin, one - side * thick)
        brush.polygon([tuple(corner) for corner in corners], fill=0)


def _short(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
