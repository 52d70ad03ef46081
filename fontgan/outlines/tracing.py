"""Glyph images as filled outlines: the contour between ink and paper, finer than a pixel."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image

from fontgan.outlines.regions import Region

FINER = 4  # times the image's pixels, so that corners of soft images are cut less
EDGE = 127.5  # grey of the contour


def ink_of(image: NDArray[np.uint8], finer: int = FINER) -> Region:
    """Return what the ink of an image covers, in sides of the image, y down.

    Between pixels the contour goes where the grey between them would be half ink.

    Args:
        image: (S, S) grey, ink 0 on paper 255.
        finer: how much the image is enlarged first.
    """
    from skimage.measure import find_contours  # heavy

    fine = np.pad(enlarged(image, finer), 1, constant_values=255)
    lines = [
        shapely.linestrings((line[:, ::-1] - 0.5) / (finer * len(image)))
        for line in find_contours(fine, EDGE)  # type: ignore[no-untyped-call]
        if len(line) > 3
    ]
    return shapely.build_area(shapely.multilinestrings(lines)) if lines else shapely.MultiPolygon()


def enlarged(image: NDArray[np.uint8], times: int) -> NDArray[np.float32]:
    """Return an image (S, S) enlarged by cubic interpolation, (times S, times S)."""
    size = image.shape[1] * times, image.shape[0] * times
    grey = Image.fromarray(image.astype(np.float32))
    return np.asarray(grey.resize(size, Image.Resampling.BICUBIC))
