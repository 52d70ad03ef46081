"""The options that name who judges drawn glyphs, which several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Reader = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Weights of another glyph network, as tools/train_reader.py writes them; for what was "
        "trained through the shipped one.",
    ),
]
Ocr = Annotated[
    bool,
    typer.Option(
        "--ocr", help="Let rapidocr read the glyphs too (needs the extra `fontgan[ocr]`)."
    ),
]
LpipsWeights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Also take standard LPIPS, with these weights of AlexNet or VGG16 and its heads "
        "(.safetensors; docs/measures.md says how to make it).",
    ),
]
FidWeights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Also take standard FID, with these weights of pytorch-fid's Inception "
        "(.safetensors; docs/measures.md says how to make it).",
    ),
]
