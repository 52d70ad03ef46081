"""Make the embedded faces and fonts/catalogue.toml from the published packages.

Run from anywhere, on Debian 12 (two faces come from its packages) with npm installed:

    python tools/embed_fonts.py [ID ...] [--packages FOLDER]

The packages are pinned by version and hash in tools/faces.toml, and everything written is the same
byte for byte with the same versions of fontTools and brotli (made with 4.68.0 and 1.2.1).
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from font_readme import update_readme
from reduce_face import Piece, drawn, open_pieces, reduce_face, to_woff2

from fontgan.faces.fetch import LICENCE_NAME, download, extract
from fontgan.files import atomic_write, sha256
from fontgan.glyphs.charset import Charset

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "fonts"
CATALOGUE = FONTS / "catalogue.toml"
KEPT = "gb2312-1+ascii+cjk-punct"
MEASURED = (
    "alnum62", "ascii", "latin", "cjk-punct", "gb2312-1", "gb2312", "big5-1", "jisx0208-1",
    "kana", "ksx1001",
)  # fmt: skip
HEADER = "# Made by tools/embed_fonts.py from tools/faces.toml and the packages; do not edit.\n"

Face = Mapping[str, Any]


def main() -> None:
    """Make the faces named on the command line, or all; keep what the catalogue says of others."""
    options = _options()
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    faces = tomllib.loads((ROOT / "tools" / "faces.toml").read_text(encoding="utf-8"))["face"]
    records = _known_records()
    for face in faces:
        if options.ids and face["id"] not in options.ids:
            continue
        records[face["id"]] = make(face, package_file(face, options.packages), options.sizes)
        ordered = [records[face["id"]] for face in faces if face["id"] in records]
        write_catalogue(ordered)
        update_readme(FONTS / "README.md", ordered)


def make(face: Face, package: Path, sizes: bool = False) -> dict[str, Any]:
    """Embed one face and return its catalogue entry, with what it really draws."""
    with tempfile.TemporaryDirectory() as folder:
        whole = open_pieces(unpack(package, face.get("fetch", []), Path(folder) / "fetch"))
        source = unpack(package, face.get("embed", []), Path(folder) / "embed")
        embedded = _embed(face, source, sizes) if source else []
        if embedded and face.get("licence_file"):
            licence = unpack(package, [face["licence_file"]], Path(folder) / "licence")
            shutil.copyfile(licence[0], FONTS / face["id"] / LICENCE_NAME)
        fetch_coverage = coverage(whole)
    kept = {key: value for key, value in face.items() if key not in ("embed", "as_shipped")}
    return kept | {
        "embedded": bool(embedded),
        "files": [path.name for path in embedded],
        "sha256": [sha256(path) for path in embedded],
        "coverage": coverage(open_pieces(embedded)) or fetch_coverage,
        "fetch_coverage": fetch_coverage,
    }


def _embed(face: Face, source: Sequence[Path], sizes: bool) -> list[Path]:
    goal = FONTS / face["id"]
    goal.mkdir(exist_ok=True)
    if face.get("as_shipped"):
        return [Path(shutil.copyfile(path, goal / path.name)) for path in source]
    font = reduce_face(open_pieces(source), Charset.parse(KEPT))
    with atomic_write(goal / f"{face['id']}.woff2") as part:
        part.write_bytes(to_woff2(font))
    line = f"{face['id']}: {len(font.getBestCmap())} characters, {_size(goal)} bytes"
    print(line + (f", {len(to_woff2(font, transformed=True))} transformed" if sizes else ""))
    return [goal / f"{face['id']}.woff2"]


def coverage(pieces: Sequence[Piece]) -> dict[str, int]:
    """Count the characters of each measured charset that are really drawn."""
    charsets = {name: Charset.parse(name) for name in MEASURED}
    found = drawn(pieces, {char for charset in charsets.values() for char in charset})
    counts = {name: sum(char in found for char in charsets[name]) for name in MEASURED}
    return {name: count for name, count in counts.items() if count}


def package_file(face: Face, folder: Path) -> Path:
    """Return the face's package, from ``folder`` or downloaded into it; its hash is checked."""
    package, version, expected = face["package"], face["version"], face["tarball_sha256"]
    name = f"{package.lstrip('@').replace('/', '-')}-{version.replace(':', '.')}"
    path = folder / f"{name}.{'tgz' if face['source'] == 'npm' else 'deb'}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            get = download if face["source"] == "npm" else _download_deb
            get(package, version, expected, Path(temporary)).rename(path)
    if sha256(path) != expected:
        raise SystemExit(f"{path} has another hash than tools/faces.toml says")
    return path


def _download_deb(package: str, version: str, _expected: str, folder: Path) -> Path:
    subprocess.run(["apt-get", "download", f"{package}={version}"], cwd=folder, check=True)
    return next(folder.glob("*.deb"))


def unpack(package: Path, patterns: Sequence[str], folder: Path) -> list[Path]:
    """Take the files that match ``patterns`` out of a package."""
    folder.mkdir()
    if not patterns:
        return []
    if package.suffix == ".tgz":
        return extract(package, patterns, folder)
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return [path for pattern in patterns for path in folder.glob(pattern)]


def write_catalogue(records: Iterable[Mapping[str, Any]]) -> None:
    """Write fonts/catalogue.toml."""
    tables = ("[[face]]\n" + "".join(_line(*item) for item in r.items()) for r in records)
    with atomic_write(CATALOGUE) as part:
        part.write_text("\n".join([HEADER, *tables]), encoding="utf-8")


def _line(key: str, value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(name)} = {count}" for name, count in value.items())
        return f"{key} = {{ {inner} }}\n" if inner else f"{key} = {{}}\n"
    return f"{key} = {json.dumps(value, ensure_ascii=False)}\n"


def _known_records() -> dict[str, dict[str, Any]]:
    if not CATALOGUE.exists():
        return {}
    tables = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["face"]
    return {table["id"]: table for table in tables}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.woff2"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make the embedded faces and the catalogue.")
    parser.add_argument("ids", nargs="*", metavar="ID", help="faces to make (default: all)")
    parser.add_argument("--packages", type=Path, default=ROOT / "build" / "font-packages")
    parser.add_argument("--sizes", action="store_true", help="also tell the transformed size")
    return parser.parse_args()


if __name__ == "__main__":
    main()
