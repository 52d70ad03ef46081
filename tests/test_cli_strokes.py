"""`fontgan strokes` lists sets, shows strokes and draws them with order and direction."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def strokes(run, monkeypatch, tmp_path: Path):
    """Run `fontgan strokes`; return (exit status, stdout, stderr)."""
    monkeypatch.setenv("FONTGAN_CACHE", str(tmp_path / "cache"))
    return lambda *arguments: run("strokes", *arguments)


def test_list_names_sets_licences_and_what_can_be_fetched(strokes) -> None:
    status, text, said = strokes("list")
    assert status == 0
    rows = {line.split()[0]: line.split()[1:4] for line in text.splitlines()[1:]}
    assert rows["hanzi-writer"] == ["embedded", "9574", "LicenseRef-Arphic-1999"]
    assert rows["kanjivg-kaisho"][0] == "available"
    assert "fontgan strokes fetch ID" in said
    _, text, _ = strokes("list", "--json")
    sets = {one["id"]: one for one in json.loads(text)}
    assert sets["hanzi-writer"]["coverage"]["gb2312"] == 6763
    assert sets["kanjivg"]["licence_url"].startswith("https://")


def test_show_prints_strokes_in_order_with_their_set(strokes) -> None:
    status, text, _ = strokes("show", "永あ", "g")
    assert status == 0
    assert [line.split()[:2] for line in text.splitlines() if line[:1].strip()][1:] == [
        ["永", "hanzi-writer"],
        ["あ", "kanjivg"],
        ["g", "hershey-simplex"],
    ]
    status, text, _ = strokes("show", "三", "--set", "kanjivg", "--json")
    (three,) = json.loads(text)
    assert (three["char"], three["set"], len(three["strokes"])) == ("三", "kanjivg", 3)
    assert all(0 <= value <= 1 for line in three["strokes"] for point in line for value in point)


def test_a_picture_shows_every_character_in_its_square(strokes, tmp_path: Path) -> None:
    path = tmp_path / "out" / "strokes.png"
    status, text, _ = strokes("show", "永あ.", "-o", path)
    assert (status, text.strip()) == (0, str(path))
    with Image.open(path) as image:
        assert image.size == (720, 240)
        for left in (0, 240, 480):
            assert len(image.crop((left, 0, left + 240, 240)).getcolors(100_000)) > 10


@pytest.mark.parametrize("animate", [False, True])
def test_an_svg_holds_one_path_a_stroke_and_can_be_animated(
    strokes, tmp_path: Path, animate: bool
) -> None:
    path = tmp_path / "strokes.svg"
    assert strokes("show", "永<", "-o", path, *["--animate"] * animate)[0] == 0
    tree = ElementTree.parse(path)
    assert [title.text for title in tree.iter(f"{SVG}title")] == ["永", "<"]
    lines = [one for one in tree.iter(f"{SVG}path") if one.get("stroke-width")]
    assert len(lines) == 6
    numbers = [one.text for one in tree.iter(f"{SVG}text")]
    begins = [float(one.get("begin")[:-1]) for one in tree.iter(f"{SVG}animate")]
    if animate:
        assert numbers == []
        assert begins[0] == begins[5] == 0
        assert begins[:5] == sorted(set(begins[:5]))
    else:
        assert numbers == ["1", "2", "3", "4", "5", "1"]
        assert begins == []


def test_a_character_in_no_set_is_an_error_that_names_the_sets_or_is_traced(strokes) -> None:
    status, text, said = strokes("show", "永ѣ")
    assert (status, text) == (1, "")
    assert said.count("\n") == 1
    assert "no strokes of 'ѣ' (U+0463) in hanzi-writer, hershey-simplex, kanjivg" in said
    status, text, _ = strokes("show", "é", "--trace", "caveat", "--json")
    (traced,) = json.loads(text)
    assert traced["set"] == "traced from caveat"
    assert len(traced["radii"]) == len(traced["strokes"]) >= 2


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (("show", "永", "--set", "kanjivgg"), 1, "did you mean kanjivg?"),
        (("show", "永", "--set", "kanjivg-kaisho"), 1, "fontgan strokes fetch kanjivg-kaisho"),
        (("show", "永", "-o", "a.gif"), 2, "is .png or .svg"),
        (("show", "永", "--animate"), 2, "-o FILE.svg"),
        (("show", "永", "--animate", "-o", "a.png"), 2, "-o FILE.svg"),
        (("show", "永", "--trace", "caveat", "--set", "kanjivg"), 2, "not both"),
        (("show", " "), 1, "holds no visible character"),
        (("show", "ก", "--trace", "noto-sans-sc"), 1, "noto-sans-sc does not draw"),
        (("coverage", "gb2313"), 1, "gb2312"),
        (("fetch", "hanzi-writer"), 1, "is embedded"),
        (("fetch", "kanjivg-kaisho", "--from", "none.whl"), 1, "none.whl"),
    ],
)
def test_mistakes_are_one_line(strokes, arguments: tuple, status: int, complaint: str) -> None:
    got, text, said = strokes(*arguments)
    assert (got, text) == (status, "")
    assert said.splitlines()[-1].startswith("fontgan: ")
    assert complaint in said


def test_coverage_counts_each_set_and_all_together(strokes) -> None:
    status, text, _ = strokes("coverage", "text:永あgѣ", "--json")
    assert status == 0
    rows = {row["set"]: row for row in json.loads(text)}
    assert rows["hanzi-writer"]["lacks"] == "あgѣ"
    assert rows["kanjivg"]["has"] == 3
    assert rows["any"] == {"set": "any", "has": 3, "of": 4, "lacks": "ѣ"}
    _, text, _ = strokes("coverage", "gb2312")
    assert ["hanzi-writer", "6763", "6763", "100.0%"] in [row.split() for row in text.splitlines()]
