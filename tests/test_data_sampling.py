"""What the batches of an iteration are made of, by each rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.resident import ResidentPairs
from fontgan.data.sampling import Sampling, Shuffle
from fontgan.data.task import Pairing
from fontgan.errors import DataError
from fontgan.losses.terms import Terms
from fontgan.methods.base import Method, Networks, Step
from fontgan.store.store import GlyphStore
from fontgan.training.trainer import Trainer, TrainingSettings

RULES: list[Pairing] = ["paired", "unpaired", "one_pair"]
FIELDS = ("source", "target", "source_style", "target_style", "char", "references")


@pytest.fixture
def pairs(data: Path) -> PairDataset:
    return PairDataset.of(GlyphStore.open(data))


def truth(pairs: PairDataset, char: int, style: int) -> Tensor | None:
    """Return how a style draws a character, if it is among the pairs."""
    some = pairs.of_style(style)
    at = some[pairs.chars(some) == char]
    return pairs.batch(at).target[0] if len(at) else None


def test_paired_batches_are_the_shuffled_pairs(pairs: PairDataset) -> None:
    order, rule = Shuffle(len(pairs), 5, 3), Sampling(pairs, 5, 3)
    for number in (0, 7, 30):
        assert rule.batch(number).target.tolist() == order.batch(number).tolist()
        batch = pairs.batch(rule.batch(number))
        assert torch.equal(batch.target, pairs.batch(order.batch(number)).target)
        assert batch.references.shape == (5, 0, 1, 32, 32)


@pytest.mark.parametrize("pairing", RULES[1:])
def test_without_pairs_no_source_is_beside_its_own_target(
    pairs: PairDataset, pairing: Pairing
) -> None:
    rule, beside = Sampling(pairs, 6, 1, pairing), set()
    for number in range(20):
        batch = pairs.batch(rule.batch(number))
        for char, style, target in zip(
            batch.char.tolist(), batch.target_style.tolist(), batch.target, strict=True
        ):
            own = truth(pairs, char, style)
            assert own is None or not torch.equal(own, target)
        beside |= set(zip(batch.char.tolist(), rule.batch(number).target.tolist(), strict=True))
    assert len({char for char, _ in beside}) == 16  # every character is somewhere a source


def test_unpaired_targets_come_round_once_an_epoch(pairs: PairDataset) -> None:
    rule = Sampling(pairs, 6, 1, "unpaired")
    seen = np.concatenate([rule.batch(number).target for number in range(len(pairs) // 6)])
    assert sorted(seen.tolist()) == list(range(len(pairs)))


def test_one_pair_is_one_style_a_batch_and_every_style_in_time(pairs: PairDataset) -> None:
    rule = Sampling(pairs, 6, 1, "one_pair")
    styles = [set(pairs.columns(rule.batch(n).target).style.tolist()) for n in range(20)]
    assert all(len(some) == 1 for some in styles)
    assert set.union(*styles) == {0, 1, 2}


@pytest.mark.parametrize("pairing", RULES)
def test_references_are_other_characters_of_the_targets_style(
    pairs: PairDataset, pairing: Pairing
) -> None:
    rule = Sampling(pairs, 4, 1, pairing, references=3)
    for number in range(10):
        chosen = rule.batch(number)
        assert chosen.references.shape == (4, 3)
        for place, seen in enumerate(chosen.references):
            style = pairs.columns(chosen.target).style[place]
            assert set(pairs.columns(seen).style.tolist()) == {style}
            hidden = {pairs.chars(chosen.source)[place], pairs.chars(chosen.target)[place]}
            chars = set(pairs.chars(seen).tolist())
            assert len(chars) == 3 and not chars & hidden
        batch = pairs.batch(chosen)
        wanted = pairs.batch(chosen.references[0]).target
        assert torch.equal(batch.references[0], wanted)


@pytest.mark.parametrize("pairing", RULES)
def test_a_rule_depends_on_seed_and_iteration_alone(pairs: PairDataset, pairing: Pairing) -> None:
    rule = Sampling(pairs, 4, 1, pairing, references=2)
    straight = [rule.batch(number) for number in range(8)]
    later = Sampling(pairs, 4, 1, pairing, references=2).batch(7)
    other = Sampling(pairs, 4, 2, pairing, references=2).batch(7)
    for name in ("source", "target", "references"):
        assert np.array_equal(getattr(straight[7], name), getattr(later, name))
        assert not np.array_equal(getattr(later, name), getattr(other, name))


@pytest.mark.parametrize("pairing", RULES)
def test_resident_batches_are_the_same_by_every_rule(pairs: PairDataset, pairing: Pairing) -> None:
    held, rule = ResidentPairs.of(pairs, torch.device("cpu")), Sampling(pairs, 4, 1, pairing, 2)
    for number in range(6):
        for chosen in (rule.batch(number), rule.batch(number).share(slice(1, 3))):
            one, other = held.batch(chosen), pairs.batch(chosen)
            assert all(torch.equal(getattr(one, n), getattr(other, n)) for n in FIELDS)


def test_one_character_cannot_be_unpaired(pairs: PairDataset) -> None:
    alone = replace(pairs, faces=tuple(replace(f, rows=f.rows[:1]) for f in pairs.faces[:1]))
    with pytest.raises(DataError, match="needs two characters or more; build"):
        Sampling(alone, 2, 0, "unpaired")
    with pytest.raises(DataError, match="no character left for references"):
        Sampling(alone, 2, 0, references=1).batch(0)


@dataclass(frozen=True)
class Looker(Method):
    """Keeps what it is shown."""

    paper: ClassVar[str] = "none"
    averaged: ClassVar[tuple[str, ...]] = ("only",)
    pairing: ClassVar[Pairing] = "unpaired"
    references: ClassVar[int] = 2
    seen: ClassVar[list[GlyphBatch]] = []

    def networks(self, task: Task) -> dict[str, nn.Module]:  # noqa: ARG002
        return {"only": nn.Linear(1, 1)}

    def steps(self) -> Sequence[Step]:
        return [Step("generator", ("only",), self._look)]

    def translate(
        self,
        nets: Networks,  # noqa: ARG002
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        return batch.source

    def _look(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        self.seen.append(batch)
        terms.add("weight", 1.0, nets["only"].weight.sum)


@pytest.mark.parametrize("resident", [True, False])
def test_the_trainer_gives_a_method_the_batches_it_asks_for(
    pairs: PairDataset, resident: bool
) -> None:
    settings = TrainingSettings(batch_size=4, iterations=3, seed=5, resident=resident)
    Looker.seen.clear()
    task = Task(32, pairs.style_names)
    for _ in Trainer(Looker(), task, settings, torch.device("cpu")).run(pairs, Augment()):
        pass
    rule = Sampling(pairs, 4, 5, "unpaired", references=2)
    for number, batch in enumerate(Looker.seen):
        wanted = pairs.batch(rule.batch(number))
        assert all(torch.equal(getattr(batch, n), getattr(wanted, n)) for n in FIELDS)
