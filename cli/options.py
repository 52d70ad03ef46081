"""The options that several commands have, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from fontgan.store.shard import Shard as Share

Fit = Annotated[
    Literal["em", "ink"],
    typer.Option(help="em keeps place and relative size, ink centres and fills."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One setting, over preset and file."),
]
Jobs = Annotated[int, typer.Option(min=0, help="Processes for drawing; 0 is one a core.")]
MaxMinutes = Annotated[float | None, typer.Option(help="Stop training after so many minutes.")]
Run = Annotated[
    Path | None,
    typer.Argument(metavar="RUN", help="Run folder or checkpoint (default: the newest run here)."),
]
RunOrFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="RUN",
        help="Run folder, checkpoint, .onnx file, or hanzi or latin, the models in the box "
        "(default: the newest run here, else the box).",
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Chars = Annotated[
    str | None,
    typer.Option(help="Charset: a name, text:..., a file, - for standard input, or a sum with +."),
]
Text = Annotated[str | None, typer.Option(help="The characters themselves.")]
Source = Annotated[
    str | None, typer.Option(help="Source font (default: the one of the training data).")
]
Samples = Annotated[
    int | None, typer.Option(min=1, help="Draw with so many random codes (a method with codes).")
]
Encode = Annotated[
    list[str] | None,
    typer.Option(
        metavar="IMAGE|FOLDER|[DATA:]STYLE",
        help="Draw with the code of this handwriting; may be given again.",
    ),
]
CodeFrom = Annotated[
    Path | None,
    typer.Option(metavar="FILE|FOLDER", help="Draw with the codes of an earlier drawing."),
]
Mend = Annotated[
    bool,
    typer.Option(
        "--mend",
        help="Where a glyph has other pieces or holes than the print, press the pen harder or "
        "softer; say what could not be mended.",
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="Seed of codes, and of a method's noise.")
]

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
Shard = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help="Do only the I-th of N shares, which other processes or machines complete.",
    ),
]


def parse_shard(text: str | None) -> Share | None:
    """Read the option.

    Raises:
        ConfigError: it is no I/N, or I is not from 1 to N.
    """
    if text is None:
        return None
    from fontgan.store.shard import Shard

    return Shard.parse(text)
