"""Forms filled by a font's hand and photographed: what `scan` is tested on, all synthesised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import pypdfium2
from PIL import Image

from fontgan.faces.face import FontFace
from fontgan.forms.form import Form, Page
from fontgan.forms.help_chars import outline
from fontgan.forms.printing import pdf_of
from fontgan.glyphs.canvas import Canvas

DPI = 250
SIDE = 256  # of a written glyph as it is compared


@dataclass
class Filled:
    """A page as it lies on the table: grey print and writing, 1 paper to 0 black.

    Attributes:
        page: which page it is.
        print: (H, W) the print alone.
        ink: (H, W) the writing alone, 1 where the pen was.
        truth: the written glyphs, by (char, copy), (S, S) bool, the cell's own square.
    """

    page: Page
    print: np.ndarray
    ink: np.ndarray
    truth: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    @property
    def page_form(self) -> Form:
        """Return the form of a single page."""
        return Form(self.page.chars, self.page.layout, self.page.copies)

    def picture(self, darkness: float = 0.9) -> np.ndarray:
        return np.minimum(self.print, 1 - darkness * self.ink)


def fill(
    form: Form, hand: str, leave: str = "", dpi: int = DPI, scale: float = 1.0, seed: int = 0
) -> list[Filled]:
    """Print a form and write its characters, all but those to leave, with a little jitter."""
    help_face = opened("noto-sans-sc")
    pdf = pdf_of(form, {char: outline(help_face, char) for char in form.chars})
    document = pypdfium2.PdfDocument(pdf)
    face, generator = opened(hand), np.random.default_rng(seed)
    filled = []
    for page in form.pages:
        image = document[page.number - 1].render(scale=dpi / 72, grayscale=True).to_pil()
        paper = np.asarray(image, np.float32) / 255
        one = Filled(page, paper, np.zeros_like(paper))
        for cell in page.cells:
            if cell.char not in leave:
                glyph = written(face, cell.char, generator, scale)
                one.truth[cell.char, cell.copy] = glyph > 0.5
                put(one, cell.slot, glyph)
        filled.append(one)
    return filled


@cache
def opened(font: str) -> FontFace:
    """Return a font, unpacked once."""
    return FontFace.open(font)


def written(
    face: FontFace, char: str, generator: np.random.Generator, size: float = 1.0
) -> np.ndarray:
    """Return a glyph (S, S), 1 where the pen was: turned, scaled and moved a little."""
    glyph = 1 - Canvas(SIDE, margin=0.1).draw(face, char).astype(np.float32) / 255
    turn, scale = generator.uniform(-3, 3), size * generator.uniform(0.92, 1.04)
    moved = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), turn, scale)
    moved[:, 2] += generator.uniform(-0.02, 0.02, 2) * SIDE
    return cv2.warpAffine(glyph, moved, (SIDE, SIDE), flags=cv2.INTER_CUBIC).clip(0, 1)


def put(filled: Filled, slot: int, glyph: np.ndarray) -> None:
    """Write a glyph into a cell; one larger than SIDE goes over its border."""
    layout = filled.page.layout
    box, (height, width) = layout.cell_box(slot), filled.ink.shape
    place = np.zeros((2, 3), np.float32)
    # the printer of the PDF fits the page into whole pixels, a little differently each way
    for axis, (dots, edge) in enumerate(
        ((width / layout.width, box.left), (height / layout.height, box.top))
    ):
        scale = box.width * dots / SIDE
        away = (glyph.shape[0] - SIDE) / 2 * scale
        place[axis, axis] = scale
        place[axis, 2] = edge * dots - away + scale / 2 - 0.5  # the middle of a pixel
    one = cv2.warpAffine(glyph, place, (width, height), flags=cv2.INTER_AREA)
    np.maximum(filled.ink, one, out=filled.ink)


def lit(page: np.ndarray, light: np.ndarray | float = 1.0, noise: float = 0.012) -> np.ndarray:
    """Return a page on a table under some light as a photograph (H, W, 3) uint8."""
    border = round(0.03 * page.shape[1])
    edges = (border, border, border, border)
    bordered = cv2.copyMakeBorder(page * 0.93, *edges, cv2.BORDER_CONSTANT, value=0.35)
    light = np.asarray(light, np.float32)
    if light.ndim >= 2:
        light = cv2.resize(light, bordered.shape[::-1])
    grain = np.random.default_rng(1).normal(0, noise, bordered.shape).astype(np.float32)
    colours = light if light.ndim == 3 else np.broadcast_to(light, bordered.shape)[..., None]
    photo = bordered[..., None] * colours + grain[..., None]
    return np.broadcast_to((photo.clip(0, 1) * 255).astype(np.uint8), (*bordered.shape, 3))


def warped(photo: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Look at a photograph from elsewhere; the picture grows as it must."""
    height, width = photo.shape[:2]
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])[None]
    moved = cv2.perspectiveTransform(corners, matrix)[0]
    least, most = moved.min(axis=0), moved.max(axis=0)
    shift = np.array([[1, 0, -least[0]], [0, 1, -least[1]], [0, 0, 1]])
    size = tuple(np.ceil(most - least).astype(int))
    return cv2.warpPerspective(photo, shift @ matrix, size, borderValue=(90, 90, 90))


def tilted(photo: np.ndarray, degrees: float) -> np.ndarray:
    turn = np.vstack([cv2.getRotationMatrix2D((0, 0), degrees, 1), [0, 0, 1]])
    return warped(photo, turn)


def perspective(photo: np.ndarray, share: float) -> np.ndarray:
    height, width = photo.shape[:2]
    before = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    after = before + np.float32(
        [[share * width, share * height / 2], [-share * width, 0], [0, 0], [0, -share * height / 2]]
    )
    return warped(photo, cv2.getPerspectiveTransform(before, after))


def jpeg(photo: np.ndarray, quality: int) -> np.ndarray:
    packed = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]


def ramp(low: float, high: float) -> np.ndarray:
    across, down = np.meshgrid(np.linspace(0, 1, 60), np.linspace(0, 1, 90))
    return low + (high - low) * (0.7 * across + 0.3 * down)


def hard_edge() -> np.ndarray:
    """Return light of 1 with a shadow of .45 whose straight edge crosses the page."""
    across, down = np.meshgrid(np.linspace(0, 1, 1200), np.linspace(0, 1, 1700))
    light = np.where(across + 0.4 * down < 0.6, 0.45, 1.0).astype(np.float32)
    return cv2.GaussianBlur(light, (0, 0), 1.5)


def ruled(print_: np.ndarray) -> np.ndarray:
    """Return the print on paper with grey lines 8 mm apart."""
    dots = print_.shape[1] / 210
    paper, step = print_.copy(), round(8 * dots)
    thick = max(2, round(0.25 * dots))
    for y in range(step, len(paper), step):
        paper[y : y + thick] = np.minimum(paper[y : y + thick], 0.72)
    return paper


def pencil(filled: Filled) -> np.ndarray:
    """Return a page written with a pencil: lighter, and rough like paper."""
    grain = np.random.default_rng(2).normal(0, 1, filled.ink.shape).astype(np.float32)
    rough = 1 + 0.25 * cv2.GaussianBlur(grain, (0, 0), 1.2) / 0.25
    return np.minimum(filled.print, 1 - (0.5 * filled.ink * rough.clip(0.6, 1.4)).clip(0, 1))


def document_mode(page: np.ndarray) -> np.ndarray:
    return np.where(lit(page)[..., 0] > 140, 255, 0).astype(np.uint8)[..., None].repeat(3, axis=2)


def smaller(page: np.ndarray, share: float) -> np.ndarray:
    """Return a page printed smaller than it should be, on the same paper."""
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, share)
    return cv2.warpAffine(page, matrix, (width, height), flags=cv2.INTER_AREA, borderValue=1.0)


YELLOW = np.array([1.0, 0.86, 0.5], np.float32)[None, None] * np.ones((4, 4, 1), np.float32)

CONDITIONS: dict[str, Callable[[Filled], np.ndarray]] = {
    "clean": lambda one: lit(one.picture()),
    "document mode": lambda one: document_mode(one.picture()),
    "linear shadow": lambda one: lit(one.picture(), ramp(0.35, 1.0)),
    "hard shadow edge": lambda one: lit(one.picture(), hard_edge()),
    "yellow lamp": lambda one: lit(one.picture(), YELLOW * ramp(0.6, 1.0)[:4, :4, None]),
    "tilt 10 degrees": lambda one: tilted(lit(one.picture()), 10),
    "perspective 10 %": lambda one: perspective(lit(one.picture()), 0.1),
    "JPEG quality 40": lambda one: jpeg(lit(one.picture()), 40),
    "pencil": lambda one: lit(pencil(one)),
    "ruled paper": lambda one: lit(np.minimum(ruled(one.print), one.picture())),
    "printed at 97 %": lambda one: lit(smaller(one.picture(), 0.97)),
    "upside down": lambda one: lit(one.picture())[::-1, ::-1],
    "all at once": lambda one: jpeg(
        perspective(tilted(lit(pencil(one), YELLOW * ramp(0.5, 1.0)[:4, :4, None]), 184), 0.05), 60
    ),
}


def agreement(drawn: np.ndarray, truth: np.ndarray, reach: int = 3) -> tuple[float, float]:
    """Return (IoU, the smaller share of either ink that lies within ``reach`` of the other's)."""
    ink = cv2.resize(drawn, (SIDE, SIDE), interpolation=cv2.INTER_AREA) < 128
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide, wide_truth = (cv2.dilate(mask.astype(np.uint8), near) > 0 for mask in (ink, truth))
    union = max(1, (ink | truth).sum())
    shares = ((ink & wide_truth).sum() / max(1, ink.sum()), (truth & wide).sum() / truth.sum())
    return float((ink & truth).sum() / union), float(min(shares))


def grey(photo: np.ndarray) -> np.ndarray:
    """Return a photograph as the reader sees it, (H, W) uint8."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(photo)).convert("L"))


def curled(photo: np.ndarray, by: float) -> np.ndarray:
    """Bend a photograph as paper that does not lie flat: ``by`` mm in the middle, none at marks."""
    height, width = photo.shape[:2]
    dots = width / 220
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    bend = (by * dots * np.sin(np.pi * across / width)).astype(np.float32)
    return cv2.remap(
        photo,
        (across + bend / 2).astype(np.float32),
        (down + bend).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def thinner(filled: Filled, by: int = 3) -> Filled:
    """Return a page written with a fine pen."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (by, by))
    return Filled(filled.page, filled.print, cv2.erode(filled.ink, disc), filled.truth)


def squared(print_: np.ndarray) -> np.ndarray:
    """Return the print on squared paper."""
    return np.minimum(ruled(print_), ruled(print_.T.copy()).T)


# what the suite has no time for, or what is beyond what a user is promised
HARDER: dict[str, Callable[[Filled], np.ndarray]] = {
    "squared paper": lambda one: lit(np.minimum(squared(one.print), one.picture())),
    "pale pencil": lambda one: lit(one.picture(0.3)),
    "150 dpi": lambda one: cv2.resize(
        lit(one.picture()), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA
    ),
    "150 dpi, JPEG 30": lambda one: jpeg(
        cv2.resize(lit(one.picture()), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), 30
    ),
    "noisy": lambda one: lit(one.picture(), 0.5, noise=0.05),
    "soft (.1 mm)": lambda one: cv2.GaussianBlur(lit(one.picture()), (0, 0), 1.0),
    "blurred (.3 mm)": lambda one: cv2.GaussianBlur(lit(one.picture()), (0, 0), 3.0),
    "tilt 30 degrees": lambda one: tilted(lit(one.picture()), 30),
    "perspective 20 %": lambda one: perspective(lit(one.picture()), 0.2),
    "curled by 0.5 mm": lambda one: curled(lit(one.picture()), 0.5),
    "curled by 1 mm": lambda one: curled(lit(one.picture()), 1.0),
    "curled by 2 mm": lambda one: curled(lit(one.picture()), 2.0),
    "over-exposed": lambda one: lit(one.picture(), 1.3),
    "dark": lambda one: lit(one.picture(), 0.25),
    "600 dpi": lambda one: cv2.resize(
        lit(one.picture()), None, fx=2.4, fy=2.4, interpolation=cv2.INTER_CUBIC
    ),
}
