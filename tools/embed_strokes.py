"""Make the embedded stroke sets and fonts/strokes/catalogue.toml from the published packages.

Run from anywhere, on Debian 12 (the Hershey fonts come from its packages) with npm installed:

    python tools/embed_strokes.py [--packages FOLDER]

The packages are pinned by version and hash in tools/stroke_sets.toml, and everything written is the
same byte for byte each time. Sets that other scripts make stay in the catalogue behind these.
"""

from __future__ import annotations

import argparse
import json
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from embed_fonts import package_file, unpack

from fontgan.files import atomic_write, sha256
from fontgan.glyphs.charset import Charset
from fontgan.strokes.catalogue import SET_NAME, Record
from fontgan.strokes.fetch import download, licence_text
from fontgan.strokes.kanjivg import read_wheel
from fontgan.strokes.paths import Strokes
from fontgan.strokes.stroke_set import StrokeSet, write

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "fonts" / "strokes"
CATALOGUE = FOLDER / "catalogue.toml"
MEASURED = (
    "alnum62", "ascii", "latin", "cjk-punct", "kana", "gb2312-1", "gb2312", "big5-1", "jisx0208-1",
)  # fmt: skip
HEADER = "# Made by tools/embed_strokes.py from tools/stroke_sets.toml and the packages.\n\n"
ARPHIC_UPPER_LEFT, ARPHIC_EM = (0, 900), 1024  # y grows upwards there
HERSHEY_CAP, CAP = 21, 0.733  # height of capitals: Hershey's units, and em in Noto Sans SC
HERSHEY_BASELINE, BASELINE = 9, 0.88

Table = Mapping[str, Any]


def main() -> None:
    """Make every set of tools/stroke_sets.toml."""
    parser = argparse.ArgumentParser(description="Make the embedded stroke sets.")
    parser.add_argument("--packages", type=Path, default=ROOT / "build" / "font-packages")
    packages = parser.parse_args().packages
    sets = tomllib.loads((ROOT / "tools" / "stroke_sets.toml").read_text(encoding="utf-8"))["set"]
    made = [make(one, packages) for one in sets]
    write_catalogue([*made, *_others({one["id"] for one in made})])


def make(one: Table, packages: Path) -> dict[str, Any]:
    """Embed one set, or only count what it holds; return its record of the catalogue."""
    package = _package(one, packages)
    glyphs = READERS[one["source"]](package, one)
    values = {key: value for key, value in one.items() if key not in ("font", "keep")}
    values |= {"characters": len(glyphs), "coverage": coverage(glyphs), "sha256": ""}
    if one["embedded"]:
        path = FOLDER / one["id"] / SET_NAME
        write(path, glyphs, Record(**values).header)
        (path.parent / one["licence_file"]).write_bytes(LICENCES[one["source"]](package))
        (path.parent / "NOTICE.txt").write_text(one["notice"] + "\n", encoding="utf-8")
        values["sha256"] = sha256(path)
        print(f"{one['id']}: {len(glyphs)} characters, {path.stat().st_size} bytes")
    return values


def hanzi_writer(package: Path, _one: Table) -> dict[str, Strokes]:
    """Read the medians of hanzi-writer-data."""
    glyphs = {}
    with tarfile.open(package, "r:gz") as archive:
        for member in archive:
            name = Path(member.name)
            if name.suffix != ".json" or len(name.stem) != 1:
                continue
            with archive.extractfile(member) as file:  # type: ignore[union-attr]
                lines = [np.array(line, np.float64) for line in json.load(file)["medians"]]
            placed = [(line - ARPHIC_UPPER_LEFT) * (1, -1) / ARPHIC_EM for line in lines]
            glyphs[name.stem] = Strokes(tuple(map(_without_repeats, placed)))
    return glyphs


def kanjivg(package: Path, one: Table) -> dict[str, Strokes]:
    """Read one variant of KanjiVG."""
    return read_wheel(package, one.get("variant", ""))


def hershey(package: Path, one: Table) -> dict[str, Strokes]:
    """Read one of the Hershey fonts, in James Hurt's format: ASCII from the space on."""
    with tempfile.TemporaryDirectory() as folder:
        pattern = f"usr/share/hershey-fonts/{one['font']}.jhf"
        (file,) = unpack(package, [pattern], Path(folder) / "deb")
        lines = file.read_text(encoding="ascii").splitlines()
    glyphs = {chr(code): _hershey_strokes(line[8:]) for code, line in enumerate(lines, 32)}
    return {char: glyphs[char] for char in Charset.parse(one["keep"])}


def _hershey_strokes(text: str) -> Strokes | None:
    """Read one glyph: pairs of letters, R is 0; first left and right side; " R" lifts the pen."""
    if len(text) <= 2:
        return None
    left, right = (ord(letter) - ord("R") for letter in text[:2])
    lines = [np.array([list(pair) for pair in _pairs(part)]) for part in text[2:].split(" R")]
    unit = CAP / HERSHEY_CAP
    origin = np.array([(left + right) / 2, HERSHEY_BASELINE])
    return Strokes(
        tuple(_without_repeats((line - origin) * unit + (0.5, BASELINE)) for line in lines)
    )


def _pairs(text: str) -> Iterable[tuple[int, int]]:
    numbers = [ord(letter) - ord("R") for letter in text]
    return zip(numbers[::2], numbers[1::2], strict=True)


def _without_repeats(line: np.ndarray) -> np.ndarray:
    new = np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))
    return line[new].astype(np.float32)


def coverage(glyphs: Mapping[str, Strokes]) -> dict[str, int]:
    """Count the characters of each measured charset that are there."""
    counts = {name: sum(c in glyphs for c in Charset.parse(name)) for name in MEASURED}
    return {name: count for name, count in counts.items() if count}


def enlist(found: StrokeSet, licence_file: str) -> None:
    """Put a set that another script has written to fonts/strokes/<id>/ into the catalogue."""
    header = found.header.model_dump(exclude={"format"})
    header["derived_from"] = list(header["derived_from"])
    made = {
        **header, "licence_file": licence_file, "source": "derived", "package": header["source"],
        "package_sha256": "", "embedded": True, "characters": len(found),
        "coverage": coverage(found), "sha256": sha256(found.path),
    }  # fmt: skip
    write_catalogue([*_others({found.id}), made])


def write_catalogue(records: Iterable[Table]) -> None:
    """Write fonts/strokes/catalogue.toml."""
    text = tomli_w.dumps({"set": list(records)}, multiline_strings=False)
    with atomic_write(CATALOGUE) as part:
        part.write_text(HEADER + text, encoding="utf-8")


def _package(one: Table, folder: Path) -> Path:
    if one["source"] != "pypi":
        return package_file({**one, "tarball_sha256": one["package_sha256"]}, folder)
    there = sorted(folder.glob(f"{one['package']}-{one['version']}-*.whl"))
    if there:
        return there[0]
    folder.mkdir(parents=True, exist_ok=True)
    return download(Record(**one, sha256="", characters=0), folder)


def _arphic_licence(package: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (file,) = unpack(package, ["ARPHICPL.TXT"], Path(folder) / "package")
        return file.read_bytes()


def _hershey_licence(package: Path) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        pattern = "usr/share/doc/hershey-fonts-data/copyright"
        (file,) = unpack(package, [pattern], Path(folder) / "deb")
        text = file.read_text(encoding="utf-8")
    about_data = text[text.index("Files: hershey-fonts/*.jhf") :].partition("\n\n")[0]
    return (about_data + "\n").encode()


def _others(made: set[str]) -> list[dict[str, Any]]:
    if not CATALOGUE.exists():
        return []
    known = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["set"]
    return [one for one in known if one["id"] not in made]


READERS = {"npm": hanzi_writer, "pypi": kanjivg, "debian": hershey}
LICENCES = {"npm": _arphic_licence, "pypi": licence_text, "debian": _hershey_licence}

if __name__ == "__main__":
    main()
