from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from made_data import build
from made_judges import recogniser
from PIL import Image
from tiny_runs import hidden, train

from fontgan import workflows
from fontgan.glyphs.canvas import Canvas
from fontgan.nn.eyes.reader import WEIGHTS
from fontgan.reports.charts import Line, chart
from fontgan.reports.curves import history, training_curves
from fontgan.reports.page import write_page
from fontgan.runs.log import read_log
from fontgan.store.store import GlyphStore
from fontgan.workflows.comparing import compare


@pytest.fixture(scope="module")
def home(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three runs on one data set, and runs on others."""
    home = tmp_path_factory.mktemp("home")
    often = ("iterations=3", "watch.check=1", "watch.log=1")
    train(data, home / "plain", *often)
    train(data, home / "light", *often, "l1=10")
    train(data, home / "one", "iterations=1", styles=["xiaolai"])
    fonts = ["long-cang", "ma-shan-zheng"]
    build("noto-sans-sc", fonts, "永和九年", home / "all", Canvas(size=32), holdout=0)
    train(home / "all", home / "all-seen", "iterations=1")
    train(home / "all", home / "all-seen-2", "iterations=1", "l1=10")
    build("noto-sans-sc", fonts, "永和九年", home / "large", Canvas(size=64), holdout=0.25)
    train(home / "large", home / "large-run", "iterations=1")
    train(data, home / "brush", "iterations=1", styles=["ma-shan-zheng"])
    return home


@pytest.fixture
def cli(run, monkeypatch, home: Path):
    monkeypatch.chdir(home)
    return lambda *words: run("compare", *words, "--device", "cpu")


def test_two_runs_in_a_table_a_page_and_a_picture(cli, tmp_path: Path) -> None:
    code, out, err = cli("plain", "light", "-o", tmp_path)
    rows = {line.split("  ")[0].strip(): line.split() for line in out.splitlines()}
    assert code == 0
    assert rows["measure"][1:] == ["plain", "light"]
    assert rows["method"][1:] == ["zi2zi", "zi2zi"]
    assert rows["method.l1"][1:] == ["100.0", "10.0"]
    assert "12 held-out glyphs of " in err
    assert "SSIM: structural similarity" in err
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=\"(?!data:)|https?:|\$[a-z]|>nan<", page)
    assert page.count("<polyline") == 8  # two runs: SSIM and missing, by iterations and by time
    with Image.open(tmp_path / "compare.png") as picture:
        assert min(picture.size) > 100
    assert hidden(tmp_path) == []


def test_other_judges_are_asked_about_every_run(
    cli, data: Path, monkeypatch, tmp_path: Path
) -> None:
    chars = sorted(GlyphStore.open(data).held_out_chars)
    file = recogniser(tmp_path, "".join(chars))
    monkeypatch.setattr("fontgan.metrics.ocr.recogniser", lambda: file)
    monkeypatch.setattr("fontgan.metrics.ocr.Ocr.read", lambda _, images: chars[:1] * len(images))
    reader = tmp_path / "reader.safetensors"
    reader.write_bytes((resources.files("fontgan.nn.eyes") / WEIGHTS).read_bytes())
    code, out, err = cli("plain", "light", "--ocr", "--reader", reader, "-o", tmp_path)
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert ["OCR", "0.250", "0.250"] in rows
    assert ["OCR", "/", "true", "1.000", "1.000"] in rows
    assert f"the glyph network {reader} reads content and hand right" in err
    assert "OCR / true" in (tmp_path / "compare.html").read_text(encoding="utf-8")


def test_scores_are_those_of_evaluate_and_the_best_is_marked(home: Path) -> None:
    found = compare([home / "plain", home / "light"], device="cpu")
    for run in found.runs:
        alone = workflows.evaluate(run.folder, device="cpu")
        assert run.scores["ssim"] == pytest.approx(alone.mean["ssim"])
        assert run.by_style == alone.by_style
    for name, places in found.best.items():
        values = [run.scores[name] for run in found.runs]
        lower = name in ("l1", "rmse", "missing", "extra", "l1_ink", "rmse_ink", "lpips_glyph")
        if name != "fid_glyph":
            assert values[places[0]] == (min if lower else max)(values)


def test_runs_with_some_styles_in_common_meet_in_these(cli) -> None:
    found = json.loads(cli("plain", "one", "--json")[1])
    assert found["styles"] == ["xiaolai"]
    assert found["glyphs"] == 4
    assert [run["name"] for run in found["runs"]] == ["plain", "one"]
    assert "adaptation.styles" in found["settings"]


def test_the_picture_has_source_and_truth_beside_the_runs(home: Path, data: Path) -> None:
    from fontgan.workflows.comparing import side_by_side

    found = compare([home / "plain", home / "light"], styles=["xiaolai"], device="cpu")
    sheet, store = side_by_side(found, "cpu"), GlyphStore.open(data)
    chars = [char for char in store.style("xiaolai").chars if char in store.held_out_chars]
    (row,) = sheet.rows
    assert [head for _, head in sheet.column_groups] == ["source", "plain", "light", "truth"]
    assert len(row) == 16
    for face, cells in ((store.source, row[:4]), (store.style("xiaolai"), row[12:])):
        for char, cell in zip(chars, cells, strict=True):
            assert np.array_equal(cell, face.images[face.row(char)])


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("plain",), 2, "two or more different runs"),
        (("plain", "plain"), 2, "two or more different runs"),
        (("plain", "large-run"), 1, "different image sizes cannot be compared: plain 32 px, large"),
        (("plain", "all-seen"), 1, "different data sets"),
        (("all-seen", "all-seen-2"), 1, "holds out no characters"),
        (("plain", "all-seen", "--against", "DATA"), 1, "all-seen was trained on"),
        (("one", "brush", "--against", "DATA"), 1, "have no style of"),
        (("plain", "light", "--style", "xiaolay"), 1, "did you mean xiaolai?"),
        (("plain", "nothing"), 1, "nothing: no such run or checkpoint"),
        (("plain", "light", "--against", "large"), 1, "draw 32 px and"),
    ],
)
def test_bad_input_is_one_line(cli, data: Path, words, code: int, says: str) -> None:
    status, out, err = cli(*(data if word == "DATA" else word for word in words))
    assert (status, out) == (code, "")
    assert says in " ".join(err.replace("│", " ").split())
    assert code == 2 or err.count("\n") == 1


def test_curves_of_a_run(home: Path) -> None:
    curves = training_curves(home / "plain")
    log = read_log(home / "plain" / "log.jsonl")
    losses = {name for line in log for name in line.get("losses", {})}
    titles = [one.title for _, charts in curves for one in charts]
    assert len(titles) == 4 + len(losses)
    assert losses < set(titles)
    assert "missing (lower is better)" in titles
    assert training_curves(home / "data-without-a-log") == []
    by_time = history(log, "ssim", by="seconds")
    assert [value for _, value in by_time] == [
        line["held_out"]["ssim"] for line in log if "held_out" in line
    ]
    assert [x for x, _ in by_time] == sorted(x for x, _ in by_time)


def test_a_curve_keeps_to_its_frame_and_leaves_out_what_is_no_number() -> None:
    points = [(0, 0.2), (50, float("nan")), (100, 0.9), (150, 0.4)]
    drawn = chart("title", [Line("a", points), Line("nothing", [])], "iterations")
    assert drawn is not None
    (curve,) = drawn.curves
    assert len(curve.points) == 3
    assert all(54 <= x <= 366 and 10 <= y <= 182 for x, y in curve.points)
    assert curve.points[1][1] < curve.points[2][1] < curve.points[0][1]  # up is more
    flat = chart("flat", [Line("a", [(5, 1.0)])], "iterations")
    assert flat is not None and len(flat.curves[0].points) == 1
    assert chart("empty", [Line("a", [(0, float("inf"))])], "iterations") is None


def test_what_a_page_is_filled_with_is_never_markup(tmp_path: Path) -> None:
    hostile = "<script>&\"'"
    drawn = chart(hostile, [Line(hostile, [(0, 1.0), (1, 2.0)])], hostile)
    values = {
        "styles": [hostile, "mean"],
        "curves": [(hostile, [drawn])],
        "notes": [hostile],
        **{key: [] for key in ("pictures", "reading", "others", "spread", "worst", "best")},
        **dict.fromkeys(("title", "heading", "whole", "common"), hostile),
        "measures": [],
    }
    page = write_page(tmp_path / "page.html", "scores.html", **values).read_text()
    assert "<script" not in page
    assert page.count("<polyline") == 1
