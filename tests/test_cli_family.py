"""Every method goes through every command, or says in one line why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fontgan import methods

pytestmark = pytest.mark.xdist_group("family")  # with the tests that share the runs

ONE_WAY = "draws a glyph one way; codes and samples need a model with codes"
NO_ENCODER = "this model has no encoder, and finds no code of written glyphs; take random codes"
BY_NUMBERS = "draws by the numbers of characters, and what reads ONNX files gives them pictures"
BY_STROKES = "draws along strokes beside a picture, and what reads ONNX files gives it one of"
ALL = frozenset(methods.available())
SAMPLING = frozenset({"dcgan", "pggan", "stylegan"})  # they have no source
FOUND = frozenset({"ae", "ali", "bicyclegan", "drit", "icgan", "munit"})
FOUND |= {"penstroke", "starganv2", "vae"}
CODED = FOUND | SAMPLING | {"stackgan"}
TEXT = ("--style", "xiaolai", "--text", "永")
BLEND = ("--styles", "xiaolai,long-cang", "--text", "永", "--steps", "2")
# What is asked -> the command line after RUN, and what methods answer that do not do it.
COMMANDS: dict[str, tuple[tuple[str, ...], dict[str, frozenset[str]]]] = {
    "infer": (("infer", "RUN", *TEXT, "-o", "OUT"), {}),
    "samples": (("infer", "RUN", *TEXT, "--samples", "2", "-o", "OUT"), {ONE_WAY: ALL - CODED}),
    "encode": (
        ("infer", "RUN", *TEXT, "--encode", "DATA:long-cang", "-o", "OUT"),
        {NO_ENCODER: CODED - FOUND},
    ),
    "interpolate": (("interpolate", "RUN", *BLEND, "-o", "OUT"), {}),
    "evaluate": (("evaluate", "RUN", "--against", "DATA"), {}),
    "weights": (("export", "weights", "RUN", "-o", "OUT.safetensors"), {}),
    "onnx": (
        ("export", "onnx", "RUN", "-o", "OUT.onnx"),
        {BY_NUMBERS: SAMPLING, BY_STROKES: frozenset({"capggan"})},
    ),
}


# Asked of these; what is left out is drawn by another row, refused by the same line in another
# row, or, as ONNX files of all others, made by the shared runs of test_inference_onnx.py.
OF = {"infer": ALL - CODED, "encode": CODED, "onnx": SAMPLING | {"capggan"}}


@pytest.mark.parametrize(
    ("asked", "name"), [(asked, name) for asked in COMMANDS for name in sorted(OF.get(asked, ALL))]
)
def test_every_method_does_it_or_says_why_not(
    run, family: dict[str, Path], data: Path, tmp_path: Path, asked: str, name: str
) -> None:
    words, answers = COMMANDS[asked]
    says = [line for line, those in answers.items() if name in those]
    places = {"RUN": str(family[name]), "DATA": str(data), "OUT": str(tmp_path / "out")}
    for place, path in places.items():
        words = tuple(word.replace(place, path) if place in word else word for word in words)
    status, out, err = run(*words, *(() if asked in ("weights", "onnx") else ("--device", "cpu")))
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    if says:
        assert (status, out, err.count("\n"), made) == (2, "", 1, [])
        assert says[0] in err
    else:
        assert status == 0, err
        assert bool(made) == (asked != "evaluate")


def test_all_methods_stand_in_one_comparison(run, family, tmp_path: Path) -> None:
    status, out, err = run("compare", *family.values(), "-o", tmp_path, "--device", "cpu")
    assert status == 0, err
    page = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert all(name in out and name in page for name in family)
