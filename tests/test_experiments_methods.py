"""The experiment that compares methods: each on data of its kind, kept once it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from PIL import Image

from fontgan import experiments, methods
from fontgan.experiments import methods_data, methods_run
from fontgan.experiments.methods_data import entry_of
from fontgan.experiments.methods_page import page
from fontgan.experiments.methods_run import MethodsCompared
from fontgan.experiments.records import read_record
from fontgan.training.settings import load_settings

TINY = replace(
    methods_data.TWO_HANDS, chars="text:永和九年天地人大小中国水火木金", size=32, holdout=0.2
)
LETTERS = replace(
    TINY, source="caveat", styles=("kalam", "rock-salt"), chars="text:abcdef", splits=("pair",)
)


@pytest.fixture(scope="module", autouse=True)
def _tiny() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(methods_data, "TWO_HANDS", TINY)
        patch.setattr(methods_data, "letters", lambda: LETTERS)
        patch.setattr(methods_run, "MEASURED", 1)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compared") / "all"


@pytest.fixture(scope="module")
def done(folder: Path) -> MethodsCompared:
    for name in ("cyclegan", "dcgan", "icgan"):
        found = experiments.compare_methods(folder, chosen=[name], minutes=1e-5, device="cpu")
    return found


def test_one_table_and_one_sheet_of_all_that_is_done(done: MethodsCompared) -> None:
    unpaired, sampling, inferring = done.results["methods"]
    assert (unpaired["method"], unpaired["field"]) == ("cyclegan", "two-hands")
    assert (sampling["method"], sampling["field"]) == ("dcgan", "letters")
    assert {"missing", "ssim", "style", "fid_glyph"} <= unpaired["scores"].keys()
    assert not {"missing", "ssim"} & sampling["scores"].keys()  # there is no target
    assert (inferring["method"], inferring["field"]) == ("icgan", "inferred")
    assert {"missing", "ssim", "style"} <= inferring["scores"].keys()  # the source is looked at
    assert inferring["path"] > 0
    assert (unpaired["diversity"], sampling["diversity"] is not None) == (None, True)
    assert unpaired["iterations"] == 1
    assert unpaired["parameters"] > unpaired["drawing"] > 1e5
    text = done.table.read_text(encoding="utf-8")
    assert "| cyclegan | Zhu et al. 2017 | unpaired | 0.77 M / 0.35 M |" in text
    assert (done.folder / "cyclegan" / "shown.npy").exists()  # drawn once, for every later sheet
    assert "| dcgan | Radford et al. 2016 |" in text
    assert json.loads((done.folder / "methods.json").read_text(encoding="utf-8")) == done.results
    assert Image.open(done.sheet).height > 6 * 64


def test_what_is_done_is_kept(done: MethodsCompared) -> None:
    said: list[str] = []
    before = {file: file.stat().st_mtime_ns for file in done.folder.rglob("*.safetensors")}
    again = experiments.compare_methods(
        done.folder, chosen=["cyclegan"], minutes=9, device="cpu", say=said.append
    )
    assert {file: file.stat().st_mtime_ns for file in before} == before
    assert again.results == done.results
    assert said[0] == "cyclegan is done"


def test_it_goes_on_with_the_plan_it_began_with(folder: Path, done: MethodsCompared) -> None:
    record = read_record(done.folder / "dcgan")
    (folder / "dcgan.json").write_text(
        json.dumps({key: record[key] for key in ("request", "plan")}), encoding="utf-8"
    )
    again = experiments.compare_methods(done.folder, chosen=["dcgan"], minutes=9, device="cpu")
    assert again.results["methods"][1]["iterations"] == record["plan"]["iterations"]
    assert again.results["methods"][1]["minutes"] == 1e-5


def test_what_another_process_works_on_is_left_to_it(tmp_path: Path) -> None:
    tmp_path.joinpath("cyclegan").mkdir()
    with FileLock(tmp_path / ".cyclegan.lock"):
        found = experiments.compare_methods(
            tmp_path, chosen=["cyclegan"], minutes=1e-5, device="cpu"
        )
    assert found.skipped == ("cyclegan",)
    assert found.results["methods"] == []
    assert list(page(found.results))


@pytest.mark.parametrize("name", methods.available())
def test_every_method_has_data_of_its_kind(name: str) -> None:
    entry = entry_of(name, Path("nowhere"), "cpu", 1, print)
    assert entry.bench.recipe.data.size == load_settings(name, "compact").size
    method = methods.find(name)
    wanted = "letters" if method.reads_characters else "hands"
    unpaired = "inferred" if name in ("icgan", "ali") else "two-hands"
    assert entry.field == (unpaired if method.pairing != "paired" else wanted)
    assert ("letters" in entry.place) == (entry.field in ("letters", "inferred"))


def test_bad_input_is_one_line(run: Any, tmp_path: Path) -> None:
    for words, says in (
        (("methods", "--methods", "pix3pix"), "did you mean pix2pix"),
        (("methods", "--minutes", 0), "give more than 0"),
        (("methods", "--seeds", 2), "and none of the others"),
        (("methods", "--set", "width=4"), "and none of the others"),
        (("latin-bicyclegan", "--minutes", 2), "are for: fontgan experiment methods"),
    ):
        code, out, err = run("experiment", *words, "-o", tmp_path / "o")
        assert (code, out) == (2, ""), words
        assert says in " ".join(err.replace("│", "").split()), words
    assert not (tmp_path / "o").exists()
