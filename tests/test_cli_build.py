from __future__ import annotations

import json

import pytest
from made_fonts import save, some_glyphs
from PIL import Image

from fontgan.store.store import GlyphStore

CHARS = "text:天地玄黄宇宙洪荒日月"


@pytest.fixture
def build(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        save(tmp_path / f"{name}.ttf", some_glyphs(CHARS[5 + (name == "c") :]))

    def call(*arguments):
        fixed = ["--source", "a.ttf", "--chars", CHARS, "--size", 32, "-o", "data"]
        return run("build", *fixed, *arguments)

    return call


def test_targets_follow_one_option(build, tmp_path):
    code, out, err = build("--targets", "b.ttf", "c.ttf", "--holdout", 0.2)
    assert (code, out) == (0, "data\n")
    assert "c: 1 missing (天)" in err
    assert "19 pairs" in err
    store = GlyphStore.open(tmp_path / "data")
    assert store.style_names == ("b", "c")
    assert len(store.held_out_chars) == 2


def test_targets_by_commas_and_names(build, tmp_path):
    assert build("-t", "b.ttf,brush=c.ttf", "--holdout-styles", "brush")[0] == 0
    store = GlyphStore.open(tmp_path / "data")
    assert (store.style_names, store.held_out_styles) == (("b", "brush"), ("brush",))


def test_commas_before_axes_stay():
    from fontgan.cli.build import _split

    assert _split(["a.ttc#2,wght=700,b", "c#wght=7,wdth=80"]) == [
        "a.ttc#2,wght=700", "b", "c#wght=7,wdth=80",
    ]  # fmt: skip


def test_another_request_is_refused(build):
    build("-t", "b.ttf")
    code, _, err = build("-t", "c.ttf")
    assert (code, err.count("\n")) == (1, 1)
    assert "styles (b there, c asked)" in err
    assert "--force" in err
    assert build("-t", "c.ttf", "--force")[0] == 0


def test_bad_input(build):
    for arguments, says in (
        ([], "at least one target"),
        (["-t", "nowhere.ttf"], "no such font file"),
        (["-t", "c.ttf", "--strict"], "not every character"),
        (["-t", "c.ttf", "--images", "nowhere"], "no folder of images"),
    ):
        code, out, err = build(*arguments)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert says in err
    assert build("-t", "c.ttf", "--holdout", "2")[0] == 2


def test_data_show(build, run, tmp_path):
    build("-t", "b.ttf", "c.ttf", "--holdout-styles", "c", "--holdout", 0.2)
    code, out, err = run("data", "show", "data")
    assert code == 0
    assert "data/preview.png" in err
    assert "free as air" in out
    assert Image.open(tmp_path / "data" / "preview.png").format == "PNG"
    code, out, _ = run("data", "show", "data", "--json", "--preview", "p.png")
    report = json.loads(out)
    assert [style["train"] for style in report["styles"]] == [8, 0]
    assert [style["held_out"] for style in report["styles"]] == [2, 9]
    assert (tmp_path / "p.png").exists()
    code, _, err = run("data", "show", "nowhere")
    assert code == 1
    assert "is no data set" in err


def test_a_split_by_pair_is_named_and_what_it_leaks(build, run):
    code, _, err = build("-t", "b.ttf", "c.ttf", "--split", "pair", "--holdout", 0.2)
    assert code == 0
    assert "19 pairs of 32 pixels, 4 of them held out" in err
    assert "note: split by pair: the characters of held-out glyphs are seen in other styles" in err
    code, _, err = run("data", "show", "data")
    assert (code, "split by pair" in err) == (0, True)
    report = json.loads(run("data", "show", "data", "--json")[1])
    assert (report["split"], report["held_out_chars"]) == ("pair", "")
    assert sum(style["held_out"] for style in report["styles"]) == 4
    held = {name: len(chars) for name, chars in report["held_out_pairs"].items()}
    assert held == {style["name"]: style["held_out"] for style in report["styles"]}


def test_the_split_by_character_says_so(build, run):
    build("-t", "b.ttf")
    assert "split by character" in run("data", "show", "data")[2]


def test_characters_of_one_style(build, tmp_path):
    assert (
        build("-t", "b.ttf", "c.ttf", "--chars-of", "c=text:日月", "--chars-of", "b=text:玄")[0]
        == 0
    )
    store = GlyphStore.open(tmp_path / "data")
    assert [style.chars for style in store.styles] == ["玄", "日月"]


def test_bad_splits_and_characters_of_a_style(build):
    for arguments, status, says in (
        (["--split", "style"], 2, "is not one of"),
        (["--chars-of", "b"], 2, "STYLE=CHARS"),
        (["--chars-of", "b=text:日", "--chars-of", "b=text:月"], 2, "each style once"),
        (["--chars-of", "bb=text:日"], 1, "did you mean b?"),
        (["--chars-of", "b=comon-5"], 1, "no character set or file"),
        (["--chars-of", "b=text:鬱"], 1, "none of them is among"),
    ):
        code, out, err = build("-t", "b.ttf", *arguments)
        assert (code, out) == (status, ""), arguments
        assert says in err, arguments


def test_many_targets_by_commas(build):
    """A list longer than a file's name may be."""
    targets = ",".join(f"{'style' * 3}-{number}=b.ttf" for number in range(20))
    assert len(targets) > 255
    assert build("-t", targets)[0] == 0
