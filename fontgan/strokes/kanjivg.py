"""KanjiVG's files as strokes: SVG paths along the centre line, one a stroke, in writing order."""

from __future__ import annotations

import re
import zipfile
from math import comb
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from numpy.typing import NDArray

from fontgan.errors import DataError
from fontgan.strokes.paths import Strokes

BOX = 109.0  # side of KanjiVG's view box
_TOLERANCE = 0.0015  # em that a polyline may be off its curve
_STEPS = np.linspace(0, 1, 17)[1:, None]  # a curve is seen at these places before it is simplified
_PATH = "{http://www.w3.org/2000/svg}path"
_NAME = re.compile(r"kanji/([0-9a-f]{5})(?:-(\w+))?\.svg")

Points = NDArray[np.float64]


def read_wheel(path: str | Path, variant: str = "") -> dict[str, Strokes]:
    """Read every character of one variant out of the package.

    Args:
        path: the wheel or zip file; its hash is the caller's matter.
        variant: what stands behind the code point in the files' names, such as ``Kaisho``.

    Raises:
        DataError: not a zip file, or it holds no such characters.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                (match, match[0]) for match in map(_NAME.fullmatch, archive.namelist()) if match
            ]
            found = {
                chr(int(match[1], 16)): read_svg(archive.read(name))
                for match, name in sorted(names, key=lambda pair: pair[1])
                if (match[2] or "") == variant
            }
    except zipfile.BadZipFile:
        raise DataError(f"{path}: not a KanjiVG wheel or zip file") from None
    if not found:
        raise DataError(f"{path}: no KanjiVG characters in it")
    return found


def read_svg(text: bytes) -> Strokes:
    """Read the strokes of one file; curves become polylines at most .0015 em beside them.

    Raises:
        DataError: not XML, or no strokes in it.
    """
    try:
        paths = [node.attrib["d"] for node in ElementTree.fromstring(text).iter(_PATH)]
    except (ElementTree.ParseError, KeyError) as error:
        raise DataError(f"not a file of KanjiVG: {error}") from None
    return Strokes(tuple(flattened(path).astype(np.float32) for path in paths))


def flattened(path: str) -> Points:
    """Return an SVG path as one polyline, (n, 2) float64 in em units."""
    from skimage.measure import approximate_polygon

    pen = RecordingPen()
    parse_path(path, pen)
    line = np.zeros((0, 2))
    for _, ends in pen.value:
        controls = np.concatenate([line[-1:], np.reshape(ends, (-1, 2))])
        line = np.concatenate(
            [line, _bezier(controls) if len(controls) > 1 else controls[len(line[-1:]) :]]
        )
    simple: Points = approximate_polygon(line / BOX, _TOLERANCE)  # type: ignore[no-untyped-call]
    return simple


def _bezier(controls: Points) -> Points:
    """Return the points of a Bezier curve of any degree behind its first control point."""
    degree = len(controls) - 1
    weights = [
        comb(degree, k) * _STEPS**k * (1 - _STEPS) ** (degree - k) for k in range(degree + 1)
    ]
    return np.concatenate(weights, axis=1) @ controls
