"""Whether someone else can read it: rapidocr's recogniser, which knows nothing of fontgan.

Only the recogniser's ONNX file is taken out of the installed package; it runs in batches, a
single character an image, without rapidocr's own code (which looks for lines first) and OpenCV.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.errors import MissingDependencyError
from fontgan.metrics.judge import Judge, Known, Said
from fontgan.metrics.pixels import grey
from fontgan.nn.eyes.reader import fit

HEIGHT, MARGIN = 48, 8  # pixels: what the recogniser takes, and paper on the left and on the right
ALIKE = ("0Oo", "1Il", "Cc", "Kk", "Pp", "Ss", "Uu", "Vv", "Ww", "Xx", "Yy", "Zz")
INSTALL = "pip install 'fontgan[ocr]'"


@dataclass(frozen=True)
class Ocr(Judge):
    """Counts what rapidocr's recogniser reads right, of drawn and of true glyphs.

    Attributes:
        session: `onnxruntime.InferenceSession` of the recogniser.
        dictionary: the text of each of its classes; that of the first, "nothing here", is empty.
        name: of the recogniser.
    """

    session: Any
    dictionary: tuple[str, ...]
    name: str

    @classmethod
    def open(cls) -> Ocr:
        """Load the recogniser from the installed rapidocr; it reads on the CPU.

        Raises:
            MissingDependencyError: the extra ``ocr`` is not installed.
        """
        file, runtime = recogniser(), _runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
        options.log_severity_level = 3
        session = runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        known = session.get_modelmeta().custom_metadata_map.get("character", "").split("\n")
        return cls(session, ("", *known, " "), file.stem)

    def look(self, char: Sequence[str], drawn: Tensor, truth: Tensor) -> Said:
        """Give ``ocr`` of the glyphs whose characters the recogniser knows."""
        return Said(self._right(char, drawn), self._right(char, truth))

    def notes(self, chars: Sequence[str]) -> list[str]:
        """Say who reads, and which characters it does not know."""
        notes = [f"OCR is {self.name} of rapidocr, each image alone, {HEIGHT} px high"]
        unknown = [char for char in chars if char not in self._known]
        if unknown:
            shown = "".join(sorted(set(unknown)))[:40]
            notes.append(f"OCR leaves out {len(unknown)} glyphs that it does not know: {shown}")
        return notes

    def read(self, images: Tensor) -> list[str]:
        """Read images (B, 1, S, S) in [-1, 1]: the most likely text of each, CTC greedy.

        A NaN is read as paper.
        """
        paper = F.pad(fit(grey(images).nan_to_num(1.0), HEIGHT), (MARGIN, MARGIN), value=1.0)
        inputs = (2 * paper - 1).expand(-1, 3, -1, -1).contiguous().cpu().numpy()
        (scores,) = self.session.run(None, {self.session.get_inputs()[0].name: inputs})
        return [self._text(row) for row in scores.argmax(axis=2).tolist()]

    def _right(self, char: Sequence[str], images: Tensor) -> list[Known]:
        read = self.read(images)
        return [
            {"ocr": float(_class(text) == _class(one))} if one in self._known else {}
            for one, text in zip(char, read, strict=True)
        ]

    def _text(self, classes: Sequence[int]) -> str:
        """Drop what is repeated, then what is nothing (Graves et al. 2006, the map B)."""
        pairs = zip([0, *classes], classes, strict=False)
        return "".join(self.dictionary[now] for before, now in pairs if now != before)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.dictionary)


def recogniser() -> Path:
    """Return the recogniser's file in the installed rapidocr, whose code is not loaded.

    Raises:
        MissingDependencyError: it is not there.
    """
    found = importlib.util.find_spec("rapidocr")
    for place in (found and found.submodule_search_locations) or ():
        files = sorted(Path(place, "models").glob("*rec*.onnx"))
        if files:
            return files[-1]
    raise MissingDependencyError(f"--ocr needs rapidocr and its recogniser: {INSTALL}")


def _runtime() -> Any:
    try:
        return importlib.import_module("onnxruntime")
    except ImportError:
        raise MissingDependencyError(f"--ocr needs ONNX Runtime: {INSTALL}") from None


def _class(text: str) -> str:
    """Return the text, or the first of the letters that one alone cannot be told from.

    >>> _class("o"), _class("永"), _class("oo")
    ('0Oo', '永', 'oo')
    """
    return next((alike for alike in ALIKE if len(text) == 1 and text in alike), text)
