"""A hand added to a model that moves a pen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_runs import tensors

from fontgan import workflows
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.names import glyph_filename
from fontgan.glyphs.painting import draw_many

Command = Callable[..., tuple[int, str, str]]
CHARS = "天地玄黄宇宙洪荒日月"
SHORT = ("--set", "iterations=3", "--set", "batch_size=4", "--device", "cpu")


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Characters of somebody, as a scan leaves them."""
    folder = tmp_path_factory.mktemp("scans") / "mine"
    folder.mkdir()
    spec = FontFace.open("lxgw-wenkai-tc").spec
    for char, image, _ in draw_many(spec, list(CHARS), Canvas(size=64)):
        if image is not None:
            Image.fromarray(image).save(folder / glyph_filename(char))
    return folder


def test_a_hand_is_added_and_the_old_ones_draw_what_they_drew(
    run: Command, hand: Path, pen: Path, tmp_path: Path
) -> None:
    out = tmp_path / "runs" / "me"
    status, printed, said = run("adapt", hand, "-o", out, "--from", pen, *SHORT, "--json")
    assert status == 0, said
    told = json.loads(printed)
    assert told["run"] == str(out)
    assert told["style"] == "mine"
    assert len(told["held_out"]) == 1
    assert set(told["learned"]) | set(told["held_out"]) <= set(CHARS)
    assert told["scores"].keys() == told["before"].keys() == {"missing", "ssim", "l1"}
    one, other = (
        workflows.infer(folder, ["long-cang", "xiaolai"], "text:永和九", device="cpu").images
        for folder in (pen, out)
    )
    assert np.array_equal(one, other)
    assert workflows.infer(out, ["mine"], "text:永和九", device="cpu").images.shape[:2] == (1, 3)


def test_the_added_hand_is_meant_where_none_is_named(
    run: Command, hand: Path, pen: Path, tmp_path: Path
) -> None:
    me = tmp_path / "me"
    workflows.adapt(hand, me, start=pen, settings=SHORT[1:4:2], device="cpu")
    drawn = workflows.infer(me, chars="text:永和", device="cpu")
    assert drawn.styles == ["mine"]
    assert workflows.write("永和", me, tmp_path / "me.svg", device="cpu").style == "mine"
    status, _, said = run("font", me, "--chars", "text:永", "-o", tmp_path / "Me.ttf")
    assert status == 0, said
    assert workflows.infer(me, ["all"], "text:永", device="cpu").images.shape[0] == 4
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    exported = workflows.export_onnx(me).path
    same = workflows.infer(exported, chars="text:永和", device="cpu")
    assert same.styles == ["mine"]
    assert np.abs(same.images.astype(int) - drawn.images.astype(int)).max() <= 1


def test_it_begins_as_the_nearest_hand(run: Command, hand: Path, pen: Path, tmp_path: Path) -> None:
    out = tmp_path / "me"
    words = ("--holdout", 0, "--name", "me", "--set", "method.rate=1e-9", "--json")
    status, printed, said = run("adapt", hand, "-o", out, "--from", pen, *SHORT, *words)
    assert status == 0, said
    told = json.loads(printed)
    assert told["style"] == "me"
    assert told["held_out"] == []
    assert told["scores"] == {}
    codes = tensors(out, "networks/styles")["networks/styles/codes"]
    names = ("long-cang", "ma-shan-zheng", "xiaolai", "me")
    assert np.allclose(codes[3], codes[names.index(told["like"])], atol=1e-6)
    known = tensors(pen, "averages/styles")["averages/styles/codes"]
    assert codes.shape[1] == known.shape[1] + 4 * 8  # a layer's own modulations, of width 8
    assert torch.equal(codes[:3, : known.shape[1]], known)
    assert not codes[:3, known.shape[1] :].any()


def test_a_clock_that_is_short_plans_fewer_iterations(
    run: Command, hand: Path, pen: Path, tmp_path: Path
) -> None:
    words = ("--set", "iterations=1000000", "--set", "batch_size=4", "--device", "cpu")
    status, _, said = run(
        "adapt", hand, "-o", tmp_path / "me", "--from", pen, "--minutes", "0.0001", *words
    )
    assert status == 0, said
    assert "of 1000000 iterations fit" in said


def test_a_font_is_a_hand_too(run: Command, pen: Path, tmp_path: Path) -> None:
    words = ("--chars", f"text:{CHARS}", "--json")
    status, printed, said = run(
        "adapt", "lxgw-marker-gothic", "-o", tmp_path / "r", "--from", pen, *SHORT, *words
    )
    assert status == 0, said
    assert json.loads(printed)["style"] == "lxgw-marker-gothic"


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (("--chars", "text:天地"), 1, "has 2 of the characters asked for"),
        (("--chars", "text:永"), 1, "has none of the characters asked for"),
        (("--name", "xiaolai"), 2, "the model has a hand called xiaolai"),
        (("--name", "../me"), 2, "cannot be a style's name"),
        (("--minutes", "0"), 2, "give more than 0"),
        (("--holdout", "1"), 2, "a share from 0 to 0.9"),
    ],
)
def test_what_cannot_be_is_one_line(
    run: Command, hand: Path, pen: Path, tmp_path: Path,
    words: tuple[str, ...], status: int, line: str,
) -> None:  # fmt: skip
    out = tmp_path / "me"
    left, _, said = run("adapt", hand, "-o", out, "--from", pen, *words, *SHORT)
    assert (left, said.count("\n")) == (status, 1)
    assert line in said
    assert not out.exists()


def test_nothing_that_is_there_is_replaced(
    run: Command, hand: Path, pen: Path, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    status, _, said = run("adapt", hand, "-o", tmp_path, "--from", pen, *SHORT)
    assert status == 1
    assert "holds other files" in said
    status, _, said = run("adapt", tmp_path, "-o", tmp_path / "r", "--from", pen, *SHORT)
    assert status == 1
    assert "holds no image named by its character" in said
