from __future__ import annotations

import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_runs import TINY, TINY_STROKES, WORDS, differing, hidden, tensors, train

from fontgan import workflows
from fontgan.data.batch import Task
from fontgan.errors import CheckpointError, ConfigError, DataError, FontError, FontganError
from fontgan.inference.model import Model
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.folder import BEST, LATEST, Run
from fontgan.runs.log import read_log
from fontgan.store.store import GlyphStore
from fontgan.training.pace import Event
from fontgan.training.request import TrainingOptions
from fontgan.workflows import estimating
from fontgan.workflows.interpolating import blend_weights

CPU = torch.device("cpu")
STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run; tests must not change it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(data, folder, "iterations=30", "watch.check=10")
    return folder


# --- training ---


def test_a_run_holds_all_that_is_needed(run: Path, data: Path) -> None:
    names = {path.name for path in run.iterdir()}
    assert names == {LATEST, BEST, "log.jsonl", "settings.toml", "samples"}
    header = Checkpoint.read(run / LATEST).header
    store = GlyphStore.open(data)
    assert header.task == Task(32, tuple(STYLES))
    assert header.canvas == store.canvas
    assert header.source.spec == "noto-sans-sc"
    assert set(header.held_out_chars) == store.held_out_chars
    assert header.data.fingerprint == store.fingerprint
    assert {style.name: bool(style.licence) for style in header.styles} == dict.fromkeys(
        STYLES, True
    )


def test_the_same_settings_file_makes_the_same_run(run: Path, data: Path, tmp_path: Path) -> None:
    workflows.train(data, tmp_path / "again", config=run / "settings.toml", device="cpu")
    assert differing(tensors(run), tensors(tmp_path / "again")) == []


def stop_at(iteration: int) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        if event.kind == "iteration" and event.iteration == iteration:
            signal.raise_signal(signal.SIGTERM)

    return tell


def test_resuming_is_exact_to_the_bit(data: Path, tmp_path: Path) -> None:
    more = ("iterations=6", "schedule=linear", "dropout=0.5", "moving_average=0.9", "shift=0.1")
    more = (*more, "label_shuffling=true", "watch.log=1")
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert train(data, straight, *more).ended == "finished"
    first = train(data, stopped, *more, tell=stop_at(3))
    assert (first.ended, first.iteration, first.total) == ("SIGTERM", 3, 6)
    torch.manual_seed(99)  # whatever happened in between
    second = workflows.resume(stopped, device="cpu")
    assert (second.ended, second.iteration) == ("finished", 6)
    assert differing(tensors(straight), tensors(stopped)) == []
    losses = [
        {
            line["iteration"]: line["losses"]
            for line in read_log(run / "log.jsonl")
            if "losses" in line
        }
        for run in (straight, stopped)
    ]
    assert losses[0] == losses[1]
    assert list(losses[0]) == [1, 2, 3, 4, 5, 6]


def test_resuming_an_added_style_is_exact_too(data: Path, tmp_path: Path) -> None:
    base = train(data, tmp_path / "base", "iterations=2", styles=STYLES[:2]).folder
    for name, tell in (("straight", stop_at(99)), ("stopped", stop_at(2))):
        workflows.train(
            data, tmp_path / name, start=base, add_styles=["xiaolai"],
            settings=["iterations=4", "moving_average=0.9"], device="cpu", tell=tell,
        )  # fmt: skip
    assert workflows.resume(tmp_path / "stopped", device="cpu").iteration == 4
    assert differing(tensors(tmp_path / "straight"), tensors(tmp_path / "stopped")) == []


def test_a_resumed_run_may_be_longer_but_not_another(run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    with pytest.raises(ConfigError, match=r"keeps its method\.width, training\.batch_size;"):
        workflows.resume(copy, settings=["batch_size=9", "width=8"], device="cpu")
    with pytest.raises(ConfigError, match="a run of zi2zi, not of pix2pix"):
        workflows.resume(copy, method="pix2pix", device="cpu")
    assert differing(tensors(run), tensors(copy)) == []
    assert workflows.resume(copy, settings=["iterations=32"], device="cpu").iteration == 32


def test_a_run_goes_on_with_its_own_data_only(run: Path, data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    other = workflows.build("noto-sans-sc", ["xiaolai"], "text:永和九年", tmp_path / "d", size=32)
    with pytest.raises(DataError, match="is not the data set of this run"):
        workflows.resume(copy, data=other.path, device="cpu")
    moved = shutil.copytree(data, tmp_path / "moved")
    assert workflows.resume(copy, data=moved, device="cpu").ended == "finished"


def test_nothing_held_out_is_no_obstacle(data: Path, tmp_path: Path) -> None:
    """A few scanned characters may all be in training, though the data set holds others out."""
    seen = sorted(set("永和九年天地") - GlyphStore.open(data).held_out_chars)
    workflows.render(["xiaolai"], "text:" + "".join(seen[:3]), tmp_path / "scans", size=32)
    chars = "text:" + "".join(GlyphStore.open(data).chars)
    mine = workflows.build(
        "noto-sans-sc", ["long-cang"], chars, tmp_path / "mine", size=32, holdout=0.2,
        images=[f"hand={tmp_path / 'scans'}"],
    )  # fmt: skip
    run = train(mine.path, tmp_path / "run", "iterations=2", styles=["hand"])
    assert run.best == {}
    assert {path.name for path in run.folder.glob("*.safetensors")} == {LATEST}
    whole = workflows.build("noto-sans-sc", ["xiaolai"], chars, tmp_path / "d", size=32, holdout=0)
    run = train(whole.path, tmp_path / "whole", "iterations=2")
    assert len(workflows.infer(run.folder, device="cpu").chars) == 20
    assert workflows.make_sheet(run.folder).exists()
    with pytest.raises(DataError, match="no held-out pairs"):
        workflows.evaluate(run.folder)


def test_the_time_may_be_limited(data: Path, tmp_path: Path) -> None:
    done = train(data, tmp_path / "run", "iterations=100000", max_minutes=0.005)
    assert done.ended == "time"
    assert 0 < done.iteration < 100000
    assert Run.find(tmp_path / "run").checkpoint.exists()
    for minutes in (0, -1, float("nan")):
        with pytest.raises(ConfigError, match="more than 0"):
            train(data, tmp_path / "other", max_minutes=minutes)
    assert not (tmp_path / "other").exists()


def test_a_run_is_not_replaced_unasked(run: Path, data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "run")
    with pytest.raises(FontganError, match="already holds a run"):
        train(data, copy)
    assert differing(tensors(run), tensors(copy)) == []
    train(data, copy, "iterations=1", force=True)
    assert [path.name for path in (copy / "samples").iterdir()] == ["0000001.png"]


def test_other_files_are_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    precious = tmp_path / "samples" / "precious.png"
    precious.write_text("mine")
    with pytest.raises(FontganError, match="holds other files"):
        train(data, tmp_path, "iterations=1")
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]
    train(data, tmp_path, "iterations=1", force=True)
    assert precious.read_text() == "mine"


def test_a_failed_start_can_be_repeated(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("fontgan.runs.checkpoint.save_file", full)
        with pytest.raises(OSError, match="No space"):
            train(data, tmp_path / "run", "iterations=1")
    assert hidden(tmp_path) == []
    assert train(data, tmp_path / "run", "iterations=1").ended == "finished"


def test_damaged_data_is_refused(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "data")
    image = sorted((copy / "faces").glob("*.npy"))[1]
    image.write_bytes(image.read_bytes()[:-7])
    with pytest.raises(DataError, match="cut short or damaged"):
        train(copy, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("seconds", "planned"), [(30.0, None), (100.0, 900)])
def test_a_training_that_does_not_fit_into_its_time_is_planned_shorter(
    data: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, planned: int | None
) -> None:
    whole = workflows.estimate(data, settings=[*TINY, "iterations=2000"], device="cpu")
    slow = dataclasses.replace(whole, seconds=seconds)
    monkeypatch.setattr(estimating, "estimate", lambda *_, **__: slow)
    heard: list[str] = []
    asked = TrainingOptions(max_minutes=1, settings=["iterations=2000"])
    settings = estimating.fitting(data, say=heard.append, **asked)["settings"]
    more = [] if planned is None else [f"training.iterations={planned}"]
    assert list(settings) == ["iterations=2000", *more]
    assert len(heard) == len(more)


def test_an_estimate_writes_nothing(data: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    estimate = workflows.estimate(data, settings=[*TINY, "iterations=50"], device="cpu")
    assert (estimate.pairs, estimate.iterations) == (48, 50)
    assert estimate.images_per_second > 0
    assert estimate.seconds == pytest.approx(200 / estimate.images_per_second, rel=0.02, abs=0.06)
    assert estimate.peak_memory > 1e6
    assert estimate.parameters["styles"] > 0
    assert estimate.settings["method"]["width"] == 4
    short = workflows.estimate(data, settings=[*TINY, "iterations=1"], device="cpu")
    assert short.images_per_second < 1e5
    assert estimate.notes == ["the preset is meant for 64 px, the data set has 32 px"]
    assert list(tmp_path.iterdir()) == []


# --- from a trained model ---

# How a model treats styles: by conditional norms and trained codes, or as the original does.
KINDS = {
    "compact": (),
    "original": (
        "codes=fixed",
        "code_size=16",
        "encoder_norm=batch",
        "decoder_norm=batch",
        "dropout=0.5",
        "dropout_at_inference=true",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_added_style_leaves_the_others_as_they_were(
    kind: str, data: Path, tmp_path: Path
) -> None:
    old = train(data, tmp_path / "old", *KINDS[kind], "iterations=20", styles=STYLES[:2]).folder
    more = ["iterations=40", "schedule=constant", "rate=0.05"]
    new = workflows.train(
        data, tmp_path / "new", start=old, add_styles=["xiaolai"], settings=more, device="cpu"
    ).folder
    before = workflows.infer(old, STYLES[:2], "text:永水木龙", device="cpu")
    after = workflows.infer(new, STYLES[:2], "text:永水木龙", device="cpu")
    assert before.images.shape == (2, 4, 32, 32)
    assert np.array_equal(before.images, after.images)
    assert Model.load(new / LATEST, CPU).task.styles == STYLES

    start = workflows.train(
        data, tmp_path / "s", start=old, add_styles=["xiaolai"], settings=["iterations=1"]
    ).folder
    l1 = [
        workflows.evaluate(folder / LATEST, part="train", styles=["xiaolai"]).mean["l1"]
        for folder in (start, new)
    ]
    assert l1[1] < l1[0]


def test_adding_is_checked(run: Path, data: Path, tmp_path: Path) -> None:
    for words, error, says in (
        ({"add_styles": ["xiaolai"]}, ConfigError, "needs --from"),
        ({"add_styles": ["xiaolai"], "start": run}, ConfigError, "the model knows it"),
        ({"styles": ["xiaolia"], "start": run}, DataError, "did you mean xiaolai"),
        ({"start": tmp_path}, CheckpointError, "no training run in this folder"),
        ({"start": run, "preset": "small"}, CheckpointError, "settings and image size"),
    ):
        with pytest.raises(error, match=says):
            workflows.train(data, tmp_path / "out", device="cpu", **words)
    assert not (tmp_path / "out").exists()


def test_a_run_starts_with_the_settings_of_its_model(run: Path, data: Path, tmp_path: Path) -> None:
    started = workflows.train(
        data, tmp_path / "new", start=run, settings=["iterations=1"], device="cpu"
    ).folder
    old, new = (Checkpoint.read(folder / LATEST).header.settings for folder in (run, started))
    assert new["method"] == old["method"]
    assert new["training"] == old["training"] | {"iterations": 1}


def test_the_second_stage_with_a_frozen_encoder(run: Path, data: Path, tmp_path: Path) -> None:
    second = workflows.train(
        data,
        tmp_path / "second",
        start=run / LATEST,
        styles=["xiaolai"],
        freeze=["encoder"],
        settings=["iterations=5"],
        device="cpu",
    ).folder
    assert differing(tensors(run, "networks/encoder/"), tensors(second, "networks/encoder/")) == []
    assert differing(tensors(run, "networks/decoder/"), tensors(second, "networks/decoder/"))
    assert Model.load(second / LATEST, CPU).task.styles == STYLES  # all are still known
    resumed = workflows.resume(second, settings=["iterations=7"], device="cpu")
    assert resumed.iteration == 7
    assert differing(tensors(run, "networks/encoder/"), tensors(second, "networks/encoder/")) == []


def test_styles_are_known_by_name_whatever_their_order(data: Path, tmp_path: Path) -> None:
    chosen = ["xiaolai", "long-cang"]
    run = train(data, tmp_path / "run", "iterations=8", styles=chosen).folder
    assert Model.load(run / BEST, CPU).task.styles == tuple(chosen)
    store = GlyphStore.open(data)
    other = workflows.build(
        "noto-sans-sc", STYLES[::-1], "text:" + "".join(store.chars), tmp_path / "d", size=32,
        holdout=0.2,
    )  # fmt: skip
    assert other.held_out_chars == store.held_out_chars
    assert workflows.evaluate(run).by_style == workflows.evaluate(run, other.path).by_style
    by_name = workflows.infer(run, ["long-cang"], "text:永", device="cpu")
    by_number = workflows.infer(run, ["1"], "text:永", device="cpu")
    assert by_number.styles == ["long-cang"]
    assert np.array_equal(by_name.images, by_number.images)


# --- drawing ---


def test_drawing_repeats_and_does_not_depend_on_batches(run: Path) -> None:
    one, same, small = (
        workflows.infer(run, chars="text:永和九年天地", batch_size=size, device="cpu").images
        for size in (64, 64, 2)
    )
    assert np.array_equal(one, same)
    assert np.abs(one.astype(int) - small).max() <= 1  # rounding may differ
    assert one.shape == (3, 6, 32, 32)
    assert one.dtype == np.uint8


def test_noise_repeats_for_a_seed(data: Path, tmp_path: Path) -> None:
    run = train(data, tmp_path / "r", "iterations=3", "dropout=0.5", "dropout_at_inference=true")
    one, same, other = (
        workflows.infer(run.folder, chars="text:永和", seed=seed, device="cpu").images
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_unseen_characters_are_drawn_by_default(run: Path, data: Path) -> None:
    drawing = workflows.infer(run, device="cpu")
    assert set(drawing.chars) == GlyphStore.open(data).held_out_chars
    assert drawing.styles == list(STYLES)
    assert drawing.missing == []


def test_characters_the_source_lacks_are_told(run: Path) -> None:
    drawing = workflows.infer(run, ["0"], "text:永\U0001f600和", device="cpu")
    assert (drawing.chars, drawing.missing) == (["永", "和"], ["\U0001f600"])
    with pytest.raises(FontError, match="none of the 1 characters"):
        workflows.infer(run, chars="text:\U0001f600", device="cpu")
    told: list[str] = []
    workflows.interpolate(
        run, ["0", "1"], run.parent / "blend", chars="text:永\U0001f600", steps=1, say=told.append
    )
    assert told == ["not in the source font: \U0001f600"]


def test_unknown_styles_name_the_nearest(run: Path) -> None:
    for name, says in (
        ("long-cag", "did you mean long-cang"),
        ("7", "styles 0 to 2: long-cang, "),
        ("-1", "not in this model"),
    ):
        with pytest.raises(CheckpointError, match=says):
            workflows.infer(run, [name], device="cpu")
    with pytest.raises(ConfigError, match="name a style"):
        workflows.infer(run, [], device="cpu")


def test_glyphs_go_to_files(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "glyphs"
    images = workflows.infer(run, ["xiaolai", "0"], "text:永A/", device="cpu").images
    drawing = workflows.infer(run, ["xiaolai", "0"], "text:永A/", out, device="cpu")
    assert drawing.images is None
    assert [str(path.relative_to(out)) for path in drawing.files[:3]] == [
        "xiaolai/U+6C38_永.png",
        "xiaolai/U+0041_A.png",
        "xiaolai/U+002F.png",
    ]
    assert np.array_equal(np.stack([np.asarray(Image.open(f)) for f in drawing.files]),
                          images.reshape(6, 32, 32))  # fmt: skip
    manifest = json.loads((out / "manifest.json").read_text())
    assert [glyph["style"] for glyph in manifest["glyphs"]] == ["xiaolai"] * 3 + ["long-cang"] * 3
    assert manifest["glyphs"][4] == {
        "style": "long-cang",
        "char": "A",
        "code_point": "U+0041",
        "file": "long-cang/U+0041_A.png",
    }
    assert Image.open(out / "sheet.png").size[0] > 3 * 32
    assert hidden(out) == []
    one = workflows.infer(run, ["1"], "text:永", tmp_path / "one", device="cpu")
    assert list(one.files) == [tmp_path / "one" / "U+6C38_永.png"]


def test_a_model_draws_from_another_source(run: Path) -> None:
    drawing = workflows.infer(run, ["0"], "text:永", source="lxgw-wenkai-tc", device="cpu")
    own = workflows.infer(run, ["0"], "text:永", device="cpu")
    assert not np.array_equal(drawing.images, own.images)


def test_blends_go_from_style_to_style_and_back(run: Path, tmp_path: Path) -> None:
    files = workflows.interpolate(
        run, ["xiaolai", "0"], tmp_path, steps=3, chars="text:永和", gif=True, device="cpu"
    )
    assert files == [tmp_path / "sheet.png", tmp_path / "loop.gif"]
    loop = Image.open(files[1])
    assert (loop.n_frames, loop.size, loop.info["loop"]) == (6, (64, 32), 0)
    corner = workflows.infer(run, ["xiaolai"], "text:永和", device="cpu").images[0]
    first = np.asarray(loop.convert("L")).astype(int)
    assert np.abs(first - np.concatenate(list(corner), axis=1)).mean() < 4  # 256 colours
    with pytest.raises(ConfigError, match="two styles or more"):
        workflows.interpolate(run, ["0"], tmp_path, device="cpu")


def test_the_weights_of_a_blend() -> None:
    weights = blend_weights([2, 0], 3, 4)
    assert weights.shape == (9, 3)
    assert torch.equal(weights.sum(1), torch.ones(9))
    assert weights[[0, 4, 8]].tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert weights[1].tolist() == [0.25, 0, 0.75]


def test_scores(run: Path, tmp_path: Path) -> None:
    scores = workflows.evaluate(run, sheet=tmp_path / "sheet.png", device="cpu")
    assert scores.glyphs == 12
    assert set(scores.by_style) == set(STYLES)
    best = Checkpoint.read(run / BEST).header.best
    assert scores.mean["ssim"] == pytest.approx(best["ssim"], abs=1e-4)  # all are checked here
    assert Image.open(tmp_path / "sheet.png").size[0] > 12 * 32
    one = workflows.evaluate(run, part="train", styles=["xiaolai"], device="cpu")
    assert (one.glyphs, list(one.by_style)) == (16, ["xiaolai"])
    with pytest.raises(DataError, match="no data set"):
        workflows.evaluate(run, tmp_path / "none")
    other = workflows.build("noto-sans-sc", ["xiaolai"], "text:永和九年", tmp_path / "d", size=64)
    with pytest.raises(CheckpointError, match="draws 32 px and"):
        workflows.evaluate(run, other.path)


def test_sheets_of_everything(run: Path, data: Path, tmp_path: Path) -> None:
    workflows.infer(run, ["0", "1"], "text:永和", tmp_path / "glyphs", device="cpu")
    for number, what in enumerate((run, run / LATEST, data, tmp_path / "glyphs")):
        picture = workflows.make_sheet(what, tmp_path / f"{number}.png")
        assert Image.open(picture).size[0] > 64


def test_the_newest_run_is_meant(run: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="no training run below"):
        Run.find()
    for age, name in enumerate(("runs/new", "runs/old", "older")):
        copy = shutil.copytree(run, tmp_path / name)
        os.utime(copy / LATEST, (2e9 - age, 2e9 - age))
    assert Run.find().checkpoint == Path("runs/new") / BEST
    assert Run.find(newest=LATEST).checkpoint == Path("runs/new") / LATEST
    (tmp_path / "runs" / "new" / BEST).unlink()
    assert Run.find().checkpoint == Path("runs/new") / LATEST


def test_the_demo(tmp_path: Path) -> None:
    said: list[str] = []
    done = workflows.demo(
        tmp_path,
        chars="text:永和九年天地人大小中",
        settings=(*TINY_STROKES, "iterations=2"),
        say=said.append,
    )
    assert done.scores.glyphs == 10  # a character in ten hands, of which style 7 is one
    assert Image.open(done.sheet).size[0] > 3 * 64
    assert len(said) == 3
    drawn = workflows.infer(done.training.folder, ["7"], "text:永和")
    assert drawn.images is not None and drawn.images.shape == (1, 2, 64, 64)


def test_an_interrupted_demo_stops(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        workflows.demo(tmp_path, chars="text:永和九年天地", settings=TINY_STROKES, tell=stop_at(1))
    assert (tmp_path / "run" / LATEST).exists()
    assert not (tmp_path / "sheet.png").exists()


# --- signals ---


class Process:
    """A training run in a process of its own."""

    def __init__(self, run: Path, *arguments: str | Path) -> None:
        code = "from fontgan.cli.app import main; main()"
        words = ["train", "-o", run, "--device", "cpu", *arguments]
        self.run = run
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until(self, iteration: int) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if any(line["iteration"] >= iteration for line in read_log(self.run / "log.jsonl")):
                return
            time.sleep(0.02)
        raise AssertionError(self.process.communicate())

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        self.process.send_signal(number)
        output, messages = self.process.communicate(timeout=60)
        return self.process.returncode, output, messages


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_sigterm_saves_and_kill_9_loses_little(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    endless = ("--set", "iterations=1000000", "--set", "watch.log=1", "--set", "watch.save=1")
    first = Process(run, data, *WORDS, *endless)
    first.wait_until(2)
    code, output, messages = first.end(signal.SIGTERM)
    assert (code, output) == (143, f"{run}\n")
    assert "stopped by SIGTERM" in messages
    assert "--resume" in messages
    saved = Checkpoint.read(run / LATEST).header.iteration
    assert saved == max(line["iteration"] for line in read_log(run / "log.jsonl")) >= 2

    second = Process(run, "--resume")
    second.wait_until(saved + 2)
    moment = random.random() / 4
    time.sleep(moment)
    assert second.end(signal.SIGKILL)[0] == -signal.SIGKILL
    kept = Checkpoint.read(run / LATEST)
    assert kept.header.iteration > saved, f"killed after {moment} s"
    done = workflows.resume(run, settings=[f"iterations={kept.header.iteration + 1}"], device="cpu")
    assert done.ended == "finished"
    assert hidden(run) == []
    assert workflows.infer(run, ["0"], "text:永", device="cpu").chars == ["永"]
