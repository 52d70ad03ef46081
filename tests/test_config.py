from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from fontgan import methods
from fontgan.config import field_names, fill, merge, parse_assignments, plain, read_toml, to_toml
from fontgan.errors import ConfigError
from fontgan.training.settings import from_tables, load_settings, presets


@dataclass(frozen=True)
class Pen:
    width: Annotated[int, Field(ge=1)] = 4
    ink: Literal["black", "red"] = "black"
    slant: float = 0.0
    nibs: tuple[int, ...] = (1, 2)
    spare: int | None = None


@dataclass(frozen=True)
class Paper:
    width: int = 100
    ruled: bool = False


SECTIONS = {"pen": Pen, "paper": Paper}


def test_fill_takes_defaults_and_values() -> None:
    assert fill(Pen, {}) == Pen()
    assert fill(Pen, {"width": 7, "slant": 2}) == Pen(width=7, slant=2.0)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"widht": 3}, "pen.widht: no such setting; did you mean width?"),
        ({"width": 0}, "pen.width = 0: input should be greater than or equal to 1"),
        ({"width": "wide"}, "pen.width = 'wide': "),
        ({"width": 2.5}, "pen.width = 2.5: "),
        ({"ink": "blue"}, "'black' or 'red'"),
        ({"slant": float("nan")}, "finite"),
    ],
)
def test_fill_is_strict(values: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        fill(Pen, values, "pen")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_later_tables_win_key_by_key() -> None:
    old = {"pen": {"width": 1, "ink": "red"}, "name": "a"}
    assert merge(old, {"pen": {"width": 2}}, {"name": "b"}) == {
        "pen": {"width": 2, "ink": "red"},
        "name": "b",
    }
    assert old["pen"] == {"width": 1, "ink": "red"}


def test_words_become_tables() -> None:
    words = ["slant=1.5", "pen.width=8", "ink=red", "ruled=true", "nibs=[3, 4]"]
    assert parse_assignments(words, SECTIONS) == {
        "pen": {"slant": 1.5, "width": 8, "ink": "red", "nibs": [3, 4]},
        "paper": {"ruled": True},
    }


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("slant", "write it as key=value"),
        ("slnat=1", "did you mean slant?"),
        ("pen.slnat=1", "did you mean slant?"),
        ("pne.slant=1", "no such section; did you mean pen?"),
        ("width=3", "say which one: pen.width, paper.width"),
    ],
)
def test_words_are_checked(word: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says.replace("?", r"\?")):
        parse_assignments([word], SECTIONS)


def test_toml_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "pen.toml"
    path.write_text(to_toml({"pen": plain(Pen(nibs=(5,)))}), encoding="utf-8")
    assert "spare" not in path.read_text()
    assert fill(Pen, read_toml(path)["pen"]) == Pen(nibs=(5,))


def test_a_bad_settings_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such settings file"):
        read_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"width = \xff\n")
    with pytest.raises(ConfigError, match="not a TOML file"):
        read_toml(tmp_path / "bad.toml")


def test_words_win_over_the_file_and_the_file_over_the_preset(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("[method]\nl1 = 7.0\nconstant = 7.0\n")
    settings = plain(load_settings("zi2zi", "compact", file, ["constant=9"]).method)
    defaults = plain(methods.find("zi2zi")())
    preset = load_settings("zi2zi", "compact").tables()["method"]
    assert preset["width"] != defaults["width"]  # by the preset
    assert settings == {**preset, "l1": 7.0, "constant": 9.0}


@pytest.mark.parametrize("preset", presets("zi2zi"))
def test_presets_are_whole_and_survive_a_file(preset: str) -> None:
    settings = load_settings("zi2zi", preset)
    assert settings.size in (64, 128, 256)
    again = from_tables("zi2zi", tomllib.loads(to_toml(settings.tables())))
    assert again == settings


def test_the_paper_preset_is_the_original_recipe() -> None:
    tables = load_settings("zi2zi", "paper").tables()
    wanted = {"l1": 100, "constant": 15, "category": 1, "total_variation": 0, "kernel": 5}
    wanted |= {"generator_steps": 2, "rate": 1e-3, "width": 64, "max_width": 512, "codes": "fixed"}
    assert {key: tables["method"][key] for key in wanted} == wanted
    assert tables["training"]["schedule"] == "halving"
    assert (tables["size"], tables["training"]["moving_average"]) == (256, 0)


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"methd": {}}, "methd: no such section; did you mean method?"),
        ({"name": "pix2pix"}, "settings of pix2pix, not of zi2zi"),
        ({"method": "zi2zi"}, r"method = 'zi2zi': .*section"),
        ({"training": 3}, "training = 3: "),
        ({"size": "big"}, "size = 'big'"),
    ],
)
def test_a_settings_file_is_checked(tables: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        from_tables("zi2zi", tables)


def test_unknown_names_are_met_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean zi2zi"):
        load_settings("zi2z")
    with pytest.raises(ConfigError, match="did you mean compact"):
        load_settings("zi2zi", "compct")


@pytest.mark.parametrize("method", methods.available())
def test_settings_are_read_under_the_names_of_earlier_versions(method: str, tmp_path: Path) -> None:
    former = methods.find(method).former
    for old, new in former.items():
        if new not in field_names(methods.find(method)):
            continue
        value = plain(methods.find(method)())[new]
        other = not value if isinstance(value, bool) else value + 1
        text = str(other).lower()
        (tmp_path / "old.toml").write_text(f"[method]\n{old} = {text}\n")
        by_file = load_settings(method, config=tmp_path / "old.toml")
        by_word = load_settings(method, assignments=[f"{old}={text}"])
        today = fill(methods.find(method), {new: other})
        assert by_file.method == by_word.method == fill(methods.find(method), {old: other}) == today
        assert old not in by_file.tables()["method"]


def test_the_section_watch_was_called_every(tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text("[every]\ncheck = 7\npatience = 3\n")
    settings = load_settings("zi2zi", config=tmp_path / "old.toml", assignments=["every.log=9"])
    assert (settings.watch.check, settings.watch.patience, settings.watch.log) == (7, 3, 9)
    assert "every" not in settings.tables()
    with pytest.raises(ConfigError, match=r"watch\.chek: no such setting; did you mean check"):
        (tmp_path / "old.toml").write_text("[every]\nchek = 7\n")
        load_settings("zi2zi", config=tmp_path / "old.toml")


def test_words_win_over_a_file_that_uses_former_names(tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text("[method]\ncritic_width = 5\n[every]\nlog = 2\n")
    words = ["discriminator_width=6", "watch.log=3"]
    settings = load_settings("zi2zi", "compact", tmp_path / "old.toml", words)
    assert (plain(settings.method)["discriminator_width"], settings.watch.log) == (6, 3)
