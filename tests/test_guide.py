"""The guide of docs/adding-a-method.md: what it builds keeps every promise of a method."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import test_methods

from fontgan import methods, workflows
from fontgan.data.batch import Task
from fontgan.errors import ConfigError
from fontgan.store.store import GlyphStore
from fontgan.training.settings import load_settings

GUIDE = (Path(__file__).parents[1] / "docs" / "adding-a-method.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"\n`(fontgan/[\w/.-]+)`:\n\n```\w+\n(.*?)```", GUIDE, re.DOTALL))
PROMISES = [
    name
    for name, test in vars(test_methods).items()
    if name.startswith("test_") and "row" in test.__code__.co_varnames[: test.__code__.co_argcount]
]
MODULE = "fontgan.methods.stencil"


@pytest.fixture(autouse=True)
def _in_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Put the guide's files where methods are looked for, and its row into the table."""
    for name, text in FILES.items():
        (tmp_path / Path(name).name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(tmp_path)])
    (row,) = re.findall(r"```python\n(\{.*?\})\n```", GUIDE)
    for name, entry in ast.literal_eval(row).items():
        monkeypatch.setitem(test_methods.TABLE, name, entry)
    yield
    sys.modules.pop(MODULE, None)
    vars(methods).pop("stencil", None)


def test_it_is_eighty_lines_and_no_more() -> None:
    lines = [line for line in FILES["fontgan/methods/stencil.py"].splitlines() if line.strip()]
    assert len(lines) <= 80


def test_it_is_found_and_described() -> None:
    page = workflows.describe_method("stencil")
    assert [setting.name for setting in page.settings if not setting.meaning] == []
    assert page.pairing == "paired"


@pytest.mark.parametrize("promise", PROMISES)
def test_it_keeps_the_promise(
    promise: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    test = getattr(test_methods, promise)
    code = test.__code__
    known: dict[str, Any] = {"row": "stencil", "runtime": "cpu", "tmp_path": tmp_path}
    if promise == "test_losses_follow_the_golden_curve":
        request.getfixturevalue("double")
        monkeypatch.setattr(test_methods, "GOLD", tmp_path / "gold" / "losses.json")
        for regenerate in (True, False):
            known["request"] = SimpleNamespace(
                config=SimpleNamespace(getoption=lambda _, again=regenerate: again)
            )
            test("stencil", request.getfixturevalue("data"), known["request"])
        return
    if promise == "test_no_gradient_is_rounding_alone":
        request.getfixturevalue("double")
    names = code.co_varnames[: code.co_argcount]
    test(**{name: known.get(name) or request.getfixturevalue(name) for name in names})


def test_it_refuses_in_one_line_what_it_cannot_draw() -> None:
    with pytest.raises(ConfigError, match="take 32 or 64 px, not 30"):
        methods.find("stencil")().networks(Task(30, ("alone",)))


def test_its_preset_trains_on_a_data_set(data: Path, tmp_path: Path) -> None:
    preset = tmp_path / "stencil-compact.toml"
    assert load_settings("stencil", None, preset).size == GlyphStore.open(data).size
    small = ["width=4", "iterations=3", "batch_size=4"]
    done = workflows.train(
        data, tmp_path / "run", method="stencil", config=preset, settings=small, device="cpu"
    )
    assert done.iteration == 3
    assert workflows.evaluate(tmp_path / "run", device="cpu").glyphs == 12


def test_the_page_of_methods_says_what_each_is_good_for() -> None:
    page = (Path(__file__).parents[1] / "docs" / "methods.md").read_text(encoding="utf-8")
    names = [name for name in methods.available() if name != "stencil"]
    assert [name for name in names if f"**{name}**" not in page] == []
