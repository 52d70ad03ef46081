"""Batches are the same wherever they come from."""

from __future__ import annotations

import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_runs import TINY, differing, tensors, train
from tiny_strokes import stroked_pairs

from fontgan import workflows
from fontgan.data import resident
from fontgan.data.batch import GlyphBatch, StrokeBatch
from fontgan.data.pairs import PairDataset
from fontgan.data.resident import ResidentPairs
from fontgan.data.sampling import Shuffle
from fontgan.errors import ConfigError
from fontgan.training import feeding
from fontgan.training.feeding import Feed

CPU = torch.device("cpu")


@pytest.fixture
def pairs(data: Path) -> PairDataset:
    return stroked_pairs(data)


def same(one: GlyphBatch | StrokeBatch, other: GlyphBatch | StrokeBatch) -> bool:
    """Tell whether two batches hold the same, their strokes too."""
    for field in fields(one):
        mine, its = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, StrokeBatch):
            assert mine.mask.any() and same(mine, its)
        elif mine.dtype != its.dtype or not torch.equal(mine, its):
            return False
    return True


def make_feed(pairs: PairDataset, total: int = 5, **more: Any) -> tuple[Feed, list[GlyphBatch]]:
    order = Shuffle(len(pairs), 7, seed=1)
    wanted = [pairs.batch(order.batch(number)) for number in range(total)]
    return Feed(pairs, order.batch, total, CPU, **more), wanted


def readers() -> int:
    return sum(thread.name.startswith("ThreadPool") for thread in threading.enumerate())


@pytest.mark.parametrize("styles", [None, ["ma-shan-zheng"]])
@pytest.mark.parametrize("chunk", [5, 256])
def test_resident_batches_are_those_of_the_host(
    data: Path, monkeypatch: pytest.MonkeyPatch, styles: list[str] | None, chunk: int
) -> None:
    monkeypatch.setattr(resident, "CHUNK", chunk)
    pairs = stroked_pairs(data, styles=styles)
    held = ResidentPairs.of(pairs, CPU)
    order = Shuffle(len(pairs), 6, seed=0)
    for number in range(12):  # every pair at least once
        assert same(held.batch(order.batch(number)), pairs.batch(order.batch(number)))
    parts = [getattr(held, field.name) for field in fields(held)]
    assert ResidentPairs.bytes_of(pairs) == sum(part.nbytes for part in parts)


def test_reading_ahead_gives_the_same_batches_and_ends(pairs: PairDataset) -> None:
    feed, wanted = make_feed(pairs, ahead=True)
    with feed:
        assert all(same(feed.batch(number), batch) for number, batch in enumerate(wanted))
        assert readers() == 1
        assert feed._read == {}  # nothing after the last
    assert readers() == 0


def test_what_goes_wrong_ahead_is_heard_and_ends_the_thread(
    pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(self: PairDataset, chosen: np.ndarray) -> None:  # noqa: ARG001
        raise OSError("the disk is gone")

    feed, wanted = make_feed(pairs, ahead=True)
    with pytest.raises(OSError, match="the disk is gone"), feed:
        assert same(feed.batch(0), wanted[0])
        monkeypatch.setattr(PairDataset, "tensors", spoil)
        for number in range(1, 5):
            feed.batch(number)
    assert readers() == 0


def test_an_interruption_ends_the_thread(pairs: PairDataset) -> None:
    feed, _ = make_feed(pairs, ahead=True)
    with pytest.raises(KeyboardInterrupt), feed:
        feed.batch(0)
        raise KeyboardInterrupt
    assert readers() == 0


def test_a_set_that_fits_moves_and_one_that_does_not_says_so(
    pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = ResidentPairs.bytes_of(pairs)
    for free, moves in ((2 * needed, True), (needed, False), (None, True)):
        monkeypatch.setattr(feeding, "free_memory", lambda _, free=free: free)
        feed, wanted = make_feed(pairs, ahead=True)
        with feed:
            assert same(feed.batch(0), wanted[0])
            note = feed.settle(True, 1)
            assert (feed.resident is not None) == moves == (readers() == 0)
            assert all(same(feed.batch(n), wanted[n]) for n in range(1, 5))
        assert (note is None) == moves
    feed.pairs = pairs
    monkeypatch.setattr(feeding, "free_memory", lambda _: 3 << 29)
    monkeypatch.setattr(ResidentPairs, "bytes_of", lambda _: 3 << 30)
    assert feed.settle(True, 1) == (
        "the data set takes 3.00 GiB, too much beside the training for cpu with 1.50 GiB free: "
        "batches come from the host's memory"
    )


def test_memory_that_runs_out_while_moving_is_no_crash(
    pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(*_: object) -> None:
        torch.empty(1 << 60, dtype=torch.uint8)

    monkeypatch.setattr(ResidentPairs, "of", overflow)
    feed, wanted = make_feed(pairs)
    assert "too much beside the training" in (feed.settle(True, 1) or "")
    assert same(feed.batch(1), wanted[1])


def test_unasked_a_set_moves_to_gpus_and_for_whole_epochs_alone(
    pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "free_memory", lambda _: 1 << 40)
    monkeypatch.setattr(ResidentPairs, "of", lambda pairs, device: (pairs, device))
    gpu = torch.device("cuda")
    cases = [(CPU, 999, False), (gpu, 999, True), (gpu, len(pairs) // 7, False)]
    for device, total, moves in cases:
        feed = Feed(pairs, Shuffle(len(pairs), 7, 0).batch, total, device, ahead=False)
        assert feed.settle("auto", 1) is None
        assert (feed.resident is not None) == moves


def test_where_batches_come_from_does_not_change_a_run(data: Path, tmp_path: Path) -> None:
    words = ("iterations=4", "shift=0.1", "moving_average=0.9")
    for name in ("true", "false"):
        train(data, tmp_path / name, *words, f"training.resident={name}")
    assert differing(tensors(tmp_path / "true"), tensors(tmp_path / "false")) == []


def test_a_user_hears_that_the_set_does_not_fit(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "free_memory", lambda _: 0)
    words = ("iterations=2", "training.resident=true")
    heard = []
    train(data, tmp_path / "r", *words, tell=lambda event: heard.append(event))
    notes = [event.complaints for event in heard if event.kind == "note"]
    assert len(notes) == 1 and "batches come from the host's memory" in notes[0][0]
    estimate = workflows.estimate(data, settings=[*TINY, *words], device="cpu")
    assert list(notes[0]) == estimate.notes[-1:]


def test_another_word_is_one_clear_line(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"training\.resident = 'maybe': input should be 'auto'"):
        train(data, tmp_path / "r", "training.resident=maybe")
