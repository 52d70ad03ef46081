from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fontgan import methods, workflows
from fontgan.config import field_names

Run = Callable[..., tuple[int, str, str]]


def test_methods_are_listed_with_papers_and_presets(run: Run) -> None:
    status, out, err = run("methods", "list")
    assert (status, err) == (0, "")
    for name in methods.available():
        (line,) = [line for line in out.splitlines() if line.split()[:1] == [name]]
        assert "compact" in line
    assert "CycleGAN" not in out.splitlines()[0]


def test_a_method_is_shown_with_every_setting(run: Run) -> None:
    status, out, _ = run("methods", "show", "pix2pix")
    assert status == 0
    assert "Isola et al." in out
    assert "compact (64 px), paper (256 px)" in out
    for name in field_names(methods.find("pix2pix")):
        assert any(line.split()[:1] == [name] for line in out.splitlines()), name
    (line,) = [line for line in out.splitlines() if line.startswith("dropout ")]
    assert line.split()[1] == "0.5"
    assert "number >= 0, < 1" in line


def test_json_says_the_same(run: Run) -> None:
    page = json.loads(run("methods", "show", "cyclegan", "--json")[1])
    assert page["pairing"] == "unpaired"
    assert page["presets"]["paper"] == 256
    settings = {setting["name"]: setting for setting in page["settings"]}
    assert settings["cycle"]["default"] == 10
    assert settings["kind"]["allowed"].split(", ")[-1] == "total-variation"
    pages = json.loads(run("methods", "list", "--json")[1])
    assert [one["name"] for one in pages] == methods.available()
    noise = {one["name"] for one in pages if one["pairing"] == "from noise"}
    assert noise == {"dcgan", "pggan", "stylegan"}


@pytest.mark.parametrize("name", methods.available())
def test_every_setting_of_every_method_has_a_meaning(name: str) -> None:
    page = workflows.describe_method(name)
    assert [setting.name for setting in page.settings if not setting.meaning] == []
    assert page.summary and page.paper and page.presets


def test_an_unknown_method_is_met_with_the_nearest(run: Run) -> None:
    status, out, err = run("methods", "show", "cycelgan")
    assert (status, out) == (2, "")
    assert "did you mean cyclegan" in err
