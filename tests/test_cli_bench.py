from __future__ import annotations

import json
from typing import Any

import pytest
from tiny_runs import WORDS


def test_rates_stand_beside_the_ceilings_of_the_machine(run: Any) -> None:
    code, out, _ = run(
        "bench", "train", "infer", "--size", 32, "--seconds", 0.01, "--json", "--device", "cpu",
        "--jobs", 1, *WORDS,
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)
    assert [one["stage"] for one in found["rates"]] == ["train", "train", "infer", "infer"]
    assert found["ceilings"].keys() == {"fp32", "bf16", "copy", "rasterizer"}
    fed = found["rates"].pop(1)
    assert (fed["ceiling"], fed["rate"] > 0, fed["share"] > 0) == ("step alone", True, True)
    for one in found["rates"]:
        assert one["rate"] > 0
        assert one["ceiling"] == "fp32"
        assert 0 < one["share"] < 2  # more than 1 where work is saved between styles
    assert found["peak_memory"] > 0


def test_families_of_measures_are_timed(run: Any) -> None:
    code, out, _ = run(
        "bench", "evaluate", "--size", 32, "--seconds", 0.01, "--json", "--device", "cpu"
    )
    rates = {one["what"]: one["rate"] for one in json.loads(out)["rates"]}
    families = [what.split(":")[0].removeprefix("glyphs, 32 px, ") for what in rates]
    assert code == 0
    assert families[:4] == ["pixels", "centre lines", "components and holes", "reading"]
    assert len(rates) >= 5
    everything = rates["glyphs, 32 px, all of these and glyph-FID"]
    assert 0 < everything < max(rates.values())


def test_the_table_names_every_stage(run: Any) -> None:
    code, out, err = run("bench", "render", "--size", 32, "--seconds", 0.01, "--device", "cpu")
    assert code == 0
    assert "glyphs, 32 px, one process" in out
    assert "glyphs by FreeType alone" in out
    assert "peak memory" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [(["draw"], "one of render, data, train, infer, evaluate"), (["--set", "widht=3"], "width")],
)
def test_a_wrong_word_is_one_line(words: list[str], says: str, run: Any) -> None:
    code, out, err = run("bench", *words, "--seconds", 0.01)
    assert (code, out) == (2, "")
    assert says in err
