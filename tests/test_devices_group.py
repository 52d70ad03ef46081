"""Two processes over gloo train as one does at the same batch, and end together."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
import torch
from test_methods import (
    EVERY_AE,
    EVERY_BICYCLE,
    EVERY_INK,
    EVERYTHING,
    SMALL_AE,
    SMALL_BICYCLEGAN,
    SMALL_DRIT,
    SMALL_GROWN,
    SMALL_INKFLOW,
    SMALL_MULTISCALE,
    SMALL_TPGAN,
    SMALL_ZI2ZI,
    in_double,
)
from tiny_runs import WORDS, hidden, train
from tiny_strokes import stroked_pairs

from fontgan import methods, workflows
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import Task
from fontgan.data.pairs import PairDataset
from fontgan.devices.crew import on_devices, starting
from fontgan.devices.device import own_device
from fontgan.devices.group import ALONE, Group
from fontgan.devices.places import Place, place
from fontgan.errors import ConfigError, FontganError, TrainingError
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.log import read_log
from fontgan.training.job import begin
from fontgan.training.pace import Event
from fontgan.training.trainer import Trainer, TrainingSettings

CALM = {"dropout": 0.0}  # dropout is drawn by each process for itself
# Name -> method, settings, iterations.
ROWS = {
    "zi2zi": ("zi2zi", SMALL_ZI2ZI | CALM, 3),
    "zi2zi, sums": ("zi2zi", SMALL_ZI2ZI | CALM | EVERYTHING | {"label_shuffling": False}, 1),
    "ae, sums": ("ae", SMALL_AE | EVERY_AE | {"denoising": 0.0}, 1),
    "pggan, groups of images": ("pggan", SMALL_GROWN | {"group": 4}, 3),
    "tpgan, sums": ("tpgan", SMALL_MULTISCALE | SMALL_TPGAN, 1),
    "drit, sums": ("drit", SMALL_DRIT | {"mode_seeking": 0.0}, 1),  # both its codes are alike here
    "inkflow": ("inkflow", SMALL_INKFLOW, 3),
    "inkflow, everything": ("inkflow", SMALL_INKFLOW | EVERY_INK, 1),
    "bicyclegan, everything": ("bicyclegan", SMALL_BICYCLEGAN | EVERY_BICYCLE | CALM, 1),
}
Curves = dict[str, list[float]]


def ignore(event: Event) -> None:
    """Hear of an event."""


def together(work: Callable[..., object]) -> object:
    return on_devices(work, "cpu", 2, 1, ignore)


def curves(data: Path, group: Group, device: torch.device, tell: object) -> dict[str, Curves]:
    """Train every row for a few iterations in double precision; noise is the same for all pairs."""
    del tell
    torch.set_num_threads(1)
    return {row: curve(stroked_pairs(data), row, group, device) for row in ROWS}


def curve(pairs: PairDataset, row: str, group: Group, device: torch.device) -> Curves:
    name, words, iterations = ROWS[row]
    method, task = fill(methods.find(name), words), Task(32, pairs.style_names)
    settings = TrainingSettings(batch_size=8, iterations=iterations, seed=3)
    torch.set_default_dtype(torch.float64)
    trainer = Trainer(method, task, settings, device, group=group)
    torch.set_default_dtype(torch.float32)  # in which pixels are augmented
    iterate = trainer.iterate
    trainer.iterate = lambda batch: iterate(in_double(batch))  # type: ignore[method-assign]
    found = Curves()
    with (
        mock.patch("torch.randn_like", lambda like: torch.full_like(like, 0.7)),
        mock.patch("fontgan.losses.adversarial.torch.rand", same_for_all(torch.rand)),
    ):
        for losses in trainer.run(pairs, Augment(enlarge=1.1, rotate=3)):
            for loss, values in losses.items():
                found.setdefault(loss, []).append(values[-1].item())
            for network, slope in slopes(trainer).items():
                found.setdefault(network, []).append(slope)
    weights = (w.sum() for n in trainer.networks.values() for w in n.parameters())
    group.check_alike({f"model {row}": round(sum(weights).item(), 6)})
    return found


def slopes(trainer: Trainer) -> dict[str, float]:
    """Return how steep each network's last gradient is in a direction, as a share of its length."""
    found = {}
    for name, network in trainer.networks.items():
        gradients = [w.grad.flatten() for w in network.parameters() if w.grad is not None]
        if gradients:
            gradient = torch.cat(gradients).double()
            way = torch.arange(len(gradient)).double().cos()
            found[f"slope of {name}"] = (gradient @ way / gradient.norm()).item()
            found[f"length of {name}"] = gradient.norm().item()
    return found


def same_for_all(rand: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Leave draws from an explicit generator, as augmentation makes them, as they are."""

    def draw(*shape: int, **more: object) -> torch.Tensor:
        return rand(*shape, **more) if "generator" in more else torch.full(shape, 0.3)

    return draw


def test_losses_are_those_of_one_process(data: Path) -> None:
    alone = curves(data, ALONE, torch.device("cpu"), ignore)
    shared = together(partial(curves, data))
    assert isinstance(shared, dict)
    for row in ROWS:
        assert shared[row].keys() == alone[row].keys()
        for name, values in alone[row].items():
            assert shared[row][name] == pytest.approx(values, rel=1e-4, abs=1e-7), (row, name)


def log(folder: Path) -> list[dict[str, float]]:
    return [line["losses"] for line in read_log(folder / "log.jsonl") if "losses" in line]


def test_a_run_goes_on_with_any_number_of_devices(data: Path, tmp_path: Path) -> None:
    words = ("dropout=0", "watch.log=1", "iterations=2")
    heard: list[tuple[str, int]] = []
    train(data, tmp_path / "one", *words)
    done = train(
        data,
        tmp_path / "two",
        *words,
        devices=2,
        tell=lambda event: heard.append((event.kind, event.iteration)),
    )
    assert (done.ended, done.iteration, done.folder) == ("finished", 2, tmp_path / "two")
    assert [number for kind, number in heard if kind == "iteration"] == [1, 2]
    names = {path.name for path in done.folder.rglob("*") if path.is_file()}
    checkpoints = {"latest.safetensors", "best.safetensors"}
    assert names == {"settings.toml", "log.jsonl", "0000002.png", *checkpoints}
    longer = {"settings": ["iterations=4"], "device": "cpu"}
    workflows.resume(tmp_path / "one", devices=2, **longer)
    workflows.resume(tmp_path / "two", **longer)
    one, two = log(tmp_path / "one"), log(tmp_path / "two")
    assert len(one) == len(two) == 4  # the leader alone writes
    for losses, wanted in zip(two, one, strict=True):
        assert losses == pytest.approx(wanted, rel=1e-3, abs=1e-4)
    assert hidden(tmp_path) == []


def crew() -> list[multiprocessing.process.BaseProcess]:
    """Return the processes of a run, the leader first."""
    children = multiprocessing.active_children()
    return sorted(children, key=lambda child: int(child.name.rpartition("-")[2]))


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_the_run(data: Path, tmp_path: Path, rank: int) -> None:
    killed = []

    def kill(event: Event) -> None:
        if (event.kind, event.iteration) == ("save", 4):
            killed.append(time.monotonic())
            os.kill(crew()[rank].pid or 0, signal.SIGKILL)

    says = rf"^process {rank} of 2 was killed by SIGKILL; .* checkpoint is intact: --resume"
    with pytest.raises(TrainingError, match=says):
        train(data, tmp_path / "r", "iterations=99999", "watch.save=2", devices=2, tell=kill)
    assert time.monotonic() - killed[0] < 30
    assert crew() == []
    header = Checkpoint.read(tmp_path / "r" / "latest.safetensors").header
    assert header.iteration >= 4
    longer = [f"iterations={header.iteration + 1}"]
    assert workflows.resume(tmp_path / "r", settings=longer, device="cpu").ended == "finished"


def test_a_signal_stops_all_in_the_same_iteration(data: Path, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if (event.kind, event.iteration) == ("iteration", 2):
            signal.raise_signal(signal.SIGINT)

    done = train(data, tmp_path / "r", "iterations=99999", devices=2, tell=stop)
    assert done.ended == "SIGINT"
    header = Checkpoint.read(tmp_path / "r" / "latest.safetensors").header
    assert header.iteration == done.iteration < 99999


def broken(data: Path, group: Group, device: torch.device, tell: object) -> str:
    """Give process 1 alone a loss that is not finite."""
    del tell
    pairs = stroked_pairs(data)
    settings = TrainingSettings(batch_size=8, iterations=4)
    method = fill(methods.find("zi2zi"), SMALL_ZI2ZI)
    trainer = Trainer(method, Task(32, pairs.style_names), settings, device, group=group)
    l1 = (lambda *_: float("nan") * _[0].mean()) if group.rank else (lambda *_: _[0].mean())
    with mock.patch("fontgan.methods.zi2zi.images.l1", l1):
        try:
            list(trainer.run(pairs, Augment()))
        except TrainingError as error:
            return str(error)
    return "no error"


def test_a_loss_that_is_not_finite_in_one_process_stops_all(data: Path) -> None:
    assert "the generator's loss l1 is nan in iteration 1" in str(together(partial(broken, data)))


def unlike(group: Group, device: torch.device, tell: object) -> None:
    del device, tell
    group.check_alike({"settings": "same", "data set": f"set {group.rank}"})


def test_processes_that_differ_are_one_clear_error() -> None:
    with pytest.raises(ConfigError, match="process 1 has another data set than process 0: set 1"):
        together(unlike)


def test_a_batch_that_does_not_divide(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"batch_size = 5: .* on 2 devices .*batch_size=6"):
        train(data, tmp_path / "r", "batch_size=5", devices=2)
    assert not (tmp_path / "r").exists()


# --- started by torchrun or SLURM ---


def started(rank: int, port: int, words: tuple[str, ...], out: str) -> None:
    """Be one process that torchrun started."""
    from fontgan.cli.app import main

    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    sys.argv = ["fontgan", *words]
    with open(out, "w", encoding="utf-8") as sys.stdout:
        main()


def test_torchrun(data: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("train", str(data), "-o", str(tmp_path / "r"), "--device", "cpu", "--devices", "2")
    words = (*words, *WORDS, "--set", "iterations=2", "--set", "watch.log=1")
    context = starting(begin)
    outs = [tmp_path / "0", tmp_path / "1"]
    processes = [
        context.Process(target=started, args=(rank, port, words, str(out)))  # type: ignore[attr-defined]
        for rank, out in enumerate(outs)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0]
    assert outs[0].read_text() == f"{tmp_path / 'r'}\n"
    assert outs[1].read_text() == ""
    assert len(log(tmp_path / "r")) == 2


TORCHRUN = {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "MASTER_ADDR": "a",
    "MASTER_PORT": "1",
}
SLURM = {
    "SLURM_PROCID": "3",
    "SLURM_NTASKS": "4",
    "SLURM_LOCALID": "1",
    "MASTER_ADDR": "a",
    "MASTER_PORT": "1",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    for name in TORCHRUN | SLURM:
        monkeypatch.delenv(name, raising=False)

    def fill_in(values: dict[str, str]) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return fill_in


@pytest.mark.parametrize("values", [TORCHRUN, SLURM])
def test_the_environment_says_which_process_this_is(environment, values) -> None:
    assert place() is None
    environment(values)
    assert place() == place(2, 2) == place(None, 2) == Place(rank=3, size=4, local=1)


def test_a_shell_in_an_allocation_is_no_group(environment) -> None:
    environment({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"})
    assert place(2) is None


@pytest.mark.parametrize(
    ("values", "asked", "says"),
    [
        ({}, (2, 2), "--nodes 2: start the command on each machine, by torchrun or by srun"),
        (TORCHRUN, (2, 1), "--devices 2 --nodes 1: 4 processes were started"),
        (TORCHRUN, (None, 3), "--nodes 3: 4 processes were started"),
        (TORCHRUN | {"RANK": "x"}, (None, 1), "RANK, WORLD_SIZE and LOCAL_RANK .* numbers"),
        (TORCHRUN | {"RANK": "4"}, (None, 1), "RANK = 4 in the environment is not below"),
        (TORCHRUN | {"MASTER_PORT": ""}, (None, 1), "MASTER_ADDR and MASTER_PORT must say"),
    ],
)
def test_bad_places(environment, values, asked, says: str) -> None:
    environment(values)
    with pytest.raises(FontganError, match=says):
        place(*asked)


@pytest.mark.parametrize(
    ("name", "processes", "there", "says"),
    [
        ("auto", 4, 1, "4 devices were asked for, and this machine has 1 GPU; .*--devices 1"),
        ("cuda", 3, 2, "this machine has 2 GPUs; ask for --devices 2, or use --device cpu"),
        ("cuda:0", 2, 2, "--device cuda:0 is one device here .*; use --device cuda, or cpu"),
    ],
)
def test_fewer_devices_than_asked(monkeypatch, name: str, processes: int, there, says) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: there)
    with pytest.raises(ConfigError, match=says):
        own_device(name, processes, 0)
    assert own_device("cuda", there, there - 1) == torch.device("cuda", there - 1)
