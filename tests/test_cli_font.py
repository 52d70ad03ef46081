"""`fontgan font`: a model's hand as a font, with what was written of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image
from tiny_runs import TINY_STROKES, hidden
from tiny_runs import train as train_images

from fontgan import workflows
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.names import glyph_filename


@pytest.fixture(scope="module")
def pen(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("runs") / "run"
    words = (*TINY_STROKES, "iterations=2")
    return workflows.train(data, home, method="penstroke", settings=words, device="cpu").folder


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some characters as somebody wrote them: larger than the model draws them."""
    folder = tmp_path_factory.mktemp("hand")
    for char in "永和九年":
        image = Canvas(96, margin=0).draw(FontFace.open("noto-sans-sc"), char)
        Image.fromarray(image).save(folder / glyph_filename(char))
    return folder


def test_a_pen_s_hand_is_a_font_that_keeps_what_was_written(
    run, pen: Path, hand: Path, tmp_path: Path
) -> None:
    out, only = tmp_path / "Hand.ttf", tmp_path / "Only.ttf"
    chars = "text:永和九年天地人a，☃"
    told = ("--style", "xiaolai", "--chars", chars, "--written", hand, "--jobs", 1, "--json")
    status, said, err = run("font", pen, *told, "-o", out)
    assert status == 0, err
    report = json.loads(said)
    assert report["chars"] == "永和九年天地人a，" and report["missing"] == "☃"
    assert report["written"] == "永和九年" and report["likeness"]["compared"] == 4
    assert not [one for one in report["checks"][str(out)] if one["state"] == "failed"]
    assert run("font", f"images:{hand}", "--chars", "text:永和九年", "-o", only)[0] == 0
    boxes = [
        [
            [getattr(TTFont(file)["glyf"][name], side) for side in ("xMin", "yMin", "xMax", "yMax")]
            for name in ("uni6C38", "uni548C", "uni5E74")
        ]
        for file in (out, only)
    ]
    assert np.abs(np.subtract(*boxes)).max() <= 3  # units of 2,000 an em
    names = TTFont(out)["name"]
    assert "LicenseRef-Arphic-1999" in names.getDebugName(13)
    assert "penstroke model" in names.getDebugName(10)
    assert hidden(tmp_path) == []


def test_hanzi_that_the_source_font_lacks_are_written_by_their_strokes(
    run, pen: Path, tmp_path: Path
) -> None:
    assert not FontFace.open("noto-sans-sc").has("彳")
    out = tmp_path / "Rare.ttf"
    status, said, err = run("font", pen, "--style", 0, "--chars", "text:彳永☃", "-o", out, "--json")
    assert status == 0, err
    report = json.loads(said)
    assert (report["chars"], report["missing"]) == ("彳永", "☃")
    glyph = TTFont(out)["glyf"]["uni5F73"]
    assert glyph.xMax - glyph.xMin > 200 and glyph.yMax > 1000


def test_what_was_written_is_left_out_on_demand(run, pen: Path, hand: Path, tmp_path: Path) -> None:
    told = ("font", pen, "--style", "xiaolai", "--chars", "text:永", "-o", tmp_path / "X.ttf")
    status, _, err = run(*told, "--no-keep-written", "--written", hand)
    assert status == 2 and "contradict each other" in err
    status, _, err = run(*told, "--no-keep-written", "--json")
    assert status == 0, err


def test_a_pen_s_hand_never_writes_a_character_twice_alike(run, pen: Path, tmp_path: Path) -> None:
    out = tmp_path / "Two.ttf"
    told = ("--style", 0, "--chars", "text:一的永", "--alternates", 3, "--varied", "text:一的")
    status, _, err = run("font", pen, *told, "--jobs", 1, "-o", out)
    assert status == 0, err
    order = TTFont(out).getGlyphOrder()
    assert [name for name in order if ".alt" in name] == [
        f"uni{ord(char):04X}.alt{number}" for char in "一的" for number in (1, 2)
    ]


def test_a_model_that_draws_images_makes_a_font_too(run, data: Path, tmp_path: Path) -> None:
    model = train_images(data, tmp_path / "run", "iterations=1").folder
    out = tmp_path / "Soft.otf"
    told = ("font", model, "--style", 0, "--chars", "text:永和", "--jobs", 1, "-o", out)
    status, _, err = run(*told, "--alternates", 2)
    assert status == 2 and "draws a glyph one way" in err
    status, said, err = run(*told)
    assert status in (0, 1), err  # an untrained model may draw nothing
    if status == 0:
        assert said.split() == [str(out)] and out.exists()
    else:
        assert "are empty" in err and not out.exists()


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        ((), 2, "in whose hand? Name one with --style: long-cang"),
        (("--style", "nobody"), 1, "not in this model"),
        (("--style", "0", "--family", "Long Cang"), 1, "another font's name"),
        (("--style", "0", "--chars", "text:☃"), 1, "draws none of the 1 characters"),
        (("--style", "0", "--append-to", "nowhere.ttf"), 1, "no such file or folder: nowhere.ttf"),
        (("--check", "nowhere.ttf"), 1, "no such file or folder: nowhere.ttf"),
    ],
)
def test_what_cannot_be_made_is_one_line(
    run, pen: Path, tmp_path: Path, monkeypatch, words: tuple, status: int, complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = run("font", pen, "--chars", "text:永", *words)
    assert (code, len(err.splitlines())) == (status, 1) and complaint in err
    assert list(tmp_path.iterdir()) == []


def test_a_font_can_be_checked_by_itself(run, hand: Path, tmp_path: Path) -> None:
    out = tmp_path / "Only.woff2"
    assert run("font", f"images:{hand}", "--chars", "text:永和九年", "-o", out)[0] == 0
    status, said, _ = run("font", "--check", out)
    assert status == 0 and "HarfBuzz: passed: shapes all" in said
    data = np.frombuffer(out.read_bytes(), np.uint8)
    out.write_bytes(data[: len(data) // 2].tobytes())
    status, _, err = run("font", "--check", out)
    assert status == 1 and len(err.splitlines()) == 1
