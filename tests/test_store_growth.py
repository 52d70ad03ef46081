"""What must stay small when faces and characters are many."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from made_data import build
from made_fonts import save, some_glyphs

from fontgan import workflows
from fontgan.data.pairs import Columns, PairDataset
from fontgan.errors import DataError
from fontgan.glyphs.canvas import Canvas
from fontgan.store import face_images
from fontgan.store.face_images import MAPPED
from fontgan.store.shard import Shard
from fontgan.store.split import held_out, held_out_pairs
from fontgan.store.store import GlyphStore

CHARS = "天地玄黄宇宙洪荒"
FACES = MAPPED + 6


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More faces than are kept mapped; every seventh has fewer characters."""
    folder = tmp_path_factory.mktemp("many")
    full = save(folder / "full.ttf", some_glyphs(CHARS))
    few = save(folder / "few.ttf", some_glyphs(CHARS[3:]))
    fonts = [f"face-{number}={few if number % 7 == 3 else full}" for number in range(FACES)]
    return build(str(full), fonts, CHARS, folder / "data", Canvas(32), holdout=0.25).path


def everything(pairs: PairDataset) -> Columns:
    return pairs.columns(np.arange(len(pairs)))


def test_more_faces_than_a_process_may_have_files(many: Path) -> None:
    """All faces are used under a limit on open files that maps of all would pass."""
    pytest.importorskip("resource")
    script = f"""
import resource
import numpy as np
from fontgan.data.pairs import PairDataset
from fontgan.store.store import GlyphStore
from fontgan.workflows import data_preview
resource.setrlimit(resource.RLIMIT_NOFILE, ({FACES}, {FACES}))
store = GlyphStore.open({str(many)!r})
pairs = PairDataset.of(store)
batch = pairs.batch(np.arange(len(pairs)))
print(len(batch), len(set(batch.target_style.tolist())))
print(sum(int(face.images.sum()) for face in store.styles) > 0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""
    pairs = len(PairDataset.of(GlyphStore.open(many)))
    assert done.stdout.split() == [str(pairs), str(FACES), "True"]


@pytest.mark.parametrize("part", ["train", "held-out"])
def test_pairs_are_those_that_are_written_out(many: Path, part) -> None:
    store = GlyphStore.open(many)
    found = everything(PairDataset.of(store, part))
    written = [
        (style, style, store.source.row(char), row, ord(char))
        for style, face in enumerate(store.styles)
        for row, char in enumerate(face.chars)
        if (char in store.held_out_chars) == (part == "held-out")
    ]
    columns = (found.style, found.face, found.source_row, found.target_row, found.char)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == written


def test_few_and_many_faces_give_the_same_images(many: Path) -> None:
    """A few are mapped, many are read."""
    store = GlyphStore.open(many)
    pairs = PairDataset.of(store)
    few = PairDataset.of(store, styles=store.style_names[:9])
    places = np.arange(len(few))[::-1]
    for one, other in zip(pairs.pixels(places), few.pixels(places), strict=True):
        assert np.array_equal(one, other)
    assert len({image.tobytes() for image in few.pixels(places)[1]}) > 5


def test_shares_and_spread_choose_as_before(many: Path) -> None:
    pairs = PairDataset.of(GlyphStore.open(many))
    whole = everything(pairs)
    for count in (1, 3, 500):
        for number in (1, min(2, count), count):
            shard = Shard(number, count)
            share = everything(pairs.share(shard))
            chosen = list(shard.places(len(pairs)))
            assert share.char.tolist() == whole.char[chosen].tolist()
            assert share.target_row.tolist() == whole.target_row[chosen].tolist()
    few = everything(pairs.spread(2))
    assert np.bincount(few.style).tolist() == [2] * FACES
    assert [pairs.of_style(7).tolist(), len(pairs.of_style(FACES))] == [
        np.flatnonzero(whole.style == 7).tolist(),
        0,
    ]


def test_the_order_of_pairs_is_that_of_the_store_whatever_the_model_calls_them(many: Path) -> None:
    """A run that is resumed finds each pair where it was; what is shown is in the model's order."""
    store = GlyphStore.open(many)
    names = store.style_names[:3][::-1]
    pairs = PairDataset.of(store, style_names=names)
    assert list(dict.fromkeys(everything(pairs).style.tolist())) == [2, 1, 0]
    assert pairs.styles == [0, 1, 2]
    assert list(dict.fromkeys(everything(pairs.spread(2)).style.tolist())) == [0, 1, 2]


def test_what_faces_share_is_kept_once(many: Path) -> None:
    manifest = json.loads((many / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["version"] == 2
    assert len(manifest["texts"]) == 4  # drawn by all, by few; lacking nothing, or what few lack
    store = GlyphStore.open(many)
    assert len({id(face.chars) for face in store.styles}) == 2
    assert len({id(face.rows) for face in PairDataset.of(store).faces}) == 2


def test_a_manifest_of_version_1_opens(many: Path, tmp_path: Path) -> None:
    store = GlyphStore.open(many)
    new = json.loads((many / "manifest.json").read_text(encoding="utf-8"))
    texts = new.pop("texts")
    for face in (new["source"], *new["styles"]):
        face["chars"] = texts[face["chars"]]
        face["missing"] = {lack: texts[place] for lack, place in face["missing"].items()}
    (tmp_path / "faces").symlink_to(many / "faces")
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({**new, "version": 1}), encoding="utf-8")
    old = GlyphStore.open(tmp_path)
    assert [replace(face, path=store.path) for face in old.styles] == [
        replace(face, path=store.path) for face in store.styles
    ]
    assert (old.chars, old.held_out_chars) == (store.chars, store.held_out_chars)
    for broken in (
        {"styles": [{**new["styles"][0], "chars": 0}]},
        {"version": 2, "texts": [], "source": {**new["source"], "chars": 0}},
        {"version": 2, "texts": ["天"], "source": {**new["source"], "chars": -1}},
        {"version": 2, "texts": [3], "source": {**new["source"], "chars": 0}},
    ):
        file.write_text(json.dumps({**new, "version": 1, **broken}), encoding="utf-8")
        with pytest.raises(DataError, match=r"manifest\.json is damaged"):
            GlyphStore.open(tmp_path)


def test_reading_a_damaged_face_is_one_line(many: Path) -> None:
    face = replace(GlyphStore.open(many).styles[0], path=many / "faces" / "gone.npy")
    for read in (lambda: face.read(np.array([0]), 32), lambda: face.images):
        with pytest.raises(DataError, match=r"gone\.npy is damaged .* build the data set again"):
            read()
    whole = GlyphStore.open(many).styles[0]
    with pytest.raises(DataError, match="is damaged"):
        whole.read(np.array([len(whole)]), 32)


def test_a_face_that_is_built_again_is_not_the_old_map(tmp_path: Path) -> None:
    one, two = (
        str(save(tmp_path / f"{chars[0]}.ttf", some_glyphs(chars))) for chars in ("天地", "地天")
    )
    out, canvas = tmp_path / "data", Canvas(32)
    before = build(one, [f"hand={one}"], "天地", out, canvas).styles[0].images.copy()
    again = build(two, [f"hand={two}"], "地天", out, canvas, force=True)
    assert np.array_equal(again.styles[0].images, before[::-1])


def test_no_more_maps_than_that_are_open(many: Path) -> None:
    for face in GlyphStore.open(many).styles:
        assert face.images.any()
    assert face_images._mapped.cache_info().currsize <= MAPPED


def test_a_preview_of_many_styles_shows_some(many: Path, tmp_path: Path) -> None:
    from PIL import Image

    path = workflows.data_preview(many, tmp_path / "preview.png")
    assert Image.open(path).height < 70 * 40


def test_what_is_held_out_is_as_it_always_was() -> None:
    """Data sets of earlier versions must be built again the same."""
    assert "".join(sorted(held_out(CHARS, 0.3, seed=5))) == "宇荒"
    drawn = {"two": "天地玄黄", "one": CHARS, "none": ""}
    chosen = held_out_pairs(drawn, 0.4, seed=5)
    assert {style: "".join(sorted(chars)) for style, chars in chosen.items()} == {
        "two": "玄", "one": "宙洪玄黄", "none": "",
    }  # fmt: skip
    counts = [sum(map(len, held_out_pairs(drawn, k / 12).values())) for k in range(1, 10)]
    assert all(fewer <= more for fewer, more in pairwise(counts))
