"""Trained models as files to hand on: an ONNX file, or a checkpoint of only what draws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch

from fontgan.errors import CheckpointError, ConfigError
from fontgan.inference.model import Model
from fontgan.inference.onnx_export import write_onnx
from fontgan.locks import writing
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.folder import Run


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Attributes:
        checkpoint: what it was made from.
        path: the file.
        before: bytes of the checkpoint.
        after: bytes of the file.
        notes: what the user should know.
    """

    checkpoint: Path
    path: Path
    before: int
    after: int
    notes: tuple[str, ...] = ()


def export_onnx(
    run: str | Path | None = None, out: str | Path | None = None, *, half: bool = False
) -> Exported:
    """Write a trained model as one ONNX file that is enough to draw with.

    Args:
        run: run folder or checkpoint; default the newest run below the current folder.
        out: the file; default beside the checkpoint, with its name and ``.onnx``, where `infer`
            looks for it.
        half: store weights in half precision.

    Raises:
        FontganError: no model, ``onnx`` or ``onnxruntime`` is not installed, or the file would not
            draw what torch draws.
    """
    checkpoint = Run.find(run).checkpoint
    path = Path(out) if out else checkpoint.with_suffix(".onnx")
    if path.suffix != ".onnx":
        raise ConfigError(f"-o {path}: name the file with .onnx at its end")
    with writing(path):
        notes = write_onnx(Model.load(checkpoint, torch.device("cpu")), path, half)
    return _exported(checkpoint, path, tuple(notes))


def export_weights(
    run: str | Path | None = None, out: str | Path | None = None, *, half: bool = False
) -> Exported:
    """Write a checkpoint of the networks that draw, without all that only training needs.

    It is for `infer`, `evaluate` and `train --from`, not for `train --resume`.

    Args:
        run: run folder or checkpoint; default the newest run below the current folder.
        out: the file; default beside the checkpoint, ``<name>-weights.safetensors``.
        half: store weights in half precision; they are computed with in single precision.

    Raises:
        FontganError: no model, or weights that half precision cannot hold.
    """
    checkpoint = Run.find(run).checkpoint
    path = Path(out) if out else checkpoint.with_stem(f"{checkpoint.stem}-weights")
    if path.suffix != ".safetensors":
        raise ConfigError(f"-o {path}: name the file with .safetensors at its end")
    if path.exists() and path.samefile(checkpoint):
        raise ConfigError(f"-o {path}: that is the checkpoint itself; name another file")
    model = Model.load(checkpoint, torch.device("cpu"))
    tensors = {
        f"networks/{name}/{key}": tensor.half() if half and tensor.is_floating_point() else tensor
        for name, network in model.networks.items()
        for key, tensor in network.state_dict().items()
    }
    if model.variation:
        tensors |= {f"variation/{key}": known for key, known in model.variation.tensors.items()}
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CheckpointError(f"{checkpoint}: {name} is not finite in that precision")
    # Rounded weights still draw with the codes of those they were rounded from.
    header = replace(model.header, fingerprint=model.fingerprint)
    with writing(path):
        Checkpoint(header, tensors).write(path)
    return _exported(checkpoint, path)


def _exported(checkpoint: Path, path: Path, notes: tuple[str, ...] = ()) -> Exported:
    return Exported(checkpoint, path, checkpoint.stat().st_size, path.stat().st_size, notes)
