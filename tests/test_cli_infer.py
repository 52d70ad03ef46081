from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from fontgan.cli.app import main
from PIL import Image
from tiny_runs import hidden, train


@pytest.fixture(scope="module")
def home(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained run below it, ``runs/one``."""
    folder = tmp_path_factory.mktemp("home")
    train(data, folder / "runs" / "one", "iterations=4")
    return folder


@pytest.fixture
def cli(monkeypatch, capsys, home: Path):
    """Run the command line in the folder of the run; return (exit status, stdout, stderr)."""
    monkeypatch.chdir(home)

    def call(*arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fontgan", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, *capsys.readouterr()

    return call


def test_a_style_is_all_it_needs(cli) -> None:
    code, out, err = cli("infer", "--style", "2")
    files = out.splitlines()
    assert (code, len(files)) == (0, 4)
    assert all(Image.open(file).size == (32, 32) for file in files)
    assert "4 glyphs in glyphs, sheet glyphs/sheet.png" in err
    assert "\x1b" not in out + err


def test_json_is_all_there_is_on_stdout(cli, tmp_path: Path) -> None:
    words = ("--style", "xiaolai,long-cang", "--text", "永龘\U0001f600和", "-o", tmp_path / "g")
    code, out, err = cli("infer", *words, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["styles"] == ["xiaolai", "long-cang"]
    assert report["chars"] == "永和"
    assert set(report["missing"]) == {"龘", "\U0001f600"}
    assert [Path(file).exists() for file in report["files"]] == [True] * 4
    assert "2 not in the source font: 龘" in err
    assert hidden(tmp_path) == []


def test_characters_come_through_a_pipe(cli, tmp_path: Path, monkeypatch) -> None:
    text = io.TextIOWrapper(io.BytesIO("永\n和\n".encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", text)
    code, out, _ = cli("infer", "--style", "0", "--chars", "-", "-o", tmp_path)
    assert code == 0
    assert [Path(file).name for file in out.splitlines()] == ["U+6C38_永.png", "U+548C_和.png"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("infer", "--style", "long-cag"), 1, "did you mean long-cang?"),
        (("infer", "--style", "7"), 1, "style 7: this model has styles 0 to 2"),
        (("infer", "--style", ","), 2, "name a style to draw, or all"),
        (("infer", "nowhere"), 1, "nowhere: no such run or checkpoint"),
        (("infer", "."), 1, "no training run in this folder"),
        (("infer", "runs/one/settings.toml"), 1, "damaged or foreign"),
        (("infer", "--text", ""), 1, "holds no visible character"),
        (("infer", "--text", "\U0001f600"), 1, "draws none of the 1 characters"),
        (("infer", "--chars", "gb2313"), 1, "did you mean gb2312"),
        (("infer", "--source", "runs/one/settings.toml"), 1, "settings.toml"),
        (("infer", "--device", "cuda:77"), 2, "no such device here"),
        (("infer", "-o", "runs/one/settings.toml/x"), 1, "a file stands where a folder"),
        (("interpolate", "--styles", "xiaolai"), 2, "two styles or more"),
        (("interpolate", "--styles", "0,nobody"), 1, "not in this model"),
        (("evaluate", "--style", "nobody"), 1, "not in this model"),
        (("evaluate", "--against", "runs"), 1, "runs is no data set"),
    ],
)
def test_bad_input_is_one_line(cli, home: Path, words, code: int, says: str) -> None:
    before = sorted(home.rglob("*"))
    status, out, err = cli(*words)
    assert (status, out, err.count("\n")) == (code, "", 1)
    assert err.startswith("fontgan: ")
    assert says in err
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize(
    "words",
    [
        ("infer", "--chars", "kana", "--text", "永"),
        ("infer", "--batch-size", "0"),
        ("infer", "--seed", "99999999999999999999"),
        ("interpolate", "--steps", "0"),
        ("evaluate", "--part", "neither"),
        ("sheet", "nowhere"),
    ],
)
def test_wrong_usage(cli, words) -> None:
    code, out, err = cli(*words)
    assert (code, out) == (2, "")
    assert err.startswith("Usage: ")


def test_interpolate(cli, tmp_path: Path) -> None:
    words = ("--styles", "xiaolai,0", "--steps", 2, "--gif", "-o", tmp_path, "--text", "永")
    code, out, err = cli("interpolate", "runs/one", *words)
    assert (code, err) == (0, "")
    assert out.split() == [str(tmp_path / "sheet.png"), str(tmp_path / "loop.gif")]


def test_evaluate(cli, tmp_path: Path) -> None:
    code, out, err = cli("evaluate", "--sheet", tmp_path / "s.png")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [
        "style",
        "long-cang",
        "ma-shan-zheng",
        "xiaolai",
        "mean",
    ]
    assert "12 held-out glyphs" in err
    assert (tmp_path / "s.png").exists()
    code, out, _ = cli("evaluate", "runs/one", "--json", "--style", "xiaolai", "--part", "train")
    scores = json.loads(out)
    assert (scores["glyphs"], list(scores["by_style"])) == (16, ["xiaolai"])


def test_sheet(cli, tmp_path: Path) -> None:
    assert cli("sheet", "runs/one", "-o", tmp_path / "s.png") == (0, f"{tmp_path / 's.png'}\n", "")


def test_no_run_is_one_line(cli, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("infer", "interpolate", "evaluate"):
        code, out, err = cli(command)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "no training run below this folder; name one, or train first" in err
