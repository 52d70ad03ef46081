"""The tensors that methods see, and the legend of their dimensions.

B batch, S image side, H W rows and columns, C channels, N styles, F faces, K references (or layouts
of strokes), L strokes, P points of a stroke, Z noise, D style code. Images are (B, 1, S, S) in
[-1, 1]: paper +1, ink -1. Points are (x, y) in sides of the image, from its upper left corner.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from fontgan.data.task import Task as Task


@dataclass(frozen=True)
class StrokeInput:
    """The strokes that a method wants its batches to carry.

    Attributes:
        sets: names of the stroke sets, those to be asked first in front. A character's strokes are
            from the first that has it; sets derived from it give further layouts of the same.
        points: number P of points of a stroke.
    """

    sets: tuple[str, ...]
    points: int


@dataclass(frozen=True)
class StrokeBatch:
    """The strokes of a batch of characters, each in the same K layouts.

    Attributes:
        points: (B, K, L, P, 2) in sides of the image; zeros where there is no stroke.
        mask: (B, L) bool, which strokes there are; L may be 0.
    """

    points: Tensor
    mask: Tensor

    @classmethod
    def none(cls, like: Tensor) -> StrokeBatch:
        """Make a batch without strokes, one for each of the glyphs ``like`` (B, ...)."""
        return cls(like.new_zeros(len(like), 1, 0, 1, 2), like.new_zeros(len(like), 0).bool())

    def chunk(self, chunks: int) -> tuple[StrokeBatch, ...]:
        """Split the batch as `torch.chunk` splits a tensor."""
        parts = zip(self.points.chunk(chunks), self.mask.chunk(chunks), strict=True)
        return tuple(StrokeBatch(*part) for part in parts)

    def to(self, device: torch.device) -> StrokeBatch:
        """Return the strokes on another device (see `send`)."""
        return StrokeBatch(send(self.points, device), send(self.mask, device))


@dataclass(frozen=True)
class GlyphBatch:
    """Pairs of source and target glyphs; every field is always there.

    Attributes:
        source: (B, 1, S, S) in [-1, 1], paper +1, ink -1.
        target: (B, 1, S, S) in [-1, 1]; zeros where no target is known (inference).
        source_style: (B,) long; 0, the source face.
        target_style: (B,) long style indices, or (B, N) float weights that mix styles.
        char: (B,) long Unicode code points, of the sources.
        references: (B, K, 1, S, S) in [-1, 1], other characters in the target style; K may be 0.
        strokes: of the characters, for methods that want any (`StrokeInput`); else none.
    """

    source: Tensor
    target: Tensor
    source_style: Tensor
    target_style: Tensor
    char: Tensor
    references: Tensor
    strokes: StrokeBatch

    @classmethod
    def of_sources(cls, source: Tensor, target_style: Tensor, char: Tensor) -> GlyphBatch:
        """Make a batch for inference: sources and wanted styles, no targets."""
        return cls.of_images(source, torch.zeros_like(source), target_style, char)

    @classmethod
    def of_pixels(
        cls,
        source: Tensor,
        target: Tensor,
        target_style: Tensor,
        char: Tensor,
        references: Tensor,
    ) -> GlyphBatch:
        """Make a batch of 8-bit grey images, ink 0, on their device.

        Args:
            source: (B, S, S).
            target: (B, S, S).
            target_style: (B,) long.
            char: (B,) long, of the sources.
            references: (B, K, S, S).
        """
        source, target = (to_tensor(images).unsqueeze(1) for images in (source, target))
        batch = cls.of_images(source, target, target_style, char)
        return replace(batch, references=to_tensor(references).unsqueeze(2))

    @classmethod
    def of_images(
        cls, source: Tensor, target: Tensor, target_style: Tensor, char: Tensor
    ) -> GlyphBatch:
        """Make a batch of pairs of images (B, 1, S, S) without references and strokes."""
        return cls(
            source=source,
            target=target,
            source_style=torch.zeros(len(source), dtype=torch.long, device=source.device),
            target_style=target_style,
            char=char,
            references=source.new_zeros(len(source), 0, *source.shape[1:]),
            strokes=StrokeBatch.none(source),
        )

    def __len__(self) -> int:
        return len(self.source)

    @property
    def letters(self) -> list[str]:
        """The B characters."""
        return [chr(code) for code in self.char.tolist()]

    def chunk(self, chunks: int) -> tuple[GlyphBatch, ...]:
        """Split the batch as `torch.chunk` splits a tensor."""
        parts = (getattr(self, field.name).chunk(chunks) for field in fields(self))
        return tuple(GlyphBatch(*part) for part in zip(*parts, strict=True))

    def to(self, device: torch.device) -> GlyphBatch:
        """Return the batch on another device (see `send`)."""
        tensors = [field.name for field in fields(self) if field.name != "strokes"]
        sent = {name: send(getattr(self, name), device) for name in tensors}
        return replace(self, **sent, strokes=self.strokes.to(device))

    def in_format(self, memory_format: torch.memory_format) -> GlyphBatch:
        """Return the batch with its images laid out so in memory."""
        source, target = (x.to(memory_format=memory_format) for x in (self.source, self.target))
        return replace(self, source=source, target=target)


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor on a device; a GPU fetches it while the host goes on."""
    if device.type == "cuda" and tensor.device.type == "cpu" and tensor.numel():
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def to_tensor(images: Tensor) -> Tensor:
    """Turn 8-bit grey images (..., S, S), ink 0, into floats in [-1, 1]."""
    return images.to(torch.float32, copy=True).div_(127.5).sub_(1.0)


def to_pixels(images: Tensor) -> Tensor:
    """Turn float images in [-1, 1] into 8-bit grey, the inverse of `to_tensor`."""
    return ((images.float() + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
