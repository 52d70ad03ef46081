from __future__ import annotations

import json

import pytest
from made_fonts import save, some_glyphs
from PIL import Image

from fontgan.data.store import GlyphStore

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
