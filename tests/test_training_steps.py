"""What a method may ask of its steps: to run now and then, clipped gradients, weights that fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses.terms import Terms
from fontgan.methods.base import Method, Networks, Step
from fontgan.training.trainer import Trainer, TrainingSettings

SETTINGS = TrainingSettings(batch_size=1, iterations=6, moving_average=0)
BATCH = GlyphBatch.of_sources(torch.ones(1, 1, 4, 4), torch.zeros(1).long(), torch.zeros(1).long())


@dataclass(frozen=True)
class Toy(Method):
    """Two networks of one weight each: one moves always, one in every third iteration, clipped."""

    paper: ClassVar[str] = "none"
    averaged: ClassVar[tuple[str, ...]] = ("often",)

    slope: float = 1.0
    clip: float | None = None

    def networks(self, task: Task) -> dict[str, nn.Module]:  # noqa: ARG002
        return {"often": nn.Linear(1, 1, bias=False), "seldom": nn.Linear(1, 1, bias=False)}

    def steps(self) -> Sequence[Step]:
        return [
            Step("often", ("often",), self._often),
            Step("seldom", ("seldom",), self._seldom, every=3, clip=self.clip),
        ]

    def translate(
        self,
        nets: Networks,  # noqa: ARG002
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        return batch.source

    def learning_rate(self, network: str) -> float:  # noqa: ARG002
        return 0.1

    def _often(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:  # noqa: ARG002
        # A weight that is gone after four iterations, and with it the term.
        terms.add("fading", max(0.0, 1 - terms.iteration / 4), nets["often"].weight.sum)
        terms.add("iteration", 1.0, lambda: 0 * nets["often"].weight.sum() + terms.iteration)
        terms.shared["left"] = terms.iteration

    def _seldom(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:  # noqa: ARG002
        terms.add("slope", self.slope, nets["seldom"].weight.sum)
        terms.add("left", 1.0, lambda: torch.tensor(float(terms.shared["left"])))


def toy(slope: float = 1.0, clip: float | None = None) -> Trainer:
    return Trainer(Toy(slope=slope, clip=clip), Task(4, ("a",)), SETTINGS, torch.device("cpu"))


def test_a_step_runs_in_every_nth_iteration_from_the_first() -> None:
    trainer = toy()
    ran, moved = [], []
    for _ in range(7):
        before = trainer.networks["seldom"].weight.detach().clone()
        ran.append("seldom/slope" in trainer.iterate(BATCH))
        moved.append(not torch.equal(before, trainer.networks["seldom"].weight))
    assert ran == moved == [True, False, False, True, False, False, True]


def test_losses_know_how_many_iterations_are_finished() -> None:
    trainer = toy()
    losses = [trainer.iterate(BATCH) for _ in range(6)]
    assert [one["often/iteration"][0].item() for one in losses] == [0, 1, 2, 3, 4, 5]
    assert ["often/fading" in one for one in losses] == [True] * 4 + [False] * 2


def test_a_step_finds_what_an_earlier_one_of_its_iteration_left() -> None:
    trainer = toy()
    losses = [trainer.iterate(BATCH) for _ in range(4)]
    assert [one["seldom/left"][0].item() for one in losses if "seldom/left" in one] == [0, 3]


@pytest.mark.parametrize(
    ("slope", "clip", "gradient"), [(50.0, 2.0, 2.0), (1.0, 2.0, 1.0), (50.0, None, 50.0)]
)
def test_a_clipped_step_moves_by_no_larger_gradient(
    slope: float, clip: float | None, gradient: float
) -> None:
    trainer = toy(slope, clip)
    trainer.iterate(BATCH)
    found = trainer.networks["seldom"].weight.grad
    assert found is not None
    assert found.item() == pytest.approx(gradient, rel=1e-5)
    # Adam has seen the clipped one: its first moment is half of it.
    (kept,) = trainer.optimisers["seldom"].state.values()
    assert kept["exp_avg"].item() == pytest.approx(gradient / 2, rel=1e-5)


def test_clipping_a_step_leaves_the_networks_of_others_alone() -> None:
    trainer = toy(slope=50.0, clip=0.01)
    trainer.iterate(BATCH)
    found = trainer.networks["often"].weight.grad
    assert found is not None and found.item() == pytest.approx(1.0)
