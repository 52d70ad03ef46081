"""Finding a form's page in a photograph: corner markers, the plane they span, the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import FormError
from fontgan.forms.form import Page, read_code
from fontgan.forms.layout import PAPERS, Box, Layout
from fontgan.forms.markers import dictionary
from fontgan.forms.needs import needed
from fontgan.forms.photos import Photo

LEAST_DPI = 130
LOOKED_AT = (1_600, 2_600, 5_000, 900)  # longest side in pixels at which markers are looked for
_CORNERS = ("upper left", "upper right", "lower right", "lower left")
_CODE_DOTS = (12.0, 20.0, 8.0)  # pixels a mm at which the code is looked at

Quads = dict[int, NDArray[np.float32]]


@dataclass(frozen=True)
class Sight:
    """How the paper lies in a photograph.

    Attributes:
        photo: the photograph.
        number: which page the markers say it is.
        markers: (4, 4, 2) pixels of the markers' corners, clockwise from the upper left each.
    """

    photo: Photo
    number: int
    markers: NDArray[np.float64]

    def plane(self, layout: Layout) -> NDArray[np.float64]:
        """Return the homography (3, 3) from millimetres on the paper to pixels."""
        corners = [_corners(box) for box in layout.markers]
        found = needed("cv2").findHomography(np.concatenate(corners), self.markers.reshape(-1, 2))
        plane: NDArray[np.float64] = found[0]
        return plane


def sight(photo: Photo) -> Sight:
    """Find the four corner markers of one page.

    Raises:
        FormError: none, not all four, those of several pages, or too few pixels.
    """
    quads = _markers(photo.grey)
    if not quads:
        raise FormError(
            f"{photo.name} shows no page of a form: no corner mark is found; photograph the whole "
            "page, sharp and in even light"
        )
    numbers = sorted({number // 4 for number in quads})
    whole = [n for n in numbers if all(4 * n + corner in quads for corner in range(4))]
    if len(whole) > 1:
        raise FormError(f"{photo.name} shows several pages; photograph one at a time")
    if not whole:
        most = max(numbers, key=lambda n: sum(4 * n + corner in quads for corner in range(4)))
        lost = [_CORNERS[corner] for corner in range(4) if 4 * most + corner not in quads]
        raise FormError(
            f"{photo.name}: no corner mark found at the {' and '.join(lost)} of page {most + 1}; "
            "photograph the whole page, with nothing on its marks"
        )
    markers = np.array([quads[4 * whole[0] + corner] for corner in range(4)], np.float64)
    return Sight(photo, whole[0] + 1, markers)


def read_page(sight: Sight) -> tuple[Page, NDArray[np.float64]]:
    """Read the code of a page; return what page it is and its plane (see `Sight.plane`).

    Raises:
        FormError: the code cannot be read, or is not a form's.
    """
    text = _code(sight)
    if not text:
        raise FormError(
            f"{sight.photo.name}: the square code at the top cannot be read; take a sharper "
            "photograph, or name the form: --form FORM.json"
        )
    try:
        page = read_code(text)
    except FormError as error:
        raise FormError(f"{sight.photo.name}: {error}") from None
    if page.number != sight.number:
        raise FormError(f"{sight.photo.name}: code and corner marks are of different pages")
    return page, checked_plane(sight, page.layout)


def checked_plane(sight: Sight, layout: Layout) -> NDArray[np.float64]:
    """Return the plane of a page that is seen large enough to be read.

    Raises:
        FormError: it is not.
    """
    plane = sight.plane(layout)
    dpi = 25.4 * dots_at(plane, layout.width / 2, layout.height / 2)
    if not dpi >= LEAST_DPI:
        raise FormError(
            f"{sight.photo.name}: the page has {dpi:.0f} dpi, where {LEAST_DPI} are the least; "
            "go nearer, or scan at 300 dpi"
        )
    return plane


def dots_at(plane: NDArray[np.float64], x: float, y: float) -> float:
    """Return how many pixels a millimetre has at a place on the paper, both ways averaged."""
    points = np.array([[[x, y], [x + 1, y], [x, y + 1]]], np.float64)
    here, right, down = needed("cv2").perspectiveTransform(points, plane)[0]
    (a, b), (c, d) = right - here, down - here
    return float(np.sqrt(abs(a * d - b * c)))


def look(
    grey: NDArray[np.uint8], plane: NDArray[np.float64], box: Box, dots: float
) -> NDArray[np.uint8]:
    """Return a piece of the paper seen from above, ``dots`` pixels a millimetre."""
    cv2 = needed("cv2")
    pixels = np.array([[1 / dots, 0, box.left], [0, 1 / dots, box.top], [0, 0, 1]])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # a pixel is looked up at its middle
    size = (round(box.width * dots), round(box.height * dots))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = plane @ pixels @ half
    seen: NDArray[np.uint8] = cv2.warpPerspective(
        grey, turned, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return seen


def _markers(grey: NDArray[np.uint8]) -> Quads:
    """Look for markers at one size after another, until some page has all four."""
    best: Quads = {}
    for longest in LOOKED_AT:
        scale = min(1.0, longest / max(grey.shape))
        best = {**best, **_markers_at(grey, scale)}
        if any(all(4 * (n // 4) + corner in best for corner in range(4)) for n in best):
            break
        if scale == 1.0 and longest > 900 and max(grey.shape) < longest:
            continue
    return best


def _markers_at(grey: NDArray[np.uint8], scale: float) -> Quads:
    cv2 = needed("cv2")
    small = grey
    if scale < 1:
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    wanted = cv2.aruco.DetectorParameters()
    wanted.adaptiveThreshWinSizeMax = 63
    detector = cv2.aruco.ArucoDetector(dictionary(), wanted)
    corners, ids, _ = detector.detectMarkers(small)
    found = {} if ids is None else dict(zip(ids.ravel().tolist(), corners, strict=True))
    return {number: _refined(grey, quad[0], scale) for number, quad in found.items()}


def _refined(
    grey: NDArray[np.uint8], quad: NDArray[np.float32], scale: float
) -> NDArray[np.float32]:
    """Return a marker's corners (4, 2) to a fraction of a pixel of the photograph itself."""
    cv2 = needed("cv2")
    points = ((quad + 0.5) / scale - 0.5).astype(np.float32)
    side = float(np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1).mean())
    window = max(2, min(round(side / 14), round(2 / scale) + 2))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.01)
    fine: NDArray[np.float32] = cv2.cornerSubPix(
        grey, points.reshape(-1, 1, 2).copy(), (window, window), (-1, -1), criteria
    ).reshape(4, 2)
    return fine


def _corners(box: Box) -> NDArray[np.float64]:
    right, bottom = box.right, box.bottom
    return np.array([[box.left, box.top], [right, box.top], [right, bottom], [box.left, bottom]])


def _code(sight: Sight) -> str:
    """Read the code from above, on one paper after another; then anywhere in the photograph."""
    for dots in _CODE_DOTS:
        for paper in PAPERS:
            layout = Layout(paper)
            seen = look(sight.photo.grey, sight.plane(layout), layout.code.grown(4), dots)
            if text := _decoded(seen):
                return text
    return _decoded(sight.photo.grey)


def _decoded(grey: NDArray[np.uint8]) -> str:
    zxing = needed("zxingcpp")
    found = zxing.read_barcodes(np.ascontiguousarray(grey), zxing.BarcodeFormat.QRCode)
    texts: Mapping[str, None] = {code.text: None for code in found}
    return next(iter(texts), "")
