"""Reading one photograph: which page it shows, and what is in its cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import FormError
from fontgan.forms.cutting import Patch, cut
from fontgan.forms.form import Form, Page
from fontgan.forms.judging import Reading, judge, pen_width
from fontgan.forms.light import Ink, cleaned, ink_of
from fontgan.forms.photos import Photo
from fontgan.forms.registering import Sight, checked_plane, read_page, sight


@dataclass(frozen=True)
class Sheet:
    """The cells of one photograph, read.

    Attributes:
        photo: its name.
        page: what page it shows, None where there is no form.
        ink: how dark the pen is.
        pen: its width as a share of a cell's side.
        readings: the cells.
    """

    photo: str
    page: Page | None
    ink: Ink
    pen: float
    readings: tuple[Reading, ...]

    def image(self, reading: Reading) -> NDArray[np.uint8]:
        """Return what was written in a cell, (S, S) uint8, ink 0 on paper 255."""
        patch = reading.patch
        return cleaned(patch.share[patch.inner], reading.ink, self.ink)


def read_form(photo: Photo, form: Form | None, size: int) -> Sheet:
    """Read a photographed page of a form.

    Args:
        photo: the photograph.
        form: what form it must be; needed only where the page's code cannot be read.
        size: side of a cell in pixels.

    Raises:
        FormError: no page, or one of another form.
    """
    page, plane = _identified(sight(photo), form)
    return read_cells(photo.name, page, cut(photo, page, plane, size))


def read_cells(photo: str, page: Page | None, patches: list[Patch]) -> Sheet:
    """Estimate pen and ink over all cells, then judge each."""
    ink = ink_of([patch.share[patch.inner] for patch in patches])
    masks = [patch.mask(ink) for patch in patches]
    pen = pen_width(patches, masks)
    pairs = zip(patches, masks, strict=True)
    readings = tuple(judge(patch, mask, pen) for patch, mask in pairs)
    inner = patches[0].inner[0]
    side = (inner.stop - inner.start) / patches[0].dots
    return Sheet(photo, page, ink, pen / side, readings)


def _identified(seen: Sight, form: Form | None) -> tuple[Page, NDArray[np.float64]]:
    try:
        page, plane = read_page(seen)
    except FormError:
        if form is None or not _fits(seen, form):
            raise
        page = form.pages[seen.number - 1]
        return page, checked_plane(seen, form.layout)
    if form is not None and page.form != form.id:
        raise FormError(
            f"{seen.photo.name} is of form {page.form}, not of {form.id}; give its own --form"
        )
    return page, plane


def _fits(seen: Sight, form: Form) -> bool:
    return seen.number <= len(form.pages)
