"""Training runs small enough for tests: 10,000 weights, 32 px."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from fontgan import workflows
from fontgan.workflows import TrainingResult

TINY_STROKES = ("width=8", "layers=1", "heads=2", "points=4", "batch_size=8")
TINY = (
    "width=4",
    "max_width=8",
    "code_size=3",
    "discriminator_width=4",
    "full_width=0",
    "batch_size=4",
    "moving_average=0",
    "shift=0",
)
WORDS = [word for setting in TINY for word in ("--set", setting)]  # for the command line


def train(data: Path, out: Path, *settings: str, **more: Any) -> TrainingResult:
    return workflows.train(data, out, settings=[*TINY, *settings], device="cpu", **more)


def tensors(run: Path, prefix: str = "", name: str = "latest") -> dict[str, torch.Tensor]:
    everything = load_file(run / f"{name}.safetensors")
    return {key: value for key, value in everything.items() if key.startswith(prefix)}


def differing(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> list[str]:
    assert one.keys() == other.keys()
    return [key for key in one if not torch.equal(one[key], other[key])]


def hidden(folder: Path) -> list[str]:
    """Return what was left half-written."""
    return [path.name for path in folder.rglob("*") if path.name.startswith(".")]
