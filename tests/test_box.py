"""The models in the box: they draw right after installation, in the hand that is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fontgan import workflows
from fontgan.box import models
from fontgan.errors import CheckpointError
from fontgan.runs.folder import Run


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_a_run_the_box_draws_and_says_so() -> None:
    drawn = workflows.infer(None, ["long-cang", "xiaolai"], "text:永和", device="cpu")
    assert drawn.notes[0] == "no run here: the model in the box draws (hanzi)"
    ink = (drawn.images < 128).mean(axis=(2, 3))
    assert ((ink > 0.02) & (ink < 0.4)).all()
    assert not np.array_equal(drawn.images[0], drawn.images[1])


def test_the_style_tells_which_model_is_meant() -> None:
    assert Run.to_draw(None, ["caveat"]).checkpoint == models.boxed("latin")
    assert Run.to_draw(None, ["all"]).checkpoint == models.boxed("hanzi")
    assert Run.find("latin").checkpoint == models.boxed("latin")


def test_characters_of_no_source_glyph_are_drawn_from_their_strokes() -> None:
    drawn = workflows.infer("hanzi", ["ma-shan-zheng"], "text:饕豔あ", device="cpu")
    assert drawn.chars == ["饕", "豔", "あ"]
    assert (drawn.images < 128).any(axis=(2, 3)).all()


def test_a_run_that_is_named_or_here_is_not_the_box(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such run"):
        Run.to_draw("hanzi2")
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "latest.safetensors").write_bytes(b"")
    assert not Run.to_draw(None).boxed


def test_the_box_says_where_it_comes_from_and_no_place_on_a_machine() -> None:
    for name in models.NAMES:
        header = Run.find(name).header
        assert header.data.path == f"tools/box/{name}"
        assert all(face.licence and len(face.sha256) == 64 for face in header.styles)
        assert models.boxed(name).stat().st_size < 16 * 2**20


def test_a_hand_is_added_to_the_model_that_has_seen_its_characters(tmp_path: Path) -> None:
    short = ("iterations=1", "batch_size=2", "watch.check=9")
    asked = {"name": "me", "chars": "text:abcdeABC", "settings": short, "device": "cpu"}
    workflows.adapt("long-cang", tmp_path / "run", **asked)
    assert "caveat" in Run.find(tmp_path / "run").header.task.styles
