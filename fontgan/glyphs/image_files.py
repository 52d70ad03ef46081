"""The one way to open an image file that is not ours: a regular file of a known kind and size.

Pillow opens whatever a file is (an EPS goes to Ghostscript) and decodes what it claims to hold;
here the kinds are named, and the size is held against the limit before a pixel is decoded.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from fontgan.errors import FontganError
from fontgan.files import open_regular
from fontgan.limits import IMAGE_FILE, IMAGE_PIXELS, IMAGE_SIDE

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


@contextmanager
def open_image(
    file: Path, error: type[FontganError], formats: tuple[str, ...] = FORMATS
) -> Iterator[Image.Image]:
    """Open an image for the length of a block, which decodes it.

    Args:
        file: the image.
        error: the kind of error raised.
        formats: the kinds of images taken, as Pillow calls them.

    Raises:
        FontganError: of this kind: no image, damaged, or larger than the limit.
        OSError: it cannot be opened, or is no regular file.
    """
    with open_regular(file) as opened:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of odd metadata; what matters is an error
                yield _checked(opened, formats)
            return
        except UnidentifiedImageError:
            reason = f"no {', '.join(formats)}"
        except MemoryError:
            reason = "not enough memory for it"
        except Exception as damage:  # Pillow's decoders fail in any way on a hostile file
            reason = " ".join(str(damage).split())[:120] or type(damage).__name__
    raise error(f"{file} is a damaged image ({reason}); mend or remove it")


def read_grey(
    file: Path, error: type[FontganError], longest: int | None = None
) -> NDArray[np.uint8]:
    """Read an image as (H, W) uint8, grey; shrunk where a side is longer than ``longest``.

    Raises:
        FontganError: as for `open_image`.
    """
    with open_image(file, error) as image:
        grey = image.convert("L")
        if longest:
            grey.thumbnail((longest, longest))
        return np.asarray(grey)


def _checked(opened: BinaryIO, formats: tuple[str, ...]) -> Image.Image:
    """Open an image, decoding nothing yet, and hold its size against the limits."""
    if os.fstat(opened.fileno()).st_size > IMAGE_FILE:
        raise ValueError(f"larger than {IMAGE_FILE // 2**20} MiB")
    image = Image.open(opened, formats=formats)
    if image.width * image.height > IMAGE_PIXELS or max(image.size) > IMAGE_SIDE:
        most = f"{IMAGE_PIXELS // 10**6} million in all, {IMAGE_SIDE} a side are the most"
        raise ValueError(f"{image.width} x {image.height} pixels, where {most}")
    return image
