"""`fontgan fonts` lists, shows and fetches; results on stdout, messages on stderr."""

from __future__ import annotations

import json
import sys

import pytest
from fontgan.cli.app import main
from fontgan.cli.console import err, out

from fontgan.faces import catalogue


@pytest.fixture
def fontgan(monkeypatch, capsys, tmp_path):
    """Run the command line; returns (exit status, stdout, stderr)."""
    monkeypatch.setenv("FONTGAN_CACHE", str(tmp_path / "cache"))

    def run(*arguments: str, width: int = 80) -> tuple[int, str, str]:
        for console in (out, err):
            monkeypatch.setattr(console, "_width", width)
        monkeypatch.setattr(sys, "argv", ["fontgan", *arguments])
        try:
            main()
            status = 0
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_list_fits_a_narrow_and_a_wide_terminal(fontgan):
    status, narrow, said = fontgan("fonts", "list")
    lines = narrow.splitlines()
    assert status == 0
    assert lines[0].split() == ["id", "class", "state", "licence", "draws", "charset"]
    assert len(lines) == len(catalogue.entries()) + 1
    assert all(len(line) <= 80 for line in lines)
    assert "…" not in narrow
    assert "fontgan fonts fetch ID" in said
    _, wide, _ = fontgan("fonts", "list", width=120)
    assert "cursive, traditional-forms" in wide
    _, wider, _ = fontgan("fonts", "list", width=140)
    assert "Annie Use Your Telescope" in wider
    assert "…" not in wide + wider


def test_list_filters_and_prints_json(fontgan):
    _, text, _ = fontgan("fonts", "list", "--class", "brush", "--script", "cjk", "--json")
    faces = json.loads(text)
    assert {face["id"] for face in faces} == {"ma-shan-zheng", "zhi-mang-xing", "liu-jian-mao-cao"}
    assert faces[0]["coverage"]["gb2312-1"] == 3755
    assert faces[0]["state"] == "embedded"


@pytest.mark.parametrize("option", ["--class", "--script", "--tag"])
def test_list_with_an_unknown_filter_is_wrong_usage(fontgan, option):
    status, text, said = fontgan("fonts", "list", option, "brush-")
    assert (status, text) == (2, "")
    assert len(said.splitlines()) == 1


def test_show_tells_drawn_from_claimed(fontgan):
    status, text, _ = fontgan("fonts", "show", "caveat")
    assert status == 0
    assert "Copyright 2014 The Caveat Project Authors" in " ".join(text.split())
    assert "221 drawn of 221 claimed" in text
    _, text, _ = fontgan("fonts", "show", "caveat", "--json")
    shown = json.loads(text)
    assert shown["charsets"]["alnum62"] == {"drawn": 62, "claimed": 62, "of": 62}
    assert (shown["licence"], shown["blank"]) == ("OFL-1.1", "")


def test_show_takes_a_file_and_lists_blank_glyphs(fontgan, blank_face):
    status, text, _ = fontgan("fonts", "show", str(blank_face))
    assert status == 0
    assert "1 drawn of 3 claimed" in text
    assert "1 claimed but blank: 一" in text
    assert "1 claimed but drawn as .notdef: 丁" in text


def test_show_a_face_that_is_not_there_yet(fontgan):
    status, text, said = fontgan("fonts", "show", "klee-one")
    assert status == 0
    assert "jisx0208-1" in text
    assert "fontgan fonts fetch klee-one" in said


def test_show_an_unknown_face_is_one_line(fontgan):
    status, text, said = fontgan("fonts", "show", "long-cag")
    assert (status, text) == (1, "")
    assert "did you mean long-cang?" in said


def test_fetch_prints_paths_and_tells_on_stderr(fontgan, monkeypatch, tmp_path):
    def stand_in(ids, progress):
        for face_id in ids:
            progress(catalogue.find(face_id), "fetching")
        return [tmp_path / face_id for face_id in ids]

    monkeypatch.setattr("fontgan.faces.fetch.fetch", stand_in)
    status, text, said = fontgan("fonts", "fetch", "gaegu", "--tag", "japanese")
    assert status == 0
    ids = [e.id for e in catalogue.entries() if e.script == "japanese"]
    assert text.splitlines() == [str(tmp_path / face_id) for face_id in ["gaegu", *ids]]
    assert "fetching gaegu: @expo-google-fonts/gaegu" in said


def test_fetch_of_nothing_is_wrong_usage(fontgan):
    status, _, said = fontgan("fonts", "fetch")
    assert status == 2
    assert "--tag" in said


@pytest.fixture
def blank_face(tmp_path):
    """A face that draws A, maps 一 to an empty glyph and 丁 to the box of .notdef."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    def square(side: int):
        pen = TTGlyphPen(None)
        if side:
            pen.moveTo((0, 0))
            for point in ((0, side), (side, side), (side, 0)):
                pen.lineTo(point)
            pen.closePath()
        return pen.glyph()

    sides = {".notdef": 700, "A": 500, "empty": 0, "box": 700, "space": 0}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(sides))
    cmap = {ord(" "): "space", ord("A"): "A", ord("一"): "empty", ord("丁"): "box"}
    builder.setupCharacterMap(cmap)
    builder.setupGlyf({name: square(side) for name, side in sides.items()})
    builder.setupHorizontalMetrics(dict.fromkeys(sides, (1000, 0)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Holes", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    path = tmp_path / "holes.ttf"
    builder.save(path)
    return path
