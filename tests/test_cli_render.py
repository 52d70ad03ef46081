from __future__ import annotations

import json

import numpy as np
import pytest
from made_fonts import save, some_glyphs
from PIL import Image

from fontgan import workflows
from fontgan.errors import FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas


@pytest.fixture
def font(tmp_path):
    return save(tmp_path / "a.ttf", some_glyphs("天地玄黄/") | {"宇": ()})


def test_one_font_into_a_folder(run, font, tmp_path):
    code, out, err = run("render", font, "--chars", "text:天地/宇z", "-o", tmp_path / "out")
    assert (code, out) == (0, f"{tmp_path / 'out'}\n")
    assert "1 missing (z)" in err
    assert "1 blank (宇)" in err
    names = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert names == ["U+002F.png", "U+5730_地.png", "U+5929_天.png"]
    image = np.asarray(Image.open(tmp_path / "out" / "U+5929_天.png"))
    assert np.array_equal(image, Canvas().draw(FontFace.open(font), "天"))


def test_several_fonts_get_a_folder_each(run, font, tmp_path):
    other = save(tmp_path / "b.ttf", some_glyphs("天"))
    options = ["--size", 64, "--fit", "ink", "--margin", 0, "--json"]
    code, out, _ = run("render", font, other, "-c", "text:天地", "-o", tmp_path / "o", *options)
    assert code == 0
    report = json.loads(out)
    assert report["canvas"] == {"size": 64, "fit": "ink", "margin": 0.0}
    assert [face["drawn"] for face in report["faces"]] == ["天地", "天"]
    assert [len(face["files"]) for face in report["faces"]] == [2, 1]
    assert Image.open(report["faces"][1]["files"][0]).size == (64, 64)


def test_only_a_sheet(run, font, tmp_path):
    sheet = tmp_path / "sheet.png"
    code, out, _ = run("render", font, "-c", "text:天地", "--sheet", sheet, "--size", 32)
    assert (code, out) == (0, f"{sheet}\n")
    assert Image.open(sheet).width > 64
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.ttf", "sheet.png"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["-c", "text:天"], 2, "say where to"),
        (["-c", "text:天z", "-o", "OUT", "--strict"], 1, "not every character is drawn"),
        (["-c", "text:xyz", "-o", "OUT"], 1, "none of the characters is drawn"),
        (["-c", "nope", "-o", "OUT"], 1, "no character set or file"),
        (["-c", "text:天", "-o", "OUT", "--size", "9"], 2, "32 to 512"),
        (["-c", "text:天", "-o", "OUT", "--fit", "inc"], 2, "is not one of"),
        (["-c", "text:天", "-o", "a.ttf/x"], 1, "a file stands where a folder is needed"),
    ],
)
def test_bad_input(run, font, tmp_path, monkeypatch, arguments, status, says):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = run("render", font, *arguments)
    assert (code, out) == (status, "")
    assert says in " ".join(err.split())
    assert not (tmp_path / "OUT").exists()


def test_a_file_that_is_no_font(run, tmp_path):
    (tmp_path / "a.ttf").write_text("hello")
    code, _, err = run("render", tmp_path / "a.ttf", "-c", "digits", "-o", tmp_path / "o")
    assert (code, err.count("\n")) == (1, 1)
    assert "is not a font" in err


def test_a_failed_write_leaves_no_half_image(font, tmp_path, monkeypatch):
    from fontgan.workflows import rendering

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rendering, "encode", full)
    with pytest.raises(OSError, match="No space"):
        workflows.render([font], "text:天", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_the_api_returns_what_was_made(font, tmp_path):
    seen = []
    report = workflows.render(
        [font], "text:天地z", tmp_path / "out", progress=lambda *at: seen.append(at)
    )
    assert [file.exists() for file in report.files] == [True, True]
    assert report.faces[0].missing["missing"] == "z"
    assert seen[-1] == (2, 2)
    with pytest.raises(FontError, match="two fonts are called a"):
        workflows.render([font, font], "text:天", tmp_path / "out")


def test_a_long_sheet_is_cut_with_a_note(font, tmp_path, monkeypatch):
    from fontgan.workflows import rendering

    monkeypatch.setattr(rendering, "_SHEET_PIXELS", 0)
    monkeypatch.setattr(rendering, "_SHEET_WIDTH", 1200)
    report = workflows.render([font], "text:zyx天地玄黄/天天丁", sheet=tmp_path / "s.png", size=512)
    assert "the sheet shows the first 2 of 5 characters" in report.notes
