"""The folder that `infer` writes: one file a glyph, and manifest.json, which names them.

The manifest is written before the first glyph, marked ``unfinished``, and again after the last, so
that what an interrupted drawing leaves is known to the next one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from fontgan.config import plain
from fontgan.errors import DataError
from fontgan.files import atomic_write, sweep
from fontgan.glyphs.image_files import read_grey
from fontgan.glyphs.names import char_of_filename, glyph_filename
from fontgan.inference.latents import Codes
from fontgan.inference.latents_file import CODES_FILE
from fontgan.inference.model import Model
from fontgan.inference.sources import Sources
from fontgan.limits import MANIFEST_BYTES
from fontgan.locks import held
from fontgan.outlines.formats import FORMATS
from fontgan.store.shard import Shard
from fontgan.untrusted import read_json

Images = NDArray[np.uint8]
MANIFEST = "manifest.json"
_MARK = ".shard-"
_LOCK = ".drawing.lock"
SUFFIXES = {".png", *(one.suffix for one in FORMATS.values())}


@dataclass(frozen=True)
class GlyphFolder:
    """Glyphs at ``<style>/sample-<k>/<glyph>.png``, or with another suffix.

    Without codes there is no folder a sample; where there is one style it has no folder of its own.

    Attributes:
        folder: where.
        styles: names.
        chars: the characters, in every style.
        codes: one a sample, or None.
        suffix: what file names end in.
    """

    folder: Path
    styles: list[str]
    chars: list[str]
    codes: Codes | None = None
    suffix: str = ".png"

    @property
    def files(self) -> Sequence[Path]:
        """The path of each glyph: styles one after another, in each the samples."""
        return self.files_of(range(len(self.chars)))

    def files_of(self, places: Sequence[int]) -> Sequence[Path]:
        """Return the files of the characters at some places, in the order of all."""
        return _Files(self, places)

    @property
    def samples(self) -> int:
        """How many drawings there are of a character in a style."""
        return len(self.codes) if self.codes else 1

    @property
    def rows(self) -> int:
        """How many drawings there are of a character: styles times samples."""
        return len(self.styles) * self.samples

    def file(self, style: int, sample: int, place: int) -> Path:
        """Return a glyph's path."""
        home = self.folder / self.styles[style] if len(self.styles) > 1 else self.folder
        home = home / f"sample-{sample + 1}" if self.codes is not None else home
        return home / glyph_filename(self.chars[place], self.suffix)

    @contextmanager
    def alone(self, shard: Shard | None) -> Iterator[None]:
        """Hold the folder against another drawing; the shares of one draw together.

        Raises:
            DataError: another process draws into it.
        """
        if shard:
            yield
            return
        busy = DataError(
            f"another process is drawing into {self.folder}; wait for it, or choose another folder"
        )
        with held(self.folder / _LOCK, busy, leave=False):
            yield

    def begin(self, about: dict[str, Any], shard: Shard | None = None) -> int:
        """Remove the glyphs of an earlier drawing that this one will not draw; say how many.

        Only files that its manifest names are removed.

        Args:
            about: what the manifest says besides the glyphs.
            shard: draw only this share of them.

        Raises:
            DataError: the folder's manifest is of something else.
        """
        for home in {self.file(*divmod(row, self.samples), 0).parent for row in range(self.rows)}:
            sweep(home)
        self._forget_shares(about)
        if shard:
            self._mark(about, shard).unlink(missing_ok=True)
        removed = 0
        if earlier := _glyphs_of(self.folder):
            stale = earlier - {self._name(file) for file in self.files}
            removed = sum(_remove(self.folder, name) for name in sorted(stale))
        self._write_manifest({**about, "unfinished": True})
        return removed

    def write(
        self, style: int, sample: int, places: Sequence[int], contents: Iterable[bytes]
    ) -> None:
        """Write the files of the characters at some places, of a style and sample."""
        for place, content in zip(places, contents, strict=True):
            with atomic_write(self.file(style, sample, place), sweeping=False) as beside:
                beside.write_bytes(content)

    def read(self, style: int, sample: int, places: Sequence[int]) -> list[Images]:
        """Return the images (S, S) of the characters at some places."""
        return [read_grey(self.file(style, sample, place), DataError) for place in places]

    def finish(self, about: dict[str, Any]) -> None:
        """Write the manifest of what is drawn; arguments as for `begin`."""
        self._write_manifest(about)

    def finish_share(self, about: dict[str, Any], shard: Shard) -> bool:
        """Note that a share is drawn; tell whether all of them are.

        It takes no lock, which network file systems are bad at: each share leaves an empty hidden
        file before it looks for those of the others, so the last one sees them all. When two
        finish at once both may be told so, and then write the same.
        """
        self._mark(about, shard).touch()
        marks = [self._mark(about, Shard(one, shard.count)) for one in range(1, shard.count + 1)]
        return all(mark.exists() for mark in marks)

    def _mark(self, about: dict[str, Any], shard: Shard) -> Path:
        """Return the file that says that a share of this very drawing is done."""
        drawing = json.dumps([about, self.styles, self.chars], sort_keys=True)
        name = hashlib.sha256(drawing.encode()).hexdigest()[:12]
        return self.folder / f"{_MARK}{name}-{shard.number}-of-{shard.count}"

    def _forget_shares(self, about: dict[str, Any]) -> None:
        """Remove what shares of other drawings in this folder left."""
        mine = self._mark(about, Shard(1, 1)).name.removesuffix("1-of-1")
        for mark in self.folder.glob(f"{_MARK}*"):
            if not mark.name.startswith(mine):
                mark.unlink(missing_ok=True)

    def _write_manifest(self, about: dict[str, Any]) -> None:
        # Glyph by glyph, a line each: there may be millions.
        head = json.dumps({**about, "glyphs": []}, ensure_ascii=False, indent=1)
        with (
            atomic_write(self.folder / MANIFEST) as beside,
            open(beside, "w", encoding="utf-8") as file,
        ):
            file.write(head.removesuffix("]\n}"))
            for number, glyph in enumerate(self._glyphs()):
                line = json.dumps(glyph, ensure_ascii=False)
                file.write(f"{',' * bool(number)}\n  {line}")
            file.write("\n ]\n}\n")

    def _glyphs(self) -> Iterator[dict[str, Any]]:
        everything = (range(n) for n in (len(self.styles), self.samples, len(self.chars)))
        for style, sample, place in product(*everything):
            char = self.chars[place]
            yield {
                "style": self.styles[style],
                **({"sample": sample + 1} if self.codes else {}),
                "char": char,
                "code_point": f"U+{ord(char):04X}",
                "file": self._name(self.file(style, sample, place)),
                **self._own_code(sample, place),
            }

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    def _own_code(self, sample: int, place: int) -> dict[str, list[float]]:
        if self.codes is None or not self.codes.varied:
            return {}
        return {"code": self.codes.numbers(sample, place)}


@dataclass(frozen=True)
class _Files(Sequence[Path]):
    """The paths of glyphs, made when asked for: of millions they would fill the memory."""

    home: GlyphFolder
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.home.styles) * self.home.samples * len(self.places)

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> list[Path]: ...
    def __getitem__(self, place: int | slice) -> Path | list[Path]:
        found = range(len(self))[place]
        if isinstance(found, range):
            return [self[one] for one in found]
        row, number = divmod(found, len(self.places))
        return self.home.file(*divmod(row, self.home.samples), self.places[number])


def describe(model: Model, sources: Sources, codes: Codes | None, seed: int) -> dict[str, Any]:
    """Return what a manifest says of the model, the source font and the codes."""
    face, header = sources.face, model.header
    about = {
        "method": header.method,
        "iteration": header.iteration,
        "source": {"family": face.family, "spec": face.spec, "licence": face.licence},
        "canvas": header.canvas.to_dict(),
        "seed": seed,
        "trained_styles": [plain(face) for face in header.styles],
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


def _glyphs_of(folder: Path) -> set[str]:
    """Return the glyph files that the manifest of a folder names; none where there is none."""
    try:
        manifest = read_json(folder / MANIFEST, MANIFEST_BYTES)
        _ = manifest["checkpoint"]
        return {str(glyph["file"]) for glyph in manifest["glyphs"]}
    except FileNotFoundError:
        return set()
    except (ValueError, KeyError, TypeError):
        raise DataError(
            f"{folder / MANIFEST} is not of drawn glyphs; draw into another folder with -o"
        ) from None


def _remove(folder: Path, name: str) -> bool:
    """Remove a glyph file; anything else, or outside of the folder, is left alone."""
    if "\0" in name:
        return False
    file = (folder / name).resolve()
    is_glyph = file.suffix in SUFFIXES and char_of_filename(file.stem) is not None
    if not (is_glyph and file.is_relative_to(folder.resolve()) and file.is_file()):
        return False
    file.unlink(missing_ok=True)  # another share may have been faster
    return True
