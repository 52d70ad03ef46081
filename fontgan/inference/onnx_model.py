"""A trained model in one ONNX file, drawn by ONNX Runtime instead of torch.

The file's metadata has one entry, ``fontgan``: JSON with the checkpoint's header (method, size,
styles, canvas, source face, licences), the fingerprint that codes belong to, and a probe: what
torch drew of a picture that a seed makes. A file that draws something else here is refused.
`fontgan.inference.onnx_export` writes it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import Task, to_pixels, to_tensor
from fontgan.devices.device import pick_device
from fontgan.errors import CheckpointError, ConfigError, MissingDependencyError
from fontgan.inference.model import Model, method_of
from fontgan.methods.base import CodedMethod, Method, PenStrokes, VectorMethod
from fontgan.runs.header import Header
from fontgan.runs.metadata import Format
from fontgan.varying.varied import VariedMethod

TOLERANCE = 1e-4  # of pixels in [-1, 1], against torch
PEN_TOLERANCE = 1e-3  # a pen's edge ends where it has 3e-4 of ink, and rounding says where
STYLES_AT_ONCE = 16  # of one source: with more, what it is encoded into costs little as it is
_SILENT = 4  # of its levels of logging; errors are raised all the same
_PROBE_GLYPHS, _PROBE_PIXELS = 3, 1024

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Exported:
    """What the metadata of an exported file say.

    Attributes:
        checkpoint: header of the checkpoint that it was made from.
        fingerprint: of the weights, which codes belong to.
        notes: what the user should know of drawing without torch.
        probe: some pixels, in [-1, 1], of what torch drew of `probe`.
        half: whether the weights are stored in half precision.
        shares: whether one source can be drawn in a batch of styles.
    """

    checkpoint: Header
    fingerprint: str
    notes: tuple[str, ...]
    probe: tuple[float, ...]
    half: bool = False
    shares: bool = False


ONNX = Format("fontgan-onnx", 1, Exported, "an ONNX file, but not one of `fontgan export onnx`")


@dataclass
class OnnxModel(Model):
    """A model whose networks are in an ONNX Runtime session; it has none of torch's.

    Attributes:
        session: `onnxruntime.InferenceSession`.
        about: the file's metadata.
    """

    session: Any
    about: Exported

    @classmethod
    def open(cls, path: Path, device: str = "auto") -> OnnxModel:
        """Open a file that `fontgan export onnx` wrote, and check that it draws what it should.

        Raises:
            MissingDependencyError: ONNX Runtime is not installed.
            CheckpointError: missing, damaged or foreign file, or one that draws wrongly here.
            ConfigError: no such device here.
        """
        runtime = _runtime()
        providers = _providers(runtime, device)
        if not path.is_file():
            raise CheckpointError(f"{path}: no such file; `fontgan export onnx RUN` writes one")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = _SILENT  # what it says holds names from the file, raw
        runtime.set_default_logger_severity(_SILENT)
        try:
            session = runtime.InferenceSession(str(path), options, providers)
            metadata = session.get_modelmeta().custom_metadata_map
        except Exception as error:  # the runtime's own kinds have no other common base
            first = str(error).splitlines()[0]
            raise CheckpointError(f"{path}: not a readable ONNX file ({first})") from None
        about = ONNX.read(path, metadata)
        header = about.checkpoint
        method = method_of(header, path)
        model = cls(method, header.task, {}, header, torch.device("cpu"), session, about)
        model._check(path)
        return model

    @property
    def notes(self) -> list[str]:
        """What the user should know of drawing without torch."""
        return list(self.about.notes)

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of the weights that the file was made from: their codes fit it."""
        return self.about.fingerprint

    @property
    def varied(self) -> VariedMethod:
        """Refuse: the file does not say how hands vary.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            f"an ONNX file of {self.header.method} draws a glyph one way; draw with --runtime torch"
        )

    def encode(self, glyphs: NDArray[np.uint8]) -> Tensor:  # noqa: ARG002
        """Refuse: the file draws, and holds no encoder.

        Raises:
            ConfigError: always.
        """
        _ = self.coded
        raise ConfigError(
            "an ONNX file draws with codes and finds none: draw once with --runtime torch and "
            "--encode, then give its folder with --code-from"
        )

    def draw(
        self,
        sources: NDArray[np.uint8],
        styles: Sequence[str] | Tensor,
        chars: list[str],
        seed: int = 0,  # noqa: ARG002
        z: Tensor | None = None,
        size: int | None = None,
    ) -> NDArray[np.uint8]:
        """Draw source glyphs in styles, as `Model.draw` does, but without noise."""
        if size is not None or isinstance(self.method, VectorMethod):
            strokes = self._written(sources, self.weights_of(styles), chars, z)
            draw = self.vector.draw if size is None else self._at_size
            drawn = draw(strokes, size or self.task.size)
            return to_pixels(drawn).squeeze(1).numpy()
        images = to_tensor(torch.from_numpy(np.ascontiguousarray(sources))).unsqueeze(1)
        weights = self._weights(styles)
        inputs = {"source": images.numpy(), "style": weights.numpy()}
        if z is not None and isinstance(self.method, CodedMethod) and self.method.whole:
            raise ConfigError(
                f"an ONNX file of {self.header.method} draws sources and takes no codes; draw with "
                "--runtime torch"
            )
        if z is not None or takes_codes(self.method):
            size = self.coded.z_size
            codes = torch.zeros(len(weights), size) if z is None else z
            self.coded.check_codes(codes, len(weights))
            if codes.shape[1] != size:
                raise ConfigError(
                    f"an ONNX file of {self.header.method} draws with codes of {size} numbers; "
                    "with those that an encoder finds draw with --runtime torch"
                )
            inputs["z"] = codes.float().numpy()
        return to_pixels(torch.from_numpy(self.run(inputs))).squeeze(1).numpy()

    def _weights(self, styles: Sequence[str] | Tensor) -> Tensor:
        weights = self.weights_of(styles)
        if not weights.is_floating_point():
            weights = F.one_hot(weights, len(self.task.styles))
        return weights.float()

    def _written(
        self,
        sources: NDArray[np.uint8],
        styles: Tensor,
        chars: list[str],
        z: Tensor | None = None,
    ) -> PenStrokes:
        """Return what the pen writes; the picture of it is made outside of the file."""
        if z is not None:
            _ = self.varied
        weights = self._weights(styles)
        given = self._batch(sources, weights, chars).strokes
        inputs = {"strokes": given.points.numpy(), "mask": given.mask.numpy()}
        inputs["style"] = weights.numpy()
        given_out = {output.name for output in self.session.get_outputs()}
        names = ["points", "radii", *given_out & {"square"}]
        points, radii, *square = map(torch.from_numpy, self.session.run(names, inputs))
        return PenStrokes(points, radii, given.mask, *square)

    def draw_styles(
        self,
        sources: NDArray[np.uint8],
        styles: Sequence[str],
        chars: list[str],
        seed: int = 0,
        size: int | None = None,
    ) -> Iterator[NDArray[np.uint8]]:
        """Draw source glyphs in one style after another; each is encoded once, if the file can."""
        if len(styles) == 1 or not self.about.shares:
            for style in styles:
                yield self.draw(sources, [style] * len(chars), chars, seed, size=size)
            return
        for start in range(0, len(styles), STYLES_AT_ONCE):
            some = styles[start : start + STYLES_AT_ONCE]
            drawn = [
                self.draw(source[None], some, [char], seed)
                for source, char in zip(sources, chars, strict=True)
            ]
            yield from np.stack(drawn, axis=1)

    def run(self, inputs: dict[str, Floats]) -> Floats:
        """Return the drawings (B, 1, S, S) in [-1, 1] of the session's inputs."""
        drawn: Floats = self.session.run(["glyph"], inputs)[0]
        return drawn

    def _check(self, path: Path) -> None:
        """Draw the probe again."""
        inputs, allowed = probe(self.method, self.task), tolerance(self.method)
        try:
            drawn = probe_pixels(self.run(inputs))
        except Exception as error:
            first = str(error).splitlines()[0]
            raise CheckpointError(
                f"{path}: does not draw here ({first}); export it again"
            ) from None
        kept = np.array(self.about.probe)  # in double precision, where all that JSON says fits
        worst = float(np.abs(drawn - kept).max()) if drawn.shape == kept.shape else float("inf")
        if not worst <= allowed:
            raise CheckpointError(
                f"{path}: draws other pixels than torch did when it was exported (by {worst:.1e}, "
                f"where {allowed:.0e} is allowed); export it again, or draw with --runtime torch"
            )


def tolerance(method: Method) -> float:
    """Return how far pixels may be from those that torch draws."""
    return PEN_TOLERANCE if isinstance(method, VectorMethod) else TOLERANCE


def takes_codes(method: Method) -> bool:
    """Return whether an ONNX file of a method takes codes beside the sources."""
    return isinstance(method, CodedMethod) and not method.whole


def probe(method: Method, task: Task, seed: int = 0) -> dict[str, Floats]:
    """Return inputs that a seed makes: of ink or strokes; the first style, the last, a mix of all.

    Args:
        method: whether it has strokes, or codes.
        task: image side S, and N styles.
        seed: the same seed makes the same inputs everywhere.

    Returns:
        ``source`` (3, 1, S, S) in [-1, 1], or for a method that moves a pen ``strokes``
        (3, K, L, P, 2) and ``mask`` (3, L); ``style`` (3, N), and ``z`` (3, Z) if there is any.
    """
    generator = np.random.default_rng(seed)
    styles = len(task.styles)
    style = np.zeros((_PROBE_GLYPHS, styles), np.float32)
    style[0, 0] = style[1, -1] = 1.0
    style[2] = 1.0 / styles
    if isinstance(method, VectorMethod):
        return {**_scribbles(method, generator), "style": style}
    inputs = {"source": _bars(task.size, generator), "style": style}
    if isinstance(method, CodedMethod) and takes_codes(method):
        inputs["z"] = generator.standard_normal((_PROBE_GLYPHS, method.z_size), np.float32)
    return inputs


def _bars(size: int, generator: np.random.Generator) -> Floats:
    source = np.ones((_PROBE_GLYPHS, 1, size, size), np.float32)
    for glyph in source[:, 0]:
        for _ in range(3):
            top, left = generator.integers(0, size - size // 4, 2)
            glyph[top : top + size // 16 + 1, left : left + size // 2] = -1.0
            glyph[left : left + size // 2, top : top + size // 16 + 1] = -1.0
    return source


def _scribbles(method: VectorMethod, generator: np.random.Generator) -> dict[str, Floats]:
    """Return strokes from place to place: three in the first glyph, one more in each other."""
    layouts, points = method.layouts, method.points
    most = _PROBE_GLYPHS + 2
    ends = generator.uniform(0.1, 0.9, (2, _PROBE_GLYPHS, layouts, most, 1, 2))
    along = np.linspace(0, 1, points)[:, None]
    strokes = ends[0] + along * (ends[1] - ends[0])
    mask = np.arange(most) < np.arange(3, 3 + _PROBE_GLYPHS)[:, None]
    return {"strokes": strokes.astype(np.float32), "mask": mask}


def probe_pixels(drawn: Floats) -> Floats:
    """Return some pixels of what was drawn of a probe, evenly over all of it."""
    flat = drawn.reshape(-1)
    return flat[:: max(1, len(flat) // _PROBE_PIXELS) | 1]  # an odd step meets every column


def _runtime() -> ModuleType:
    try:
        return importlib.import_module("onnxruntime")
    except ImportError:
        raise MissingDependencyError(
            "--runtime onnx needs ONNX Runtime: pip install 'fontgan[onnx]', or only onnxruntime"
        ) from None


def _providers(runtime: ModuleType, device: str) -> list[Any]:
    """Return where the runtime shall compute, the best first."""
    kind, _, index = device.partition(":")
    if device != "auto" and not re.fullmatch(r"mps|cuda(:[0-9]+)?", device):
        pick_device(device)  # the CPU; it complains of any other name
    there = "CUDAExecutionProvider" in runtime.get_available_providers()
    if kind == "mps" or (kind == "cuda" and not there):
        raise ConfigError(
            f"--device {device}: the ONNX Runtime installed here does not draw on it; use "
            "--device cpu, or pip install onnxruntime-gpu for cuda"
        )
    if kind == "cpu" or not there:
        return ["CPUExecutionProvider"]
    # TF32 would miss the tolerance.
    settings = {"device_id": int(index or 0), "use_tf32": 0}
    return [("CUDAExecutionProvider", settings), "CPUExecutionProvider"]
