from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from fontgan.cli.app import main
from PIL import Image
from tiny_codes import train_coded
from tiny_runs import hidden, train

from fontgan.locks import held
from fontgan.outlines.formats import FORMATS


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


def test_mending_says_what_it_could_not_mend(cli, tmp_path: Path) -> None:
    styles = ("--style", "xiaolai", "--style", "long-cang")
    words = (*styles, "--text", "永和", "-o", tmp_path / "g", "--mend")
    code, out, err = cli("infer", *words, "--json")
    mending = json.loads(out)["mending"]
    assert code == 0
    assert mending["glyphs"] == 4
    assert mending["wrong"] >= len(mending["left"])
    assert {one["style"] for one in mending["left"]} <= {"xiaolai", "long-cang"}
    assert "of 4 glyphs had other pieces or holes than the print" in err
    assert json.loads((tmp_path / "g" / "manifest.json").read_text())["mended"] is True


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
        (("infer", "--style", ","), 2, "a list of names is empty: ','"),
        (("infer", "nowhere"), 1, "nowhere: no such run or checkpoint"),
        (("infer", "."), 1, "no training run in this folder"),
        (("infer", "runs/one/settings.toml"), 1, "damaged or foreign"),
        (("infer", "--text", ""), 1, "holds no visible character"),
        (("infer", "--text", "\U0001f600"), 1, "draws none of the 1 characters"),
        (("infer", "--chars", "gb2313"), 1, "did you mean gb2312"),
        (("infer", "--source", "runs/one/settings.toml"), 1, "settings.toml"),
        *(
            (("infer", "--format", name), 2, f"{name} needs the strokes of a pen")
            for name in FORMATS
        ),
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
    assert err.startswith(("Usage: ", "fontgan: "))


def test_interpolate(cli, tmp_path: Path) -> None:
    words = ("--styles", "xiaolai,0", "--steps", 2, "--gif", "-o", tmp_path, "--text", "永")
    code, out, err = cli("interpolate", "runs/one", *words)
    assert (code, err) == (0, "")
    assert out.split() == [str(tmp_path / "sheet.png"), str(tmp_path / "loop.gif")]


def test_evaluate(cli, tmp_path: Path) -> None:
    code, out, err = cli("evaluate", "--sheet", tmp_path / "s.png")
    assert code == 0
    pictures, reading = out.split("\n\n")
    assert reading.split()[:2] == ["style", "content"]
    assert [line.split()[0] for line in pictures.splitlines()] == [
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
    for command in ("evaluate", "vary", "export weights"):
        code, out, err = cli(*command.split())
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "no training run below this folder; name one, or train first" in err


# --- codes ---


@pytest.fixture(scope="module")
def coded(data: Path, home: Path) -> str:
    """A run of a method with codes, seen from ``home``; too deep to be the newest run there."""
    train_coded(data, home / "runs" / "coded" / "run")
    return "runs/coded/run"


def test_samples_and_their_codes(cli, coded: str, tmp_path: Path) -> None:
    words = (coded, "--style", "xiaolai", "--text", "永和", "-o")
    code, out, err = cli("infer", *words, tmp_path / "g", "--samples", 3, "--seed", 4)
    assert code == 0
    assert [Path(file).parent.name for file in out.splitlines()] == [
        f"sample-{number}" for number in (1, 1, 2, 2, 3, 3)
    ]
    assert f"--code-from {tmp_path / 'g' / 'codes.safetensors'}" in err
    code, out, err = cli("infer", *words, tmp_path / "h", "--code-from", tmp_path / "g", "--json")
    report = json.loads(out)
    assert (code, report["samples"]) == (0, 3)
    assert Path(report["codes"]).exists()
    for file in report["files"]:
        other = tmp_path / "g" / Path(file).relative_to(tmp_path / "h")
        assert Path(file).read_bytes() == other.read_bytes()
    code, out, err = cli("infer", *words, tmp_path / "g", "--vary", 1)
    assert (code, len(out.splitlines())) == (0, 2)
    assert "note: 4 glyphs of an earlier drawing removed" in err


def test_the_codes_of_handwriting(cli, coded: str, tmp_path: Path) -> None:
    words = (coded, "--style", "xiaolai", "--text", "永", "-o", tmp_path)
    code, out, _ = cli("infer", *words, "--encode", "long-cang", "--encode", "ma-shan-zheng")
    assert (code, len(out.splitlines())) == (0, 2)
    samples = json.loads((tmp_path / "manifest.json").read_text())["samples"]
    assert [sample["from"] for sample in samples] == ["long-cang", "ma-shan-zheng"]


def test_interpolate_between_codes(cli, coded: str, tmp_path: Path) -> None:
    words = (coded, "--steps", 2, "--text", "永", "-o", tmp_path, "--samples", 2)
    assert cli("interpolate", *words, "--styles", "1") == (0, f"{tmp_path / 'sheet.png'}\n", "")
    code, out, err = cli("interpolate", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "in one style, not in 3; name it with --styles" in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("runs/one", "--samples", "2"), 2, "need a model with codes, such as bicyclegan"),
        (("runs/coded/run", "--encode", "xiaolay"), 1, "did you mean xiaolai?"),
        (("runs/coded/run", "--code-from", "runs"), 1, "not drawn with shared codes"),
        (("runs/coded/run", "--code-from", "runs/one/best.safetensors"), 1, "not a codes file"),
    ],
)
@pytest.mark.usefixtures("coded")
def test_codes_that_cannot_be_had(cli, words, code: int, says: str) -> None:
    for command in ("infer", "interpolate"):
        status, out, err = cli(command, *words)
        assert (status, out, err.count("\n")) == (code, "", 1)
        assert says in err


@pytest.mark.parametrize(
    "words",
    [
        ("--samples", "0"),
        ("--samples", "2", "--encode", "xiaolai"),
        ("--encode", "xiaolai", "--code-from", "x"),
        ("--samples", "2", "--code-from", "x"),
    ],
)
def test_codes_asked_for_twice(cli, words) -> None:
    for command in ("infer", "interpolate"):
        code, out, err = cli(command, *words)
        assert (code, out) == (2, "")
        assert err.startswith("Usage: ")


def test_a_folder_that_another_process_draws_into_is_refused(cli, tmp_path: Path) -> None:
    drawing = ("infer", "--style", "0", "--text", "永", "-o", tmp_path)
    with held(tmp_path / ".drawing.lock", RuntimeError()):
        code, _, err = cli(*drawing)
    assert (code, err.count("\n")) == (1, 1)
    assert "another process is drawing into" in err
    assert cli(*drawing)[0] == 0
    assert hidden(tmp_path) == []
