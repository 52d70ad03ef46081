"""The judges that a user asks for; what each needs is loaded only then."""

from __future__ import annotations

from pathlib import Path

import torch

from fontgan.metrics.judge import Judge


def find_judges(
    device: torch.device,
    ocr: bool = False,
    lpips_weights: str | Path | None = None,
    fid_weights: str | Path | None = None,
) -> list[Judge]:
    """Return the judges, ready to look.

    Args:
        device: where those look that are torch networks.
        ocr: whether rapidocr's recogniser is one.
        lpips_weights: file for standard LPIPS.
        fid_weights: file for standard FID.

    Raises:
        MissingDependencyError: rapidocr or ONNX Runtime is not installed.
        CheckpointError: a file of weights is not what it should be.
    """
    found: list[Judge] = []
    if ocr:
        from fontgan.metrics.ocr import Ocr

        found.append(Ocr.open())
    if lpips_weights:
        from fontgan.metrics.standard import LpipsJudge

        found.append(LpipsJudge(lpips_weights, device))
    if fid_weights:
        from fontgan.metrics.standard import FidJudge

        found.append(FidJudge(fid_weights, device))
    return found
