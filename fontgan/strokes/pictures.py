"""Pictures of strokes with their order and direction: PNG, and SVG that can be animated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fontgan.files import atomic_write
from fontgan.strokes.paths import Strokes, length

CELL = 240  # pixels of a side of a character's square
MARGIN = 30  # around its em box
COLUMNS = 8
_PEN = 5
_GUIDE = "#dddddd"
_COLOURS = ("#1f4e9e", "#b3261e", "#1b6e3c", "#7a3e9d", "#a35a00", "#00707a")  # stroke by stroke
_NUMBER, _SMALL, _MANY = 15, 11, 12  # pixels of a number's height; in characters of many strokes
_FINE = 3  # PNGs are drawn that much larger, then reduced
_ARROW = 13  # pixels: length of the head that says where a stroke goes
_PAUSE, _PACE = 0.2, 0.9  # seconds between strokes, and for one em of a stroke

Points = NDArray[np.float64]


@dataclass(frozen=True)
class _Stroke:
    """One stroke in a picture, in pixels: its line, its arrow head (3, 2), its number's middle."""

    line: Points
    head: Points
    number: int
    label: Points
    height: int  # of the number

    @property
    def colour(self) -> str:
        return _COLOURS[(self.number - 1) % len(_COLOURS)]


@dataclass(frozen=True)
class _Cell:
    char: str
    corner: Points  # upper left of the em box
    strokes: tuple[_Stroke, ...]


def save_png(glyphs: Mapping[str, Strokes], path: str | Path) -> None:
    """Write a PNG of some characters, each in its em box, strokes numbered where they begin."""
    cells = _cells(glyphs)
    width, height = _size(len(cells))
    image = Image.new("RGB", (width * _FINE, height * _FINE), "white")
    pen = ImageDraw.Draw(image)
    for cell in cells:
        _paint_guides(pen, cell.corner)
        for one in cell.strokes:
            _paint_line(pen, one)
        for one in cell.strokes:
            _paint_marks(pen, one)
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    with atomic_write(path) as part:
        small.save(part, "PNG")


def save_svg(glyphs: Mapping[str, Strokes], path: str | Path, animate: bool = False) -> None:
    """Write an SVG of some characters; animated, their strokes are written one after another."""
    cells = _cells(glyphs)
    width, height = _size(len(cells))
    body = "\n".join(_svg_cell(cell, animate) for cell in cells)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" fill="none" stroke-linecap="round" '
        f'stroke-linejoin="round" font-family="sans-serif">\n'
        f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n'
    )
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def _cells(glyphs: Mapping[str, Strokes]) -> list[_Cell]:
    cells = []
    for number, (char, strokes) in enumerate(glyphs.items()):
        corner = np.array([number % COLUMNS, number // COLUMNS]) * float(CELL) + MARGIN
        lines = [corner + line * float(CELL - 2 * MARGIN) for line in strokes.polylines]
        height = _NUMBER if len(lines) <= _MANY else _SMALL
        placed = (_placed(line, number, height) for number, line in enumerate(lines, 1))
        cells.append(_Cell(char, corner, tuple(placed)))
    return cells


def _placed(line: Points, number: int, height: int) -> _Stroke:
    """Put the number beside the beginning of a stroke, and the head of an arrow on its end."""
    begins, ends = _way(line), _way(line[::-1])
    aside = np.array([-begins[1], begins[0]])
    tip = line[-1] - ends * _ARROW * 0.3
    wing = np.array([-ends[1], ends[0]]) * _ARROW * 0.45
    back = tip + ends * _ARROW
    label = line[0] - (0.5 * begins + 0.6 * aside) * height
    return _Stroke(line, np.stack([tip, back + wing, back - wing]), number, label, height)


def _way(line: Points) -> Points:
    """Return the unit vector along which a line begins; zero for a dot."""
    away = np.hypot(*(line - line[0]).T)
    far = line[int(np.argmax(away > _ARROW)) if (away > _ARROW).any() else int(away.argmax())]
    way = far - line[0]
    unit: Points = way / max(float(np.hypot(*way)), 1e-9)
    return unit


def _size(count: int) -> tuple[int, int]:
    return CELL * min(count, COLUMNS), CELL * -(-count // COLUMNS)


def _guides(corner: Points) -> list[tuple[Points, Points]]:
    """Return the lines of the em box and of its middles: two ends each."""
    side = CELL - 2 * MARGIN
    ends = []
    for place in (0, side / 2, side):
        for ways in (((place, 0), (place, side)), ((0, place), (side, place))):
            first, last = np.array(ways) + corner
            ends.append((first, last))
    return ends


def _paint_guides(pen: ImageDraw.ImageDraw, corner: Points) -> None:
    for ends in _guides(corner):
        pen.line(_fine(np.stack(ends)), fill=_GUIDE, width=_FINE)


def _paint_line(pen: ImageDraw.ImageDraw, one: _Stroke) -> None:
    radius = _PEN * _FINE / 2
    pen.line(_fine(one.line), fill=one.colour, width=_PEN * _FINE, joint="curve")
    for x, y in (one.line[[0, -1]] * _FINE).tolist():
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=one.colour)


def _paint_marks(pen: ImageDraw.ImageDraw, one: _Stroke) -> None:
    pen.polygon(_fine(one.head), fill=one.colour)
    font = ImageFont.load_default(one.height * _FINE)
    (place,) = _fine(one.label[None])
    pen.text(
        place, str(one.number), fill=one.colour, font=font, anchor="mm",
        stroke_width=2 * _FINE, stroke_fill="white",
    )  # fmt: skip


def _fine(points: Points) -> list[tuple[float, float]]:
    return [(x, y) for x, y in (points * _FINE).tolist()]


def _svg_cell(cell: _Cell, animate: bool) -> str:
    guides = "".join(f"M{_text(one)}L{_text(other)}" for one, other in _guides(cell.corner))
    starts = np.cumsum([0.0, *(_seconds(one) + _PAUSE for one in cell.strokes)])
    parts = [
        f"<g><title>{escape(cell.char)}</title>",
        f'<path d="{guides}" stroke="{_GUIDE}"/>',
        *(
            _svg_stroke(one, start if animate else None)
            for one, start in zip(cell.strokes, starts, strict=False)
        ),
        *(_svg_marks(one) for one in cell.strokes if not animate),
        "</g>",
    ]
    return "\n".join(parts)


def _svg_stroke(one: _Stroke, start: float | None) -> str:
    """Return a stroke's path; with a start, it is written from that second on."""
    line = [*one.line, *([one.line[0] + 0.01] if len(one.line) == 1 else [])]
    path = f'<path d="M{"L".join(map(_text, line))}" stroke="{one.colour}" stroke-width="{_PEN}"'
    if start is None:
        return f"{path}/>"
    shown = f'<set attributeName="opacity" to="1" begin="{start:.2f}s" fill="freeze"/>'
    return (
        f'{path} opacity="0" pathLength="1" stroke-dasharray="1 1" stroke-dashoffset="1">{shown}'
        f'<animate attributeName="stroke-dashoffset" from="1" to="0" begin="{start:.2f}s" '
        f'dur="{_seconds(one):.2f}s" fill="freeze"/></path>'
    )


def _svg_marks(one: _Stroke) -> str:
    x, y = one.label
    return (
        f'<path d="M{"L".join(map(_text, one.head))}Z" fill="{one.colour}"/>'
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{one.colour}" font-size="{one.height}" '
        f'stroke="white" stroke-width="4" paint-order="stroke" text-anchor="middle" '
        f'dominant-baseline="central">{one.number}</text>'
    )


def _seconds(one: _Stroke) -> float:
    return max(0.1, _PACE * length(one.line) / (CELL - 2 * MARGIN))


def _text(point: Sequence[float] | Points) -> str:
    return f"{point[0]:.2f} {point[1]:.2f}"
