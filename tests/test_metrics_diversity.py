from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.methods.bicyclegan import BicycleGan
from fontgan.metrics import diversity as module
from fontgan.metrics.diversity import complaints, diversity
from fontgan.runs.log import read_log
from fontgan.store.store import GlyphStore

STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")
SMALL = {
    "width": 4,
    "max_width": 8,
    "encoder_width": 4,
    "discriminator_width": 4,
    "discriminator_layers": 2,
}


class Deaf(BicycleGan):
    """Draws the truth, whatever the code says."""

    def draw(self, nets: Any, batch: GlyphBatch, z: Tensor) -> Tensor:  # noqa: ARG002
        return batch.target


def batch_of(data: Path) -> GlyphBatch:
    return PairDataset.of(GlyphStore.open(data)).spread(2).batch(torch.arange(4).numpy())


def test_a_method_that_ignores_its_code_is_found_out(data: Path) -> None:
    method = fill(Deaf, SMALL)
    nets = {name: net.eval() for name, net in method.networks(Task(32, STYLES)).items()}
    found = diversity(method, nets, batch_of(data))
    assert found.diversity == found.perceptual == found.sampled_l1 == found.encoded_l1 == 0
    assert "z is ignored" in complaints(found.values())[0]


def test_diversity_is_seeded_and_grows_with_what_z_says(data: Path) -> None:
    torch.manual_seed(0)
    method = fill(BicycleGan, SMALL)
    nets = {name: net.eval() for name, net in method.networks(Task(32, STYLES)).items()}
    batch = batch_of(data)
    found = diversity(method, nets, batch, samples=3)
    assert found == diversity(method, nets, batch, samples=3)
    assert found != diversity(method, nets, batch, samples=3, seed=1)
    with torch.no_grad():  # the code's planes come last in the first layer's input
        nets["generator"].downs[0].weight[:, -8:] *= 20  # type: ignore[union-attr,index]
    louder = diversity(method, nets, batch, samples=3)
    assert louder.diversity > found.diversity > 0
    assert louder.gap == pytest.approx(louder.sampled_l1 - louder.encoded_l1)


def test_every_ill_has_its_name() -> None:
    assert complaints({"diversity": 0.05, "information": 5.0}) == []
    assert "collapsed to N(0, 1)" in complaints({"diversity": 0.05, "information": 0.0})[0]
    assert (
        "KL of the encoder's codes explodes"
        in complaints({"diversity": 0.05, "information": 1e6})[0]
    )


def test_training_says_it_and_logs_it(
    run: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_DIVERSITY", 2.0)  # nothing is as diverse as that
    words = [f"--set=method.{name}={value}" for name, value in SMALL.items()]
    code, _, err = run(
        "train", data, "--method", "bicyclegan", "-o", tmp_path / "run", "--device", "cpu",
        "--set", "iterations=2", "--set", "batch_size=4", *words,
    )  # fmt: skip
    assert code == 0
    assert "warning: z is ignored" in err
    (line,) = [line for line in read_log(tmp_path / "run" / "log.jsonl") if "codes" in line]
    assert line["codes"].keys() >= {"diversity", "gap", "information"}
    assert "z is ignored" in line["complaints"][0]
    assert (tmp_path / "run" / "samples" / "0000002-codes.png").exists()


def test_an_encoder_without_a_posterior_is_measured_all_the_same(data: Path) -> None:
    class Sure(BicycleGan):
        """Finds codes, and does not say how sure it is."""

        def encode(self, nets: Any, glyphs: Tensor) -> Tensor:
            return nets["encoder"](glyphs)[0]  # type: ignore[no-any-return]

        def posterior(self, nets: Any, glyphs: Tensor) -> None:  # type: ignore[override]  # noqa: ARG002
            return None

    torch.manual_seed(0)
    method, task = fill(Sure, SMALL), Task(32, STYLES)
    nets = {name: net.eval() for name, net in method.networks(task).items()}
    found = diversity(method, nets, batch_of(data))
    known = diversity(fill(BicycleGan, SMALL), nets, batch_of(data))
    assert found.information is None
    assert found.values() == {k: v for k, v in known.values().items() if k != "information"}
    assert complaints({**found.values(), "diversity": 1.0}) == []
