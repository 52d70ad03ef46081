"""The table of measures: names, directions and definitions, to be printed beside numbers.

It imports nothing, so that ``fontgan evaluate --help`` can show it at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args


@dataclass(frozen=True)
class Measure:
    """One measure of a drawn glyph, or of all of them, against the truth.

    Attributes:
        name: its key in scores, JSON and ``--fail-under``.
        label: its column in tables.
        higher: whether higher is better.
        text: its definition in one line.
        key: whether it stands in the main table.
        kind: ``picture`` compares two images, ``reading`` asks the glyph network about a glyph,
            ``set`` asks it about all glyphs at once, ``asked`` asks another judge.
        option: of ``fontgan evaluate``, without which there is no such measure.
    """

    name: str
    label: str
    higher: bool
    text: str
    key: bool = True
    kind: Literal["picture", "reading", "set", "asked"] = "picture"
    option: str = ""

    @property
    def title(self) -> str:
        """Return the label, with the name where it is another word.

        >>> MEASURES["l1"].title, MEASURES["holes"].title
        ('L1', 'holes = (holes)')
        """
        return self.label if self.label.lower() == self.name else f"{self.label} ({self.name})"

    @property
    def direction(self) -> str:
        """Say which way is better.

        >>> MEASURES["l1"].direction
        'lower is better'
        """
        return "higher is better" if self.higher else "lower is better"


COMMON = (
    "Grey in [0, 1], ink below 0.5; one value a glyph, means over glyphs; r = S/32 pixels for "
    "images of side S, at least 1; specks of fewer than S*S/2048 pixels are not counted."
)

_TABLE = (
    Measure("l1", "L1", False, "mean absolute difference"),
    Measure("rmse", "RMSE", False, "root of the mean squared difference", key=False),
    Measure("psnr", "PSNR", True, "-20 log10(RMSE) in dB, at most 100", key=False),
    Measure("ssim", "SSIM", True, "structural similarity, Gaussian window 11, sigma 1.5"),
    Measure("l1_ink", "L1 ink", False, "L1 in the box around all ink plus r", key=False),
    Measure("rmse_ink", "RMSE ink", False, "RMSE in the box around all ink plus r", key=False),
    Measure("psnr_ink", "PSNR ink", True, "PSNR in the box around all ink plus r", key=False),
    Measure("ssim_ink", "SSIM ink", True, "SSIM in the box around all ink plus r"),
    Measure("iou", "IoU", True, "common ink over all ink"),
    Measure("cldice", "clDice", True, "Dice of centre lines lying on the other's ink"),
    Measure(
        "missing", "missing", False, "share of the true centre line with no drawn ink within r"
    ),
    Measure("extra", "extra", False, "share of the drawn centre line with no true ink within r"),
    Measure("components", "comp =", True, "share of glyphs with the true count of ink components"),
    Measure("holes", "holes =", True, "share of glyphs with the true count of holes"),
    Measure(
        "content",
        "content",
        True,
        "share of glyphs whose character the glyph network reads right; look-alikes (O 0) are one",
        kind="reading",
    ),
    Measure(
        "style",
        "hand",
        True,
        "share of glyphs that, as the glyph network sees hands, lie nearer to the mean of their "
        "own style's other true glyphs than to that of another style or the source",
        kind="reading",
    ),
    Measure(
        "lpips_glyph",
        "glyph-LPIPS",
        False,
        "squared distance of the glyph network's unit features, mean over places, sum of 4 scales",
        kind="reading",
    ),
    Measure(
        "fid_glyph",
        "glyph-FID",
        False,
        "Fréchet distance of the glyph network's embeddings of all drawn and all true glyphs, "
        "in [0, 8]; the fewer the glyphs the higher",
        kind="set",
    ),
    Measure(
        "ocr",
        "OCR",
        True,
        "share of glyphs that rapidocr's recogniser reads right; look-alikes (O 0) are one",
        kind="asked",
        option="--ocr",
    ),
    Measure(
        "ocr_relative",
        "OCR / true",
        True,
        "OCR as a share of that of the true glyphs; above 1 where these are harder to read",
        kind="asked",
        option="--ocr",
    ),
    Measure(
        "lpips",
        "LPIPS",
        False,
        "LPIPS 0.1 (Zhang et al. 2018) of grey as RGB; images below 64 px are scaled to 64",
        kind="asked",
        option="--lpips-weights",
    ),
    Measure(
        "fid",
        "FID",
        False,
        "Fréchet distance of Inception v3's embeddings (Heusel et al. 2017) of all drawn and all "
        "true glyphs, as pytorch-fid takes it, at 299 px",
        kind="asked",
        option="--fid-weights",
    ),
)

MEASURES = {measure.name: measure for measure in _TABLE}
PICTURE, READING, SET, ASKED = (
    tuple(one.name for one in _TABLE if one.kind == kind)
    for kind in ("picture", "reading", "set", "asked")
)

# Groups of measures, each in the order of its table.
Live = Literal["l1", "ssim", "missing", "cldice"]
LIVE: tuple[str, ...] = get_args(Live)  # cheap enough to look at during training
KEY_PICTURES = tuple(one.name for one in _TABLE if one.kind == "picture" and one.key)
BRIEF = ("l1", "ssim", "missing", "cldice", "holes")  # of an experiment, in the terminal
RESULTS = (  # of an experiment, on its page
    *("l1", "rmse", "ssim", "iou", "cldice", "missing", "extra", "components", "holes"),
    *("content", "style"),  # what a reader sees, where the glyphs are read
)
VARIANTS = (  # strokes first: stroke loss is what variants are tried against
    *("missing", "extra", "cldice", "components", "holes"),
    *("ssim", "iou", "l1", "rmse", "content", "style", "lpips_glyph"),
)
DECISIVE = ("missing", "extra", "cldice", "holes", "ssim", "l1", "content")  # between variants
SPREAD = ("ssim_ink", "cldice", "missing", "extra", "l1_ink", "lpips_glyph", "lpips")  # as charts

# Columns of tables, by label; "true content" is the content of the true glyphs.
PICTURE_COLUMNS = {MEASURES[name].label: name for name in PICTURE}
READING_COLUMNS = {MEASURES[name].label: name for name in READING} | {
    "true content": "true content",
    "true hand": "true style",
}
OTHER_COLUMNS = {
    "OCR": "ocr",
    "true OCR": "true ocr",
    "OCR / true": "ocr_relative",
    "LPIPS": "lpips",
}


def definitions(names: tuple[str, ...] = tuple(MEASURES)) -> list[str]:
    """Return a line for each measure, its definition and direction, and what is common to all."""
    chosen = [MEASURES[name] for name in names]
    return [*(f"{one.title}: {one.text}; {one.direction}" for one in chosen), COMMON]
