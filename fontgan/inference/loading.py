"""Which file draws, and with what: torch or ONNX Runtime."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from fontgan.devices.device import pick_device
from fontgan.errors import CheckpointError, ConfigError
from fontgan.inference.model import Model
from fontgan.runs.folder import Run

Runtime = Literal["torch", "onnx"]


def open_model(
    run: str | Path | None,
    runtime: Runtime | None = None,
    device: str = "auto",
    styles: Collection[str] = (),
) -> tuple[Path, Model, list[str]]:
    """Open the model to draw with.

    Args:
        run: run folder, checkpoint, ``.onnx`` file, name of a model in the box, or None: the newest
            run below this folder, without any a model in the box.
        runtime: default ``onnx`` for an ``.onnx`` file, else ``torch``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        styles: those wanted; they tell which model in the box is meant.

    Returns:
        Its file, the model, and what the user should know of it.

    Raises:
        FontganError: no such model, runtime or device.
    """
    exported = run is not None and Path(run).suffix == ".onnx"
    if runtime == "torch" and exported:
        raise ConfigError(f"{run} is for --runtime onnx; torch draws from a run or a checkpoint")
    if runtime not in (None, "torch", "onnx"):
        raise ConfigError(f"--runtime {runtime}: use torch or onnx")
    if runtime != "onnx" and not exported:
        found = Run.to_draw(run, styles)
        model, notes = Model.load(found.checkpoint, pick_device(device)), []
        if run is None and found.boxed:
            notes.append(f"no run here: the model in the box draws ({found.checkpoint.stem})")
        return found.checkpoint, model, notes
    from fontgan.inference.onnx_model import OnnxModel

    path = find_onnx(run)
    model = OnnxModel.open(path, device)
    return path, model, [*model.notes, *_stale(path, model)]


def find_onnx(run: str | Path | None = None) -> Path:
    """Return the ONNX file meant: that very one, or the one beside a run's checkpoint.

    Raises:
        CheckpointError: there is none, or several in a folder that is no run.
    """
    if run is not None and Path(run).suffix == ".onnx":
        return Path(run)
    there = sorted(Path(run).glob("*.onnx")) if run is not None and Path(run).is_dir() else []
    beside: Path | None = None
    try:
        beside = Run.find(run).checkpoint.with_suffix(".onnx")
    except CheckpointError:
        if not there:
            raise
    if beside and beside.exists():
        return beside
    if len(there) == 1:
        return there[0]
    if there:
        names = ", ".join(file.name for file in there)
        raise CheckpointError(f"{run}: several ONNX files ({names}); name the one to draw with")
    raise CheckpointError(
        f"{beside}: no such file; `fontgan export onnx` writes it beside the run's checkpoint"
    )


def _stale(path: Path, model: Model) -> list[str]:
    """Say so where the run has been trained on since its model was exported."""
    checkpoint = path.with_suffix(".safetensors")
    if not checkpoint.exists():
        return []
    now = Run(checkpoint).header.iteration
    then = model.header.iteration
    if now == then:
        return []
    return [
        f"{path} was exported at iteration {then}, and {checkpoint.name} is at {now}; export it "
        "again to draw with that"
    ]
