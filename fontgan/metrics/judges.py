"""The judges that a user asks for; what each needs, torch too, is loaded only then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import torch

    from fontgan.metrics.judge import Judge


class JudgeOptions(TypedDict, total=False):
    """Who shall judge, as a caller writes it; `Judges` says what each is."""

    reader: str | Path | None
    ocr: bool
    lpips_weights: str | Path | None
    fid_weights: str | Path | None


@dataclass(frozen=True)
class Judges:
    """Who judges drawn glyphs besides pixels and strokes.

    Attributes:
        reader: other weights of the glyph network, as tools/train_reader.py writes them: for a
            model that was trained through the shipped ones.
        ocr: whether rapidocr's recogniser reads the glyphs too.
        lpips_weights: safetensors for standard LPIPS, see `fontgan.metrics.standard`.
        fid_weights: safetensors for standard FID, likewise.
    """

    reader: str | Path | None = None
    ocr: bool = False
    lpips_weights: str | Path | None = None
    fid_weights: str | Path | None = None

    def find(self, device: torch.device) -> list[Judge]:
        """Return those besides the glyph network, ready to look.

        Args:
            device: where those look that are torch networks.

        Raises:
            MissingDependencyError: rapidocr or ONNX Runtime is not installed.
            CheckpointError: a file of weights is not what it should be.
        """
        found: list[Judge] = []
        if self.ocr:
            from fontgan.metrics.ocr import Ocr

            found.append(Ocr.open())
        if self.lpips_weights:
            from fontgan.metrics.standard import LpipsJudge

            found.append(LpipsJudge(self.lpips_weights, device))
        if self.fid_weights:
            from fontgan.metrics.standard import FidJudge

            found.append(FidJudge(self.fid_weights, device))
        return found
