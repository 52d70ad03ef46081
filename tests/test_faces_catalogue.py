"""The catalogue tells the truth about the embedded faces, and finds the right file of a face."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from fontgan.errors import FontError
from fontgan.faces import catalogue
from fontgan.faces.face import FontFace
from fontgan.files import sha256
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.survey import survey

ROOT = Path(__file__).resolve().parent.parent
ENTRIES = catalogue.entries()
EMBEDDED = [entry for entry in ENTRIES if entry.embedded]
TEXTS = {"OFL-1.1": "SIL OPEN FONT LICENSE Version 1.1", "Apache-2.0": "Apache License"}


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("FONTGAN_CACHE", str(tmp_path / "cache"))


def test_the_embedded_set_is_whole():
    scripts = [entry.script for entry in EMBEDDED]
    assert scripts.count("cjk") == 16
    assert scripts.count("latin") == 31
    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("entry", EMBEDDED, ids=lambda entry: entry.id)
def test_files_and_licence_are_there(entry):
    folder = catalogue.face_folder(entry)
    assert tuple(sha256(folder / name) for name in entry.files) == entry.sha256
    assert TEXTS[entry.licence] in (folder / "LICENSE.txt").read_text(encoding="utf-8")
    assert catalogue.font_path(entry).is_file()


def test_no_reserved_name_is_used():
    for entry in EMBEDDED:
        for name in entry.reserved_names:
            assert name.lower() not in entry.family.lower()


def test_folders_and_catalogue_agree():
    folders = {path.parent.name for path in (ROOT / "fonts").glob("*/LICENSE*")}
    assert folders == {entry.id for entry in EMBEDDED}


def test_the_wheel_takes_every_font_licence_and_list():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["fontgan.fonts"]
    files = [path for path in (ROOT / "fonts").rglob("*") if path.is_file()]
    files = [
        path.relative_to(ROOT / "fonts") for path in files if path.suffix not in (".py", ".pyc")
    ]
    left_out = [f for f in files if not any(fnmatch("/" + str(f), "/" + p) for p in patterns)]
    assert {str(path) for path in left_out} <= {"README.md", "strokes/README.md", "catalogue.toml"}
    assert any(fnmatch("catalogue.toml", p.removeprefix("**/")) for p in patterns)


def test_chinese_faces_unpack_with_brotli_alone():
    for entry in EMBEDDED:
        if entry.script == "cjk":
            font = TTFont(catalogue.font_path(entry), lazy=True)
            assert not font.reader.tables["glyf"].transformed, entry.id
    size = sum(catalogue.font_path(entry).stat().st_size for entry in EMBEDDED)
    assert size < 17e6


@pytest.mark.parametrize("face_id", ["zcool-kuaile", "caveat"])
def test_claimed_coverage_is_what_is_really_drawn(face_id):
    entry, face = catalogue.find(face_id), FontFace.open(face_id)
    found = survey(face, entry.coverage)
    assert {row.charset: row.drawn for row in found.coverage} == entry.coverage
    assert found.blank == found.tofu == ()
    for char in "A0&":
        assert Canvas(size=64).draw(face, char).min() < 64


def test_a_reduced_face_passes_the_sanitiser(tmp_path):
    ots = pytest.importorskip("ots")
    for face_id in ("zcool-kuaile", "gnu-unifont"):
        path = catalogue.font_path(catalogue.find(face_id))
        assert ots.sanitize(str(path), str(tmp_path / "out.ttf")).returncode == 0


def test_a_reduced_face_keeps_names_and_metrics():
    font = TTFont(catalogue.font_path(catalogue.find("long-cang")))
    assert font["name"].getDebugName(1) == "Long Cang"
    assert "LongCang Project Authors" in font["name"].getDebugName(0)
    assert font["name"].getDebugName(14) == "http://scripts.sil.org/OFL"
    assert font["head"].unitsPerEm == 1000
    assert (font["OS/2"].sTypoAscender, font["OS/2"].sTypoDescender) == (880, -120)
    assert font["hmtx"]["uni3000" if "uni3000" in font["hmtx"].metrics else ".notdef"][0] > 0


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(FontError, match="did you mean long-cang"):
        catalogue.find("long-cag")


def test_a_face_not_there_says_how_to_get_it():
    entry = catalogue.find("klee-one")
    assert entry.state == "available"
    with pytest.raises(FontError, match="fontgan fonts fetch klee-one"):
        catalogue.font_path(entry)


def fetched(tmp_path: Path, entry: catalogue.Entry, *names: str) -> Path:
    folder = tmp_path / "cache" / "fonts" / entry.id
    folder.mkdir(parents=True)
    for name in (*names, "LICENSE.txt"):
        (folder / name).write_bytes(b"x")
    source = {"tarball_sha256": entry.tarball_sha256}
    (folder / catalogue.SOURCE_NAME).write_text(json.dumps(source))
    return folder


def test_a_fetched_face_goes_before_the_embedded(tmp_path):
    whole, pieces = catalogue.find("caveat"), catalogue.find("long-cang")
    folder = fetched(tmp_path, whole, "Caveat.ttf")
    assert (whole.state, catalogue.font_path(whole)) == ("fetched", folder / "Caveat.ttf")
    folder = fetched(tmp_path, pieces, "b.woff2", "a.woff2")
    assert catalogue.font_path(pieces) == folder


def test_a_fetched_face_of_another_version_does_not_count(tmp_path):
    entry = catalogue.find("klee-one")
    fetched(tmp_path, entry, "Klee.ttf")
    newer = dataclasses.replace(entry, tarball_sha256="0" * 64)
    assert (entry.state, newer.state) == ("fetched", "available")


def test_a_damaged_note_of_the_source_does_not_count(tmp_path):
    entry = catalogue.find("caveat")
    (fetched(tmp_path, entry, "Caveat.ttf") / catalogue.SOURCE_NAME).write_text("{")
    assert entry.state == "embedded"


def test_tags_are_class_script_and_tags():
    assert {e.id for e in ENTRIES if e.has_tag("caps-only")} == {
        "permanent-marker", "amatic-sc", "rock-salt",
    }  # fmt: skip
    assert catalogue.find("long-cang").has_tag("handwriting")
    assert catalogue.find("long-cang").has_tag("cjk")
