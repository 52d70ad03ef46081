"""A form: which characters, how often, on how many pages; and the file that describes it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from fontgan.errors import CharsetError, ConfigError, FontganError, FormError
from fontgan.files import atomic_write
from fontgan.forms.layout import MOST_COPIES, Layout
from fontgan.glyphs.charset import Charset
from fontgan.limits import MIB
from fontgan.untrusted import checked, read_json

VERSION = 1
MOST_PAGES = 250  # a dictionary of 1,000 markers, four a page
_DESCRIPTION_BYTES = MIB


class Cell(NamedTuple):
    """One square of a page: its place on it, the character, which copy of it (1 is the first)."""

    slot: int
    char: str
    copy: int


@dataclass(frozen=True)
class Page:
    """One page of a form, all that its code says.

    Attributes:
        layout: the geometry.
        form: id of the form.
        charset: hash of the form's characters.
        number: which page, from 1.
        count: of how many.
        copies: how often each character is written.
        chars: the page's characters.
    """

    layout: Layout
    form: str
    charset: str
    number: int
    count: int
    copies: int
    chars: str

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return the cells to be filled; the copies of a character stand side by side."""
        wanted = ((char, copy + 1) for char in self.chars for copy in range(self.copies))
        return tuple(Cell(slot, *what) for slot, what in enumerate(wanted))


@dataclass(frozen=True)
class Form:
    """A form to be filled by hand.

    Attributes:
        chars: its characters, each once.
        layout: the geometry of its pages.
        copies: how often each character is written, 1 to 5.
    """

    chars: str
    layout: Layout = field(default_factory=Layout)
    copies: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.copies <= MOST_COPIES:
            raise ConfigError(f"copies must be 1 to {MOST_COPIES}, not {self.copies}")
        if not self.chars or "".join(Charset.of("", self.chars)) != self.chars:
            raise CharsetError("a form needs characters that are visible, each once")
        if self.copies > self.layout.capacity:
            raise ConfigError("a page holds less than one character; make the cells smaller")
        if self._count > MOST_PAGES:
            raise CharsetError(
                f"{len(self.chars)} characters take {self._count} pages, where {MOST_PAGES} are "
                "the most; choose fewer (`fontgan charset choose` says which teach most)"
            )

    @property
    def id(self) -> str:
        """Return ten hexadecimal digits that stand for all that the form says."""
        text = f"{VERSION} {self.layout.paper} {self.layout.cell} {self.copies} {self.chars}"
        return _digest(text)[:10]

    @property
    def pages(self) -> tuple[Page, ...]:
        """Return the pages; characters are shared out evenly."""
        share = -(-len(self.chars) // self._count)
        parts = [self.chars[i : i + share] for i in range(0, len(self.chars), share)]
        code, charset = self.id, _digest(self.chars)[:8]
        return tuple(
            Page(self.layout, code, charset, number, len(parts), self.copies, part)
            for number, part in enumerate(parts, 1)
        )

    def save(self, path: str | Path) -> Path:
        """Write the description that `load_form` reads."""
        layout = asdict(self.layout)
        said = {"form": VERSION, "id": self.id, **layout, "copies": self.copies}
        with atomic_write(path) as part:
            text = json.dumps({**said, "chars": self.chars}, ensure_ascii=False, indent=1)
            part.write_text(f"{text}\n", encoding="utf-8")
        return Path(path)

    @property
    def _count(self) -> int:
        return -(-len(self.chars) // (self.layout.capacity // self.copies))


@dataclass(frozen=True)
class _Description:
    """What a form's file holds."""

    form: int
    id: str
    paper: str
    cell: int
    copies: int
    chars: str


def load_form(path: str | Path) -> Form:
    """Read a form's description.

    Raises:
        FormError: it is damaged, or of another version.
        OSError: it cannot be read.
    """
    try:
        said = checked(_Description, read_json(path, _DESCRIPTION_BYTES))
        if said.form != VERSION:
            raise ValueError(f"form version {said.form}, where {VERSION} is known")
        form = Form(said.chars, Layout(said.paper, said.cell), said.copies)
        if form.id != said.id:
            raise ValueError("its id does not belong to what it says")
    except (ValueError, FontganError) as error:
        raise FormError(f"{path} is no form's description ({error}); take the form's own") from None
    return form


def join(pages: list[Page]) -> Form | None:
    """Return the form that all of its pages make up, None when they are not one form.

    Raises:
        FontganError: what they say together is no possible form.
    """
    pages = sorted(pages, key=lambda page: page.number)
    first = pages[0]
    form = Form("".join(page.chars for page in pages), first.layout, first.copies)
    return form if form.id == first.form else None


def write_code(page: Page) -> str:
    """Return what the QR code of a page says."""
    fields: list[Any] = [
        f"fontgan-form {VERSION}",
        page.form,
        page.charset,
        f"{page.number}/{page.count}",
        page.layout.paper,
        page.layout.cell,
        page.copies,
        page.chars,
    ]
    return ";".join(map(str, fields))


def read_code(text: str) -> Page:
    """Return the page that a QR code describes.

    Raises:
        FormError: the code is not a form's.
    """
    try:
        head, form, charset, place, paper, cell, copies, chars = text[:4_000].split(";", 7)
        if head != f"fontgan-form {VERSION}" or not (len(form), len(charset)) == (10, 8):
            raise ValueError(head)
        if int(form, 16) < 0 or int(charset, 16) < 0:
            raise ValueError(form)
        number, count = map(int, place.split("/"))
        form_of_page = Form(chars, Layout(paper, int(cell)), int(copies))
        if not 1 <= number <= count <= MOST_PAGES or len(form_of_page.pages) > 1:
            raise ValueError(place)
    except (ValueError, FontganError):
        raise FormError("the code on it is not that of a form of fontgan") from None
    layout, copies_ = form_of_page.layout, form_of_page.copies
    return Page(layout, form, charset, number, count, copies_, chars)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
