"""Training on two data sets in turns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from made_data import build
from test_methods import SETTINGS, SMALL_STARGAN
from tiny_runs import differing, tensors

from fontgan import methods, workflows
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.errors import ConfigError, DataError, FontganError
from fontgan.glyphs.canvas import Canvas
from fontgan.losses import adversarial
from fontgan.nn.discriminators import Verdict
from fontgan.nn.labels import Labels
from fontgan.runs.header import read_header
from fontgan.store.store import GlyphStore
from fontgan.training.trainer import Trainer

WORDS = [f"{key}={value}" for key, value in SMALL_STARGAN.items()]
FEW = [*WORDS, "batch_size=4", "iterations=4", "moving_average=0"]
STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another print, another hand, other characters."""
    folder = tmp_path_factory.mktemp("data") / "other"
    build("noto-serif-sc", ["zhi-mang-xing"], "东西南北上下左右", folder, Canvas(size=32))
    return folder


@pytest.fixture(scope="module")
def run(data: Path, other: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "two"
    workflows.train(data, folder, method="stargan", settings=FEW, device="cpu", also=other)
    return folder


def test_a_model_knows_the_hands_of_both(run: Path, data: Path, other: Path) -> None:
    header = read_header(run / "latest.safetensors")
    assert header.task == Task(32, (*STYLES, "zhi-mang-xing"), (0, 0, 0, 1))
    assert header.also is not None
    assert (header.data.path, header.also.path) == (str(data.resolve()), str(other.resolve()))
    drawn = workflows.infer(run, ["all"], "text:永东", device="cpu")
    assert drawn.images is not None
    assert drawn.images.shape == (4, 2, 32, 32)
    assert workflows.evaluate(run).mean["l1"] > 0  # of the first one's


def test_a_run_on_two_goes_on_as_if_never_stopped(
    run: Path, data: Path, other: Path, tmp_path: Path
) -> None:
    words = [*FEW[:-2], "iterations=2", "moving_average=0"]
    words += ["training.schedule=constant"]
    straight = [*FEW, "training.schedule=constant"]
    asked = {"method": "stargan", "device": "cpu", "also": other}
    workflows.train(data, tmp_path / "whole", settings=straight, **asked)
    workflows.train(data, tmp_path / "half", settings=words, **asked)
    workflows.resume(tmp_path / "half", settings=["iterations=4"], device="cpu")
    whole, half = (tensors(tmp_path / name, "networks/") for name in ("whole", "half"))
    assert differing(whole, half) == []
    with pytest.raises(DataError, match="is not the data set of this run"):
        build("noto-serif-sc", ["zhi-mang-xing"], "东西南北", tmp_path / "it", Canvas(size=32))
        workflows.resume(run, settings=["iterations=5"], also=tmp_path / "it", device="cpu")


def test_a_model_of_two_trains_on_with_one(run: Path, data: Path, tmp_path: Path) -> None:
    words = {"settings": ["iterations=1"], "device": "cpu"}
    workflows.train(data, tmp_path / "r", start=run, **words)
    header = read_header(tmp_path / "r" / "latest.safetensors")
    assert header.task == read_header(run / "latest.safetensors").task
    assert header.also is None


def test_each_has_its_turn_whole_rounds_long(data: Path, other: Path) -> None:
    """Else the generator, which moves every second time, would never see the second."""
    task = Task(32, (*STYLES, "zhi-mang-xing"), (0, 0, 0, 1))
    first, second = (
        PairDataset.of(GlyphStore.open(path), styles=styles, style_names=task.styles)
        for path, styles in ((data, STYLES), (other, ("zhi-mang-xing",)))
    )
    method = fill(methods.find("stargan"), SMALL_STARGAN | {"discriminator_steps": 2})
    trainer = Trainer(method, task, replace(SETTINGS, iterations=8), torch.device("cpu"))
    iterate, seen = trainer.iterate, []

    def look(batch: GlyphBatch) -> object:
        seen.append(set(batch.target_style.tolist()))
        return iterate(batch)

    trainer.iterate = look  # type: ignore[method-assign]
    for _ in trainer.run(replace(first, also=second), Augment()):
        pass
    turns = [0 if styles <= {0, 1, 2} else 1 for styles in seen]
    assert turns == [0, 0, 1, 1, 0, 0, 1, 1]


def test_hands_of_two_data_sets_are_no_rivals() -> None:
    labels = Labels(3, sets=(0, 0, 1))
    assert labels.size == 5 + 2
    assert labels(torch.tensor([0, 2]), "print").tolist() == [3, 4]
    rivals = labels(torch.tensor([0, 2]), "rivals")
    assert rivals.tolist() == [[True, True, False, True, False], [False, False, True, False, True]]
    sure = torch.tensor([[0.0, 0.0, 9.0, 0.0, 9.0]])
    verdict = [Verdict(torch.zeros(1), (), sure)]
    loss = adversarial.one_of(verdict, torch.tensor([0]), rivals[:1])
    assert loss.item() == pytest.approx(torch.tensor(3.0).log().item())


@pytest.mark.parametrize(
    ("method", "built", "kind", "says"),
    [
        ("cyclegan", "other", ConfigError, "cyclegan learns from one data set"),
        ("stargan", "data", DataError, "long-cang, ma-shan-zheng, xiaolai: in "),
        ("stargan", "larger", DataError, "build it with the same --size"),
        ("stargan", "nowhere", DataError, "is no data set"),
    ],
)
def test_what_cannot_be_joined_is_one_line(
    data: Path,
    other: Path,
    tmp_path: Path,
    method: str,
    built: str,
    kind: type[FontganError],
    says: str,
) -> None:
    if built == "larger":
        build("noto-serif-sc", ["zhi-mang-xing"], "东西", tmp_path / built, Canvas(size=64))
    also = {"other": other, "data": data}.get(built, tmp_path / built)
    with pytest.raises(kind, match=says):
        workflows.train(data, tmp_path / "r", method=method, settings=["iterations=1"], also=also)
    assert not (tmp_path / "r").exists()
