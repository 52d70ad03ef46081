"""A BicycleGAN small enough for tests: every glyph can be drawn with any code."""

from __future__ import annotations

from pathlib import Path

from fontgan import workflows

CODED = (
    "width=4",
    "max_width=8",
    "encoder_width=4",
    "discriminator_width=4",
    "discriminator_layers=2",
    "style_code=3",
    "full_width=0",
    "batch_size=4",
    "moving_average=0",
    "shift=0",
    "adversarial=0.05",
    "feature_matching=0",
    "mode_seeking=0.001",
    "kl=0",  # so that codes of different hands soon differ
    "rate=0.02",
    "iterations=12",
)


def train_coded(data: Path, out: Path, *settings: str, **more: str) -> Path:
    """Train and return the run's folder."""
    words = [*CODED, *settings]
    run = workflows.train(data, out, method="bicyclegan", settings=words, device="cpu", **more)
    return run.folder
