"""What holds on a GPU: the same promises on every device, and those that only a GPU can break.

Tests with a device run on the CPU too, where the same code computes; on a machine with CUDA the
whole file is a suite for it: ``pytest tests/test_cuda.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from made_headers import header
from test_methods import (
    SMALL_INKFLOW,
    SMALL_ZI2ZI,
    TABLE,
)
from tiny_strokes import stroked_pairs
from torch.utils._python_dispatch import TorchDispatchMode

from fontgan import methods
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, StrokeBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.resident import ResidentPairs
from fontgan.data.sampling import Shuffle
from fontgan.devices import compiling
from fontgan.errors import ConfigError, TrainingError
from fontgan.runs.checkpoint import Checkpoint
from fontgan.training import trainer
from fontgan.training.feeding import Feed
from fontgan.training.log import LossMeans
from fontgan.training.state import restore, training_state
from fontgan.training.trainer import Losses, Trainer, TrainingSettings

STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")
MOVED = Augment(enlarge=1.1, shift=0.05, rotate=3)
CALM = {"dropout": 0.0, "contractive": 0.0}  # other kernels draw other noise from the same seed
EVERYTHING = [row for row in TABLE if row.endswith("with everything")]
CUDA = torch.cuda.is_available()
needs_cuda = pytest.mark.skipif(not CUDA, reason="needs a CUDA device")
# Losses that blow up what lies below the precision: batch norms over four codes of three numbers.
SHAKY = ("constant", "constant_shuffled", "mode_seeking")


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=needs_cuda)], name="device")
def _device(request: pytest.FixtureRequest) -> torch.device:
    return torch.device(request.param)


@pytest.fixture(params=TABLE, name="row")
def _row(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pairs(data: Path) -> PairDataset:
    return stroked_pairs(data)


def make(
    row: str, device: torch.device, words: dict[str, Any] | None = None, **settings: Any
) -> Trainer:
    name, own = TABLE[row]
    method = fill(methods.find(name), own | (words or {}))
    settings = {"batch_size": 4, "iterations": 4, "precision": "fp32", "seed": 3} | settings
    return Trainer(method, Task(32, STYLES), fill(TrainingSettings, settings), device)


def calm(row: str) -> dict[str, Any]:
    method = methods.find(TABLE[row][0])
    return {name: value for name, value in CALM.items() if hasattr(method, name)}


def curve(one: Trainer, pairs: PairDataset, augment: Augment = MOVED) -> list[dict[str, float]]:
    """Train, with the same noise in every iteration of every trainer; return the losses."""
    found = []
    torch.manual_seed(0)
    for losses in one.run(pairs, augment):
        found.append(_values(losses))
        torch.manual_seed(one.iteration)
    return found


def near(one: list[dict[str, float]], other: list[dict[str, float]], within: float) -> bool:
    names = [name for name in one[0] if name.split("/")[1] not in SHAKY]
    return all(
        a[name] == pytest.approx(b[name], rel=within, abs=within / 10)
        for a, b in zip(one, other, strict=True)
        for name in names
    )


# --- no host sync ---


class Watch(TorchDispatchMode):
    """Note what leaves a device, or comes to it from memory that the host must wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        every = [value for value in (*args, result) if isinstance(value, torch.Tensor)]
        if any(value.device.type == "cpu" for value in every):
            self.seen.append(str(function))
        return result


def meta_batch() -> GlyphBatch:
    images, long = (4, 1, 32, 32), {"dtype": torch.long, "device": "meta"}
    return GlyphBatch(
        source=torch.empty(images, device="meta"),
        target=torch.empty(images, device="meta"),
        source_style=torch.empty(4, **long),
        target_style=torch.empty(4, **long),
        char=torch.empty(4, **long),
        references=torch.empty((4, 0, 1, 32, 32), device="meta"),
        strokes=StrokeBatch(
            torch.empty((4, 1, 3, 4, 2), device="meta"),
            torch.empty((4, 3), device="meta", dtype=torch.bool),
        ),
    )


@pytest.mark.parametrize("row", EVERYTHING)
def test_an_iteration_needs_no_number_from_its_device(
    row: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On torch's device without memory: to read a number of it, or to branch on one, fails."""
    one = make(row, torch.device("meta"))
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *_: None)  # fused ones are torch's affair
    one.iterate(meta_batch())
    averages = LossMeans()
    batch = meta_batch()
    with Watch() as watch:
        averages.add(one.iterate(batch))
    assert watch.seen == []
    with pytest.raises(RuntimeError, match="meta"):  # a log point does read
        averages.take(2)


@contextmanager
def no_sync() -> Iterator[None]:
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@needs_cuda
@pytest.mark.parametrize(
    ("row", "precision", "resident"),
    [*((row, "bf16", True) for row in TABLE), ("zi2zi", "fp32", False), ("inkflow", "fp16", False)],
)
def test_a_gpu_never_waits_between_log_points(
    row: str, pairs: PairDataset, precision: str, resident: bool
) -> None:
    one = make(row, torch.device("cuda"), iterations=6, precision=precision, resident=resident)
    running, averages = one.run(pairs, MOVED), LossMeans()
    for _ in range(2):
        averages.add(next(running))
    with no_sync():
        for losses in running:
            averages.add(losses)
    assert all(value == value for value in averages.take(6).values())


@needs_cuda
def test_a_batch_goes_to_a_gpu_without_waiting(pairs: PairDataset) -> None:
    batch = pairs.batch(Shuffle(len(pairs), 4, 0).batch(0))
    batch.to(torch.device("cuda"))
    with no_sync():
        there = batch.to(torch.device("cuda"))
    assert torch.equal(there.target.cpu(), batch.target)
    assert torch.equal(there.to(torch.device("cpu")).source, batch.source)


# --- precision ---


@pytest.mark.parametrize(
    "row",
    # No bf16 LSTM on every CPU; what ALI's decoder is told at first is near rounding.
    [row for row in TABLE if row != "ali" and (CUDA or "LSTM" not in row)],
)
def test_bf16_is_near_fp32(row: str, device: torch.device, pairs: PairDataset) -> None:
    """Losses and gradients at the same weights.

    Adam's first steps know a gradient's sign alone, and that of a small one half precision may
    miss, so the weights stay where they are.
    """
    rates = [word for word in vars(make(row, device).method) if word.endswith("rate")]
    still = calm(row) | dict.fromkeys(rates, 1e-12)
    plain, reduced = (make(row, device, still, iterations=1) for _ in range(2))
    reduced._autocast = torch.bfloat16  # which settings allow on GPUs alone
    (wanted,), (got,) = curve(plain, pairs), curve(reduced, pairs)
    for name, loss in wanted.items():
        assert got[name] == pytest.approx(loss, rel=0.05, abs=0.005), name
    for name, network in plain.networks.items():
        slopes = gradient(network), gradient(reduced.networks[name])
        assert torch.cosine_similarity(*slopes, dim=0) > 0.8, name
    assert all(w.dtype == torch.float32 for n in reduced.networks.values() for w in n.parameters())


def gradient(network: torch.nn.Module) -> torch.Tensor:
    """Return all gradients of a network in a row, or a 1 where there are none."""
    slopes = [w.grad.flatten() for w in network.parameters() if w.grad is not None]
    return torch.cat(slopes) if slopes else torch.ones(1)


@needs_cuda
def test_a_gpu_trains_in_bf16_with_channels_last_by_itself() -> None:
    one = make("zi2zi", torch.device("cuda"), precision="auto")
    assert one._autocast is torch.bfloat16
    weight = one.networks["decoder"].ups[1].weight
    assert weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()


# --- channels last ---


def tensors_of(one: Trainer) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """Yield every weight with all that fused Adam reads beside it."""
    for name, optimiser in one.optimisers.items():
        for weight in one.networks[name].parameters():
            if weight.grad is not None:
                yield f"{name} gradient", weight, weight.grad
            for what, value in optimiser.state.get(weight, {}).items():
                if value.dim():
                    yield f"{name} {what}", weight, value


def order(tensor: torch.Tensor) -> list[int]:
    """Return the strides that matter: a side of one pixel has none."""
    return [step for step, side in zip(tensor.stride(), tensor.shape, strict=True) if side > 1]


@pytest.mark.parametrize(
    "row",
    ["zi2zi", "zi2zi with everything", "bicyclegan with everything", "inkflow with everything"],
)
def test_channels_last_changes_neither_losses_nor_checkpoints(
    row: str,
    device: torch.device,
    pairs: PairDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = make(row, device, calm(row))
    wanted = curve(plain, pairs)
    monkeypatch.setattr(trainer, "prefers_channels_last", lambda *_: True)
    one = make(row, device, calm(row))
    assert near(curve(one, pairs), wanted, 0.02)
    Checkpoint(header(iteration=one.iteration), training_state(one)).write(
        tmp_path / "c.safetensors"
    )
    again = make(row, device, calm(row), iterations=6)
    restore(again, Checkpoint.read(tmp_path / "c.safetensors"))
    for made in (one, again):
        weights = [w for net in made.networks.values() for w in net.parameters() if w.dim() == 4]
        assert all(w.is_contiguous(memory_format=torch.channels_last) for w in weights)
        compared = [(name, order(weight), order(value)) for name, weight, value in tensors_of(made)]
        assert compared and [name for name, one_, other in compared if one_ != other] == []
    assert len(curve(again, pairs)) == 2
    # On the next device, or the next day, the layout is that device's.
    monkeypatch.setattr(trainer, "prefers_channels_last", lambda *_: False)
    back = make(row, device, calm(row))
    restore(back, Checkpoint.read(tmp_path / "c.safetensors"))
    wanted_state, state = training_state(one), training_state(back)
    assert [name for name in state if not torch.equal(state[name], wanted_state[name])] == []


# --- compiling ---

# Its discriminator's slope is a loss, which compiled code cannot give; the rest is small.
STEEP = ("inkflow", SMALL_INKFLOW | {"r1": 1.0, "flow_levels": 0})


@pytest.fixture
def fresh_compiler() -> Iterator[None]:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    yield
    torch._dynamo.reset()


@pytest.mark.usefixtures("fresh_compiler")
@pytest.mark.parametrize("row", ["steep", *EVERYTHING])
def test_compiled_training_is_near_eager(
    row: str, device: torch.device, pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    if device.type == "cpu":
        if row != "steep":
            pytest.skip("one is enough where it is no faster")
        monkeypatch.setattr(compiling, "BACKEND", "aot_eager")  # all but the making of kernels
    monkeypatch.setitem(TABLE, "steep", STEEP)
    wanted = curve(make(row, device, calm(row)), pairs)
    one = make(row, device, calm(row), compile=True)
    graphs, found = [], []
    torch.manual_seed(0)
    for losses in one.run(pairs, MOVED):
        found.append(_values(losses))
        torch.manual_seed(one.iteration)
        graphs.append(torch._dynamo.utils.counters["stats"]["unique_graphs"])
    assert near(found, wanted, 0.02)
    assert graphs[0] > 0 and len(set(graphs)) == 1  # all in the first iteration
    plain = make(row, device, calm(row))
    weights = training_state(one).keys() - {k for k in training_state(one) if "optimisers/" in k}
    assert weights == training_state(plain).keys()
    with one.drawing() as nets:
        assert not any(isinstance(net, compiling.Compiled) for net in nets.values())


@pytest.mark.usefixtures("fresh_compiler")
def test_what_cannot_be_compiled_is_one_clear_line(
    pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no compiler\nanywhere")

    monkeypatch.setattr(compiling, "BACKEND", fail)
    one = make("inkflow without a critic", torch.device("cpu"), compile=True)
    with pytest.raises(
        TrainingError, match=r"^training\.compile: .*no compiler.*; leave"
    ) as caught:
        next(one.run(pairs, MOVED))
    assert "\n" not in str(caught.value)


def test_several_devices_do_not_compile() -> None:
    settings = TrainingSettings(batch_size=4, compile=True)
    method, task = fill(methods.find("zi2zi"), SMALL_ZI2ZI), Task(32, STYLES)
    with pytest.raises(ConfigError, match="compile does not go with 2 devices; leave one"):
        Trainer(method, task, settings, torch.device("cpu"), group=replace(trainer.ALONE, size=2))


# --- data on the device ---


def test_resident_batches_equal_those_sent(device: torch.device, pairs: PairDataset) -> None:
    held, shuffle = ResidentPairs.of(pairs, device), Shuffle(len(pairs), 5, 0)
    with Feed(pairs, shuffle.batch, 8, device, ahead=True) as feed:
        for number in range(8):
            sent, own = feed.batch(number), held.batch(shuffle.batch(number))
            host = pairs.batch(shuffle.batch(number))
            for name in ("source", "target", "target_style", "source_style", "char"):
                assert getattr(own, name).device.type == device.type
                assert torch.equal(getattr(own, name), getattr(sent, name)), name
                assert torch.allclose(getattr(own, name).cpu(), getattr(host, name), atol=1e-6)


def test_augmentation_moves_alike_on_every_device(device: torch.device, pairs: PairDataset) -> None:
    batch = pairs.batch(Shuffle(len(pairs), 5, 0).batch(0))
    moved = [
        MOVED.apply(batch.to(where), torch.Generator().manual_seed(1))
        for where in (torch.device("cpu"), device)
    ]
    assert torch.allclose(moved[0].target, moved[1].target.cpu(), atol=1e-3)


def overflow(device: torch.device) -> Callable[..., None]:
    def allocate(*_: object) -> None:
        torch.empty(1 << 50, dtype=torch.uint8, device=device)

    return allocate


def test_a_set_that_does_not_fit_comes_from_the_host(
    device: torch.device, pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ResidentPairs, "of", overflow(device))
    one = make("inkflow without a critic", device, resident=True)
    assert len(curve(one, pairs)) == 4
    assert len(one.notes) == 1 and f"for {device} with" in one.notes[0]
    assert one.notes[0].endswith("batches come from the host's memory")


def test_a_batch_that_does_not_fit_is_one_clear_line(
    device: torch.device, pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make("zi2zi", device)
    monkeypatch.setattr("fontgan.methods.zi2zi.images.l1", overflow(device))
    with pytest.raises(TrainingError, match=r"no memory left in iteration 1; .*below 4, or tr"):
        next(one.run(pairs, MOVED))


# --- the same again ---


@pytest.mark.parametrize("row", ["zi2zi", "bicyclegan with everything", "inkflow with everything"])
def test_the_same_seed_trains_the_same_and_a_resumed_run_goes_on(
    row: str, device: torch.device, pairs: PairDataset, tmp_path: Path
) -> None:
    """Bit for bit on the CPU; a GPU adds in another order every time."""
    precision = "fp32" if device.type == "cpu" else "bf16"
    straight = make(row, device, iterations=4, precision=precision)
    wanted = [_values(losses) for losses in straight.run(pairs, MOVED)]
    stopped = make(row, device, iterations=4, precision=precision)
    found = []
    for losses in stopped.run(pairs, MOVED):
        found.append(_values(losses))
        if stopped.iteration == 2:
            break
    Checkpoint(header(iteration=2), training_state(stopped)).write(tmp_path / "c.safetensors")
    torch.manual_seed(99)
    resumed = make(row, device, iterations=4, precision=precision)
    restore(resumed, Checkpoint.read(tmp_path / "c.safetensors"))
    found += [_values(losses) for losses in resumed.run(pairs, MOVED)]
    if device.type == "cpu":
        assert found == wanted
    assert near(found[:1], wanted[:1], 0.01)
    assert near(found, wanted, 0.1)


def _values(losses: Losses) -> dict[str, float]:
    return {name: values[-1].item() for name, values in losses.items()}
