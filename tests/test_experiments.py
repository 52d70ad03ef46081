"""Experiments: one command from nothing to results, resumed and skipped; variants compared."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from PIL import Image
from tiny_runs import TINY, differing, hidden, tensors

from fontgan import experiments, workflows
from fontgan.errors import ConfigError, FontganError
from fontgan.experiments.ablating import _Run
from fontgan.experiments.recipes import Variant, load_recipe
from fontgan.experiments.staging import Bench
from fontgan.experiments.variants import compare, page
from fontgan.faces import catalogue
from fontgan.training.run import TrainingRun
from fontgan.training.settings import load_settings

RECIPE = """
description = "tiny"
[data]
source = "noto-sans-sc"
styles = ["long-cang", "xiaolai"]
chars = "text:永和九年天地人大小中国水火木金"
chars_of = {xiaolai = "text:永和九年天地人大小中国"}
size = 32
holdout = 0.2
splits = ["pair", "character"]
[[stages]]
name = "both"
method = "zi2zi"
preset = "compact"
iterations = 2
settings = SETTINGS
[[stages]]
name = "one"
method = "zi2zi"
preset = "compact"
iterations = 2
settings = SETTINGS
start = "both"
styles = ["xiaolai"]
freeze = ["encoder"]
[ablation]
iterations = 2
seeds = 2
[[variants]]
name = "base"
[[variants]]
name = "smooth"
settings = ["total_variation=0.1"]
question = "Is it smoother?"
[quick.data]
splits = ["character"]
""".replace("SETTINGS", str(list(TINY)))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    file.write_text(RECIPE, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def done(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> experiments.Experiment:
    out = tmp_path_factory.mktemp("out") / "tiny"
    return experiments.experiment(str(tiny), out, device="cpu")


def test_from_nothing_to_results(done: experiments.Experiment) -> None:
    results = json.loads((done.folder / "results.json").read_text(encoding="utf-8"))
    assert results == json.loads(json.dumps(done.results))
    assert [(row["split"], row["stage"], row["styles"]) for row in results["summary"]] == [
        (split, stage, styles)
        for split in ("pair", "character")
        for stage, styles in (
            ("both", ["long-cang", "xiaolai"]),
            ("both", ["xiaolai"]),  # before the second stage, on its style alone
            ("one", ["xiaolai"]),
        )
    ]
    assert set(results["versions"]) == {"fontgan", "torch", "python", "device"}
    assert results["seconds"]["all"] > 0
    assert Image.open(done.sheet).height > 4 * 34
    assert (done.folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not [name for name in hidden(done.folder) if not name.endswith(".lock")]


def test_the_table_says_which_split_is_which(done: experiments.Experiment) -> None:
    text = done.table.read_text(encoding="utf-8")
    assert "by pair, as some papers split: 21 pairs for training, 5 held out at random" in text
    assert "characters of held-out glyphs are seen in other styles" in text
    assert "by character, the honest one" in text
    rows = [line for line in text.splitlines() if line.startswith("| xiaolai |")]
    assert [row.split(" | ")[1:3] for row in rows] == [
        ["pair", "both"], ["pair", "one"], ["character", "both"], ["character", "one"],
    ]  # fmt: skip
    for column in ("L1 ↓", "SSIM ↑", "missing ↓", "holes = ↑"):
        assert column in text


def test_numbers_are_those_of_evaluate(done: experiments.Experiment) -> None:
    run = done.folder / "character" / "one"
    scores = workflows.evaluate(run / "latest.safetensors", styles=["xiaolai"], device="cpu")
    row = done.results["summary"][-1]
    assert row["glyphs"] == scores.glyphs
    assert row["mean"] == pytest.approx(scores.mean)


def test_the_second_stage_begins_with_the_first_and_keeps_its_encoder(
    tiny: Path, tmp_path: Path
) -> None:
    experiments.experiment(str(tiny), tmp_path, quick=True, settings=["shift=0"], device="cpu")
    runs = (tmp_path / "character" / name for name in ("both", "one"))
    both, one = (tensors(run, "networks/") for run in runs)
    moved = {name.split("/")[1] for name in differing(both, one)}
    assert "encoder" not in moved
    assert "decoder" in moved


def test_what_is_finished_is_skipped(tiny: Path, done: experiments.Experiment) -> None:
    said: list[str] = []
    before = {file: file.stat().st_mtime_ns for file in done.folder.rglob("*.safetensors")}
    again = experiments.experiment(str(tiny), done.folder, device="cpu", say=said.append)
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert again.results["summary"] == done.results["summary"]
    assert not [line for line in said if "training" in line]


def test_other_settings_are_refused(tiny: Path, done: experiments.Experiment) -> None:
    for changed in ({"seed": 1}, {"settings": ["l1=50"]}):
        with pytest.raises(FontganError, match="holds a run that differs in settings"):
            experiments.experiment(str(tiny), done.folder, device="cpu", **changed)


def test_ctrl_c_and_going_on(tiny: Path, tmp_path: Path, run: Any, monkeypatch: Any) -> None:
    command = ("experiment", tiny, "--quick", "--device", "cpu", "--jobs", 1)
    assert run(*command, "-o", tmp_path / "whole")[0] == 0
    train = TrainingRun._log_losses

    def stop(self: Any) -> Any:
        if self.trainer.iteration == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return train(self)

    every = ("--set", "watch.log=1")
    with monkeypatch.context() as patched:
        patched.setattr(TrainingRun, "_log_losses", stop)
        code, out, err = run(*command, *every, "-o", tmp_path / "parts")
    assert (code, out) == (130, "")
    assert "the same command goes on" in err
    assert json.loads((tmp_path / "parts/character/both.json").read_text()).keys() == {"request"}
    code, out, err = run(*command, *every, "-o", tmp_path / "parts")
    assert (code, out) == (0, f"{tmp_path / 'parts' / 'results.md'}\n")
    assert "going on with" in err
    one, other = (
        tensors(tmp_path / name / "character/one", "networks") for name in ("whole", "parts")
    )
    assert not differing(one, other)


def test_splits_may_be_done_one_after_another(tiny: Path, tmp_path: Path) -> None:
    for split in ("character", "pair"):
        found = experiments.experiment(str(tiny), tmp_path, splits=[split], device="cpu")
    assert [row["split"] for row in found.results["summary"]] == ["pair"] * 3 + ["character"] * 3


def test_time_is_shared_out(tiny: Path, tmp_path: Path) -> None:
    found = experiments.experiment(
        str(tiny),
        tmp_path,
        quick=True,
        settings=["iterations=100000"],
        max_minutes=1e-3,
        device="cpu",
    )
    assert [run["training"]["ended"] for run in found.results["runs"]] == ["time", "time"]
    assert "out of time" in found.table.read_text(encoding="utf-8")


def test_variants_are_compared_at_equal_terms(tiny: Path, tmp_path: Path, run: Any) -> None:
    command = ("experiment", tiny, "--quick", "-o", tmp_path, "--device", "cpu", "--jobs", 1)
    code, out, _ = run(*command, "--ablate", "smooth", "--seeds", 1)
    assert (code, out) == (0, f"{tmp_path / 'ablations.md'}\n")
    assert "Nothing to compare yet" in (tmp_path / "ablations.md").read_text(encoding="utf-8")
    first = (tmp_path / "ablations/smooth/0/latest.safetensors").stat().st_mtime_ns
    assert run(*command, "--ablate", "all")[0] == 0
    assert (tmp_path / "ablations/smooth/0/latest.safetensors").stat().st_mtime_ns == first
    results = json.loads((tmp_path / "ablations.json").read_text(encoding="utf-8"))
    assert [(one["name"], list(one["seeds"])) for one in results["variants"]] == [
        ("base", ["0", "1"]), ("smooth", ["0", "1"]),
    ]  # fmt: skip
    text = (tmp_path / "ablations.md").read_text(encoding="utf-8")
    assert "Is it smoother?" in text
    assert "zi2zi compact, 2 iterations a run" in text
    assert text.index("missing ↓") < text.index("SSIM ↑")
    assert Image.open(tmp_path / "ablations.png").height > 4 * 32
    settings = [
        (tmp_path / f"ablations/{name}/0/settings.toml").read_text() for name in ("base", "smooth")
    ]
    changed = [
        pair
        for pair in zip(*(text.splitlines() for text in settings), strict=True)
        if pair[0] != pair[1]
    ]
    assert changed == [("total_variation = 0.0", "total_variation = 0.1")]


def test_a_run_of_another_process_is_left_to_it(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "ablations/base").mkdir(parents=True)
    with FileLock(tmp_path / "ablations/base/.0.lock"):
        found = experiments.ablate(str(tiny), tmp_path, quick=True, seeds=1, device="cpu")
    assert found.skipped == (tmp_path / "ablations/base/0",)
    assert [one["name"] for one in found.results["variants"]] == ["smooth"]


def test_ranges_and_what_is_better() -> None:
    def means(missing: float, ssim: float) -> dict[str, float]:
        others = dict.fromkeys(("extra", "cldice", "components", "holes", "iou", "l1", "rmse"), 0.5)
        return {"missing": missing, "ssim": ssim, **others}

    variants = [Variant("base"), Variant("new", ("x=1",), "Is it?"), Variant("not yet")]
    scores = {
        "base": {0: means(0.2, 0.5), 1: means(0.4, 0.6)},
        "new": {0: means(0.1, 0.55), 1: means(0.15, 0.4)},
    }
    found = compare(variants, scores)
    assert [one["name"] for one in found["variants"]] == ["base", "new"]
    base = found["variants"][0]
    assert [base[key]["missing"] for key in ("mean", "lowest", "highest")] == pytest.approx(
        [0.3, 0.2, 0.4]
    )
    new = found["against_base"]["new"]
    assert (new["missing"]["better"], new["missing"]["ranges_overlap"]) == ("variant", False)
    assert (new["ssim"]["better"], new["ssim"]["ranges_overlap"]) == ("base", True)
    assert new["l1"]["better"] == "neither"
    shared = {"experiment": "e", "form": "quick", "iterations": 9, "glyphs": 4, "split": "pair"}
    shared |= {
        "leak": "it leaks",
        "settings": [],
        "versions": {},
        "stage": {"method": "m", "preset": "p"},
    }
    text = page({**shared, **found})
    assert "| base | 2 | 0.300 [0.200-0.400] |" in text
    assert "missing: 0.125, base 0.300: better; the ranges are apart" in text
    assert "Note: it leaks." in text


def test_the_list(run: Any) -> None:
    code, out, _ = run("experiment")
    assert code == 0
    for name, description in experiments.experiments().items():
        assert name in out and description in out
    assert {"latin-bicyclegan", "chinese-zi2zi"} <= set(experiments.experiments())


def test_bad_input(run: Any, tiny: Path, tmp_path: Path) -> None:
    out = ("-o", tmp_path / "o")
    for arguments, says in (
        (["latin-bicycle"], "did you mean latin-bicyclegan?"),
        (["nowhere.toml"], "no such settings file"),
        ([tiny, "--split", "style"], "is not one of"),
        ([tiny, "--seeds", 2], "--seeds goes with --ablate"),
        ([tiny, "--set", "seed=3"], "choose the seed with --seed"),
        ([tiny, "--set", "l2=3"], "l2: no such setting"),
        ([tiny, "--ablate", "smoth"], "did you mean smooth?"),
        ([tiny, "--ablate", "all", "--split", "both"], "on one split"),
        ([tiny, "--ablate", "all", "--max-minutes", 1], "all go equally far"),
        ([tiny, "--max-minutes", 0], "give more than 0"),
    ):
        code, printed, err = run("experiment", *arguments, *out)
        assert (code, printed) == (2, ""), arguments
        assert says in " ".join(err.replace("│", "").split()), arguments
    assert not (tmp_path / "o").exists()  # nothing is begun


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("holdout = 0.2", "hold_out = 0.2", "did you mean holdout"),
        ("size = 32", "", "data lacks size"),
        ('start = "both"', 'start = "later"', "starts from 'later'"),
        ('name = "one"', 'name = "both"', "'both' is no name"),
        ("[ablation]", "[ablations]", "did you mean ablation"),
        ('method = "zi2zi"\n', "", "stages both lacks method"),
        ('splits = ["pair", "character"]', 'splits = ["style"]', "splits.0"),
    ],
)
def test_a_recipe_is_read_strictly(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(RECIPE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        load_recipe(str(file))


@pytest.mark.parametrize("form", ["quick", "full"])
@pytest.mark.parametrize("name", experiments.experiments())
def test_shipped_experiments_make_sense(name: str, form: Any) -> None:
    recipe = load_recipe(name, form)
    bench = Bench(recipe, Path("nowhere"), (), "cpu", 1, print, print)
    for font in (recipe.data.source, *recipe.data.styles):
        assert catalogue.find(font).embedded
    for stage in recipe.stages:
        settings = load_settings(stage.method, stage.preset, None, bench.words(stage, 0))
        # The quick Latin form is smaller than its preset is meant for: it has to end in minutes.
        # The original recipe stands trial at any size.
        sizes = (recipe.data.size, 64 if form == "quick" else 0)
        assert settings.size in sizes or stage.preset == "paper"
        assert set(stage.styles) <= set(recipe.data.styles)
        assert form == "full" or stage.minutes
    minutes = sum(stage.minutes for stage in recipe.stages) * len(recipe.data.splits)
    assert minutes <= 13 or form == "full"
    assert not recipe.variants[0].settings  # it is what the others are held against
    base = _Run(bench, recipe.variants[0], 0)
    for variant in recipe.variants[1:]:
        assert variant.question.endswith("?")
        one, other = (
            load_settings(run.stage.method, run.stage.preset, None, run.words)
            for run in (base, _Run(bench, variant, 0))
        )
        assert (one.method, one.training) != (other.method, other.training)
        for same in ("iterations", "batch_size", "seed"):
            assert getattr(one.training, same) == getattr(other.training, same)


def test_the_published_latin_numbers(tmp_path: Path) -> None:
    """26 x 62 = 1,612 pairs, 9:1 at random: 1,451 and 161; by character, whole characters."""
    from fontgan.data.pairs import PairDataset

    recipe = load_recipe("latin-bicyclegan", "quick").data
    counts = {}
    for split in recipe.splits:
        store = workflows.build(
            recipe.source, recipe.styles, recipe.chars, tmp_path / split, size=32, split=split,
            holdout=recipe.holdout,
        )  # fmt: skip
        counts[split] = [len(PairDataset.of(store, part)) for part in ("train", "held-out")]
    assert len(recipe.styles) == 26
    assert counts == {"pair": [1451, 161], "character": [56 * 26, 6 * 26]}
