"""Text in lines, lines on pages, pages as files."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from fontgan.cli import app
from PIL import Image

from fontgan import workflows
from fontgan.errors import CheckpointError, ConfigError, FontganError
from fontgan.faces.em import is_wide
from fontgan.letters.drawing import Look, pdf, png, svg
from fontgan.letters.paper import Paper
from fontgan.letters.setting import Glyph, pages
from fontgan.letters.wandering import moods, wander
from fontgan.letters.wrapping import wrapped
from fontgan.strokes.paths import Strokes

SVG = "{http://www.w3.org/2000/svg}"


def width(char: str) -> float:
    return 1.0 if is_wide(char) else 0.5


def bar(char: str = "一") -> Glyph:
    line = np.array([[0.1, 0.5], [0.9, 0.5]], np.float32)
    return Glyph(char, Strokes((line,), (np.full(2, 0.05, np.float32),)))


# --- lines ---


@pytest.mark.parametrize(
    ("text", "line", "lines"),
    [
        ("天地玄黄宇宙", 3, ["天地玄", "黄宇宙"]),
        ("天地玄，黄", 3, ["天地", "玄，黄"]),  # no line begins with a comma
        ("天地「玄」黄", 3, ["天地", "「玄」", "黄"]),  # nor ends with an opening bracket
        ("他说，“天很蓝。”我说，“是。”", 5, ["他说，“天", "很蓝。”我", "说，“是。”"]),
        ("说：“1984年。”“是。”", 5, ["说：“1984", "年。”", "“是。”"]),
        ("他说——“天”——好", 4, ["他说——", "“天”——好"]),
        ("it’s “so” ’tis", 2.5, ["it’s", "“so”", "’tis"]),
        ("它‘是’的it’s好", 2.5, ["它", "‘是’", "的", "it’s", "好"]),
        ("one two", 2, ["one", "two"]),
        ("永和nine年", 3, ["永和", "nine年"]),
        ("incomparable", 2, ["inco", "mpar", "able"]),
        ("a\n\nb", 5, ["a", "", "b"]),
        ("天地  玄", 2, ["天地", "玄"]),  # spaces at a line's end are left out
        ("", 5, [""]),
    ],
)
def test_lines_end_where_chinese_and_latin_lines_may(
    text: str, line: float, lines: list[str]
) -> None:
    assert wrapped(text, width, line) == lines


def test_no_line_of_chinese_begins_with_a_closing_or_ends_with_an_opening_quotation_mark() -> None:
    text = "他问：“天也这么蓝吗？”“不知道。”她说‘也许’，“1984年”呢——“今天”！"
    for line in range(6, 20):
        lines = wrapped(text, width, line)
        assert "".join(lines) == text
        assert not any(one[0] in "”’，。？！" or one[-1] in "“‘" for one in lines)


def test_a_line_has_one_character_at_least_however_narrow_the_page() -> None:
    assert wrapped("天地，", width, 0.5) == ["天", "地", "，"]


# --- pages ---


def test_lines_go_on_on_the_next_page() -> None:
    paper = Paper(100, 60, 10, 10, 1.5)
    assert (paper.line, paper.lines) == (8, 3)
    lines = ["一"] * 7
    made = pages(lines, [bar()] * 7, paper)
    assert [len(page) for page in made] == [3, 3, 1]
    tops = [glyph.strokes.box[0, 1] for glyph in made[0]]
    assert np.allclose(tops, [15, 30, 45])
    assert np.allclose(made[1][0].strokes.box, made[0][0].strokes.box)
    assert np.allclose(made[0][0].strokes.box[:, 0], [11, 19])
    assert np.allclose(made[0][0].strokes.radii, 0.5)


def test_blanks_and_letters_take_their_own_room() -> None:
    line = "一 一l"
    made = pages([line], [bar(), None, bar(), bar("l")], Paper(100, 60, 10, 10))
    left = [float(glyph.strokes.box[0, 0]) for glyph in made[0]]
    assert left[1] - left[0] == pytest.approx(12.8)  # an em and a space
    assert left[2] - left[1] == pytest.approx(10 - 1 + 0.35 + 0.5)  # ink, bearing, half a pen


def test_a_hand_wanders_by_the_amount_and_as_the_seed_says() -> None:
    places = np.arange(20.0)
    still, some, more = (wander(places, amount, (1, 2)) for amount in (0.0, 1.0, 2.0))
    assert not still.rise.any() and (still.size == 1).all()
    assert np.allclose(more.rise, 2 * some.rise) and some.rise.std() > 0
    assert np.abs(np.diff(some.rise)).max() < 0.05  # slowly
    assert not np.array_equal(some.rise, wander(places, 1.0, (1, 3)).rise)


def test_moods_last_and_punctuation_keeps_its_shape() -> None:
    z = moods("天" * 4000, 4, 1.0, (0,))
    assert z.std() == pytest.approx(1, abs=0.1)
    near, far = (np.mean(z[:-apart] * z[apart:]) for apart in (1, 100))
    assert near > 0.2 and abs(far) < 0.1
    marks = moods("，" * 4000, 4, 1.0, (0,))
    assert np.allclose(marks, 0.35 * z, atol=1e-6)


@pytest.mark.parametrize(
    "sides",
    [(5, 100, 1, 5, 1), (100, 100, 49, 9, 1.5), (100, 100, -1, 9, 1.5), (100, 100, 1, 0, 1)],
)
def test_paper_that_nothing_can_be_written_on_is_refused(sides: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError):
        Paper(*sides)


def test_paper_has_a_name_or_sides() -> None:
    assert Paper.of("A5", 10, 9, 1.5).width == 148
    assert Paper.of("100x50.5", 5, 9, 1.5).height == 50.5
    for name in ("a9", "100", "1..0x5", "infxinf"):
        with pytest.raises(ConfigError, match="no paper"):
            Paper.of(name, 10, 9, 1.5)


# --- files ---


def test_a_page_as_svg_is_in_millimetres_filled_or_as_lines() -> None:
    paper = Paper(100, 60, 10, 10)
    page = pages(["一一"], [bar(), bar()], paper)[0]
    filled, lines = (ET.fromstring(svg(page, paper, Look(one, 200, "a & b"))) for one in (0, 1))
    assert (filled.get("width"), filled.get("viewBox")) == ("100mm", "0 0 100 60")
    assert len(filled.findall(f"{SVG}path")) == 2
    assert filled.find(f"{SVG}desc").text == "a & b"  # type: ignore[union-attr]
    pen = lines.find(f"{SVG}g")
    assert pen is not None and (pen.get("fill"), pen.get("stroke-width")) == ("none", "1")
    assert [path.get("d") for path in pen] == ["M11,15L19,15", "M21,15L29,15"]


def test_a_page_as_png_has_ink_where_the_pen_was() -> None:
    paper = Paper(100, 60, 10, 10)
    page = pages(["一"], [bar()], paper)[0]
    image = np.asarray(Image.open(io.BytesIO(png(page, paper, Look(dpi=254)))))
    assert image.shape == (600, 1000)
    assert (image[147:153, 112:188] == 0).all() and (image[160:] == 255).all()
    assert image[150, :100].min() == 255 and image[150, 200:].min() == 255
    for dpi in (10, 100_000):
        with pytest.raises(ConfigError, match="--dpi"):
            png(page, paper, Look(dpi=dpi))


@pytest.mark.parametrize("lines", [False, True])
def test_pages_as_pdf_are_the_same_bytes_each_time(lines: bool) -> None:
    pytest.importorskip("reportlab")
    pdfium = pytest.importorskip("pypdfium2")
    paper = Paper(100, 60, 10, 10)
    made = pages(["一"] * 4, [bar()] * 4, paper)
    one, other = (pdf(made, paper, Look(lines)) for _ in range(2))
    assert one == other
    document = pdfium.PdfDocument(one)
    assert len(document) == 2
    image = document[0].render(scale=72 / 25.4 * 2, grayscale=True).to_numpy().squeeze()
    rows = np.flatnonzero(image.min(axis=1) < 128) / len(image) * 60
    assert 14 < rows[0] < 15.5 and 44 < rows[-1] < 46


# --- the command ---


@pytest.fixture
def cli(monkeypatch, capsys):
    """Run a command: its exit status, what it printed, what it said."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fontgan", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            app.main()
        printed = capsys.readouterr()
        return left.value.code or 0, printed.out, printed.err

    return run


def test_a_letter_says_what_it_left_out_and_repeats_for_a_seed(
    pen: Path, tmp_path: Path, cli
) -> None:
    text = "永和九年，天\x07下\u3000大 Ok龘\n小人。"
    words = ("write", text, pen, "--style", "xiaolai", "--paper", "80x60", "--margin", 8)
    code, out, err = cli(*words, "-o", tmp_path / "a.svg", "--device", "cpu")
    assert (code, out) == (0, f"{tmp_path / 'a.svg'}\n")
    assert "left out, which no source has: 龘" in err
    assert "start from hanzi-writer" in err
    cli(*words, "-o", tmp_path / "b.svg", "--device", "cpu")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    ET.parse(tmp_path / "a.svg")
    file = tmp_path / "letter.txt"
    file.write_text("天天天\n" * 9, "utf-8")
    words = ("write", "--file", file, pen, "--style", 0, "--paper", "80x60", "--margin", 8)
    code, out, _ = cli(*words, "--strokes", "-o", tmp_path / "c.svg", "--json")
    report = json.loads(out)
    assert (code, report["pages"], report["lines"]) == (0, 3, 9)
    assert [Path(path).name for path in report["files"]] == ["c.svg", "c-2.svg", "c-3.svg"]
    first = ET.parse(tmp_path / "c.svg").getroot().find(f"{SVG}g")
    assert first is not None
    shapes = {path.get("d") for path in first}
    assert len(shapes) == len(list(first))  # no stroke twice


def test_a_letter_does_not_replace_what_is_there(pen: Path, tmp_path: Path) -> None:
    asked = {
        "out": tmp_path / "x.svg",
        "style": "xiaolai",
        "device": "cpu",
        "paper": Paper(100, 60, 10, 10),
    }
    (tmp_path / "x-2.svg").write_text("mine")
    with pytest.raises(FontganError, match=r"x-2\.svg is already there"):
        workflows.write("天地玄黄" * 9, pen, **asked)
    assert [file.name for file in tmp_path.iterdir()] == ["x-2.svg"]
    letter = workflows.write("天地玄黄" * 9, pen, force=True, **asked)
    assert letter.files[1] == tmp_path / "x-2.svg"
    with pytest.raises(FontganError, match=r"x\.svg is already there"):
        workflows.write("天", pen, **asked)


def test_what_cannot_be_written_is_said_before_anything_is_written(
    pen: Path, tmp_path: Path
) -> None:
    asked = {"out": tmp_path / "x.svg", "style": "xiaolai", "device": "cpu"}
    for text, more, error, says in (
        (" \n", {}, FontganError, "the text is empty"),
        ("天", {"out": tmp_path / "x.doc"}, ConfigError, "name the file with .svg"),
        ("天", {"out": tmp_path / "x.png", "lines": True}, ConfigError, "for plotters"),
        ("天", {"vary": float("nan")}, ConfigError, "vary must be from 0 to 4"),
        ("天", {"style": None}, ConfigError, "in whose hand"),
        ("天", {"style": "all"}, ConfigError, "in whose hand"),
        ("天", {"style": "nobody"}, CheckpointError, "nobody"),
    ):
        with pytest.raises(error, match=says):
            workflows.write(text, pen, **(asked | more))
    assert not list(tmp_path.iterdir())
