"""The folder that `infer` writes: one image a glyph, and manifest.json, which names them.

The manifest is written before the first glyph, marked ``unfinished``, and again after the last, so
that what an interrupted drawing leaves is known to the next one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fontgan.errors import DataError
from fontgan.files import atomic_write
from fontgan.glyphs.names import char_of_filename, glyph_filename
from fontgan.training.model import Model
from fontgan.workflows.codes import Codes
from fontgan.workflows.codes_file import CODES_FILE
from fontgan.workflows.sources import Sources

Images = NDArray[np.uint8]
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class GlyphFolder:
    """Glyphs at ``<style>/sample-<k>/<glyph>.png``.

    Without codes there is no folder a sample; where there is one style it has no folder of its own.

    Attributes:
        folder: where.
        styles: names.
        chars: the characters, in every style.
        codes: one a sample, or None.
    """

    folder: Path
    styles: list[str]
    chars: list[str]
    codes: Codes | None = None

    @cached_property
    def files(self) -> list[Path]:
        """Return one path a glyph: styles one after another, in each the samples."""
        return [
            home / glyph_filename(char)
            for style in range(len(self.styles))
            for home in self._homes(style)
            for char in self.chars
        ]

    def place(self, style: int, sample: int, char: int) -> int:
        """Return a glyph's place among the files."""
        samples = len(self.codes) if self.codes else 1
        return (style * samples + sample) * len(self.chars) + char

    def begin(self, about: dict[str, Any]) -> int:
        """Remove the glyphs of an earlier drawing that this one will not draw; say how many.

        Only files that its manifest names are removed.

        Args:
            about: what the manifest says besides the glyphs.

        Raises:
            DataError: the folder's manifest is of something else.
        """
        drawn = {self._name(file) for file in self.files}
        stale = [name for name in _glyphs_of(self.folder) if name not in drawn]
        removed = sum(_remove(self.folder, name) for name in stale)
        self._write_manifest({**about, "unfinished": True})
        return removed

    def write(self, first: int, images: Images) -> None:
        """Write the images (B, S, S) of the files from the ``first`` on."""
        for file, image in zip(self.files[first : first + len(images)], images, strict=True):
            with atomic_write(file) as beside:
                Image.fromarray(image).save(beside, compress_level=1)

    def read(self, style: int, sample: int, char: int) -> Images:
        """Return a glyph's image (S, S)."""
        return np.asarray(Image.open(self.files[self.place(style, sample, char)]))

    def finish(self, about: dict[str, Any]) -> None:
        """Write the manifest of what is drawn; arguments as for `begin`."""
        self._write_manifest(about)

    def _homes(self, style: int) -> list[Path]:
        home = self.folder / self.styles[style] if len(self.styles) > 1 else self.folder
        if self.codes is None:
            return [home]
        return [home / f"sample-{number}" for number in range(1, len(self.codes) + 1)]

    def _write_manifest(self, about: dict[str, Any]) -> None:
        text = json.dumps({**about, "glyphs": self._glyphs()}, ensure_ascii=False, indent=1)
        with atomic_write(self.folder / MANIFEST) as beside:
            beside.write_text(text, encoding="utf-8")

    def _glyphs(self) -> list[dict[str, Any]]:
        samples = range(len(self.codes) if self.codes else 1)
        return [
            {
                "style": name,
                **({"sample": sample + 1} if self.codes else {}),
                "char": char,
                "code_point": f"U+{ord(char):04X}",
                "file": self._name(self.files[self.place(style, sample, place)]),
                **self._own_code(sample, place),
            }
            for style, name in enumerate(self.styles)
            for sample in samples
            for place, char in enumerate(self.chars)
        ]

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    def _own_code(self, sample: int, char: int) -> dict[str, list[float]]:
        if self.codes is None or not self.codes.varied:
            return {}
        return {"code": self.codes.numbers(sample, char)}


def describe(model: Model, sources: Sources, codes: Codes | None, seed: int) -> dict[str, Any]:
    """Return what a manifest says of the model, the source font and the codes."""
    face, header = sources.face, model.header
    about = {
        "method": header["method"],
        "iteration": header["iteration"],
        "source": {"family": face.family, "spec": face.spec, "licence": face.licence},
        "canvas": header["canvas"],
        "seed": seed,
        "trained_styles": header["styles"],
        "missing": sources.missing,
    }
    if codes is None:
        return about
    samples = [
        {"sample": number + 1, "from": name or "random"}
        | ({} if codes.varied else {"code": codes.numbers(number)})
        for number, name in enumerate(codes.names)
    ]
    return about | {"codes": None if codes.varied else CODES_FILE, "samples": samples}


def _glyphs_of(folder: Path) -> list[str]:
    """Return the glyph files that the manifest of a folder names; none where there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        _ = manifest["checkpoint"]
        return [str(glyph["file"]) for glyph in manifest["glyphs"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError):
        raise DataError(
            f"{folder / MANIFEST} is not of drawn glyphs; draw into another folder with -o"
        ) from None


def _remove(folder: Path, name: str) -> bool:
    """Remove a glyph file; anything else, or outside of the folder, is left alone."""
    file = (folder / name).resolve()
    is_glyph = file.suffix == ".png" and char_of_filename(file.stem) is not None
    if not (is_glyph and file.is_relative_to(folder.resolve()) and file.is_file()):
        return False
    file.unlink()
    return True
