"""What a checkpoint says of itself: written, read back, and believed only where it can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from made_headers import header
from safetensors.torch import save_file

from fontgan.errors import CheckpointError
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.folder import Run
from fontgan.runs.header import CHECKPOINT, Adaptation


def written(path: Path, text: str) -> Path:
    save_file({"networks/a/b": torch.zeros(2)}, path, metadata={"fontgan": text})
    return path


def changed(path: Path, *keys: str | int, to: Any) -> Path:
    """Write a checkpoint whose header has another value at a place."""
    about = json.loads(CHECKPOINT.write(header(("a", "b")))["fontgan"])
    part = about
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = to
    return written(path, json.dumps(about))


def test_a_header_comes_back_as_it_was(tmp_path: Path) -> None:
    adaptation = Adaptation("runs/a/best.safetensors", add=("c",))
    best = {"iteration": 3, "ssim": 0.5}
    kept = header(("a", "c"), iteration=7, seconds=1.5, best=best, adaptation=adaptation)
    path = tmp_path / "c.safetensors"
    Checkpoint(kept, {}).write(path)
    assert Checkpoint.read(path).header == Run.find(path).header == kept
    assert type(Run.find(path).header.best["iteration"]) is int


def test_a_header_of_the_first_release_is_read(tmp_path: Path) -> None:
    face = {
        "name": "long-cang",
        "spec": "long-cang",
        "family": "Long Cang",
        "sha256": "d" * 64,
        "licence": "OFL-1.1",
        "licence_url": "https://openfontlicense.org",
        "copyright": "Copyright 2018",
    }
    about = {
        "format": "fontgan-checkpoint",
        "version": 1,
        "fontgan": "0.1.0",
        "method": "zi2zi",
        "settings": {"name": "zi2zi", "size": 64, "method": {"l1": 100.0}, "training": {}},
        "task": {"size": 64, "styles": ["long-cang"]},
        "styles": [face],
        "source": face | {"name": "noto-sans-sc"},
        "canvas": {"size": 64, "fit": "em", "margin": 0.05},
        "trained_chars": "永和",
        "held_out_chars": "九",
        "data": {"path": "/somewhere/data", "fingerprint": "e" * 64},
        "adaptation": {"checkpoint": None, "styles": [], "add": [], "freeze": []},
        "iteration": 120,
        "seconds": 33.25,
    }
    found = Run(written(tmp_path / "c.safetensors", json.dumps(about))).header
    assert (found.task.styles, found.iteration, found.best) == (("long-cang",), 120, {})
    assert found.styles[0].licence == "OFL-1.1"


def test_what_a_newer_version_adds_is_left_out(tmp_path: Path) -> None:
    found = Run(changed(tmp_path / "c.safetensors", "mood", to={"sunny": True})).header
    assert found.task.styles == ("a", "b")


BROKEN: list[tuple[list[str | int], Any]] = [
    *(([key], value) for key in ("method", "settings", "task", "styles") for value in (None, 5)),
    *(([key], value) for key in ("source", "canvas", "data", "adaptation") for value in (None, 5)),
    *(([key], {}) for key in ("method", "task", "styles", "source", "data")),
    *(([key], "7") for key in ("iteration", "seconds", "best", "checks_since_best")),
    (["iteration"], -1),
    (["iteration"], True),
    (["iteration"], 10**400),
    (["seconds"], 1e999),
    (["best"], {"ssim": "high"}),
    (["trained_chars"], ["a"]),
    (["task", "size"], 0),
    (["task", "size"], 2**40),
    (["task", "size"], 33),
    (["task", "styles"], []),
    (["task", "styles"], ["a", "a"]),
    (["task", "styles", 0], "../../outside"),
    (["task", "styles", 0], "/abs"),
    (["task", "styles", 0], "nul\0"),
    (["task", "styles", 0], "\x1b[31mred"),
    (["task", "styles", 0], 7),
    (["task", "styles", 0], "c"),
    (["styles", 0, "name"], "c"),
    (["canvas", "size"], 64),
    (["canvas", "size"], 16),
    (["canvas", "fit"], "\x1b[31mred"),
    (["canvas", "margin"], -1),
    (["source", "spec"], "a\0b"),
    (["data", "path"], "a\0b"),
    (["data", "path"], "\ud800"),
    (["adaptation", "styles"], "ab"),
    (["adaptation", "add"], ["a"]),
]


@pytest.mark.parametrize(("keys", "value"), BROKEN, ids=repr)
def test_a_header_that_cannot_be_is_one_line(
    keys: list[str | int], value: Any, tmp_path: Path
) -> None:
    path = changed(tmp_path / "c.safetensors", *keys, to=value)
    with pytest.raises(CheckpointError) as caught:
        Checkpoint.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(str(path)) + 250


def test_a_header_that_lacks_something_says_what(tmp_path: Path) -> None:
    about = json.loads(CHECKPOINT.write(header())["fontgan"])
    del about["canvas"]
    with pytest.raises(CheckpointError, match="canvas is missing"):
        _ = Run(written(tmp_path / "c.safetensors", json.dumps(about))).header


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[1, 2]", "5", "null", ""])
def test_metadata_that_are_no_header_are_one_line(text: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not a fontgan checkpoint"):
        _ = Run(written(tmp_path / "c.safetensors", text)).header


def test_settings_nested_too_deep_are_one_line(tmp_path: Path) -> None:
    about = CHECKPOINT.write(header())["fontgan"]
    deep = about.replace('"settings": {', '"settings": {"x": ' + "[" * 9000 + "]" * 9000 + ", ")
    with pytest.raises(CheckpointError) as caught:
        _ = Run(written(tmp_path / "c.safetensors", deep)).header
    assert "\n" not in str(caught.value)
