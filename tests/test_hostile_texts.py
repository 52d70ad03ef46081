"""What a file from outside says: JSON, names and texts are believed only as far as checked."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from fontgan.files import read_bytes
from fontgan.untrusted import checked, parse_json, printable, read_json, style_name_fault


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 5_000, "1" * 10_000, '"\\ud800"', b"\xff", "", "[1,", "nope"],
)
def test_json_that_is_none_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"line 1 column"):
        parse_json(text)


def test_a_file_larger_than_the_limit_is_not_read(tmp_path):
    (tmp_path / "a.json").write_text("[1, 2, 3]")
    assert read_json(tmp_path / "a.json") == [1, 2, 3]
    with pytest.raises(OSError, match="larger"):
        read_json(tmp_path / "a.json", most=4)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="pipe"):
        read_bytes(tmp_path / "pipe", 10)
    with pytest.raises(IsADirectoryError):
        read_bytes(tmp_path, 10)


@dataclass(frozen=True)
class Thing:
    name: str
    sizes: tuple[int, ...] = ()


def test_plain_values_are_held_against_a_type():
    assert checked(Thing, {"name": "a", "sizes": [1, 2], "newer": 5}) == Thing("a", (1, 2))


@pytest.mark.parametrize(
    "value", [None, 5, [], {}, {"name": 5}, {"name": "a", "sizes": ["x" * 999]}]
)
def test_a_value_of_another_type_is_one_short_line(value):
    with pytest.raises(ValueError) as raised:
        checked(Thing, value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "name",
    ["../../outside", "/abs", "a/b", "a\\b", "a\0", "\ud800", "..", ".x", "", " a", "all", "7",
     "a,b", "x[/]", "\x1b[31m", "a" * 300, 5, None, ["a"]],
)  # fmt: skip
def test_what_is_no_folder_is_no_style_name(name):
    assert "cannot be a style's name" in style_name_fault(name)


@pytest.mark.parametrize("name", ["long-cang", "ukai-2", "手書き", "a hand", "v1.0", "x(2)", "é"])
def test_names_that_build_gives_are_style_names(name):
    assert style_name_fault(name) == ""


def test_a_printable_text_has_no_escapes_and_no_line_breaks():
    assert printable("天 é a") == "天 é a"
    assert printable("\x1b]0;x\x07\u202e\udcff\n").isprintable()
