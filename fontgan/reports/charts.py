"""Charts of lines as inline SVG, for pages that need nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#2563eb", "#d97706", "#059669", "#be185d", "#6d28d9", "#475569", "#0891b2", "#854d0e")
_WIDTH, _HEIGHT = 380, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 14, 10, 38  # pixels around the plot
_GRID = "display:grid;gap:1.2rem;grid-template-columns:repeat(auto-fill,minmax({}rem,1fr))"
_CAPTION = "font-size:.85rem;font-weight:600;margin-bottom:.2rem"


@dataclass(frozen=True)
class Line:
    """One curve: a name, and points (x, y) in the order of x."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str = COLOURS[0]


def chart(title: str, lines: Sequence[Line], x_label: str) -> str:
    """Draw curves as an HTML figure with an SVG; points that are not finite are left out.

    Returns:
        The figure, or nothing where no line has a point.

    >>> figure = chart("SSIM", [Line("a", [(0, 0.1), (100, 0.5)])], "iterations")
    >>> "<svg" in figure, chart("SSIM", [Line("a", [])], "iterations")
    (True, '')
    """
    lines = [Line(line.name, _finite(line.points), line.colour) for line in lines]
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    (left, right), (low, high) = (_span(values) for values in zip(*points, strict=True))
    x_ticks, y_ticks = _ticks(left, right), _ticks(low, high)
    low, high = min(low, y_ticks[0]), max(high, y_ticks[-1])
    place = _Place(left, right, low, high)
    parts = [*_axes(place, x_ticks, y_ticks, x_label), *(_curve(place, line) for line in lines)]
    svg = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" style="max-width:28rem" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="11" '
        f'fill="#666">{"".join(parts)}</svg>'
    )
    caption = f'<figcaption style="{_CAPTION}">{escape(title)}</figcaption>'
    return f'<figure style="margin:0">{caption}{svg}</figure>'


def legend(names: Sequence[str]) -> str:
    """Return a line that says which run has which colour."""
    swatch = "display:inline-block;width:.9rem;height:.25rem;vertical-align:middle;margin-right"
    spans = (
        f'<span style="margin-right:1.4rem;white-space:nowrap"><i style="{swatch}:.4rem;'
        f'background:{colour(place)}"></i>{escape(name)}</span>'
        for place, name in enumerate(names)
    )
    return f"<p>{''.join(spans)}</p>"


def side_by_side(charts: Iterable[str], columns: int = 3) -> str:
    """Put charts beside each other, ``columns`` of them in a line where there is room."""
    return f'<div style="{_GRID.format(52 // columns)}">{"".join(charts)}</div>'


def colour(place: int) -> str:
    """Return the colour of a line by its place among all."""
    return COLOURS[place % len(COLOURS)]


@dataclass(frozen=True)
class _Place:
    """Where values are in the picture."""

    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        share = (value - self.left) / (self.right - self.left)
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def _axes(
    place: _Place, x_ticks: Sequence[float], y_ticks: Sequence[float], x_label: str
) -> Iterator[str]:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    for tick in y_ticks:
        y = place.y(tick)
        yield f'<path d="M{_LEFT} {y}H{right}" stroke="#e5e5e5"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{_short(tick)}</text>'
    yield f'<path d="M{_LEFT} {bottom}H{right}" stroke="#999"/>'
    for tick in x_ticks:
        x = place.x(tick)
        yield f'<text x="{x}" y="{bottom + 15}" text-anchor="middle">{_short(tick)}</text>'
    middle = (_LEFT + right) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(x_label)}</text>'


def _curve(place: _Place, line: Line) -> str:
    at = [(place.x(x), place.y(y)) for x, y in line.points]
    title = f"<title>{escape(line.name)}</title>"
    points = " ".join(f"{x},{y}" for x, y in at)
    curve = (
        f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="2" '
        f'stroke-linejoin="round">{title}</polyline>'
    )
    x, y = at[-1] if at else (0, 0)
    return curve + f'<circle cx="{x}" cy="{y}" r="3" fill="{line.colour}"/>' if at else ""


def _finite(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.5 * abs(high) or 0.5
    return (low, high) if high > low else (low - room, high + room)


def _ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers from about ``low`` to about ``high``, both ends within.

    >>> _ticks(0.13, 0.58)
    [0.2, 0.3, 0.4, 0.5]
    """
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _short(value: float) -> str:
    """Return a number in few characters.

    >>> _short(12000), _short(0.30000000000000004), _short(2.5e-05)
    ('12k', '0.3', '2.5e-05')
    """
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:.4g}"
