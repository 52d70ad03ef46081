"""Drawings of a pen as vector files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from tiny_runs import hidden
from tiny_runs import train as train_images

from fontgan import workflows
from fontgan.devices.device import pick_device
from fontgan.errors import ConfigError
from fontgan.inference.model import Model
from fontgan.outlines.formats import FORMATS
from fontgan.outlines.pen_outline import rings
from fontgan.runs.folder import Run
from fontgan.store.shard import Shard

WORDS = ("width=8", "layers=1", "heads=2", "points=4", "batch_size=4", "iterations=2")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("runs") / "run"
    return workflows.train(data, home, method="penstroke", settings=WORDS, device="cpu").folder


def draw(run: Path, out: Path | None = None, chars: str = "text:永和", **more: object):
    return workflows.infer(run, ["xiaolai", "long-cang"], chars, out, device="cpu", **more)


def files_in(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("U+*"))
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in files}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_file_a_glyph_and_a_manifest_that_says_whose_strokes_they_are(
    run: Path, tmp_path: Path, name: str
) -> None:
    drawing = draw(run, tmp_path, format=name)
    suffix = FORMATS[name].suffix
    assert [file.suffix for file in drawing.files] == [suffix] * 4
    assert all(file.read_text("utf-8") for file in drawing.files)
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert manifest["format"] == name
    assert [glyph["file"] for glyph in manifest["glyphs"]] == [
        file.relative_to(tmp_path).as_posix() for file in drawing.files
    ]
    assert [one["id"] for one in manifest["strokes"]] == ["hanzi-writer", "noto-sans-sc-fitted"]
    assert "Arphic" in manifest["strokes"][0]["notice"]
    assert drawing.sheet is not None and drawing.sheet.exists()
    assert any("start from hanzi-writer 2.0.1 (LicenseRef-Arphic" in n for n in drawing.notes)
    assert hidden(tmp_path) == []


def test_without_a_folder_the_texts_are_returned(run: Path, tmp_path: Path) -> None:
    returned = draw(run, format="svg")
    draw(run, tmp_path, format="svg")
    assert returned.images is None and returned.texts is not None
    assert [text for row in returned.texts for text in row] == [
        file.read_text("utf-8") for file in draw(run, tmp_path, format="svg").files
    ]
    assert "LicenseRef-Arphic-1999" in returned.texts[0][0]


def test_an_image_and_the_outline_of_a_glyph_show_the_same(run: Path) -> None:
    checkpoint = Run.find(run).checkpoint
    model = Model.load(checkpoint, pick_device("cpu"))
    image = workflows.infer(run, ["xiaolai"], "text:永", size=256).images
    assert image is not None
    source = np.full((1, 32, 32), 255, np.uint8)
    (strokes,) = model.strokes(source, ["xiaolai"], ["永"])
    rows, columns = np.mgrid[:256, :256].reshape(2, -1) + 0.5
    inside, far = np.zeros(256 * 256, bool), np.ones(256 * 256, bool)
    for ring in rings(strokes):
        line = shapely.linearrings(256 * ring)
        inside ^= shapely.contains_xy(shapely.polygons(line), columns, rows)
        far &= shapely.distance(line, shapely.points(columns, rows)) > 1
    ink = image[0, 0].ravel() < 128
    assert ink.any() and (ink == inside)[far].all()


def test_a_traced_character_says_of_which_font_its_strokes_are(run: Path) -> None:
    drawing = draw(run, chars="text:永，", format="json")
    assert drawing.texts is not None
    known, traced = (json.loads(text)["notice"] for text in drawing.texts[0])
    assert known.startswith("The strokes start from hanzi-writer")
    assert traced == "The strokes start from the glyphs of Noto Sans SC, traced (OFL-1.1)."
    assert any("from their source glyphs (1): ，" in note for note in drawing.notes)


def test_a_drawing_takes_the_place_of_an_earlier_one_in_another_format(
    run: Path, tmp_path: Path
) -> None:
    draw(run, tmp_path)
    (tmp_path / "mine.svg").write_text("")
    drawing = draw(run, tmp_path, format="inkml")
    assert any("4 glyphs of an earlier drawing removed" in note for note in drawing.notes)
    assert len(files_in(tmp_path)) == 4 and (tmp_path / "mine.svg").exists()
    again = draw(run, tmp_path, "text:永", format="svg")
    assert {Path(name).suffix for name in files_in(tmp_path)} == {".svg"}
    assert len(again.files) == 2


def test_shares_write_what_one_drawing_does(run: Path, tmp_path: Path) -> None:
    whole, shared = tmp_path / "whole", tmp_path / "shared"
    draw(run, whole, format="json")
    first, last = (draw(run, shared, format="json", shard=Shard(one, 2)) for one in (1, 2))
    assert (first.sheet, last.sheet) == (None, shared / "sheet.png")
    assert files_in(shared) == files_in(whole)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"format": "svh"}, "no format 'svh': did you mean svg"),
        ({"format": "svg", "size": 64}, "--size is for images, not for svg"),
        ({"format": "json", "mend": True}, "--mend is for images, not for json"),
    ],
)
def test_what_vectors_cannot_be_had_with_is_refused_before_anything_is_written(
    run: Path, tmp_path: Path, more: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        draw(run, tmp_path / "out", **more)
    assert not (tmp_path / "out").exists()


def test_a_model_that_draws_images_says_what_to_do(data: Path, tmp_path: Path) -> None:
    images = train_images(data, tmp_path / "run", "iterations=1").folder
    with pytest.raises(ConfigError, match="train a model with --method penstroke, or draw png"):
        draw(images, format="svg")


def test_vectors_come_out_of_an_onnx_file_too(run: Path) -> None:
    pytest.importorskip("onnxruntime")
    workflows.export_onnx(run)
    texts = [draw(run, format="json", runtime=name).texts for name in ("torch", "onnx")]
    one, other = (json.loads(text[0][0])["strokes"] for text in texts)
    for left, right in zip(one, other, strict=True):
        assert np.allclose(left["points"], right["points"], atol=1e-3)
        assert np.allclose(left["radii"], right["radii"], atol=1e-3)
    with pytest.raises(ConfigError, match="an ONNX file of penstroke draws a glyph one way"):
        draw(run, samples=2, runtime="onnx")
