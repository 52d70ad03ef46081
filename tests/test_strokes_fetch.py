"""Stroke sets made of KanjiVG's package: its curves, its hash, what is left when it fails."""

from __future__ import annotations

import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fontgan.errors import DataError, MissingDependencyError
from fontgan.files import sha256
from fontgan.strokes import catalogue, fetch, kanjivg

SVG = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 109 109">
<g><path d="M10.9,54.5c32.7,0,54.5,0,87.2,0"/><path d="M54.5,10.9L54.5,98.1"/></g></svg>"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "kanjivg-20260714-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("kanji/05341-Kaisho.svg", SVG)
        archive.writestr("kanji/05341.svg", SVG)
        archive.writestr("kanji/../05342-Kaisho.svg", SVG)
        archive.writestr("kanjivg-20260714.dist-info/licenses/COPYING", "share alike")
    return path


@pytest.fixture
def known(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> catalogue.Record:
    """The catalogue's set, as if its package were the wheel of this test."""
    monkeypatch.setenv("FONTGAN_CACHE", str(tmp_path / "cache"))
    record = replace(catalogue.record("kanjivg-kaisho"), package_sha256=sha256(wheel))
    monkeypatch.setattr(fetch, "record", lambda _: record)
    return record


def test_curves_become_polylines_in_em_units() -> None:
    across, down = kanjivg.read_svg(SVG.encode()).polylines
    assert across[[0, -1]] == pytest.approx(np.array([[0.1, 0.5], [0.9, 0.5]]), abs=1e-6)
    assert down == pytest.approx(np.array([[0.5, 0.1], [0.5, 0.9]]), abs=1e-6)


def test_a_curve_is_followed_closely() -> None:
    line = kanjivg.flattened("M109,0c0,60.2,-48.8,109,-109,109")  # about a quarter of a circle
    assert np.hypot(*line.T) == pytest.approx(np.ones(len(line)), abs=0.01)
    assert 5 < len(line) <= 17


@pytest.mark.parametrize("text", ["not xml", "<svg/>", '<svg xmlns="http://www.w3.org/2000/svg"/>'])
def test_a_file_without_strokes_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        kanjivg.read_svg(text.encode())


def test_a_package_on_this_machine_is_made_a_set(known, wheel: Path) -> None:
    folder = fetch.fetch("kanjivg-kaisho", wheel)
    found = catalogue.StrokeSet.open(folder / catalogue.SET_NAME)
    assert found.chars == ("十",)
    assert found.header == known.header
    assert (folder / known.licence_file).read_text() == "share alike"
    assert "CHANGED" in (folder / "NOTICE.txt").read_text(encoding="utf-8")
    wheel.unlink()
    assert fetch.fetch("kanjivg-kaisho") == folder  # there already
    assert known.state == "fetched"


def test_another_package_is_not_used_and_leaves_nothing(known, tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(b"PK")
    with pytest.raises(DataError, match="is not kanjivg 20260714 as it was checked"):
        fetch.fetch("kanjivg-kaisho", other)
    assert not list(known.folder.parent.iterdir())


def test_what_pip_says_is_told(known, monkeypatch: pytest.MonkeyPatch) -> None:
    said = SimpleNamespace(returncode=1, stderr="noise\nERROR: No matching distribution found")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: said)
    with pytest.raises(DataError, match="pip could not get kanjivg 20260714: ERROR: No matching"):
        fetch.fetch("kanjivg-kaisho")
    assert not list(known.folder.parent.iterdir())


@pytest.mark.usefixtures("known")
def test_without_pip_the_file_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match="give its file with --from"):
        fetch.fetch("kanjivg-kaisho")


def test_an_embedded_set_is_not_fetched() -> None:
    with pytest.raises(DataError, match="hanzi-writer is embedded"):
        fetch.fetch("hanzi-writer")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not a zip"])
def test_what_is_no_zip_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.whl"
    path.write_bytes(data)
    with pytest.raises(DataError, match="not a KanjiVG wheel"):
        kanjivg.read_wheel(path)
