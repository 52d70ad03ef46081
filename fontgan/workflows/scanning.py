"""From photographs of paper to images of characters: what `scan` does; no torch."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fontgan.errors import ConfigError, FormError
from fontgan.forms import folder as files
from fontgan.forms.cells import Reading
from fontgan.forms.folder import CellRecord, Record
from fontgan.forms.form import load_form
from fontgan.forms.free import grid_cells, line_cells
from fontgan.forms.hand import Extent, Hand, extent, levelled, measure
from fontgan.forms.photos import Photo, open_photos
from fontgan.forms.reading import Sheet, read_cells, read_form
from fontgan.glyphs.charset import Charset
from fontgan.workflows.scanning_review import write_review

Progress = Callable[[str], None]
_SIZES = (64, 512)


@dataclass(frozen=True)
class Grid:
    """How characters lie on a photograph without a form.

    Attributes:
        chars: what was written, row by row.
        rows: of a grid; 0 where lines of text are evident.
        columns: of a grid.
    """

    chars: str
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True)
class Scan:
    """What a scan made.

    Attributes:
        folder: the images, the review page and the record.
        record: what was found in each cell.
        notes: what the user should know.
    """

    folder: Path
    record: Record
    notes: tuple[str, ...] = ()

    @property
    def review(self) -> Path:
        """Return the page that shows every cell."""
        return self.folder / files.REVIEW

    def count(self, verdict: str) -> int:
        """Return how many cells have a verdict."""
        return sum(cell.verdict == verdict for cell in self.record.cells)


def scan(
    photos: Sequence[str | Path],
    out: str | Path,
    *,
    form: str | Path | None = None,
    free: Grid | None = None,
    size: int = 256,
    source: str = "noto-sans-sc",
    redo: str | Charset | None = None,
    accept: str | Charset | None = None,
    level: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Scan:
    """Read what was written on paper into a folder of images, one a character.

    Args:
        photos: photographs, scans and PDFs of a form's pages, in any order.
        out: the folder.
        form: description of the form; needed where a page's code cannot be read.
        free: what the photographs show when it is no form.
        size: side of the images in pixels, 64 to 512.
        source: the printed font that size and baseline are compared with.
        redo: in a folder that is there, correct these characters only.
        accept: take these characters whatever is wrong with them.
        level: bring the writing to the size and the baseline of print, all alike.
        force: replace the scan in the folder.
        progress: called with the name of each photograph.

    Raises:
        FontganError: a photograph that shows no page, or one of another form; nothing to read.
    """
    home = Path(out)
    _check(photos, size, redo, level)
    before = files.load_record(home) if redo is not None else None
    if before is None:
        files.check_free(home, force)
    known = load_form(form) if form is not None else None
    size = before.size if before else size
    with files.whole_folder(home) as part:
        cells = _Cells(part, _wanted(redo), _wanted(accept) or frozenset())
        for photo in open_photos(photos):
            if progress:
                progress(photo.name)
            cells.add(_free(photo, free, size) if free else read_form(photo, known, size))
        cells.check()
        hand = measure(cells.pen, cells.extents, source)
        if before:
            record, notes = _corrected(home, part, before, cells)
        else:
            record = Record(cells.form, size, hand, cells.records)
            notes = (*cells.missing(), *_hand_notes(hand, level))
        cells.place(hand if level else None)
        files.save_record(part, record)
        write_review(part, record)
    return Scan(home, record, notes)


class _Cells:
    """Collects the cells of photographs in a folder; of one photographed twice, a good one."""

    def __init__(
        self, folder: Path, wanted: frozenset[str] | None, accepted: frozenset[str]
    ) -> None:
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


def _corrected(
    home: Path, part: Path, before: Record, cells: _Cells
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


def _free(photo: Photo, free: Grid, size: int) -> Sheet:
    """Read a photograph without a form."""
    if free.rows:
        patches = grid_cells(photo, free.chars, free.rows, free.columns, size)
    else:
        patches = line_cells(photo, _text(free.chars), size)
    return read_cells(photo.name, None, patches)


def _text(chars: str) -> list[str]:
    """Return the lines of a text without white space."""
    lines = ["".join(line.split()) for line in chars.splitlines()]
    return [line for line in lines if line]


def _wanted(chars: str | Charset | None) -> frozenset[str] | None:
    return None if chars is None else frozenset(Charset.wanted(chars))


def _check(
    photos: Sequence[str | Path], size: int, redo: str | Charset | None, level: bool
) -> None:
    if not photos:
        raise ConfigError("name at least one photograph")
    if not _SIZES[0] <= size <= _SIZES[1]:
        raise ConfigError(f"size must be {_SIZES[0]} to {_SIZES[1]} pixels, not {size}")
    if redo is not None and level:
        raise ConfigError("--redo corrects single characters; --level needs all: scan again")


def _hand_notes(hand: Hand, level: bool) -> Iterator[str]:
    if hand.odd and not level:
        yield (
            f"the writing is {hand.size:.0%} as large as print, its baseline {abs(hand.low):.0%} "
            f"of an em too {'low' if hand.low > 0 else 'high'}; --level evens this out for all"
        )
