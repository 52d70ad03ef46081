from __future__ import annotations

import io
import json
import shutil
import signal
import sys
import tomllib
from pathlib import Path

import pytest
from filelock import FileLock
from fontgan.cli.app import main
from rich.console import Console
from tiny_runs import WORDS, differing, tensors, train

from fontgan.runs.log import read_log
from fontgan.training.trainer import Trainer


@pytest.fixture
def cli(monkeypatch, capsys, tmp_path):
    """Run the command line in an empty folder; return (exit status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fontgan", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, *capsys.readouterr()

    return call


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run; tests must not change it."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(data, folder, "iterations=4")
    return folder


def test_train_prints_its_folder_only(cli, data: Path, tmp_path: Path) -> None:
    code, out, err = cli("train", data, *WORDS, "--set", "iterations=2")
    assert (code, out) == (0, "runs/zi2zi-compact\n")
    assert "finished at 2 of 2 iterations; best held-out l1 0." in err
    assert "\x1b" not in out + err  # no colours when this is no terminal
    code, out, _ = cli("train", data, *WORDS, "--set", "iterations=2", "--json")
    report = json.loads(out)
    assert (report["folder"], report["ended"]) == ("runs/zi2zi-compact-2", "finished")
    assert (report["iteration"], report["total"]) == (2, 2)
    assert set(report["best"]) == {"iteration", "l1", "ssim", "missing", "cldice"}
    assert (tmp_path / "runs" / "zi2zi-compact-2" / "latest.safetensors").exists()


@pytest.mark.parametrize("how", [["--force"], ["--resume"]])
def test_a_run_under_way_is_left_alone(cli, data: Path, run: Path, tmp_path: Path, how) -> None:
    folder = tmp_path / "busy"
    shutil.copytree(run, folder)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    words = [data, *WORDS, "--set", "iterations=8", "-o", folder, *how]
    with FileLock(folder / ".training.lock"):  # as another process would hold it
        code, _, err = cli("train", *words)
        assert code == 1
        assert "another process is training in" in err and len(err.strip().splitlines()) == 1
        assert all(file.read_bytes() == content for file, content in before.items())
    assert cli("train", *words)[0] == 0
    assert not (folder / ".training.lock").exists()


def test_a_terminal_gets_a_bar(cli, data: Path, monkeypatch) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=120)
    monkeypatch.setattr("fontgan.cli.train.err", screen)
    assert cli("train", data, *WORDS, "--set", "iterations=4", "--set", "watch.log=1")[0] == 0
    shown = screen.file.getvalue()
    assert "4/4" in shown
    assert "img/s" in shown
    assert "l1 0." in shown


def test_train_and_resume(cli, data: Path) -> None:
    words = ("train", data, "-o", "r", *WORDS, "--set", "iterations=3", "--tensorboard")
    assert cli(*words, "--resume")[0] == 0  # nothing to go on with: it begins
    code, _, err = cli(*words)
    assert (code, err.count("\n")) == (1, 1)
    assert "r already holds a run; --resume goes on with it" in err
    code, out, err = cli(*words, "--resume", "--set", "iterations=5")  # the same words again
    assert (code, out) == (0, "r\n")
    assert "finished at 5 of 5" in err
    assert cli("train", "--resume", "--set", "iterations=6")[0] == 0  # the newest run
    assert max(line["iteration"] for line in read_log(Path("r/log.jsonl"))) == 6
    assert any(Path("r/tensorboard").iterdir())
    assert cli(*words, "--force")[0] == 0
    assert max(line["iteration"] for line in read_log(Path("r/log.jsonl"))) == 3


def test_a_dry_run_tells_all_and_writes_nothing(cli, data: Path, tmp_path: Path) -> None:
    code, out, err = cli("train", data, "--dry-run", *WORDS, "--set", "iterations=40")
    assert code == 0
    assert "note: the preset is meant for 64 px, the data set has 32 px" in err
    settings, _, tables = out.partition("network")
    assert tomllib.loads(settings)["method"]["width"] == 4
    assert "encoder" in tables
    assert "peak memory" in tables
    code, out, _ = cli("train", data, "--dry-run", "--json", *WORDS)
    assert json.loads(out)["pairs"] == 48
    assert list(tmp_path.iterdir()) == []


def test_a_style_is_added(cli, run: Path, data: Path, tmp_path: Path) -> None:
    base = train(data, tmp_path / "base", "iterations=2", styles=["xiaolai"]).folder
    words = ("--from", base, "--set", "iterations=2", "-o", "new")
    assert cli("train", data, *words, "--add-style", "long-cang")[:2] == (0, "new\n")
    for given, code_, says in (
        (("--add-style", "xiaolai"), 2, "the model knows it; --styles xiaolai"),
        (("--add-style", "long-cnag"), 1, "did you mean long-cang?"),
        (("--styles", "nobody"), 1, "style nobody: not in "),
        (("--freeze", "encodr"), 2, "did you mean encoder?"),
        (("--freeze", "encoder", "--preset", "small"), 1, "use the settings and image size"),
    ):
        code, out, err = cli("train", data, *words, "--force", *given)
        assert (code, out, err.count("\n")) == (code_, "", 1)
        assert says in err
    assert (
        cli("train", data, *words, "--force", "--styles", "xiaolai", "--freeze", "encoder")[0] == 0
    )
    assert run.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--set", "widht=4"), 2, "widht: no such setting; did you mean width?"),
        (("--set", "trianing.seed=4"), 2, "no such section; did you mean training?"),
        (("--set", "width"), 2, "--set width: write it as key=value"),
        (("--set", "l1=-1"), 2, "method.l1 = -1: input should be greater than or equal to 0"),
        (("--set", "kernel=6"), 2, "method.kernel = 6: input should be 3, 4 or 5"),
        (("--set", "training.seed=99999999999"), 2, "training.seed = 99999999999: "),
        (("--set", "precision=bf16"), 2, "precision bf16 needs a CUDA device; use fp32"),
        (("--preset", "compcat"), 2, "zi2zi has none; did you mean compact?"),
        (("--method", "zi2z"), 2, "zi2z: no such method; did you mean zi2zi?"),
        (("--config", "none.toml"), 2, "none.toml: no such settings file"),
        (("--device", "gpu"), 2, "--device gpu: use auto, cpu, cuda, cuda:N or mps"),
        (("--max-minutes", "0"), 2, "--max-minutes 0: give more than 0"),
        (("--from", "nowhere"), 1, "nowhere: no such run or checkpoint"),
        (("-o", "file/run"), 1, "a file stands where a folder is needed"),
    ],
)
def test_bad_arguments(cli, data: Path, tmp_path: Path, words, code: int, says: str) -> None:
    (tmp_path / "file").write_text("a file")
    device = () if "--device" in words else ("--device", "cpu")
    status, out, err = cli("train", data, *words, *device)
    assert (status, out, err.count("\n")) == (code, "", 1)
    assert says in err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "name the data set"),
        (("--resume", "--force"), "--resume does not go with --force"),
        (("--resume", "--styles", "a"), "a resumed run remembers --styles"),
        (("--resume", "-o", "nothing"), "nothing holds no run"),
        (("--nonsense",), "No such option"),
    ],
)
def test_wrong_usage(cli, words, says: str) -> None:
    code, out, err = cli("train", *words)
    assert (code, out) == (2, "")
    assert says in " ".join(err.replace("│", " ").split())


def test_bad_data(cli, data: Path, tmp_path: Path) -> None:
    code, _, err = cli("train", "nowhere")
    assert (code, err.count("\n")) == (1, 1)
    assert "nowhere is no data set" in err
    copy = shutil.copytree(data, tmp_path / "copy")
    image = next((copy / "faces").glob("*.npy"))
    image.write_bytes(image.read_bytes()[:-1])
    assert cli("train", "copy")[0] == 1
    (copy / "manifest.json").write_text('{"format": "fontgan-data", "version": 99}')
    code, _, err = cli("train", "copy")
    assert (code, err.count("\n")) == (1, 1)
    assert "version 99" in err
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_damaged_checkpoint_is_one_line(cli, run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "r")
    latest = copy / "latest.safetensors"
    latest.write_bytes(latest.read_bytes()[:-9])
    code, out, err = cli("train", "--resume", "-o", "r")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "damaged or foreign" in err


def test_a_full_disk_loses_nothing(cli, run: Path, tmp_path: Path, monkeypatch) -> None:
    copy = shutil.copytree(run, tmp_path / "r")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "r/latest.safetensors")

    monkeypatch.setattr("fontgan.runs.checkpoint.save_file", full)
    code, _, err = cli("train", "--resume", "-o", "r", "--set", "iterations=6")
    assert code == 1
    assert err.splitlines()[-1].startswith("fontgan: the disk is full; ")
    assert differing(tensors(run), tensors(copy)) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_stops(cli, data: Path, monkeypatch, number, status: int) -> None:
    iterate = Trainer.iterate

    def interrupted(self: Trainer, batch):
        if self.iteration == 2:
            signal.raise_signal(number)
        return iterate(self, batch)

    monkeypatch.setattr(Trainer, "iterate", interrupted)
    code, out, err = cli("train", data, "-o", "r", *WORDS, "--set", "iterations=9")
    assert (code, out) == (status, "r\n")
    assert f"stopped by {number.name} at 3 of 9 iterations" in err
    assert "go on with: fontgan train -o r --resume" in err
    monkeypatch.setattr(Trainer, "iterate", iterate)
    assert cli("train", "-o", "r", "--resume")[0] == 0


def test_a_loss_that_is_not_finite_is_one_line(cli, data: Path, monkeypatch) -> None:
    monkeypatch.setattr("fontgan.methods.zi2zi.images.l1", lambda *_: float("nan") * _[0].mean())
    code, out, err = cli("train", data, "-o", "r", *WORDS)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "the generator's loss l1 is nan in iteration 1; training stopped" in err
    assert tensors(Path("r"))
