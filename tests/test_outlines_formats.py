"""Drawn strokes as files that other programs read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from fontgan.outlines.formats import FORMATS, SIDE, Written
from fontgan.strokes import catalogue
from fontgan.strokes.paths import Strokes

INK = "{http://www.w3.org/2003/InkML}"


def written(char: str = "永", notice: str = "strokes <of> A & B") -> Written:
    points = catalogue.find("hanzi-writer")[char].resampled(8)
    radii = np.linspace(0.01, 0.03, 8, dtype=np.float32)
    return Written(char, '"<hand>"', Strokes(tuple(points), (radii,) * len(points)), notice)


@pytest.mark.parametrize("name", [name for name in FORMATS if "svg" in name or name == "inkml"])
def test_xml_is_well_formed_and_says_whose_strokes_it_has(name: str) -> None:
    text = FORMATS[name].write(written())
    assert "strokes <of> A & B" in "".join(ElementTree.fromstring(text).itertext())


def test_a_filled_svg_is_one_path_within_its_square() -> None:
    root = ElementTree.fromstring(FORMATS["svg"].write(written()))
    (path,) = root.findall("{http://www.w3.org/2000/svg}path")
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d", ""))]
    assert len(numbers) > 40
    assert -50 < min(numbers) < max(numbers) < SIDE + 50


def test_strokes_stand_in_their_order_each_as_wide_as_the_pen() -> None:
    glyph = written()
    root = ElementTree.fromstring(FORMATS["strokes-svg"].write(glyph))
    groups = root.findall("./*/{http://www.w3.org/2000/svg}g")
    assert len(groups) == 5
    for group, line in zip(groups, glyph.strokes.polylines, strict=True):
        pieces = list(group)
        assert len(pieces) == 7
        first = [float(n) / SIDE for n in re.findall(r"[\d.]+", pieces[0].get("d", ""))[:2]]
        assert first == pytest.approx(line[0].tolist(), abs=1e-3)
        widths = [float(piece.get("stroke-width", "")) for piece in pieces]
        assert widths == sorted(widths)
        assert widths[0] == pytest.approx(1000 * (0.01 + 0.01 + 0.02 / 7), abs=0.1)


def test_square_ends_are_the_first_and_the_last_piece_of_their_stroke() -> None:
    glyph = written()
    square = np.array([[1, 0], [0, 0.8], [0.4, 0.6], [1, 1], [0, 0]])
    squared = replace(glyph, strokes=replace(glyph.strokes, square=square))
    root = ElementTree.fromstring(FORMATS["strokes-svg"].write(squared))
    groups = [list(group) for group in root.findall("./*/{http://www.w3.org/2000/svg}g")]
    assert [len(pieces) - 7 for pieces in groups] == [1, 1, 1, 2, 0]
    ends = groups[3][0], groups[3][-1]
    for end, place, radius in zip(ends, glyph.strokes.polylines[3][[0, -1]], (10, 30), strict=True):
        assert end.get("stroke-linecap") == "butt"
        ax, ay, bx, by = map(float, re.findall(r"[\d.]+", end.get("d", "")))
        assert [ax, ay] == pytest.approx((SIDE * place).tolist(), abs=0.1)
        assert np.hypot(bx - ax, by - ay) == pytest.approx(radius, abs=0.2)
        assert float(end.get("stroke-width", "")) == pytest.approx(2 * radius)


def test_an_animation_uncovers_the_corners_of_square_ends() -> None:
    square = np.ones((5, 2))
    one = written()
    squared = replace(one, strokes=replace(one.strokes, square=square))
    root = ElementTree.fromstring(FORMATS["animated-svg"].write(squared))
    uncovered = [
        float(part.get("stroke-width", "0")) for part in root.iter() if part.tag.endswith("path")
    ]
    assert min(width for width in uncovered if width) > 2 * 30 * 2**0.5  # radii are up to 30


def test_an_animation_writes_one_stroke_after_another() -> None:
    root = ElementTree.fromstring(FORMATS["animated-svg"].write(written()))
    parts = list(root.iter("{http://www.w3.org/2000/svg}animate"))
    begins = [float(part.get("begin", "")[:-1]) for part in parts]
    ends = [b + float(part.get("dur", "")[:-1]) for b, part in zip(begins, parts, strict=True)]
    assert len(parts) == 5
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))


def test_json_has_the_strokes_as_they_are() -> None:
    glyph = written()
    said = json.loads(FORMATS["json"].write(glyph))
    assert (said["char"], said["style"]) == ("永", '"<hand>"')
    for stroke, line in zip(said["strokes"], glyph.strokes.polylines, strict=True):
        assert np.abs(np.array(stroke["points"]) - line).max() < 1e-5
        assert stroke["square"] == [0, 0]
        assert stroke["radii"] == pytest.approx(np.linspace(0.01, 0.03, 8).tolist(), abs=1e-5)


def test_ink_has_a_trace_a_stroke_in_time() -> None:
    root = ElementTree.fromstring(FORMATS["inkml"].write(written()).encode())
    names = [channel.get("name") for channel in root.iter(f"{INK}channel")]
    assert names == ["X", "Y", "T", "F"]
    traces = [
        np.array([[float(n) for n in point.split()] for point in (trace.text or "").split(",")])
        for trace in root.iter(f"{INK}trace")
    ]
    assert [trace.shape for trace in traces] == [(8, 4)] * 5
    times = np.concatenate([trace[:, 2] for trace in traces])
    assert (np.diff(times) >= 0).all() and times[0] == 0
    assert all(trace[:, 3].min() >= 0 and trace[:, 3].max() == 1 for trace in traces)


def test_a_plotter_lifts_its_pen_between_strokes_and_has_y_up() -> None:
    glyph = written()
    words = FORMATS["hpgl"].write(glyph).strip().split(";")
    ups = [word for word in words if re.match(r"PU\d", word)]
    assert len(ups) == sum(word.startswith("PD") for word in words) == 5
    x, y = map(int, ups[0][2:].split(","))
    assert (x, y) == pytest.approx((glyph.strokes.polylines[0][0] * [400, -400] + [0, 400]), abs=1)


@pytest.mark.parametrize("name", FORMATS)
def test_a_dot_is_drawn_too(name: str) -> None:
    dot = Strokes((np.array([[0.5, 0.5]], np.float32),), (np.array([0.05], np.float32),))
    text = FORMATS[name].write(Written("、", "hand", dot))
    assert re.search(r"0?\.5|500|200,200", text)
