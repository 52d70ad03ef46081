"""Outlines of help characters, from a font of any format, as paths that a PDF can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fontgan.faces.face import FontFace
from fontgan.faces.raster import EM

Point = tuple[float, float]


@dataclass(frozen=True)
class Outline:
    """A glyph's outline in em, x right, y up from the baseline.

    Attributes:
        moves: ("moveTo" | "lineTo" | "curveTo", points), cubic curves.
        advance: the width of its em box.
    """

    moves: tuple[tuple[str, tuple[Point, ...]], ...]
    advance: float


def outline(face: FontFace, char: str) -> Outline | None:
    """Return the outline that a face has of a character, None when it draws none."""
    status, file, glyph = face.find(char)
    if file is None or status != "drawn" or not file.load(glyph):
        return None
    path = _Path()
    file.face.glyph.outline.decompose(
        path, move_to=_Path.move, line_to=_Path.line, conic_to=_Path.conic, cubic_to=_Path.cubic
    )
    return Outline(tuple(path.moves), file.advance / EM)


class _Path:
    """Collects what FreeType walks along; conic curves become cubic ones, exactly."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, tuple[Point, ...]]] = []
        self._at: Point = (0.0, 0.0)

    @staticmethod
    def move(to: Any, path: _Path) -> None:
        path._add("moveTo", [_em(to)])

    @staticmethod
    def line(to: Any, path: _Path) -> None:
        path._add("lineTo", [_em(to)])

    @staticmethod
    def conic(control: Any, to: Any, path: _Path) -> None:
        bend, end = _em(control), _em(to)
        path._add("curveTo", [_between(path._at, bend), _between(end, bend), end])

    @staticmethod
    def cubic(first: Any, second: Any, to: Any, path: _Path) -> None:
        path._add("curveTo", [_em(first), _em(second), _em(to)])

    def _add(self, kind: str, points: Sequence[Point]) -> None:
        self.moves.append((kind, tuple(points)))
        self._at = points[-1]


def _em(vector: Any) -> Point:
    return vector.x / EM, vector.y / EM


def _between(end: Point, bend: Point) -> Point:
    return end[0] + (bend[0] - end[0]) * 2 / 3, end[1] + (bend[1] - end[1]) * 2 / 3
