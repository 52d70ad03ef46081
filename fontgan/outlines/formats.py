"""Drawn strokes as files: filled outlines, centre lines in order, ink for recognisers and plotters.

Every format keeps the order and the direction of the strokes but ``svg``, which is their united
outline. Places are in sides of the glyph's square, x to the right and y down, unless said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from fontTools.pens.svgPathPen import SVGPathPen
from numpy.typing import NDArray

from fontgan.outlines.curves import Contours, draw
from fontgan.outlines.pen_ends import ends
from fontgan.outlines.pen_outline import outlines
from fontgan.strokes.paths import Strokes, length

SIDE = 1000  # units of an SVG's side
REACH = 1.5  # radii that an animated pen uncovers: as far as the corners of a square end
PACE, LIFT = 1.2, 0.25  # sides a second that a pen writes; seconds between two strokes
MILLIMETRES, PER_MILLIMETRE = 10, 40  # a plotted glyph's side; plotter units


@dataclass(frozen=True)
class Written:
    """A character as a pen wrote it.

    Attributes:
        char: the character.
        style: the hand.
        strokes: with radii, in sides of the glyph's square.
        notice: whose strokes the drawing starts from, and their licence; stands in every file
            but a plotter's, which has no place for it.
    """

    char: str
    style: str
    strokes: Strokes
    notice: str = ""

    @property
    def pairs(self) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Yield points (P, 2) and radii (P,) of one stroke after another."""
        yield from zip(self.strokes.polylines, self.strokes.radii or (), strict=True)

    @property
    def square(self) -> NDArray[np.float64]:
        """How square the ends of each stroke are, (L, 2)."""
        square = self.strokes.square
        return np.zeros((len(self.strokes), 2)) if square is None else square.astype(np.float64)


@dataclass(frozen=True)
class Format:
    """A kind of file: how its names end, and what makes its text."""

    suffix: str
    write: Callable[[Written], str]


def filled_svg(glyph: Written) -> str:
    """Return an SVG of the united outline, filled: what a font or a cutter wants."""
    (text,) = _filled_svgs([glyph])
    return text


def _filled_svgs(glyphs: Sequence[Written]) -> list[str]:
    """Return the SVG of each of some glyphs, whose curves are fitted together."""
    drawn = zip(glyphs, outlines([glyph.strokes for glyph in glyphs]), strict=True)
    return [_svg(glyph, f'<path d="{_path(contours)}"/>') for glyph, contours in drawn]


def _path(contours: Contours) -> str:
    pen = SVGPathPen(None, ntos=lambda value: _short(value * SIDE))
    draw(pen, contours)
    commands: str = pen.getCommands()
    return commands


def strokes_svg(glyph: Written) -> str:
    """Return an SVG of the centre lines in order; each piece is as wide as the pen was there.

    A group is a stroke; its square ends are its first and last piece, half as long as wide.
    """
    lines = []
    for (points, radii), square in zip(glyph.pairs, glyph.square, strict=True):
        first, last = _end_pieces(points, radii, square)
        parts = [
            f'<path d="M{_place(one)}L{_place(two)}" stroke-width="{_short(width * SIDE)}"/>'
            for one, two, width in _segments(points, radii)
        ]
        lines.append(f"<g>{''.join([first, *parts, last])}</g>")
    pen = 'fill="none" stroke="#000" stroke-linecap="round"'
    return _svg(glyph, f"<g {pen}>{''.join(lines)}</g>")


def animated_svg(glyph: Written) -> str:
    """Return an SVG in which the strokes are written one after another, as wide as they are."""
    parts, start = [], 0.0
    contours = outlines(glyph.strokes.alone)
    for number, (points, radii) in enumerate(glyph.pairs):
        seconds = max(0.1, length(points) / PACE)
        line = "L".join(_place(point) for point in _moving(points))
        wide = _short(2 * REACH * float(radii.max()) * SIDE)
        parts.append(
            f'<mask id="s{number}" maskUnits="userSpaceOnUse" x="0" y="0" width="{SIDE}" '
            f'height="{SIDE}"><path d="M{line}" fill="none" stroke="#fff" stroke-linecap="round" '
            f'stroke-linejoin="round" stroke-width="{wide}" '
            f'pathLength="1" stroke-dasharray="1 1.2" stroke-dashoffset="1.1">'
            f'<animate attributeName="stroke-dashoffset" from="1.1" to="0" begin="{start:.2f}s" '
            f'dur="{seconds:.2f}s" fill="freeze"/></path></mask>'
            f'<path d="{_path(contours[number])}" mask="url(#s{number})"/>'
        )
        start += seconds + LIFT
    return _svg(glyph, "".join(parts))


def stroke_json(glyph: Written) -> str:
    """Return JSON: ``strokes``, each with ``points`` [[x, y], ...] and ``radii`` [r, ...].

    ``square`` [first, last] of a stroke is how square its ends are, from 0, round, to 1.
    """
    strokes = [
        {
            "points": np.round(points, 5).tolist(),
            "radii": np.round(radii, 5).tolist(),
            "square": np.round(square, 3).tolist(),
        }
        for (points, radii), square in zip(map(_plain, glyph.pairs), glyph.square, strict=True)
    ]
    about = {"char": glyph.char, "style": glyph.style, "notice": glyph.notice}
    return json.dumps({**about, "unit": "side", "strokes": strokes}, ensure_ascii=False) + "\n"


def inkml(glyph: Written) -> str:
    """Return W3C InkML: a trace a stroke, of x, y, time in ms and pressure from 0 to 1.

    Source: Ink Markup Language, W3C Recommendation of 2011. Time is that of a pen of even speed.
    """
    widest = max(float(radii.max()) for _, radii in glyph.pairs) or 1.0
    traces, start = [], 0.0
    for points, radii in glyph.pairs:
        steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
        times = start + np.cumsum(steps) / PACE
        start = float(times[-1]) + LIFT
        rows = zip(points.tolist(), times.tolist(), (radii / widest).tolist(), strict=True)
        text = ", ".join(f"{x:.5f} {y:.5f} {1000 * t:.0f} {f:.3f}" for (x, y), t, f in rows)
        traces.append(f"<trace>{text}</trace>")
    channels = (("X", "decimal"), ("Y", "decimal"), ("T", "integer"), ("F", "decimal"))
    format_ = "".join(f'<channel name="{name}" type="{kind}"/>' for name, kind in channels)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ink xmlns="http://www.w3.org/2003/InkML">\n'
        f'<annotation type="truth">{escape(glyph.char)}</annotation>\n'
        f'<annotation type="writer">{escape(glyph.style)}</annotation>\n'
        f'<annotation type="copyright">{escape(glyph.notice)}</annotation>\n'
        f"<traceFormat>{format_}</traceFormat>\n" + "\n".join(traces) + "\n</ink>\n"
    )


def hpgl(glyph: Written) -> str:
    """Return HPGL for pen plotters: a glyph of 10 mm, y up, 40 units a millimetre."""
    scale = MILLIMETRES * PER_MILLIMETRE
    words = ["IN", "SP1"]
    for points, _ in glyph.pairs:
        places = [f"{round(x * scale)},{round((1 - y) * scale)}" for x, y in points.tolist()]
        words += [f"PU{places[0]}", f"PD{','.join(places[1:] or places)}"]
    return ";".join([*words, "PU", "SP0"]) + ";\n"


FORMATS: Mapping[str, Format] = {
    "svg": Format(".svg", filled_svg),
    "strokes-svg": Format(".svg", strokes_svg),
    "animated-svg": Format(".svg", animated_svg),
    "json": Format(".json", stroke_json),
    "inkml": Format(".inkml", inkml),
    "hpgl": Format(".hpgl", hpgl),
}


def texts_of(name: str, glyphs: Sequence[Written]) -> list[str]:
    """Return the text of each glyph in a format of ``FORMATS``."""
    if name == "svg":
        return _filled_svgs(glyphs)
    return [FORMATS[name].write(glyph) for glyph in glyphs]


def _svg(glyph: Written, body: str) -> str:
    notice = f"<desc>{escape(glyph.notice)}</desc>" if glyph.notice else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" role="img" '
        f"aria-label={quoteattr(glyph.char)}><title>{escape(glyph.char)} {escape(glyph.style)}"
        f"</title>{notice}{body}</svg>\n"
    )


def _segments(
    points: NDArray[np.float32], radii: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], float]]:
    """Yield the two ends of each piece of a stroke, and its mean width."""
    points, radii = _moving(points), np.resize(radii, max(2, len(radii)))
    for one, two, thick, thin in zip(points, points[1:], radii, radii[1:], strict=False):
        yield one, two, float(thick + thin)


def _end_pieces(
    points: NDArray[np.float32], radii: NDArray[np.float32], square: NDArray[np.float64]
) -> list[str]:
    """Return what ends cover beyond a stroke's first and last point where they are square."""
    return [
        f'<path d="M{_place(place)}L{_place(place + thick * way)}" '
        f'stroke-width="{_short(2 * thick * SIDE)}" stroke-linecap="butt"/>'
        if share >= 0.5
        else ""
        for share, (place, thick, way) in zip(square, ends(points, radii), strict=True)
    ]


def _moving(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give a dot a second point, so that it can be drawn as a line."""
    return points if len(points) > 1 else np.repeat(points, 2, axis=0)


def _plain(
    pair: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> tuple[NDArray[np.float64], ...]:
    return tuple(part.astype(np.float64) for part in pair)


def _place(point: NDArray[np.floating]) -> str:
    x, y = point.tolist()
    return f"{_short(x * SIDE)} {_short(y * SIDE)}"


def _short(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
