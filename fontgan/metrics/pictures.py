"""Pictures of glyphs compared with their truths: all measures of the kind ``picture``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from fontgan.metrics import pixels, strokes
from fontgan.metrics.measures import PICTURE

Values = dict[str, NDArray[np.float64]]
LINES = frozenset({"cldice", "missing", "extra"})
TOPOLOGY = frozenset({"components", "holes"})


def compare(drawn: Tensor, truth: Tensor, measures: Sequence[str] = PICTURE) -> Values:
    """Return the wanted measures, (B,) each, of images (B, 1, S, S) in [-1, 1]."""
    drawn, truth, wanted = pixels.grey(drawn), pixels.grey(truth), set(measures)
    values = _of_pixels(drawn, truth, wanted)
    pictures = [images.squeeze(1).cpu().numpy() for images in (drawn, truth)]
    if wanted & LINES:
        values |= strokes.lines(*pictures)
    if wanted & TOPOLOGY:
        values |= strokes.topology(*pictures)
    return {name: values[name] for name in measures}


def _of_pixels(drawn: Tensor, truth: Tensor, wanted: set[str]) -> Values:
    box = pixels.crop_to_ink(drawn, truth)
    values: dict[str, Tensor] = {}
    for name, measure in (("l1", pixels.l1), ("rmse", pixels.rmse), ("psnr", pixels.psnr)):
        if name in wanted:
            values[name] = measure(drawn, truth)
        if f"{name}_ink" in wanted:
            values[f"{name}_ink"] = measure(drawn, truth, box)
    if wanted & {"ssim", "ssim_ink"}:
        similar = pixels.similarity(drawn, truth)  # the dear part, once for both
        values["ssim"], values["ssim_ink"] = pixels.ssim_of(similar), pixels.ssim_of(similar, box)
    if "iou" in wanted:
        values["iou"] = pixels.iou(drawn, truth)
    return {name: value.double().cpu().numpy() for name, value in values.items()}
