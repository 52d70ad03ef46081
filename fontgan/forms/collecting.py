"""Collecting the cells of several photographs in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fontgan.errors import FormError
from fontgan.forms import folder as files
from fontgan.forms.folder import CellRecord, Record
from fontgan.forms.hand import Extent, Hand, extent, levelled
from fontgan.forms.judging import Reading
from fontgan.forms.reading import Sheet


class Cells:
    """Collects the cells of photographs in a folder; of one photographed twice, a good one."""

    def __init__(
        self, folder: Path, wanted: frozenset[str] | None, accepted: frozenset[str]
    ) -> None:
        """Collect in a folder that is not yet in its place.

        Args:
            folder: the folder.
            wanted: the characters to take; None takes all.
            accepted: those to take whatever the verdict.
        """
        self.folder, self.wanted, self.accepted = folder, wanted, accepted
        self.found: dict[tuple[str, int], CellRecord] = {}
        self.images: dict[tuple[str, int], Path] = {}
        self.places: dict[tuple[str, int], tuple[int, int]] = {}
        self.extents: dict[str, Extent] = {}
        self.pens: list[float] = []
        self.sheets: list[Sheet] = []
        (folder / files.CELLS).mkdir()
        (folder / ".taken").mkdir()

    @property
    def form(self) -> str:
        """Return the id of the form, empty where there is none."""
        page = self.sheets[0].page
        return page.form if page else ""

    @property
    def pen(self) -> float:
        """Return the width of the pen as a share of a cell's side."""
        return float(np.median(self.pens)) if self.pens else 0.0

    @property
    def records(self) -> list[CellRecord]:
        """Return the cells in the order of the form."""
        return [self.found[key] for key in sorted(self.found, key=self.places.__getitem__)]

    def add(self, sheet: Sheet) -> None:
        """Take the cells of a photograph.

        Raises:
            FormError: it shows another form than those before.
        """
        first = self.sheets[0].page if self.sheets else sheet.page
        if sheet.page and first and sheet.page.form != first.form:
            raise FormError(
                f"{self.sheets[0].photo} is of form {first.form} and {sheet.photo} of form "
                f"{sheet.page.form}; scan one form at a time"
            )
        self.sheets.append(replace(sheet, readings=()))
        for reading in sheet.readings:
            if self.wanted is None or reading.patch.cell.char in self.wanted:
                self._take(sheet, reading)
        if any(reading.verdict != "empty" for reading in sheet.readings):
            self.pens.append(sheet.pen)

    def check(self) -> None:
        """Refuse photographs of which nothing can be used.

        Raises:
            FormError: there is nothing.
        """
        if not any(cell.taken for cell in self.found.values()):
            said = [cell.verdict for cell in self.found.values()]
            counts = ", ".join(f"{said.count(one)} {one}" for one in sorted(set(said)))
            raise FormError(f"no cell can be used ({counts or 'none of the characters is there'})")

    def missing(self) -> Iterator[str]:
        """Yield a note where pages of the form were not photographed."""
        pages = [sheet.page for sheet in self.sheets if sheet.page]
        seen = {page.number for page in pages}
        lost = [str(n) for n in range(1, pages[0].count + 1) if n not in seen] if pages else []
        if lost:
            yield (
                f"page {', '.join(lost)} of {pages[0].count} is not among the photographs; scan "
                "all pages at once, or later with --redo"
            )

    def place(self, hand: Hand | None) -> None:
        """Give the images taken their names: the first good copy of a character, the second..."""
        ranks: dict[str, int] = {}
        for key in sorted(self.images):
            char = key[0]
            ranks[char] = ranks.get(char, 0) + 1
            target = files.glyph_file(self.folder, char, ranks[char])
            target.parent.mkdir(exist_ok=True)
            if hand is None:
                self.images[key].rename(target)
            else:
                image = np.asarray(Image.open(self.images[key]))
                files.save_image(target, levelled(image, hand))
        shutil.rmtree(self.folder / ".taken")

    def _take(self, sheet: Sheet, reading: Reading) -> None:
        cell = reading.patch.cell
        key = cell.char, cell.copy
        accepted = cell.char in self.accepted and reading.verdict != "empty"
        record = CellRecord(cell.char, cell.copy, reading.verdict, sheet.photo, accepted)
        if key in self.found and (self.found[key].taken or not record.taken):
            return
        self.found[key] = record
        page = sheet.page.number if sheet.page else len(self.sheets)
        self.places[key] = page, cell.slot
        seen = (reading.patch.share * 255).round().astype(np.uint8)
        files.save_image(files.cell_file(self.folder, *key), seen)
        if record.taken:
            image = sheet.image(reading)
            self.images[key] = self.folder / ".taken" / f"{ord(cell.char):04X}-{cell.copy}.png"
            files.save_image(self.images[key], image)
            self._measure(cell.char, image)

    def _measure(self, char: str, image: NDArray[np.uint8]) -> None:
        box = extent(image)
        if box:
            self.extents.setdefault(char, box)


def corrected(
    home: Path, part: Path, before: Record, cells: Cells
) -> tuple[Record, tuple[str, ...]]:
    """Bring what stays of an older scan into the new folder; return the record of both."""
    new = {char for char, _ in cells.images}
    for key in [key for key in cells.found if key[0] not in new]:
        files.cell_file(part, *key).unlink()
        del cells.found[key]
    shutil.copytree(home, part, dirs_exist_ok=True, ignore=_ignore(home, new))
    stay = [cell for cell in before.cells if cell.char not in new]
    old = sorted((cells.wanted or frozenset()) - new)
    notes = (f"no good new cell of {''.join(old)}: left as before",) if old else ()
    return replace(before, cells=stay + cells.records), notes


def _ignore(home: Path, chars: Iterable[str]) -> Callable[[str, list[str]], set[str]]:
    """Return what copytree leaves out: files of characters, and what is written anew."""
    codes = {f"U+{ord(char):04X}" for char in chars}

    def ignored(folder: str, names: list[str]) -> set[str]:
        kept = {files.RECORD, files.REVIEW} if Path(folder) == home else set()
        return kept | {name for name in names if _code(name) in codes}

    return ignored


def _code(name: str) -> str:
    return name.split(".")[0].split("_")[0].split("-")[0]
