"""Find what a font argument names: a catalogue id, a file, a folder of subset pieces."""

from __future__ import annotations

import re
from pathlib import Path

from fontgan.errors import FontError
from fontgan.faces.variation import Fragment

SUFFIXES = (".ttf", ".otf", ".ttc", ".otc", ".woff2", ".woff")


def slug(name: str) -> str:
    """Return a name fit for folders and styles.

    >>> slug("LongCang-Regular [v2]")
    'longcang-regular-v2'
    """
    return re.sub(r"[^\w.]+", "-", name.lower()).strip("-_.") or "face"


def split(spec: str) -> tuple[str, Fragment]:
    """Split off the fragment, unless the whole names a file that exists."""
    name, mark, fragment = spec.rpartition("#")
    if not mark or _exists(Path(spec)):
        return spec, Fragment()
    return name, Fragment.parse(fragment, spec)


def locate(name: str) -> tuple[str, Path]:
    """Return (catalogue id or empty, path) of a font argument."""
    if not name:
        raise FontError("the name of the font is empty; give an id of the catalogue or a file")
    path = Path(name)
    written_as_path = path.suffix.lower() in SUFFIXES or len(path.parts) != 1
    if written_as_path and not _exists(path):
        raise FontError(f"{name}: no such font file or folder")
    if written_as_path:
        return "", path
    # A bare word is a catalogue id first: a folder that happens to have its name is ./word.
    from fontgan.faces import catalogue

    if name not in {entry.id for entry in catalogue.entries()} and _exists(path):
        return "", path
    return name, catalogue.font_path(catalogue.find(name))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name, or holds a null character
        return False


def pieces_of(path: Path) -> tuple[Path, ...]:
    """Return the font files of a folder sorted by name; a .woff beside its .woff2 is left out."""
    if path.is_file():
        return (path,)
    best: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        known = best.get(file.stem)
        if file.suffix.lower() in SUFFIXES and file.is_file() and not file.name.startswith("."):
            best[file.stem] = min((known or file), file, key=lambda f: _rank(f.suffix))
    if not best:
        raise FontError(f"the folder {path} holds no font files; give a font file")
    return tuple(best.values())


def _rank(suffix: str) -> int:
    return SUFFIXES.index(suffix.lower())
