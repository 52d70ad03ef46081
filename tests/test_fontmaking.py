"""Fonts of a hand: outlines like the ink, widths, features, names, files that programs take."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._k_e_r_n import KernTable_format_0
from made_fonts import save as save_font
from made_fonts import some_glyphs
from PIL import Image
from tiny_runs import hidden

from fontgan import workflows
from fontgan.errors import FontError, FontganError
from fontgan.faces.face import FontFace
from fontgan.fontmaking.building import Drawings, compose
from fontgan.fontmaking.checking import check_font
from fontgan.fontmaking.matching import compare
from fontgan.fontmaking.naming import About, check_family
from fontgan.fontmaking.shaping import UNITS, Drawn, Match, Place, Shape, shape_all
from fontgan.fontmaking.spacing import Sides, kerning
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.names import glyph_filename
from fontgan.outlines.tracing import enlarged
from fontgan.strokes.paths import Strokes
from fontgan.workflows import FontWanted

HANZI, LETTERS, MARKS = "永和一", "AVTaonH1", "，「"
CHARS = HANZI + LETTERS + MARKS
WHOLE = Place(1, 0, 0.88)
WANTED = FontWanted(chars=f"text:{CHARS}", alternates=3, varied="text:永和a")


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images as a scan writes it, with second and third copies of some characters."""
    folder = tmp_path_factory.mktemp("hand") / "hand"
    face = FontFace.open("noto-sans-sc")
    for number, chars in enumerate((CHARS, "永和a", "永a"), 1):
        home = folder if number == 1 else folder / f"copy-{number}"
        home.mkdir(parents=True)
        for char in chars:
            image = Canvas(96, margin=0.02 + 0.03 * number).draw(face, char)
            Image.fromarray(image).save(home / glyph_filename(char))
    return folder


@pytest.fixture(scope="module")
def made(hand: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The font of this hand in every format, with alternates."""
    home = tmp_path_factory.mktemp("fonts")
    files = [home / f"Made{ending}" for ending in (".ttf", ".otf", ".woff2", ".ufo")]
    done = workflows.font(f"images:{hand}", files, WANTED)
    assert done.chars == list(CHARS) and done.missing == []
    for checks in done.checks.values():
        assert [one for one in checks if one.state == "failed"] == []
    assert hidden(home) == []
    return {file.suffix: file for file in files}


def shaped(path: Path, text: str, **features: bool) -> tuple[list[str], list[int]]:
    hb = pytest.importorskip("uharfbuzz")
    font = TTFont(path)
    font.flavor = None
    plain = io.BytesIO()
    font.save(plain)
    shaper = hb.Font(hb.Face(plain.getvalue()))
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(shaper, buffer, features)
    names = [font.getGlyphName(info.codepoint) for info in buffer.glyph_infos]
    return names, [place.x_advance for place in buffer.glyph_positions]


def covered(shape: Shape, side: int) -> np.ndarray:
    """Tell which pixels' middles an outline covers, (side, side), of one em with y down."""
    rows, columns = (np.mgrid[:side, :side] + 0.5) / side * UNITS
    inside = np.zeros((side, side), bool)
    at = np.linspace(0, 1, 8, endpoint=False)[:, None]
    for contour in shape.contours:
        line = []
        for part in contour:
            curve = part if len(part) == 4 else part[[0, 0, 1, 1]]
            b = [(1 - at) ** 3, 3 * at * (1 - at) ** 2, 3 * at * at * (1 - at), at**3]
            line.append(sum(w * p for w, p in zip(b, curve, strict=True)))
        ring = shapely.polygons(np.concatenate(line))
        inside ^= shapely.contains_xy(ring, columns, 0.88 * UNITS - rows)
    return inside


@pytest.mark.parametrize("face", ["long-cang", "xiaolai"])
def test_a_traced_outline_covers_the_same_as_the_image_four_times_finer(face: str) -> None:
    images = [Canvas(64).draw(FontFace.open(face), char) for char in "永和九年"]
    shapes = shape_all([Drawn("永", image, WHOLE) for image in images])
    for image, shape in zip(images, shapes, strict=True):
        ink, drawn = enlarged(image, 4) < 127.5, covered(shape, 256)
        assert (ink & drawn).sum() / (ink | drawn).sum() >= 0.99


def test_a_traced_outline_has_its_extrema_on_points_and_no_contour_crosses_itself() -> None:
    image = Canvas(64).draw(FontFace.open("xiaolai"), "永")
    (shape,) = shape_all([Drawn("永", image, WHOLE)])
    left, low, right, high = shape.box
    for contour in shape.contours:
        points = np.concatenate(contour)
        assert points.min(0)[0] >= left - 4 and points.max(0)[0] <= right + 4
        assert points.min(0)[1] >= low - 4 and points.max(0)[1] <= high + 4
        ends = np.array([part[0] for part in contour])
        assert shapely.is_valid(shapely.polygons(ends))


def test_hanzi_fill_the_em_and_letters_are_as_wide_as_their_ink_asks_for(
    made: dict[str, Path],
) -> None:
    widths = dict(zip(CHARS, shaped(made[".ttf"], CHARS, kern=False, calt=False)[1], strict=True))
    assert {widths[char] for char in HANZI + MARKS} == {UNITS}
    assert widths["1"] < widths["o"] < widths["H"] < 0.9 * UNITS


def test_quotation_marks_are_narrow_beside_letters_alone_and_fill_the_em_beside_hanzi() -> None:
    ring = [np.array([(0.0, 0.0), (0.0, 90.0)]), np.array([(0.0, 90.0), (90.0, 90.0)])]
    shape = Shape([[*ring, np.array([(90.0, 90.0), (0.0, 0.0)])]])
    widths = {
        beside: compose(Drawings({"a": shape, "’": shape}), About("Mine"), beside=beside)
        .glyphs["uni2019"]
        .advance
        for beside in ("b", "永")
    }
    assert widths["b"] < UNITS / 3 and widths["永"] == UNITS


def test_a_chinese_font_has_the_em_box_as_typographic_heights(made: dict[str, Path]) -> None:
    for ending in (".ttf", ".otf", ".woff2"):
        font = TTFont(made[ending])
        os2, hhea = font["OS/2"], font["hhea"]
        assert (os2.sTypoAscender, os2.sTypoDescender, os2.sTypoLineGap) == (1760, -240, 0)
        assert (hhea.ascent, hhea.descent, hhea.lineGap) == (os2.usWinAscent, -os2.usWinDescent, 0)
        assert not os2.fsSelection & 0x80
        assert font["vmtx"]["uni6C38"][0] == UNITS and os2.fsType == 0


def test_a_latin_font_has_one_height_and_says_so(hand: Path, tmp_path: Path) -> None:
    workflows.font(f"images:{hand}", [tmp_path / "A.ttf"], FontWanted(chars=f"text:{LETTERS}"))
    font = TTFont(tmp_path / "A.ttf")
    os2, hhea = font["OS/2"], font["hhea"]
    assert (os2.sTypoAscender, os2.sTypoDescender) == (hhea.ascent, hhea.descent)
    assert 1.2 * UNITS <= hhea.ascent - hhea.descent <= 1.3 * UNITS
    assert os2.fsSelection & 0x80 and "vmtx" not in font


@pytest.mark.parametrize("ending", [".ttf", ".otf", ".woff2"])
@pytest.mark.parametrize("char", "永a")
def test_the_same_character_three_times_is_three_forms_of_one_width(
    made: dict[str, Path], ending: str, char: str
) -> None:
    names, widths = shaped(made[ending], char * 3, kern=False)
    assert len(set(names)) == 3 and len(set(widths)) == 1
    assert shaped(made[ending], char * 3, calt=False)[0] == [names[0]] * 3


def test_forms_go_on_across_what_has_one_form_only(made: dict[str, Path]) -> None:
    names, _ = shaped(made[".ttf"], "a o和")
    assert names == ["a", "space", "o", "uni548C.alt1"]
    names, _ = shaped(made[".ttf"], "a a")
    assert names == ["a", "space", "a.alt1"]


def test_a_user_picks_a_form_and_random_is_there_on_demand_only(
    made: dict[str, Path], hand: Path, tmp_path: Path
) -> None:
    assert shaped(made[".ttf"], "a", ss02=True)[0] == ["a.alt2"]
    tags = {
        record.FeatureTag for record in TTFont(made[".ttf"])["GSUB"].table.FeatureList.FeatureRecord
    }
    assert {"calt", "salt", "ss01", "ss02", "vert", "vrt2"} <= tags and "rand" not in tags
    wanted = replace(WANTED, random=True)
    workflows.font(f"images:{hand}", [tmp_path / "R.ttf"], wanted)
    font = TTFont(tmp_path / "R.ttf")
    assert "rand" in {one.FeatureTag for one in font["GSUB"].table.FeatureList.FeatureRecord}


def test_brackets_turn_and_commas_move_in_vertical_lines(made: dict[str, Path]) -> None:
    font = TTFont(made[".ttf"])
    glyf = font["glyf"]
    comma, moved = glyf["uniFF0C"], glyf["uniFF0C.vert"]
    assert moved.xMin > comma.xMin and moved.yMin > comma.yMin
    bracket, turned = glyf["uni300C"], glyf["uni300C.vert"]
    assert turned.xMax - turned.xMin == bracket.yMax - bracket.yMin
    assert shaped(made[".ttf"], "，", vert=True)[0] == ["uniFF0C.vert"]


def test_letters_that_gape_are_kerned_and_stems_are_not(made: dict[str, Path]) -> None:
    widths = shaped(made[".ttf"], "AV")[1][0] - shaped(made[".ttf"], "AV", kern=False)[1][0]
    assert widths < -0.01 * UNITS
    stem = Sides(
        np.where(np.arange(80) > 20, 0.05, np.inf), np.where(np.arange(80) > 20, 0.1, -np.inf)
    )
    assert kerning({"l": stem, "i": stem}, {"l": 300, "i": 300}) == {}


def test_names_say_who_and_under_which_licence(made: dict[str, Path]) -> None:
    names = TTFont(made[".otf"])["name"]
    assert names.getDebugName(1) == "Made" and names.getDebugName(6) == "Made-Regular"
    assert names.getDebugName(13) and "fontgan" in names.getDebugName(10)


def test_the_same_hand_makes_the_same_bytes(
    made: dict[str, Path], hand: Path, tmp_path: Path
) -> None:
    again = tmp_path / "Made.ttf"
    workflows.font(f"images:{hand}", [again], WANTED)
    assert again.read_bytes() == made[".ttf"].read_bytes()


def test_a_ufo_holds_what_the_font_does(made: dict[str, Path]) -> None:
    from fontTools.ufoLib import UFOReader

    ufo = UFOReader(made[".ufo"])
    assert set(ufo.getGlyphSet().keys()) == set(TTFont(made[".ttf"]).getGlyphOrder())
    assert "feature calt" in ufo.readFeatures() and ufo.readKerning()
    info = SimpleNamespace()
    ufo.readInfo(info)
    assert info.capHeight == TTFont(made[".ttf"])["OS/2"].sCapHeight > 0
    assert not hasattr(info, "xHeight")  # there is no x


def test_glyphs_are_added_to_a_font_that_somebody_has(hand: Path, tmp_path: Path) -> None:
    base = save_font(tmp_path / "base.ttf", some_glyphs("永b"), family="Mine")
    out = tmp_path / "more.ttf"
    wanted = FontWanted(chars="text:永和a", append_to=base)
    done = workflows.font(f"images:{hand}", [out], wanted)
    before, after = TTFont(base), TTFont(out)
    assert done.chars == ["和", "a"]
    assert after.getGlyphOrder() == [*before.getGlyphOrder(), "uni548C", "a", "space"]
    assert set(after.getBestCmap()) == {ord(char) for char in "永b和a "}
    for name in before.getGlyphOrder():
        assert before["glyf"][name] == after["glyf"][name]
        assert before["hmtx"][name] == after["hmtx"][name]
    for tag in ("hhea", "OS/2"):
        for field in ("ascent", "descent") if tag == "hhea" else ("sTypoAscender", "usWinAscent"):
            assert getattr(before[tag], field) == getattr(after[tag], field)
    assert after["name"].getDebugName(1) == "Mine" and after["hmtx"]["uni548C"][0] == 1000
    assert done.checks[str(out)][1].state != "failed"


@pytest.mark.parametrize("own", [None, "GPOS", "kern", "spacing"])
def test_added_letters_are_kerned_where_that_switches_no_kerning_off(
    own: str | None, hand: Path, tmp_path: Path
) -> None:
    base = save_font(tmp_path / "base.ttf", some_glyphs("xy"))
    font = TTFont(base)
    if own in ("GPOS", "spacing"):
        feature = "kern" if own == "GPOS" else "cpsp"
        addOpenTypeFeaturesFromString(font, f"feature {feature} {{ pos u0078 -7; }} {feature};")
    elif own == "kern":
        font["kern"] = newTable("kern")
        font["kern"].version, part = 0, KernTable_format_0()
        part.coverage, part.kernTable = 1, {("u0078", "u0079"): -7}
        font["kern"].kernTables = [part]
    font.save(base)
    out = tmp_path / "more.ttf"
    done = workflows.font(f"images:{hand}", [out], FontWanted(chars="text:AVTH", append_to=base))
    failed = {one.name for one in done.checks[str(out)] if one.state == "failed"}
    assert failed <= {"names and rights"}  # which the base has not
    together, alone = shaped(out, "AV")[1][0], shaped(out, "A")[1][0]
    kept, plain = shaped(out, "xy")[1], shaped(base, "xy")[1]
    assert kept == plain and (own in (None, "spacing") or sum(kept) == 1993)
    assert (together < alone) == (own in (None, "GPOS"))


def test_drawn_glyphs_are_brought_to_the_size_and_the_weight_of_the_written_ones() -> None:
    lines = [np.array([[0.2, y], [0.8, y]], np.float32) for y in (0.2, 0.5, 0.8)]
    width = [np.full(2, 0.03, np.float32)] * 3
    some = [Drawn(char, Strokes(tuple(lines[: n + 1]), tuple(width[: n + 1])), WHOLE)
            for n, char in enumerate("一二三")]  # fmt: skip
    middle = np.array([0.5, 0.5], np.float32)
    small = [
        replace(one, ink=Strokes(
            tuple((line - middle) * 0.9 + middle for line in one.ink.polylines),
            tuple(radii * 0.7 for radii in one.ink.radii),
        ))
        for one in some
    ]  # fmt: skip
    written, drawn = shape_all(some), shape_all(small)
    likeness = compare(written, drawn)
    assert likeness.compared == 3 and likeness.size == pytest.approx(1 / 0.9, rel=0.03)
    matched = shape_all(small, likeness.match)
    for one, other in zip(written, matched, strict=True):
        assert other.pen == pytest.approx(one.pen, rel=0.05)
    assert compare(written[:2], drawn[:2]).match == Match()


@pytest.mark.parametrize(
    ("family", "complaint"),
    [
        ("Klee Two", "'Klee' is a reserved font name"),
        ("long cang", "'Long Cang' is another font's name"),
        ("", "cannot be a font's name"),
        ("a/b", "cannot be a font's name"),
        ("x" * 32, "cannot be a font's name"),
    ],
)
def test_a_name_that_is_not_free_is_refused(family: str, complaint: str) -> None:
    with pytest.raises(FontError, match=complaint):
        check_family(family, {"Klee"}, ["Long Cang"])


def test_a_name_in_chinese_has_a_plain_one_for_postscript() -> None:
    assert About("我的字").postscript.isascii() and About("我的字").family == "我的字"


@pytest.mark.parametrize(
    ("out", "wanted", "complaint"),
    [
        ("x.txt", {}, "a font file is named NAME.ttf"),
        ("there.ttf", {}, "is already there"),
        ("x.ttf", {"family": "Long Cang"}, "is another font's name"),
        ("x.ttf", {"chars": "text:龘"}, "has none of the 1 characters"),
        ("x.ttf", {"style": "me"}, "--style is for a model"),
        ("x.ttf", {"alternates": 9}, "give 1 to 5"),
        ("x.ttf", {"append_to": "there.ttf"}, "is not a font"),
        ("x.ttf", {"append_to": "nowhere.ttf"}, "No such file"),
        ("x.otf", {"append_to": "there.ttf"}, "a font file is named NAME.ttf, NAME.woff2"),
    ],
)
def test_what_cannot_be_made_is_one_line_and_leaves_nothing_behind(
    hand: Path, tmp_path: Path, monkeypatch, out: str, wanted: dict, complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.ttf").write_text("no font")
    with pytest.raises((FontganError, OSError), match=complaint):
        asked = FontWanted(**{"chars": "text:永", **wanted})
        workflows.font(f"images:{hand}", [out], asked)
    assert [file.name for file in tmp_path.iterdir()] == ["there.ttf"]


def test_a_full_disk_leaves_the_old_font_as_it_was(hand: Path, tmp_path: Path, monkeypatch) -> None:
    old = tmp_path / "Old.ttf"
    old.write_bytes(b"old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TTFont, "save", full)
    with pytest.raises(OSError, match="No space left"):
        workflows.font(f"images:{hand}", [old], FontWanted(chars="text:永"), force=True)
    assert [file.name for file in tmp_path.iterdir()] == ["Old.ttf"]
    assert old.read_bytes() == b"old"


def test_a_font_that_is_none_or_lacks_its_rights_is_told(tmp_path: Path) -> None:
    nothing = tmp_path / "x.ttf"
    nothing.write_bytes(b"OTTO" + bytes(8))
    with pytest.raises(FontError, match=r"x\.ttf is"):
        check_font(nothing)
    base = save_font(tmp_path / "base.ttf", some_glyphs("a"))
    font = TTFont(base)
    font["OS/2"].fsType = 2
    font.save(tmp_path / "closed.ttf")
    (rights,) = [one for one in check_font(tmp_path / "closed.ttf", False) if "rights" in one.name]
    assert rights.state == "failed" and "embedding is restricted" in rights.detail


@pytest.mark.parametrize(
    ("found", "state"),
    [({"PASS": 3, "WARN": 1}, "passed"), ({"PASS": 3, "FAIL": 1}, "failed"), (None, "failed")],
)
def test_a_fontbakery_that_is_on_the_path_has_its_say(
    found: dict[str, int] | None, state: str, tmp_path: Path, monkeypatch
) -> None:
    base = save_font(tmp_path / "base.ttf", some_glyphs("a"))
    program = tmp_path / "bin" / "fontbakery"
    program.parent.mkdir()
    report = (
        "" if found is None else f"open(args[-2], 'w').write({json.dumps({'result': found})!r})"
    )
    program.write_text(f"#!{sys.executable}\nimport sys\nargs = sys.argv\n{report}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    (said,) = [one for one in check_font(base) if "fontbakery" in one.name]
    assert said.state == state


def test_without_fontbakery_its_check_is_skipped_and_says_how_to_get_it(
    tmp_path: Path, monkeypatch
) -> None:
    base = save_font(tmp_path / "base.ttf", some_glyphs("a"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (said,) = [one for one in check_font(base) if "fontbakery" in one.name]
    assert (said.state, said.detail) == ("skipped", "pipx install fontbakery")
