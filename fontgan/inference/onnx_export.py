"""Write a trained model as an ONNX file that draws with `fontgan.inference.onnx_model`."""

from __future__ import annotations

import copy
import importlib
import warnings
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, StrokeBatch
from fontgan.errors import CheckpointError, ConfigError, MissingDependencyError
from fontgan.files import atomic_write
from fontgan.inference.model import Model
from fontgan.inference.onnx_model import (
    ONNX,
    Exported,
    Floats,
    OnnxModel,
    probe,
    probe_pixels,
    tolerance,
)
from fontgan.inference.onnx_pen import draw_everywhere
from fontgan.methods.base import ENDS, CodedMethod, PenStrokes, VectorMethod
from fontgan.nn.folded.unet_drawing import UNetDrawer, for_drawing

OPSET = 18


class Drawer(nn.Module):
    """A model's drawing as one module of tensors: source, style weights and, if any, codes.

    Batch norms are folded: a runtime does not fold them into transposed convolutions by itself.

    Class attributes:
        outputs: names of what comes out; the last one is the glyph.
        axes: which axes of inputs and outputs are of any length, and their names.
    """

    outputs: tuple[str, ...] = ("glyph",)
    axes: ClassVar[dict[str, dict[int, str]]] = {
        "source": {0: "sources"},
        "style": {0: "batch"},
        "z": {0: "batch"},
        "glyph": {0: "batch"},
    }

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.method = model.method
        self.networks = nn.ModuleDict(
            {
                name: for_drawing(copy.deepcopy(network), "onnx")
                for name, network in model.with_ends.items()
            }
        )

    @property
    def shares(self) -> bool:
        """Whether one source can be drawn in a batch of styles, and is encoded once for them."""
        return any(isinstance(network, UNetDrawer) for network in self.networks.values())

    def forward(self, source: Tensor, style: Tensor, z: Tensor | None = None) -> Tensor:
        """Draw (B, 1, S, S) in [-1, 1] from sources of that shape, styles (B, N), codes (B, Z)."""
        batch = GlyphBatch.of_sources(source, style, style)  # only these two are looked at
        nets = dict(self.networks.items())
        if z is not None and isinstance(self.method, CodedMethod):
            return self.method.draw(nets, batch, z)
        return self.method.translate(nets, batch)


class PenDrawer(Drawer):
    """The drawing of a model that moves a pen: strokes and their mask come in, and style weights.

    The images are of the model's size; points and radii are enough for any other.
    """

    outputs: tuple[str, ...] = ("points", "radii", "glyph")
    axes: ClassVar[dict[str, dict[int, str]]] = {
        "strokes": {0: "batch", 2: "strokes"},
        "mask": {0: "batch", 1: "strokes"},
        "style": {0: "batch"},
        "points": {0: "batch", 1: "strokes"},
        "radii": {0: "batch", 1: "strokes"},
        "square": {0: "batch", 1: "strokes"},
        "glyph": {0: "batch"},
    }

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.size = model.task.size
        if ENDS in self.networks:
            self.outputs = ("points", "radii", "square", "glyph")

    def forward(self, strokes: Tensor, mask: Tensor, style: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        """Return points (B, L, P, 2) and radii (B, L, P) in sides, and glyphs (B, 1, S, S).

        Before the glyphs comes how square strokes end, (B, L, 2), where a hand has that.
        """
        assert isinstance(self.method, VectorMethod)
        paper = strokes.new_ones(len(strokes), 1, 1, 1)
        batch = replace(
            GlyphBatch.of_sources(paper, style, style), strokes=StrokeBatch(strokes, mask)
        )
        written: PenStrokes = self.method.strokes(dict(self.networks.items()), batch)
        glyph = draw_everywhere(written, self.size, self.method.softness)
        square = [] if written.square is None else [written.square]
        return written.points, written.radii, *square, glyph


def write_onnx(model: Model, path: Path, half: bool = False) -> list[str]:
    """Write a model as an ONNX file with dynamic batch, and check it against torch.

    Inputs are ``source`` (B, 1, S, S) in [-1, 1], ``style`` (B, N), the weights of the styles, and
    ``z`` (B, Z) where the method has codes; the output is ``glyph`` (B, 1, S, S) in [-1, 1]. If the
    metadata say ``shares``, a single source may be given with B styles, and is encoded once.

    A model that moves a pen has ``strokes`` (B, K, L, P, 2) in sides and ``mask`` (B, L) in place
    of ``source``, and also gives ``points`` (B, L, P, 2) and ``radii`` (B, L, P), in sides, and
    ``square`` (B, L, 2) in [0, 1] where its hands end strokes so.

    Args:
        model: on the CPU; it is left as it is.
        path: the file.
        half: store weights in half precision; they are computed with in single precision.

    Returns:
        What the user should know.

    Raises:
        MissingDependencyError: the ``onnx`` package is not installed.
        CheckpointError: the file does not draw what torch draws.
        ConfigError: the method does not draw by pictures.
    """
    onnx = _onnx()
    if model.method.reads_characters:
        raise ConfigError(
            f"a model of {model.header.method} draws by the numbers of characters, and what reads "
            "ONNX files gives them pictures; draw with torch, from `fontgan export weights`"
        )
    if model.method.stroke_input and not isinstance(model.method, VectorMethod):
        raise ConfigError(
            f"a model of {model.header.method} draws along strokes beside a picture, and what "
            "reads ONNX files gives it one of the two; draw with torch, from `fontgan export "
            "weights`"
        )
    drawer = (PenDrawer if isinstance(model.method, VectorMethod) else Drawer)(model).eval()
    if half:
        round_to_half(drawer)
    inputs = probe(model.method, model.task)
    drawn = _run(drawer, inputs)
    notes = model.method.notes_on_drawing
    about = Exported(
        checkpoint=model.header,
        fingerprint=model.fingerprint,
        half=half,
        shares=drawer.shares,
        notes=notes,
        probe=tuple(round(float(value), 6) for value in probe_pixels(drawn)),
    )
    with atomic_write(path) as part:
        _trace(drawer, inputs, part)
        proto = onnx.load(str(part))
        if half:
            _store_half(onnx, proto)
        onnx.helper.set_model_props(proto, ONNX.write(about))
        onnx.save(proto, str(part))
        exported = OnnxModel.open(part, "cpu")
        _compare(exported, inputs, drawn, path)
        if drawer.shares:
            inputs["source"] = inputs["source"][:1]
            _compare(exported, inputs, _run(drawer, inputs), path)
    return list(notes)


@torch.no_grad()
def _run(drawer: Drawer, inputs: dict[str, Floats]) -> Floats:
    """Return the glyphs that torch draws of an ONNX file's inputs."""
    drawn = drawer(*(torch.from_numpy(value) for value in inputs.values()))
    glyph: Tensor = drawn[-1] if isinstance(drawn, tuple) else drawn
    return glyph.numpy()


def round_to_half(drawer: Drawer) -> None:
    """Round all weights to half precision, in place; they stay single-precision tensors."""
    for tensor in drawer.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(tensor.half())


def _onnx() -> ModuleType:
    try:
        return importlib.import_module("onnx")
    except ImportError:
        raise MissingDependencyError(
            "exporting needs onnx and onnxruntime: pip install 'fontgan[onnx]'"
        ) from None


def _trace(drawer: Drawer, inputs: dict[str, Floats], path: Path) -> None:
    # The tracing exporter: it needs no onnxscript and is twenty times as fast as the newer one,
    # which also fixes the batch size of a method that asks for its batch's length.
    with warnings.catch_warnings(), torch.no_grad():  # no layer shall take its way for training
        warnings.simplefilter("ignore")
        torch.onnx.export(
            drawer,
            tuple(torch.from_numpy(value) for value in inputs.values()),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            # Weights stay as they are, so that half precision holds what was rounded to it.
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=list(inputs),
            output_names=list(drawer.outputs),
            dynamic_axes={name: drawer.axes[name] for name in (*inputs, *drawer.outputs)},
        )


def _store_half(onnx: ModuleType, proto: object) -> None:
    """Store the weights that half precision holds exactly so, each with a cast back behind it."""
    graph = proto.graph  # type: ignore[attr-defined]
    casts = []
    for weight in graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        small = values.astype(np.float16) if values.dtype == np.float32 else values
        if small is values or not np.array_equal(small.astype(np.float32), values):
            continue
        name = weight.name
        weight.CopyFrom(onnx.numpy_helper.from_array(small, f"{name}.half"))
        single = onnx.TensorProto.FLOAT
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=single))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _compare(exported: OnnxModel, inputs: dict[str, Floats], drawn: Floats, path: Path) -> None:
    """Compare every pixel of the probe; opening the file has compared some."""
    worst = float(np.abs(exported.run(inputs) - drawn).max())
    allowed = tolerance(exported.method)
    if not worst <= allowed:
        raise CheckpointError(
            f"{path}: not written, for ONNX Runtime draws other pixels than torch (by {worst:.1e}, "
            f"where {allowed:.0e} is allowed)"
        )
