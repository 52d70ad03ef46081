"""Charts of lines: where points, ticks and words are; ``templates/charts.html`` draws them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

COLOURS = ("#2563eb", "#d97706", "#059669", "#be185d", "#6d28d9", "#475569", "#0891b2", "#854d0e")


@dataclass(frozen=True)
class Line:
    """One curve: a name, and points (x, y) in the order of x."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str = COLOURS[0]


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where it is in pixels, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    """A drawn chart, in pixels from the upper left.

    Attributes:
        title: above it.
        x_label: below it.
        curves: lines whose points are places in the picture.
        x_ticks: along the bottom.
        y_ticks: along the left.
    """

    width: ClassVar[int] = 380
    height: ClassVar[int] = 220
    left: ClassVar[int] = 54
    right: ClassVar[int] = 366
    top: ClassVar[int] = 10
    bottom: ClassVar[int] = 182

    title: str
    x_label: str
    curves: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def chart(title: str, lines: Sequence[Line], x_label: str) -> Chart | None:
    """Lay out curves; points that are not finite are left out.

    Returns:
        The chart, or None where no line has a point.

    >>> chart("SSIM", [Line("a", [(0, 0.1), (100, 0.5)])], "iterations").y_ticks[0]
    Tick(at=182.0, text='0.1')
    >>> chart("SSIM", [Line("a", [])], "iterations")
    """
    finite = [Line(line.name, _finite(line.points), line.colour) for line in lines]
    lines = [line for line in finite if line.points]
    if not lines:
        return None
    points = [point for line in lines for point in line.points]
    (left, right), (low, high) = (_span(values) for values in zip(*points, strict=True))
    x_ticks, y_ticks = _ticks(left, right), _ticks(low, high)
    place = _Place(left, right, min(low, y_ticks[0]), max(high, y_ticks[-1]))
    return Chart(
        title,
        x_label,
        tuple(
            Line(line.name, [(place.x(x), place.y(y)) for x, y in line.points], line.colour)
            for line in lines
        ),
        tuple(Tick(place.x(tick), _short(tick)) for tick in x_ticks),
        tuple(Tick(place.y(tick), _short(tick)) for tick in y_ticks),
    )


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
        return round(Chart.left + share * (Chart.right - Chart.left), 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(Chart.bottom - share * (Chart.bottom - Chart.top), 1)


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
