from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from made_data import build
from made_fonts import save, some_glyphs

from fontgan.errors import DataError
from fontgan.glyphs.canvas import Canvas
from fontgan.store.store import GlyphStore

CHARS = "天地玄黄宇宙"


@pytest.fixture
def store(tmp_path) -> GlyphStore:
    font = str(save(tmp_path / "a.ttf", some_glyphs(CHARS)))
    return build(font, [f"one={font}", f"two={font}"], CHARS, tmp_path / "data", Canvas(32))


def test_rows_of_characters(store):
    face = store.style("one")
    assert [face.row(char) for char in "天玄x"] == [0, 2, None]
    assert ("天" in face, "x" in face, len(face)) == (True, False, 6)
    with pytest.raises(DataError, match="did you mean one"):
        store.style("onee")


def test_images_are_mapped_and_read_only(store):
    images = store.source.images
    assert isinstance(images, np.memmap)
    assert (images.shape, images.dtype) == ((6, 32, 32), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        images[0, 0, 0] = 1


def test_a_store_crosses_to_another_process_without_its_images(store):
    assert store.style("one").images.any()
    data = pickle.dumps(store)
    assert len(data) < 10_000
    assert np.array_equal(pickle.loads(data).style("one").images, store.style("one").images)


def change(store, **values):
    file = store.path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_what_is_no_data_set(store, tmp_path):
    with pytest.raises(DataError, match="is no data set"):
        GlyphStore.open(tmp_path / "nowhere")
    (store.path / "manifest.json").rename(store.path / "kept")
    with pytest.raises(DataError, match="is unfinished"):
        GlyphStore.open(store.path)
    (store.path / "manifest.json").write_text('{"format": "fontg')
    with pytest.raises(DataError, match="is damaged"):
        GlyphStore.open(store.path)
    (store.path / "manifest.json").write_text("[]")
    with pytest.raises(DataError, match="not of a fontgan data set"):
        GlyphStore.open(store.path)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"version": 3}, "has version 3, this program reads 1 to 2"),
        ({"format": "other"}, "not of a fontgan data set"),
        ({"canvas": {"size": 9999}}, "damaged"),
        ({"styles": [{}]}, "damaged"),
        ({"source": None}, "damaged"),
    ],
)
def test_other_manifests(store, values, says):
    change(store, **values)
    with pytest.raises(DataError, match=says) as caught:
        GlyphStore.open(store.path)
    assert "\n" not in str(caught.value)


def test_damaged_images(store):
    file = store.style("one").path
    data = file.read_bytes()
    for damaged in (data[:-1], data[:50], b"", b"x" * len(data), data + b"x"):
        file.write_bytes(damaged)
        with pytest.raises(DataError, match=r"000-one\.npy is cut short or damaged"):
            GlyphStore.open(store.path)
    file.unlink()
    with pytest.raises(DataError, match="is not there"):
        GlyphStore.open(store.path)


def test_no_pickle_is_ever_loaded(store):
    file = store.style("one").path
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError):
        GlyphStore.open(store.path)
