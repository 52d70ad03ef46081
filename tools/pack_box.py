"""Put trained runs into the box: weights in half precision, and no path of this machine.

    python tools/pack_box.py hanzi runs/hanzi/latest.safetensors runs/hanzi-2/latest.safetensors

Of several runs, each of which started from the one before, the weights are the mean: it keeps what
the first one knew and has what the others learned (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models"). tools/box/README.md says how the runs are made.
"""

from __future__ import annotations

import argparse
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from fontgan.box import models
from fontgan.faces import catalogue as faces
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.header import Adaptation, FaceRecord
from fontgan.workflows import export_weights


def pack(name: str, runs: Sequence[Path]) -> Path:
    """Write the model and return its file; what no run has seen was held out."""
    checkpoints = [Checkpoint.read(run) for run in runs]
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "mean.safetensors"
        mean(checkpoints).write(whole)
        file = export_weights(whole, Path(folder) / "weights.safetensors", half=True).path
        checkpoint = Checkpoint.read(file)
    header = checkpoint.header
    recipe = tomllib.loads((Path(__file__).parent / "box" / f"{name}.toml").read_text())
    method = {**header.settings["method"], "sets": recipe["method"]["sets"]}  # for other scripts
    seen = dict.fromkeys("".join(one.header.trained_chars for one in checkpoints))
    header = replace(
        header,
        settings={**header.settings, "method": method},
        source=embedded(header.source),
        data=replace(header.data, path=f"tools/box/{name}"),
        adaptation=Adaptation(),  # it started from a run of this machine
        trained_chars="".join(seen),
        held_out_chars="".join(char for char in header.held_out_chars if char not in seen),
    )
    path = models.boxed(name)
    Checkpoint(header, checkpoint.tensors).write(path)
    return path


def embedded(source: FaceRecord) -> FaceRecord:
    """Return the record of the face as it is embedded, which draws what the whole font does."""
    (digest,) = faces.find(source.spec).sha256
    return replace(source, sha256=digest)


def mean(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    """Return the first checkpoint, its averaged weights the mean of all checkpoints'."""
    first = checkpoints[0]
    drawing = {
        key: torch.stack([one.tensors[key].double() for one in checkpoints]).mean(0).to(old.dtype)
        for key, old in first.tensors.items()
        if key.startswith("averages/")
    }
    return Checkpoint(first.header, {**first.tensors, **drawing})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=models.NAMES)
    parser.add_argument("runs", type=Path, nargs="+")
    asked = parser.parse_args()
    path = pack(asked.name, asked.runs)
    print(f"{path}: {path.stat().st_size / 2**20:.1f} MB")
