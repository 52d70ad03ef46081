"""A trained model, ready to draw: its networks without optimisers and discriminators."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task, to_pixels, to_tensor
from fontgan.data.stroke_table import stroke_table, with_strokes
from fontgan.errors import CheckpointError, ConfigError, nearest
from fontgan.glyphs.canvas import Canvas
from fontgan.inference.pen_batches import apart, each, together
from fontgan.methods.base import ENDS, CodedMethod, Method, Networks, PenStrokes, VectorMethod
from fontgan.nn.ends import Ends
from fontgan.nn.folded.unet_drawing import Runtime, for_drawing
from fontgan.runs.checkpoint import Checkpoint, check_networks, load_networks
from fontgan.runs.header import Header
from fontgan.strokes.paths import Strokes
from fontgan.varying.variation import Variation
from fontgan.varying.varied import VariedMethod

AT_ONCE = 1 << 17  # pixels drawn in one pass on a CPU, for maps that stay in caches and heap
PIECES = 3  # of the way between two points of a stroke, in vectors and in images larger than
ROUGH = 64  # pixels, where one begins to see corners
FEWEST = 4  # but so many glyphs: every pass lays out the weights anew


@dataclass
class Model:
    """The drawing networks of a checkpoint, in evaluation mode.

    Attributes:
        method: with its hyper-parameters.
        task: image size and style names.
        networks: those that `Method.translate` needs; the averages where there are any.
        header: the checkpoint's header (canvas, source face, characters, licences).
        device: where the networks are.
        variation: how hands that move a pen vary and end strokes, where the run has learned it.
    """

    method: Method
    task: Task
    networks: dict[str, nn.Module]
    header: Header
    device: torch.device
    variation: Variation | None = field(default=None, kw_only=True)

    @classmethod
    def load(cls, path: Path, device: torch.device) -> Model:
        """Load a checkpoint for drawing.

        Raises:
            CheckpointError: missing, damaged or foreign file.
        """
        checkpoint = Checkpoint.read(path, prefixes=("averages/", "networks/", "variation/"))
        method, task = method_of(checkpoint.header, path), checkpoint.header.task
        group = "averages" if checkpoint.under("averages") else "networks"
        check_networks(partial(method.networks, task), checkpoint, group)
        every = method.networks(task)
        nets = {name: every[name] for name in method.averaged}
        load_networks(nets, checkpoint, group)
        for network in nets.values():
            network.to(device).eval().requires_grad_(False)
        variation = Variation.read(checkpoint.under("variation"), len(task.styles))
        return cls(
            method,
            task,
            nets,
            checkpoint.header,
            device,
            variation=variation and variation.to(device),
        )

    @cached_property
    def drawing(self) -> Networks:
        """The networks made ready to draw: the same pictures but for rounding, sooner.

        `networks` keep the weights as they were trained.
        """
        runtime: Runtime = "cpu" if self.device.type == "cpu" else "gpu"
        return {name: for_drawing(net, runtime) for name, net in self.with_ends.items()}

    @property
    def with_ends(self) -> dict[str, nn.Module]:
        """The networks, and how square strokes end where a hand ends them so."""
        square = None if self.variation is None else self.variation.square
        return self.networks if square is None else {**self.networks, ENDS: Ends(square)}

    def styles_meant(self, words: Sequence[str] | None) -> list[str]:
        """Return the names of styles given by name or number, each once; ``all`` is every style.

        None is what the run is for: the styles that it added to a model, or all of its own.

        Raises:
            CheckpointError: there is no such style; the nearest is named.
        """
        if words is None:
            return list(self.header.adaptation.add or self.task.styles)
        names: list[str] = []
        for word in words:
            names += self.task.styles if word == "all" else [self._style(word)]
        return list(dict.fromkeys(names))

    def style_meant(self, word: str | None) -> str:
        """Return the name of the one style that a letter or a font is in.

        Raises:
            CheckpointError: there is no such style; the nearest is named.
            ConfigError: several could be meant.
        """
        names = self.styles_meant(None if word is None else [word])
        if len(names) != 1:
            raise ConfigError(f"in whose hand? Name one with --style: {', '.join(names[:12])}")
        return names[0]

    def weights_of(self, styles: Sequence[str] | Tensor) -> Tensor:
        """Return styles as networks take them: (B,) long indices of B names; weights as they are.

        Raises:
            CheckpointError: there is no such style.
        """
        if isinstance(styles, Tensor):
            return styles
        place = {name: number for number, name in enumerate(self.task.styles)}
        return torch.tensor([place[self._style(name)] for name in styles], dtype=torch.long)

    def _style(self, name: str) -> str:
        styles = self.task.styles
        if name in styles:
            return name
        if name.isdecimal():
            if int(name) < len(styles):
                return styles[int(name)]
            raise CheckpointError(
                f"style {name}: this model has styles 0 to {len(styles) - 1}: {', '.join(styles)}"
            )
        raise CheckpointError(f"style {name}: not in this model; {nearest(name, styles)}")

    @property
    def coded(self) -> CodedMethod:
        """The method, when its drawings vary with a code.

        Raises:
            ConfigError: they do not.
        """
        if isinstance(self.method, VectorMethod):
            return self.varied
        if not isinstance(self.method, CodedMethod):
            raise ConfigError(
                f"a model of {self.header.method} draws a glyph one way; codes and samples need a "
                "model with codes, such as bicyclegan"
            )
        return self.method

    @property
    def stroke_sets(self) -> tuple[str, ...]:
        """The sets whose characters it draws without a source glyph."""
        return self.method.sets if isinstance(self.method, VectorMethod) else ()

    @property
    def vector(self) -> VectorMethod:
        """The method, when it draws strokes of a pen, of which images of any size can be made.

        Raises:
            ConfigError: it draws images.
        """
        if not isinstance(self.method, VectorMethod):
            raise ConfigError(
                f"a model of {self.header.method} draws images, of {self.task.size} px; another "
                "size, strokes and `fontgan vary` need a model that moves a pen, such as penstroke"
            )
        return self.method

    @cached_property
    def varied(self) -> VariedMethod:
        """The method with codes of how its hands vary, when it moves a pen.

        Raises:
            ConfigError: it draws images, or how its hands vary was not learned.
        """
        method = self.vector  # first: a model of images cannot be taught it
        if self.variation is None:
            raise ConfigError(
                "this model was not taught how its hands vary; `fontgan vary RUN` does, in seconds "
                "a hand, from the data set of the run"
            )
        return VariedMethod.of(method, self.variation)

    @cached_property
    def canvas(self) -> Canvas:
        """The canvas that the model was trained on."""
        return self.header.canvas

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the weights that give a code its meaning: of all that draws but the styles.

        So codes stay good when a style is added to a model, and for nothing else that is trained.
        Exported weights carry the fingerprint of those they were made from.
        """
        if self.header.fingerprint:
            return self.header.fingerprint
        digest = hashlib.sha256()
        for name, network in sorted(self.networks.items()):
            if name != self.method.style_table:
                for key, tensor in sorted(network.state_dict().items()):
                    digest.update(f"{name}/{key} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
                    digest.update(tensor.cpu().flatten().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    @torch.no_grad()
    def encode(self, glyphs: NDArray[np.uint8]) -> Tensor:
        """Return the codes (B, Z) of written glyphs (B, S, S), grey, ink 0.

        Raises:
            ConfigError: the method has no codes.
        """
        return self.coded.encode(self.networks, _tensors(glyphs).to(self.device)).cpu()

    @torch.no_grad()
    def encode_written(
        self,
        glyphs: NDArray[np.uint8],
        sources: NDArray[np.uint8],
        styles: Sequence[str],
        chars: list[str],
    ) -> Tensor:
        """Return the codes (B, Z) of glyphs that hands of a model wrote that moves a pen.

        Args:
            glyphs: (B, S, S) grey, ink 0.
            sources: the same characters in the source font.
            styles: the names of the B hands.
            chars: the B characters.

        Raises:
            ConfigError: the method draws images, or does not know how its hands vary.
        """
        batch = self._batch(sources, self.weights_of(styles), chars)
        batch = replace(batch, target=_tensors(glyphs).to(self.device))
        return self.varied.codes(self.drawing, batch).cpu()

    @torch.no_grad()
    def draw(
        self,
        sources: NDArray[np.uint8],
        styles: Sequence[str] | Tensor,
        chars: list[str],
        seed: int = 0,
        z: Tensor | None = None,
        size: int | None = None,
    ) -> NDArray[np.uint8]:
        """Draw source glyphs in styles.

        Args:
            sources: (B, S, S) grey, ink 0.
            styles: the names of B styles, or (B, N) weights that mix styles.
            chars: the B characters.
            seed: of the noise, for methods that draw any.
            z: codes (B, Z), for methods that have any; default their most likely code.
            size: side of the images, for methods that move a pen; default the model's.

        Returns:
            (B, S, S) grey, ink 0.

        Raises:
            ConfigError: z for a method without codes, or of another shape; a size for one that
                draws images.
        """
        generator = torch.Generator(self.device).manual_seed(seed)
        if z is not None:
            self.coded.check_codes(z, len(chars))
        wanted, drawn = self.weights_of(styles), []
        for part in self._parts(len(chars)):
            batch = self._batch(sources[part], wanted[part], chars[part])
            codes = None if z is None else z[part].to(self.device)
            if size is not None:
                glyphs = self._at_size(self._pen(batch, codes), size)
            elif codes is not None:
                glyphs = self._coded(batch, codes)
            else:
                glyphs = self.method.translate(self.drawing, batch, generator)
            drawn.append(to_pixels(glyphs).squeeze(1).cpu().numpy())
        return np.concatenate(drawn)

    def _at_size(self, pen: PenStrokes, size: int) -> Tensor:
        """Draw (B, 1, size, size) in [-1, 1], with smooth strokes where one would see corners."""
        return self.vector.draw(pen.smooth(PIECES) if size > ROUGH else pen, size)

    @torch.no_grad()
    def strokes(
        self,
        sources: NDArray[np.uint8],
        styles: Sequence[str] | Tensor,
        chars: list[str],
        z: Tensor | None = None,
    ) -> list[Strokes]:
        """Return the strokes that the pen draws, of which `draw` makes images.

        Args:
            sources: (B, S, S) grey, ink 0.
            styles: the names of B styles, or (B, N) weights that mix styles.
            chars: the B characters.
            z: codes (B, Z) of how hands vary; default none.

        Returns:
            Of each character its strokes with radii, in sides of the image, y down.

        Raises:
            ConfigError: the method draws images; or codes, and how hands vary is not known.
            DataError: the model draws what is no number.
        """
        if z is not None:
            self.varied.check_codes(z, len(chars))
        wanted, drawn = self.weights_of(styles), []
        for part in self._parts(len(chars)):
            codes = None if z is None else z[part].to(self.device)
            pen = self._written(sources[part], wanted[part], chars[part], codes)
            drawn += apart(pen.smooth(PIECES))
        return drawn

    def _written(
        self,
        sources: NDArray[np.uint8],
        styles: Tensor,
        chars: list[str],
        z: Tensor | None = None,
    ) -> PenStrokes:
        return self._pen(self._batch(sources, styles, chars), z)

    def _pen(self, batch: GlyphBatch, z: Tensor | None) -> PenStrokes:
        if z is None:
            return self.vector.strokes(self.drawing, batch)
        alone = zip(each(batch), z.split(1), strict=True)  # whatever else is drawn, the same bits
        return together([self.varied.strokes(self.drawing, one, code) for one, code in alone])

    def _coded(self, batch: GlyphBatch, z: Tensor) -> Tensor:
        if isinstance(self.method, VectorMethod):
            return self.method.draw(self._pen(batch, z), batch.source.shape[-1])
        return self.coded.draw(self.drawing, batch, z)

    @torch.no_grad()
    def draw_styles(
        self,
        sources: NDArray[np.uint8],
        styles: Sequence[str],
        chars: list[str],
        seed: int = 0,
        size: int | None = None,
    ) -> Iterator[NDArray[np.uint8]]:
        """Draw source glyphs in one style after another: what `draw` draws, but for rounding.

        What no style changes is computed once; the noise of each style begins with the seed.

        Args:
            sources: (B, S, S) grey, ink 0.
            styles: their names.
            chars: the B characters.
            seed: of the noise, for methods that draw any.
            size: as for `draw`.

        Yields:
            (B, S, S) grey, ink 0, for each style.
        """
        if size is not None:
            for style in styles:
                yield self.draw(sources, [style] * len(chars), chars, seed, size=size)
            return
        generator = torch.Generator(self.device).manual_seed(seed)
        indices, drawing = self.weights_of(styles).tolist(), []
        for part in self._parts(len(chars)):
            anyhow = torch.zeros(len(chars[part]), dtype=torch.long)
            batch = self._batch(sources[part], anyhow, chars[part])
            wanted = [torch.full_like(batch.target_style, index) for index in indices]
            drawing.append(self.method.translate_styles(self.drawing, batch, wanted, generator))
        for parts in zip(*drawing, strict=True):  # each draws its next style only now
            yield np.concatenate([to_pixels(part).squeeze(1).cpu().numpy() for part in parts])
            generator.manual_seed(seed)

    def _parts(self, glyphs: int) -> list[slice]:
        """Return which glyphs of a batch are drawn in one pass."""
        few = (
            max(FEWEST, AT_ONCE // self.task.size**2)
            if self.device.type == "cpu"
            else max(1, glyphs)
        )
        return [slice(start, start + few) for start in range(0, max(1, glyphs), few)]

    def _batch(self, sources: NDArray[np.uint8], styles: Tensor, chars: list[str]) -> GlyphBatch:
        images = _tensors(sources)
        codes = torch.tensor([ord(char) for char in chars])
        batch = GlyphBatch.of_sources(images, styles, codes)
        if self.method.stroke_input:
            prints = dict(zip(chars, sources, strict=True)).__getitem__
            table = stroke_table(self.method.stroke_input, self.canvas, chars, prints)
            batch = with_strokes(batch, table)
        return batch.to(self.device)

    def draw_batches(
        self,
        sources: NDArray[np.uint8],
        styles: Sequence[str] | Tensor,
        chars: list[str],
        seed: int = 0,
        batch_size: int = 64,
        z: Tensor | None = None,
    ) -> Iterator[NDArray[np.uint8]]:
        """Draw many glyphs, a batch at a time; arguments as for `draw`."""
        for number, start in enumerate(range(0, len(chars), batch_size)):
            part = slice(start, start + batch_size)
            codes = None if z is None else z[part]
            yield self.draw(sources[part], styles[part], chars[part], seed + number, codes)


def _tensors(glyphs: NDArray[np.uint8]) -> Tensor:
    """Return glyphs (B, S, S), ink 0, as (B, 1, S, S) in [-1, 1]."""
    return to_tensor(torch.from_numpy(np.ascontiguousarray(glyphs))).unsqueeze(1)


def method_of(header: Header, path: Path) -> Method:
    """Return the method that a header describes, with its hyper-parameters.

    Raises:
        CheckpointError: this version has no such method, or it has other settings.
    """
    try:
        return fill(methods.find(header.method), header.settings["method"], "method")
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise CheckpointError(f"{path}: its header does not fit this fontgan: {error}") from None
