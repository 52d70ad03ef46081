"""A program of its own: draw the pages of a PDF into grey numpy files, within limits.

python -m fontgan.forms.pdf_pages FILE FOLDER
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np

from fontgan.forms.needs import needed
from fontgan.forms.photos import PDF_PAGES

DPI = 300
PIXELS = 16_000_000  # of a page: A4 at 300 dpi is 9 million
MEMORY = 3 * 2**30


def main(file: str, folder: str) -> int:
    """Write page 1 as 0001.npy, and so on; return the exit status, the reason on stderr."""
    _limit_memory()
    pdfium = needed("pypdfium2")
    try:
        document = pdfium.PdfDocument(file)
        if len(document) > PDF_PAGES:
            raise ValueError(f"{len(document)} pages, where {PDF_PAGES} are the most")
        for number, page in enumerate(document, 1):
            width, height = page.get_size()
            scale = min(DPI / 72, (PIXELS / max(1.0, width * height)) ** 0.5)
            grey = page.render(scale=scale, grayscale=True).to_numpy()
            np.save(Path(folder) / f"{number:04}.npy", grey.reshape(grey.shape[:2]))
            page.close()
    except (pdfium.PdfiumError, ValueError, MemoryError) as error:
        print(" ".join(str(error).split()) or "not enough memory for it", file=sys.stderr)
        return 1
    return 0


def _limit_memory() -> None:
    """Let a PDF ask for no more than MEMORY, where the system can hold it to that."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
