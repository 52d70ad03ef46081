"""Put a trained run into the box: weights in half precision, and no path of this machine.

    python tools/pack_box.py hanzi runs/hanzi/latest.safetensors

tools/box/README.md says how the runs are made.
"""

from __future__ import annotations

import argparse
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path

from fontgan.box import models
from fontgan.runs.checkpoint import Checkpoint
from fontgan.workflows import export_weights


def pack(name: str, run: Path) -> Path:
    """Write the model and return its file."""
    with tempfile.TemporaryDirectory() as folder:
        file = export_weights(run, Path(folder) / "weights.safetensors", half=True).path
        checkpoint = Checkpoint.read(file)
    header = checkpoint.header
    recipe = tomllib.loads((Path(__file__).parent / "box" / f"{name}.toml").read_text())
    method = {**header.settings["method"], "sets": recipe["method"]["sets"]}  # for other scripts
    settings = {**header.settings, "method": method}
    data = replace(header.data, path=f"tools/box/{name}")
    header = replace(header, settings=settings, data=data)
    path = models.boxed(name)
    Checkpoint(header, checkpoint.tensors).write(path)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=models.NAMES)
    parser.add_argument("run", type=Path)
    asked = parser.parse_args()
    path = pack(asked.name, asked.run)
    print(f"{path}: {path.stat().st_size / 2**20:.1f} MB")
