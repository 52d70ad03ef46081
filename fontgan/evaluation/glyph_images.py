"""Folders of drawn glyphs, matched with the truths of a data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fontgan.data.batch import to_tensor
from fontgan.data.pairs import Part
from fontgan.errors import ConfigError, DataError, FontError, nearest
from fontgan.glyphs.image_files import read_grey
from fontgan.glyphs.scans import ImageFolder
from fontgan.limits import MANIFEST_BYTES
from fontgan.metrics.tally import Compared
from fontgan.store.store import GlyphStore
from fontgan.untrusted import read_json


@dataclass(frozen=True)
class DrawnGlyph:
    """A drawn glyph's file, and its truth's row in the style's images."""

    style: str
    char: str
    file: Path
    row: int


def holds_glyphs(folder: Path) -> bool:
    """Tell whether there are glyph images in a folder or in the folders in it."""
    return any(_files(home) for home in (folder, *_folders(folder)))


def find_glyphs(
    folder: Path, store: GlyphStore, styles: Sequence[str] = (), part: Part | None = None
) -> tuple[list[DrawnGlyph], list[str]]:
    """Find glyph images that have a truth, as ``fontgan infer`` writes them.

    Args:
        folder: style folders of glyphs, or one folder of glyphs.
        store: the data set with the truths.
        styles: only these; of one folder of glyphs, the style that it is.
        part: only glyphs of this part; default all.

    Returns:
        The glyphs, and notes on what was left out.

    Raises:
        FontganError: no such style, or nothing to compare.
    """
    found: list[DrawnGlyph] = []
    unknown: set[str] = set()
    for style, home in _homes(folder, store, styles).items():
        face = store.style(style)
        for char, file in _files(home).items():
            row = face.row(char)
            if row is None:
                unknown.add(char)
            elif part in (None, "held-out" if store.is_held_out(style, char) else "train"):
                found.append(DrawnGlyph(style, char, file, row))
    if not found:
        raise DataError(f"{folder} has no {part or ''} glyph that {store.path} has the truth of")
    held_out = sum(store.is_held_out(glyph.style, glyph.char) for glyph in found)
    notes = [f"{held_out} of {len(found)} glyphs are {_kept(store)} of {store.path}"]
    if unknown:
        shown = "".join(sorted(unknown)[:40])
        notes.append(f"{len(unknown)} characters have no truth and were left out: {shown}")
    return found, notes


def _kept(store: GlyphStore) -> str:
    return "of characters held out" if store.split == "character" else "pairs held out"


def read_glyphs(
    glyphs: Sequence[DrawnGlyph], store: GlyphStore, device: torch.device, batch_size: int = 64
) -> Iterator[Compared]:
    """Read drawn glyphs and their truths, batch by batch.

    Raises:
        DataError: an image that cannot be read, or of another size than the truths.
    """
    for start in range(0, len(glyphs), batch_size):
        part = glyphs[start : start + batch_size]
        truths = [store.style(glyph.style).images[glyph.row] for glyph in part]
        yield Compared(
            style=[glyph.style for glyph in part],
            char=[glyph.char for glyph in part],
            drawn=_tensor([_read(glyph.file, store) for glyph in part]).to(device),
            truth=_tensor(truths).to(device),
        )


def _homes(folder: Path, store: GlyphStore, styles: Sequence[str]) -> dict[str, Path]:
    if _files(folder):
        return {_only_style(folder, store, styles): folder}
    homes = {home.name: home for home in _folders(folder) if _files(home)}
    for style in styles:
        if style not in homes:
            raise DataError(f"{folder} has no glyphs of style {style}; {nearest(style, homes)}")
    return {name: home for name, home in homes.items() if not styles or name in styles}


def _only_style(folder: Path, store: GlyphStore, styles: Sequence[str]) -> str:
    """Return the style of one folder of glyphs: as named, as drawn, or the only one there is."""
    candidates = list(styles) or _manifest_styles(folder) or list(store.style_names)
    if len(candidates) == 1:
        return candidates[0]
    known = nearest("", store.style_names)
    raise ConfigError(f"{folder} is one folder of glyphs: name its one style with --style; {known}")


def _manifest_styles(folder: Path) -> list[str]:
    """Return the styles in the manifest that `infer` writes; none where there is no such thing."""
    try:
        glyphs = read_json(folder / "manifest.json", MANIFEST_BYTES)["glyphs"]
        return list(dict.fromkeys(str(glyph["style"]) for glyph in glyphs))
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _folders(folder: Path) -> list[Path]:
    return sorted(home for home in folder.iterdir() if home.is_dir())


def _files(folder: Path) -> dict[str, Path]:
    try:
        return ImageFolder(folder).files
    except FontError:
        return {}


def _read(file: Path, store: GlyphStore) -> np.ndarray:
    grey = read_grey(file, DataError)
    if grey.shape != (store.size, store.size):
        height, width = grey.shape
        raise DataError(
            f"{file} has {width} x {height} px and {store.path} has {store.size} px; "
            "compare images of one size"
        )
    return grey


def _tensor(images: Sequence[np.ndarray]) -> Tensor:
    """Return (B, 1, S, S) in [-1, 1]."""
    return to_tensor(torch.from_numpy(np.stack(images))).unsqueeze(1)
