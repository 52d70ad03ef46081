"""Opening what a camera, a scanner or a PDF gives: every one as a grey picture, within limits."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageOps

from fontgan.errors import FormError
from fontgan.files import open_regular
from fontgan.forms.needs import needed
from fontgan.glyphs.image_files import FORMATS, open_image
from fontgan.glyphs.scans import to_grey

PDF_PAGES = 60
PDF_SECONDS = 120
HEIC = (".heic", ".heif")


@dataclass(frozen=True)
class Photo:
    """A picture of one page.

    Attributes:
        name: what messages call it.
        grey: (H, W) uint8.
    """

    name: str
    grey: NDArray[np.uint8]


def open_photos(files: Sequence[str | Path]) -> Iterator[Photo]:
    """Open pictures and the pages of PDFs one after another.

    Raises:
        FormError: damaged, too large, or took too long.
        MissingDependencyError: what opens a PDF or HEIC is not installed.
        OSError: a file cannot be opened.
    """
    for file in map(Path, files):
        if _is_pdf(file):
            yield from _pdf_pages(file)
        else:
            yield Photo(str(file), _read(file))


def _is_pdf(file: Path) -> bool:
    with open_regular(file) as opened:
        return b"%PDF-" in opened.read(1024)


def _read(file: Path) -> NDArray[np.uint8]:
    """Read a picture the right way up: cameras say in their EXIF how they were held."""
    formats: tuple[str, ...] = FORMATS
    if file.suffix.lower() in HEIC:
        needed("pillow_heif").register_heif_opener()
        formats = ("HEIF",)
    with open_image(file, FormError, formats) as image:
        return to_grey(ImageOps.exif_transpose(image))


def _pdf_pages(file: Path) -> Iterator[Photo]:
    """Render a PDF in a process of its own, which a hostile one may break or hold up.

    The pages come back as numpy files: nothing of the PDF is interpreted here.
    """
    needed("pypdfium2")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "fontgan.forms.pdf_pages", str(file.absolute()), folder]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=PDF_SECONDS, check=False, text=True
            )
        except subprocess.TimeoutExpired:
            raise FormError(f"{file} takes longer than {PDF_SECONDS} s to draw") from None
        if done.returncode:
            why = done.stderr.strip().splitlines()[-1:] or ["its drawing broke off"]
            raise FormError(f"{file} cannot be read as a PDF ({why[0][:120]}); export it as images")
        pages = sorted(Path(folder).glob("*.npy"))
        for number, page in enumerate(pages, 1):
            yield Photo(f"{file} page {number}", np.load(page, allow_pickle=False))
