"""A request for a data set: what a caller writes becomes plain values, and nonsense is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fontgan.errors import ConfigError
from fontgan.store.request import DataOptions, DataRequest


def test_every_option_that_may_be_written_is_one_of_a_request() -> None:
    fields = DataRequest.__dataclass_fields__
    wanted = {"source", "targets", "chars"}
    assert DataOptions.__annotations__.keys() == fields.keys() - wanted


def test_what_is_written_becomes_plain_values() -> None:
    asked = DataRequest.of(
        "a.ttf", ["b.ttf"], "text:abca", chars_of={"b": "text:b"}, images=["scans"], size=64
    )
    assert asked.chars == ("a", "b", "c")
    assert asked.chars_of == {"b": ("b",)}
    assert asked.images == ("scans",)
    assert asked.canvas.size == 64


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"size": 8}, "size must be 32 to 512"),
        ({"fit": "em "}, "no fit"),
        ({"margin": 0.5}, "margin must be"),
        ({"split": "style"}, "character or pair, not 'style'"),
    ],
)
def test_a_request_that_cannot_be_is_refused(option: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        DataRequest.of("a.ttf", ["b.ttf"], "text:a", **option)
