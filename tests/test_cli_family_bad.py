"""What methods cannot do, data that they cannot use: one line, and nothing is lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import torch
from made_data import build
from tiny_family import FAMILY, FEW

from fontgan import methods
from fontgan.config import fill
from fontgan.data.task import Task
from fontgan.errors import ConfigError
from fontgan.glyphs.canvas import Canvas
from fontgan.training.settings import load_settings, presets

pytestmark = pytest.mark.xdist_group("family")  # with the tests that share the runs

EVERY_PRESET = [(name, preset) for name in methods.available() for preset in presets(name)]
ANY_SIZE = {"penstroke"}


@pytest.mark.parametrize(("name", "preset"), EVERY_PRESET)
def test_a_size_that_cannot_be_drawn_is_answered_by_one_that_can(name: str, preset: str) -> None:
    method = load_settings(name, preset).method
    with torch.device("meta"):
        for size in (33, 40, 56):
            if name in ANY_SIZE:
                assert method.networks(Task(size, ("one",)))
                continue
            with pytest.raises(ConfigError) as said:
                method.networks(Task(size, ("one",)))
            offered = re.search(r"--size (\d+)", str(said.value))
            assert offered, said.value
            assert Canvas(size=int(offered[1]))
            assert method.networks(Task(int(offered[1]), ("one",)))


@pytest.mark.parametrize("name", ["inkflow", "pix2pix", "bicyclegan"])
def test_styles_are_told_apart_where_there_are_two(name: str) -> None:
    method = fill(methods.find(name), {"classifier": 0.5})
    with pytest.raises(ConfigError, match="classifier tells styles apart and the data set has one"):
        method.networks(Task(64, ("one",)))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Data sets of one character, and of two."""
    home = tmp_path_factory.mktemp("few")
    for chars in ("永", "永和"):
        folder = home / str(len(chars))
        build("noto-sans-sc", ["xiaolai"], chars, folder, Canvas(size=32), holdout=0.0)
    return {count: home / str(count) for count in (1, 2)}


def contents(folder: Path) -> dict[Path, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if path.suffix != ".lock"}


@pytest.mark.parametrize(
    ("name", "chars", "says"),
    [
        ("cyclegan", 1, "without pairs needs two characters or more; build the data with more"),
        ("starganv2", 2, "style xiaolai has no character left for references"),
    ],
)
def test_too_few_characters_are_told_before_an_older_run_is_cleared(
    run, few, family: dict[str, Path], tmp_path: Path, name: str, chars: int, says: str
) -> None:
    older = shutil.copytree(family[name], tmp_path / "run")
    before = contents(older)
    words = [part for word in (*FEW, *FAMILY[name]) for part in ("--set", word)]
    given = ("train", few[chars], "--method", name, "-o", older, "--force", "--device", "cpu")
    status, out, err = run(*given, *words)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert says in err
    assert contents(older) == before


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (
            ("interpolate", "RUN", "--styles", "xiaolai", "--text", "永"),
            2,
            "name them with --styles",
        ),
        (("vary", "RUN"), 2, "`fontgan vary` need a model that moves a pen"),
        (("vary", "RUN", "--ends"), 2, "`fontgan vary` need a model that moves a pen"),
        (("write", "永", "RUN", "--style", "xiaolai", "-o", "OUT.svg"), 2, "a model of ae draws"),
        (("evaluate", "RUN", "--against", "LARGE"), 1, "build one with --size 32"),
    ],
)
def test_what_a_model_of_images_cannot_do_says_what_would(
    run, family: dict[str, Path], tmp_path: Path, words, status: int, says: str
) -> None:
    build("noto-sans-sc", ["xiaolai"], "永和", tmp_path / "large", Canvas(size=64), holdout=0.0)
    before = set(tmp_path.rglob("*"))
    places = {"RUN": family["ae"], "OUT": tmp_path / "out", "LARGE": tmp_path / "large"}
    for place, path in places.items():
        words = tuple(word.replace(place, str(path)) for word in words)
    code, out, err = run(*words, "--device", "cpu")
    assert (code, out, err.count("\n")) == (status, "", 1)
    assert says in err
    assert set(tmp_path.rglob("*")) == before


def test_a_model_of_one_style_without_a_place_for_more_says_so(
    run, data: Path, tmp_path: Path
) -> None:
    words = [part for word in (*FEW, *FAMILY["ae"]) for part in ("--set", word)]
    base = ("train", data, "--method", "ae", "--styles", "xiaolai", "--device", "cpu", *words)
    assert run(*base, "-o", tmp_path / "base")[0] == 0
    more = ("--from", tmp_path / "base", "--add-style", "long-cang", "--device", "cpu")
    status, out, err = run("train", data, *more, "-o", tmp_path / "more")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "it has no place for more styles: train anew on all of them" in err
    assert not (tmp_path / "more").exists()
