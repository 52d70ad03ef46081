"""Put a trained run into the box: weights in half precision, and no path of this machine.

    python tools/pack_box.py hanzi runs/hanzi-3/latest.safetensors --held-out gb2312-1

tools/box/README.md says how the runs are made.
"""

from __future__ import annotations

import argparse
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

from fontgan.box import models
from fontgan.glyphs.charset import Charset
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.header import Adaptation
from fontgan.workflows import export_weights


def pack(name: str, run: Path, whole: Charset | None = None) -> Path:
    """Write the model and return its file; what it has not seen of a whole set was held out."""
    with tempfile.TemporaryDirectory() as folder:
        file = export_weights(run, Path(folder) / "weights.safetensors", half=True).path
        checkpoint = Checkpoint.read(file)
    header = checkpoint.header
    recipe = tomllib.loads((Path(__file__).parent / "box" / f"{name}.toml").read_text())
    method = {**header.settings["method"], "sets": recipe["method"]["sets"]}  # for other scripts
    settings = {**header.settings, "method": method}
    data = replace(header.data, path=f"tools/box/{name}")
    unseen = "".join(char for char in whole or () if char not in header.trained_chars)
    header = replace(
        header,
        settings=settings,
        data=data,
        adaptation=Adaptation(),  # it started from a run of this machine
        held_out_chars=unseen,
    )
    path = models.boxed(name)
    Checkpoint(header, checkpoint.tensors).write(path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=models.NAMES)
    parser.add_argument("run", type=Path)
    parser.add_argument("--held-out", metavar="CHARS", help="what it has not seen of these")
    asked = parser.parse_args()
    path = pack(asked.name, asked.run, asked.held_out and Charset.wanted(asked.held_out))
    print(f"{path}: {path.stat().st_size / 2**20:.1f} MB")
