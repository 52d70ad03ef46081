from __future__ import annotations

import json
import os

import numpy as np
import pytest
from made_data import build
from made_fonts import save, some_glyphs, variable
from PIL import Image

from fontgan.errors import DataError, FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs import painting as drawing
from fontgan.glyphs.canvas import Canvas
from fontgan.store import build as build_module
from fontgan.store.store import GlyphStore

CHARS = "天地玄黄宇宙洪荒日月盈昃辰宿列张"
CANVAS = Canvas(32)


@pytest.fixture
def fonts(tmp_path):
    """A source without 张, a target without 天 and with a blank 地, and one with all."""
    shapes = some_glyphs(CHARS)
    folder = tmp_path / "fonts"
    folder.mkdir()
    source = {char: shape for char, shape in shapes.items() if char != "张"}
    target = {char: shape for char, shape in shapes.items() if char != "天"} | {"地": ()}
    return {
        "source": str(save(folder / "source.ttf", source)),
        "thin": str(save(folder / "thin.ttf", target)),
        "full": str(save(folder / "full.ttf", shapes)),
    }


def make(fonts, out, targets=("thin", "full"), **settings) -> GlyphStore:
    settings = {"chars": CHARS, "canvas": CANVAS} | settings
    return build(fonts["source"], [fonts[name] for name in targets], out=out, **settings)


def contents(out) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*.*")}


def test_what_is_built(fonts, tmp_path):
    store = make(fonts, tmp_path / "data")
    assert "".join(store.chars) == CHARS[:-1]
    assert store.style_names == ("thin", "full")
    assert "".join(store.style("thin").chars) == CHARS[2:-1]
    assert "".join(store.style("full").chars) == CHARS[:-1]  # only where the source draws too
    assert store.source.missing == {"missing": "张", "blank": "", "tofu": ""}
    assert store.style("thin").missing == {"missing": "天", "blank": "地", "tofu": ""}
    assert store.style("thin").licence == "free as air"
    assert store.canvas == CANVAS
    for face in (store.source, *store.styles):
        opened = FontFace.open(face.spec)
        assert face.sha256 == opened.sha256
        for row, char in enumerate(face.chars):
            assert np.array_equal(face.images[row], CANVAS.draw(opened, char))


def test_building_again_does_nothing(fonts, tmp_path):
    out = tmp_path / "data"
    make(fonts, out)
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*")}
    make(fonts, out)
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*")} == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"canvas": Canvas(64)}, r"size \(32 there, 64 asked\)"),
        ({"canvas": Canvas(32, "ink")}, r"fit \(em there, ink asked\)"),
        ({"chars": CHARS[:9]}, r"chars \(16 there, 9 asked\)"),
        ({"seed": 1}, r"seed \(0 there, 1 asked\)"),
        ({"holdout": 0.2}, r"holdout \(0.1 there, 0.2 asked\)"),
        ({"targets": ("full", "thin")}, r"styles \(thin, full there, full, thin asked\)"),
        ({"held_out_styles": ["full"]}, "held_out_styles"),
    ],
)
def test_another_request_is_refused_by_name_unless_forced(fonts, tmp_path, change, says):
    out = tmp_path / "data"
    make(fonts, out)
    before = contents(out)
    with pytest.raises(DataError, match=says):
        make(fonts, out, **change)
    assert contents(out) == before
    forced = make(fonts, out, **change, force=True)
    assert contents(out) == contents(make(fonts, tmp_path / "new", **change).path)
    assert forced.fingerprint != json.loads(before["manifest.json"])["fingerprint"]


def test_a_changed_font_is_another_request(fonts, tmp_path):
    make(fonts, tmp_path / "data")
    save(tmp_path / "fonts" / "full.ttf", some_glyphs(CHARS[::-1]))
    with pytest.raises(DataError, match="styles"):
        make(fonts, tmp_path / "data")


def test_an_interrupted_build_goes_on(fonts, tmp_path, monkeypatch):
    whole = contents(make(fonts, tmp_path / "whole").path)
    out = tmp_path / "data"
    finish, finished = build_module._finish, []

    def interrupt(face, folder):
        if len(finished) == 2:
            raise KeyboardInterrupt
        finished.append(face["name"])
        finish(face, folder)

    monkeypatch.setattr(build_module, "_finish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make(fonts, out)
    assert not list(out.rglob("*.part"))
    with pytest.raises(DataError, match="unfinished"):
        GlyphStore.open(out)
    kept = (out / "faces" / "source.npy").stat().st_mtime_ns
    finished.clear()
    monkeypatch.setattr(build_module, "_finish", lambda *a: (finished.append(a), finish(*a)))
    make(fonts, out)
    assert len(finished) == 1
    assert (out / "faces" / "source.npy").stat().st_mtime_ns == kept
    assert contents(out) == whole


def test_a_lost_face_and_manifest_are_made_again(fonts, tmp_path):
    out = tmp_path / "data"
    whole = contents(make(fonts, out).path)
    (out / "manifest.json").unlink()
    (out / "faces" / "000-thin.npy").unlink()
    (out / "faces" / "001-full.npy").write_bytes(b"cut short")
    make(fonts, out)
    assert contents(out) == whole


def test_two_processes_build_the_same_bytes(fonts, tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "GLYPHS_PER_PROCESS", 1)
    monkeypatch.setattr(build_module, "chunk_length", lambda _: 3)
    one = make(fonts, tmp_path / "one", jobs=1)
    two = make(fonts, tmp_path / "two", jobs=2)
    assert contents(one.path) == contents(two.path)


def test_a_failed_write_leaves_nothing_half_made(fonts, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build_module, "_draw_part", full)
    with pytest.raises(OSError, match="No space"):
        make(fonts, tmp_path / "data")
    names = {file.name for file in (tmp_path / "data").rglob("*")}
    assert names == {"plan.json", "faces"}


def test_held_out_characters_and_styles(fonts, tmp_path):
    first = make(fonts, tmp_path / "a", holdout=0.25)
    other = make(fonts, tmp_path / "b", ("full", "thin"), holdout=0.25, held_out_styles=["thin"])
    assert len(first.held_out_chars) == 4
    assert first.held_out_chars == other.held_out_chars
    assert (first.held_out_styles, other.held_out_styles) == ((), ("thin",))


def test_strict(fonts, tmp_path):
    with pytest.raises(DataError, match=r"source: 1 missing \(张\); thin: 1 missing .*1 blank"):
        make(fonts, tmp_path / "data", strict=True)
    assert not (tmp_path / "data").exists()
    make(fonts, tmp_path / "data", targets=("full",), chars=CHARS[:5], strict=True)


def test_names_of_styles(fonts, tmp_path):
    path = variable(tmp_path / "fonts" / "v.ttf", "天")
    targets = [f"my hand={fonts['full']}", f"{path}#wght=700", f"bold={path}#wght=900"]
    store = build(fonts["source"], targets, CHARS, tmp_path / "data", CANVAS)
    assert store.style_names == ("my hand", "v-wght700", "bold")
    for bad, says in (
        (["a=" + fonts["full"], "a=" + fonts["thin"]], "two styles are named 'a'"),
        (["all=" + fonts["full"]], "cannot be a style's name"),
        (["7=" + fonts["full"]], "cannot be a style's name"),
        ([], "at least one target"),
    ):
        with pytest.raises(DataError, match=says):
            build(fonts["source"], bad, CHARS, tmp_path / "other", CANVAS)
    with pytest.raises(DataError, match="did you mean thin"):
        make(fonts, tmp_path / "other", held_out_styles=["thim"])
    with pytest.raises(DataError, match="every style is held out"):
        make(fonts, tmp_path / "other", held_out_styles=["thin", "full"])


def test_nothing_drawable(fonts, tmp_path):
    with pytest.raises(DataError, match="draws none"):
        make(fonts, tmp_path / "data", chars="xyz")
    with pytest.raises(DataError, match="no target draws"):
        make(fonts, tmp_path / "data", ("thin",), chars="天地")
    with pytest.raises(FontError):
        build("no/font.ttf", [fonts["full"]], CHARS, tmp_path / "data", CANVAS)
    assert not (tmp_path / "data").exists()


def test_a_style_of_images(fonts, tmp_path):
    folder = tmp_path / "My Scans"
    folder.mkdir()
    for char in "玄黄":
        Image.fromarray(np.pad(np.zeros((20, 20), np.uint8), 30, constant_values=255)).save(
            folder / f"{char}.png"
        )
    store = make(fonts, tmp_path / "data", ("full",), images=[folder, f"hand={folder}"])
    assert store.style_names == ("full", "my-scans", "hand")
    assert store.style("hand").chars == "玄黄"
    assert store.style("hand").images.min() < 30
    (folder / "宇.png").write_bytes((folder / "玄.png").read_bytes())
    with pytest.raises(DataError, match="styles"):
        make(fonts, tmp_path / "data", ("full",), images=[folder, f"hand={folder}"])


def test_a_folder_with_other_files_is_not_touched(fonts, tmp_path):
    out = tmp_path / "documents"
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="holds other files"):
        make(fonts, out)
    assert os.listdir(out) == ["letter.txt"]
    make(fonts, out, force=True)
    assert (out / "letter.txt").read_text() == "dear"


def test_progress_counts_every_glyph(fonts, tmp_path):
    seen = []
    make(fonts, tmp_path / "data", progress=lambda *at: seen.append(at))
    assert seen[-1] == (15 + 13 + 15, 15 + 13 + 15)


def test_a_split_by_pair(fonts, tmp_path):
    first = make(fonts, tmp_path / "first", split="pair", holdout=0.25)
    held = {style.name: int(first.held_out(style).sum()) for style in first.styles}
    assert sum(held.values()) == round(0.25 * (13 + 15))
    assert (first.split, first.held_out_chars, first.holds_out) == ("pair", frozenset(), True)
    assert held == {name: len(chars) for name, chars in first.held_out_pairs.items()}
    turned = make(fonts, tmp_path / "turned", ("full", "thin"), split="pair", holdout=0.25)
    assert turned.held_out_pairs == first.held_out_pairs
    with pytest.raises(DataError, match=r"differs in split \(pair there, character asked\)"):
        make(fonts, tmp_path / "first", holdout=0.25)


def test_a_style_may_have_fewer_characters(fonts, tmp_path):
    limits = {"full": "月日天鬱"}
    store = make(fonts, tmp_path / "few", chars_of=limits, holdout=0.5)
    assert "".join(store.style("full").chars) == "天日月"  # in the order of the data set
    assert len(store.style("thin").chars) == 13
    assert store.style("full").missing == {"missing": "", "blank": "", "tofu": ""}
    whole = make(fonts, tmp_path / "whole", holdout=0.5)
    assert store.held_out_chars == whole.held_out_chars  # held out everywhere
    assert make(fonts, tmp_path / "few", chars_of=limits, holdout=0.5) == store
    with pytest.raises(DataError, match="differs in the characters of some styles"):
        make(fonts, tmp_path / "few", holdout=0.5)
    for wrong, says in (({"ful": "天"}, "did you mean full"), ({"full": "鬱"}, "none of them")):
        with pytest.raises(DataError, match=says):
            make(fonts, tmp_path / "wrong", chars_of=wrong)


def test_older_data_sets_keep_their_fingerprints(fonts, tmp_path):
    """The request of a plain build is as it was before splits by pair were there."""
    store = make(fonts, tmp_path / "data")
    plan = json.loads((tmp_path / "data" / "plan.json").read_text(encoding="utf-8"))
    assert set(plan["request"]) == {
        "canvas", "chars", "source", "styles", "holdout", "held_out_styles", "seed",
    }  # fmt: skip
    file = tmp_path / "data" / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    del manifest["split"]
    file.write_text(json.dumps(manifest), encoding="utf-8")
    old = GlyphStore.open(tmp_path / "data")
    assert (old.split, old.held_out_chars) == ("character", store.held_out_chars)
    manifest["split"] = "style"
    file.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DataError, match="is damaged"):
        GlyphStore.open(tmp_path / "data")
