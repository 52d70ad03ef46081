"""Command lines that make no sense: what is wrong, in words, before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tiny_runs import WORDS

LINES = {
    "experiment nope": "known: chinese-zi2zi, latin-bicyclegan",
    "render '' -c text:A -o out": "the name of the font is empty",
    "fonts show ''": "the name of the font is empty",
    "build -s caveat --targets --chars ascii -o out": "--targets needs a value, and --chars is",
    "train DATA --set =1": "--set =1: write it as key=value",
    "train --resume -o out": "holds no run to go on with",
    "train DATA --method ''": "the name of the method is empty",
    "train DATA --styles ,,": "a list of names is empty",
    "train DATA --dry-run --force": "--dry-run trains and writes nothing",
    "train DATA --method inkflow --set discriminator_scales=9": "is the most; set fewer",
    "experiment --quick": "name the experiment",
    "evaluate --merge x.json --device cpu": "no other",
    "evaluate x --fail-under nope=1": "no measure 'nope'",
    "demo --device nope -o out": "--device nope",
    "demo --max-minutes -1 -o out": "give more than 0",
    "protocol run seen-font --set x=1 -o out": "no such setting",
    "bench render --size 100000": "size must be 32 to 512",
    "sheet IMAGES -o out.txt": "a sheet is a PNG picture",
}


@pytest.mark.parametrize("line", LINES, ids=LINES.keys())
def test_nonsense_is_told_in_words_and_at_once(line, data, tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")
    images = tmp_path / "images"
    if "IMAGES" in line:
        from fontgan.workflows import render

        render(["noto-sans-sc"], "text:a", images, size=32)
    words = [{"''": "", "DATA": str(data), "IMAGES": str(images)}.get(w, w) for w in line.split()]
    code, _, err = run(*words)
    assert code in (1, 2)
    assert LINES[line] in " ".join(err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="names of bytes are of Unix")
def test_names_that_are_no_utf8_are_told(data, tmp_path, run):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/run-\xff"))
    code, _, err = run("train", data, "-o", folder, *WORDS)
    assert (code, err.count("\n")) == (1, 1)
    assert "bytes in its name that are not UTF-8" in err
    assert not folder.exists()


def test_a_training_whose_drawings_are_no_pictures_is_no_success(data, tmp_path, run):
    words = ("--set", "rate=1e30", "--set", "iterations=1", "--method", "zi2zi", "--device", "cpu")
    code, _, err = run("train", data, "-o", tmp_path / "run", *WORDS, *words)
    assert code == 1, err
    assert "try a lower rate" in err
