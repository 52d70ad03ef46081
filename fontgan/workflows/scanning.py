"""From photographs of paper to images of characters: what `scan` does; no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fontgan.errors import ConfigError, FormError
from fontgan.forms import folder as files
from fontgan.forms.collecting import Cells, corrected
from fontgan.forms.folder import Record
from fontgan.forms.form import load_form
from fontgan.forms.free import grid_cells, line_cells
from fontgan.forms.hand import Hand, measure
from fontgan.forms.photos import Photo, open_photos
from fontgan.forms.reading import Sheet, read_cells, read_form
from fontgan.glyphs.charset import Charset, visible
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
    known = load_form(form) if form is not None else None
    with files.whole_folder(home) as part:
        before = files.load_record(home) if redo is not None else None
        if before is None:
            files.check_free(home, force)
        size = before.size if before else size
        cells = Cells(part, _wanted(redo), _wanted(accept) or frozenset())
        for photo in open_photos(photos):
            if progress:
                progress(photo.name)
            cells.add(_free(photo, free, size) if free else read_form(photo, known, size))
        cells.check()
        hand = measure(cells.pen, cells.extents, source)
        if before:
            record, notes = corrected(home, part, before, cells)
        else:
            record = Record(cells.form, size, hand, cells.records, level)
            notes = (*cells.missing(), *_hand_notes(hand, level))
        cells.place(record.hand if record.level else None)
        files.save_record(part, record)
        write_review(part, record)
    return Scan(home, record, notes)


def _free(photo: Photo, free: Grid, size: int) -> Sheet:
    """Read a photograph without a form."""
    if free.rows:
        patches = grid_cells(photo, "".join(_text(free.chars)), free.rows, free.columns, size)
    else:
        patches = line_cells(photo, _text(free.chars), size)
    return read_cells(photo.name, None, patches)


def _text(chars: str) -> list[str]:
    """Return the lines of a text without what cannot be seen.

    Raises:
        FormError: nothing is left.
    """
    lines = ["".join(filter(visible, line)) for line in chars.splitlines()]
    lines = [line for line in lines if line]
    if not lines:
        raise FormError("no text: say what is written on the paper")
    return lines


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
