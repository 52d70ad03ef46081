from __future__ import annotations

import errno
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from made_headers import header
from safetensors.torch import save_file
from tiny_runs import differing, tensors, train
from torch import Tensor

from fontgan import methods, workflows
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.devices.device import pick_device
from fontgan.errors import CheckpointError, ConfigError, TrainingError
from fontgan.metrics.measures import LIVE
from fontgan.metrics.tally import Scores
from fontgan.runs import checkpoint as checkpoints
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.folder import LATEST
from fontgan.runs.log import read_log
from fontgan.store.store import GlyphStore
from fontgan.training.log import LossMeans, RunLog
from fontgan.training.looking import is_better
from fontgan.training.pace import Event, Pace
from fontgan.training.preparing import Prepared
from fontgan.training.run import TrainingRun
from fontgan.training.settings import RunSettings, Watch
from fontgan.training.state import drawing_state, restore, training_state
from fontgan.training.trainer import Trainer, TrainingSettings

SMALL = {"width": 4, "max_width": 8, "code_size": 3, "discriminator_width": 4}
STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")
CPU = torch.device("cpu")


def make_trainer(iterations: int = 4, **settings: Any) -> Trainer:
    method = fill(methods.find("zi2zi"), SMALL)
    settings = {"batch_size": 4, "iterations": iterations, **settings}
    return Trainer(method, Task(32, STYLES), fill(TrainingSettings, settings), CPU)


def make_run(trainer: Trainer, data: Path, folder: Path, **watch: Any) -> TrainingRun:
    store = GlyphStore.open(data)
    settings = RunSettings("zi2zi", trainer.method, trainer.settings, watch=Watch(**watch))
    pairs, held_out = PairDataset.of(store), PairDataset.of(store, "held-out")
    return TrainingRun(folder, Prepared(trainer, pairs, held_out, header(STYLES)), settings)


def ignore(event: Event) -> None:
    """Hear of an event."""


# --- checkpoints ---


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "c.safetensors"
    Checkpoint(header(["隶书"], iteration=7), {"networks/a/b": torch.arange(9.0)}).write(path)
    return path


def test_a_checkpoint_comes_back(file: Path) -> None:
    checkpoint = Checkpoint.read(file)
    assert checkpoint.header.iteration == 7
    assert checkpoint.header.task.styles == ("隶书",)
    assert torch.equal(checkpoint.under("networks/a")["b"], torch.arange(9.0))
    assert Checkpoint.read(file, ("averages/",)).tensors == {}


def spoil(file: Path, how: str) -> None:
    content = file.read_bytes()
    about = {"format": "fontgan-checkpoint", "version": 1}
    tensors = {"a": torch.zeros(2)}
    match how:
        case "cut short":
            file.write_bytes(content[:-5])
        case "cut in the header":
            file.write_bytes(content[:20])
        case "empty":
            file.write_bytes(b"")
        case "damaged":
            file.write_bytes(b"\xff" * 9 + content[9:])
        case "no checkpoint":
            file.write_text("hello, I am a text file")
        case "a pickle":
            file.write_bytes(pickle.dumps({"weights": Bomb()}))
        case "a torch pickle":
            torch.save({"weights": torch.zeros(3)}, file)
        case "a folder":
            file.unlink()
            file.mkdir()
        case "gone":
            file.unlink()
        case "foreign":
            save_file(tensors, file, metadata={"format": "pt"})
        case "foreign without metadata":
            save_file(tensors, file)
        case "of another format":
            save_file(tensors, file, metadata={"fontgan": "[1, 2]"})
        case "newer":
            save_file(tensors, file, metadata={"fontgan": json.dumps(about | {"version": 99})})
        case "of no version":
            save_file(tensors, file, metadata={"fontgan": json.dumps(about | {"version": "x"})})


class Bomb:
    """A pickle that is loaded fails the test."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return exec, ("raise SystemExit('a pickle was loaded')",)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("cut short", "damaged or foreign"),
        ("cut in the header", "damaged or foreign"),
        ("empty", "damaged or foreign"),
        ("damaged", "damaged or foreign"),
        ("no checkpoint", "damaged or foreign"),
        ("a pickle", "damaged or foreign"),
        ("a torch pickle", "damaged or foreign"),
        ("a folder", "damaged or foreign"),
        ("gone", "no such checkpoint"),
        ("foreign", "not a fontgan checkpoint"),
        ("foreign without metadata", "not a fontgan checkpoint"),
        ("of another format", "not a fontgan checkpoint"),
        ("newer", "newer fontgan"),
        ("of no version", "not a fontgan checkpoint"),
    ],
)
def test_a_bad_checkpoint_is_one_clear_line(file: Path, how: str, says: str) -> None:
    spoil(file, how)
    with pytest.raises(CheckpointError, match=says) as caught:
        Checkpoint.read(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_leaves_the_old_checkpoint(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = file.read_bytes()

    def fill_the_disk(tensors: object, path: Path, metadata: object) -> None:  # noqa: ARG001
        Path(path).write_bytes(b"half a checkpoint")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", fill_the_disk)
    with pytest.raises(OSError, match="No space left"):
        Checkpoint(header(iteration=8), {}).write(file)
    assert file.read_bytes() == old
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_checkpoint_of_another_model_does_not_fit(tmp_path: Path) -> None:
    trainer = make_trainer()
    Checkpoint(header(), training_state(trainer)).write(tmp_path / "c.safetensors")
    method = fill(methods.find("zi2zi"), SMALL | {"width": 8})
    other = Trainer(method, Task(32, STYLES), trainer.settings, CPU)
    with pytest.raises(CheckpointError, match="encoder does not fit this model: size mismatch"):
        restore(other, Checkpoint.read(tmp_path / "c.safetensors"))


def test_weights_alone_are_not_enough_to_go_on(tmp_path: Path) -> None:
    trainer = make_trainer()
    tensors = drawing_state(trainer)
    Checkpoint(header(), tensors).write(tmp_path / "best.safetensors")
    with pytest.raises(CheckpointError, match="weights only"):
        restore(trainer, Checkpoint.read(tmp_path / "best.safetensors"))


# --- the trainer ---


@pytest.mark.parametrize(
    ("settings", "epoch", "progress", "wanted"),
    [
        ({"schedule": "constant"}, 50, 0.9, 1e-3),
        ({"schedule": "halving", "halve_every": 10, "floor": 2e-4}, 9.9, 0.1, 1e-3),
        ({"schedule": "halving", "halve_every": 10, "floor": 2e-4}, 10, 0.1, 5e-4),
        ({"schedule": "halving", "halve_every": 10, "floor": 2e-4}, 20, 0.2, 2.5e-4),
        ({"schedule": "halving", "halve_every": 10, "floor": 2e-4}, 30, 0.3, 2e-4),
        ({"schedule": "halving", "floor": 1.0}, 90, 0.9, 1e-3),  # a floor lifts nothing
        ({"schedule": "linear"}, 0, 0.5, 1e-3),
        ({"schedule": "linear"}, 0, 0.75, 5e-4),
        ({"schedule": "linear"}, 0, 1.0, 0),
    ],
)
def test_schedules(settings: dict[str, Any], epoch: float, progress: float, wanted: float) -> None:
    rate = fill(TrainingSettings, settings).rate(1e-3, epoch, progress)
    assert rate == pytest.approx(wanted)


def test_how_many_iterations() -> None:
    assert TrainingSettings(epochs=3, batch_size=10).total(95) == 28
    assert TrainingSettings(epochs=3, iterations=7).total(95) == 7
    assert TrainingSettings(epochs=0.001, batch_size=100).total(5) == 1


def test_the_rate_reaches_the_optimisers(data: Path) -> None:
    trainer = make_trainer(4, schedule="linear")
    rates = []
    for _ in trainer.run(PairDataset.of(GlyphStore.open(data)), Augment()):
        rates.append(trainer.optimisers["encoder"].param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3, 1e-3, 1e-3, 5e-4])


def test_the_moving_average_follows(data: Path) -> None:
    trainer = make_trainer(3, moving_average=0.5)
    wanted = trainer.networks["encoder"].convs[0].weight.detach().clone()
    for _ in trainer.run(PairDataset.of(GlyphStore.open(data)), Augment()):
        # Decay 0.5, but less while young: 2/11, 3/12, 4/13 after iterations 1, 2, 3.
        decay = min(0.5, (1 + trainer.iteration) / (10 + trainer.iteration))
        wanted = decay * wanted + (1 - decay) * trainer.networks["encoder"].convs[0].weight.detach()
    assert torch.allclose(trainer.averages["encoder"].convs[0].weight, wanted, atol=1e-6)
    norm = trainer.networks["decoder"].norms[0].norm
    mean = trainer.averages["decoder"].norms[0].norm.running_mean
    assert torch.equal(mean, norm.running_mean)
    assert set(trainer.averages) == {"encoder", "decoder", "styles"}


def test_no_moving_average_draws_with_the_networks() -> None:
    trainer = make_trainer(moving_average=0)
    assert trainer.averages == {}
    with trainer.drawing() as nets:
        assert nets["encoder"] is trainer.networks["encoder"]
        assert not nets["encoder"].training


def test_frozen_networks_do_not_move(data: Path) -> None:
    method = fill(methods.find("zi2zi"), SMALL)
    trainer = Trainer(
        method, Task(32, STYLES), TrainingSettings(batch_size=4, iterations=2), CPU, ["encoder"]
    )
    before = {key: value.clone() for key, value in trainer.networks["encoder"].state_dict().items()}
    for _ in trainer.run(PairDataset.of(GlyphStore.open(data)), Augment()):
        pass
    after = trainer.networks["encoder"].state_dict()  # the statistics of its norms too
    assert [key for key in before if not torch.equal(before[key], after[key])] == []


def test_an_unknown_network_cannot_be_frozen() -> None:
    with pytest.raises(ConfigError, match="no such network; did you mean encoder"):
        Trainer(
            fill(methods.find("zi2zi"), SMALL),
            Task(32, STYLES),
            TrainingSettings(),
            CPU,
            ["encodr"],
        )


def test_precision_and_devices_that_are_not_here() -> None:
    with pytest.raises(ConfigError, match="bf16 needs a CUDA device"):
        make_trainer(precision="bf16")
    assert pick_device("cpu") == CPU
    for name in ("gpu", "cuda:x", "cuda:99", "cpu:"):
        with pytest.raises(ConfigError, match=f"--device {name}: "):
            pick_device(name)


def test_a_loss_that_is_not_finite_stops(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make_trainer(9)
    run = make_run(trainer, data, tmp_path, save=1)

    def spoiled(drawn: Tensor, target: Tensor) -> Tensor:
        return (drawn - target).abs().mean() * (float("nan") if trainer.iteration == 2 else 1)

    monkeypatch.setattr("fontgan.methods.zi2zi.images.l1", spoiled)
    with pytest.raises(TrainingError, match=r"generator's loss l1 is nan in iteration 3;"):
        run.go(lambda: False, ignore)
    kept = Checkpoint.read(tmp_path / LATEST)
    assert kept.header.iteration == 2
    again = make_trainer(9)
    restore(again, kept)
    assert again.iteration == 2
    assert all(value.isfinite().all() for value in kept.tensors.values())


def test_weights_that_are_not_finite_are_never_saved(data: Path, tmp_path: Path) -> None:
    """The last iteration's losses may be finite though its update broke the weights."""
    trainer = make_trainer(9)
    run = make_run(trainer, data, tmp_path)
    run.save()
    with torch.no_grad():
        trainer.networks["decoder"].ups[0].weight[0, 0, 0, 0] = float("inf")
    with pytest.raises(TrainingError, match="decoder"):
        run.save()
    assert all(v.isfinite().all() for v in Checkpoint.read(tmp_path / LATEST).tensors.values())


# --- the log ---


def test_averages_are_means_since_the_last_look() -> None:
    averages = LossMeans()
    for value in (1.0, 2.0, 6.0):
        averages.add(
            {"g/l1": [torch.tensor(value), torch.tensor(value)], "d/real": [torch.ones(())]}
        )
    assert averages.take(3) == {"g/l1": 3, "d/real": 1}
    assert averages.take(3) == {}
    averages.add({"g/l1": [torch.tensor(float("inf"))]})
    with pytest.raises(TrainingError, match="g/l1 is inf by iteration 4"):
        averages.take(4)


def test_a_resumed_log_drops_what_was_not_saved(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    for iteration in (10, 20, 30):
        log.write(iteration, "losses", {"l1": 0.5}, rate=3)
    log.close()
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"iteration": 40, "los')  # killed while writing
    assert [line["iteration"] for line in read_log(tmp_path / "log.jsonl")] == [10, 20, 30]
    RunLog(tmp_path, iteration=20).write(21, "held_out", {"l1": 0.4})
    lines = read_log(tmp_path / "log.jsonl")
    assert [line["iteration"] for line in lines] == [10, 20, 21]
    assert lines[0] == {"iteration": 10, "losses": {"l1": 0.5}, "rate": 3}
    assert lines[2]["held_out"] == {"l1": 0.4}


def test_no_log_is_an_empty_log(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none.jsonl") == []


def test_tensorboard_gets_the_same_values(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = RunLog(tmp_path, tensorboard=True)
    log.write(5, "losses", {"generator/l1": 0.25})
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert events.Tags()["scalars"] == ["losses/generator/l1"]
    assert [(e.step, e.value) for e in events.Scalars("losses/generator/l1")] == [(5, 0.25)]


# --- the run ---


def test_a_run_logs_checks_and_saves_when_told(data: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    run = make_run(make_trainer(6), data, tmp_path, log=2, check=3, save=4)
    run.go(lambda: False, events.append)
    seen = {kind: [e.iteration for e in events if e.kind == kind] for kind in ("losses", "check")}
    assert seen["losses"][:3] == [2, 4, 6]
    assert seen["check"] == [3, 6]
    assert [e.iteration for e in events if e.kind == "save"] == [4, 6]
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == [
        "0000003.png",
        "0000006.png",
    ]
    lines = read_log(tmp_path / "log.jsonl")
    assert [line["iteration"] for line in lines if "losses" in line] == [2, 4, 6]
    held_out = [line for line in lines if "held_out" in line]
    assert [set(line["held_out"]) for line in held_out] == [set(LIVE)] * 2
    best = Checkpoint.read(tmp_path / "best.safetensors").header
    scores = {line["iteration"]: line["held_out"]["ssim"] for line in held_out}
    assert best.best["ssim"] == max(scores.values())
    assert best.iteration == best.best["iteration"] == max(scores, key=scores.get)


def test_looking_does_not_change_the_training(data: Path, tmp_path: Path) -> None:
    states = []
    for name, check in (("often", 1), ("never", 99)):
        trainer = make_trainer(4)
        run = make_run(trainer, data, tmp_path / name, check=check)
        run.go(lambda: False, ignore)
        states.append(training_state(trainer))
    assert [key for key in states[0] if not torch.equal(states[0][key], states[1][key])] == []


def test_a_score_that_is_not_finite_is_never_the_best() -> None:
    assert not is_better("ssim", {"l1": float("nan"), "ssim": float("nan")}, {})
    assert is_better("ssim", {"l1": 0.5, "ssim": 0.1}, {})


@pytest.mark.parametrize(("measure", "better", "worse"), [("missing", 0.1, 0.3), ("cldice", 1, 0)])
def test_the_best_is_by_the_measure_wanted(measure: str, better: float, worse: float) -> None:
    best = {"iteration": 1, measure: (better + worse) / 2}
    assert is_better(measure, {measure: worse}, {"iteration": 1})
    assert is_better(measure, {measure: better}, best)
    assert not is_better(measure, {measure: worse}, best)


def test_patience_ends_a_run_that_gets_no_better(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.1, 0.3, 0.2, 0.3, 0.9, 0.8, 0.7])

    def score(*_: Any, **__: Any) -> Scores:
        return Scores(1, {"l1": 0.1, "ssim": next(values), "missing": 0.1, "cldice": 0.1}, {})

    monkeypatch.setattr("fontgan.training.looking.score", score)
    settings = ("iterations=20", "watch.check=1", "watch.patience=2")
    done = train(data, tmp_path / "run", *settings)
    assert (done.ended, done.iteration, done.best["iteration"]) == ("early", 4, 2)
    lines = [line for line in read_log(tmp_path / "run" / "log.jsonl") if "held_out" in line]
    assert [line["iteration"] for line in lines] == [1, 2, 3, 4]
    again = workflows.resume(tmp_path / "run", device="cpu")  # told to go on, it does
    assert (again.ended, again.iteration, again.best["iteration"]) == ("early", 7, 5)


def test_a_large_table_of_styles_trains_and_goes_on_bit_for_bit(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fontgan.nn.style.LARGE", 1)
    words = ("batch_size=1", "moving_average=0.9", "decoder_norm=conditional")
    train(data, tmp_path / "whole", *words, "iterations=3")
    train(data, tmp_path / "part", *words, "iterations=2")
    workflows.resume(tmp_path / "part", settings=["training.iterations=3"], device="cpu")
    assert differing(tensors(tmp_path / "whole"), tensors(tmp_path / "part")) == []
    kept = tensors(tmp_path / "whole", "averages/styles/")
    moved = tensors(tmp_path / "whole", "networks/styles/")
    for name, table in moved.items():  # whatever the average of other weights is
        assert torch.equal(table, kept[name.replace("networks", "averages")])


def test_pace_keeps_to_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("fontgan.training.run.time.monotonic", lambda: now[0])
    pace = Pace(0)
    assert not pace.due(1)
    now[0] += Pace.SHORTEST + 1
    assert pace.due(2)
    pace.took(2.0)  # 2 % of 100 s
    now[0] += 99
    assert not pace.due(3)
    now[0] += 2
    assert pace.due(4)
    assert [Pace(5).due(n) for n in (4, 5, 6, 10)] == [False, True, False, True]


def test_a_batch_goes_to_its_device() -> None:
    batch = GlyphBatch.of_sources(torch.ones(2, 1, 4, 4), torch.tensor([0, 1]), torch.arange(2))
    assert batch.to(CPU).target.device == CPU
