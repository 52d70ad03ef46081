"""The tensors that methods see, and the legend of their dimensions.

B batch, S image side, H W rows and columns, C channels, N styles, F faces, K references, Z noise,
D style code. Images are (B, 1, S, S) in [-1, 1]: paper +1, ink -1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from fontgan.data.task import Task as Task


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
    """

    source: Tensor
    target: Tensor
    source_style: Tensor
    target_style: Tensor
    char: Tensor
    references: Tensor

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
        """Make a batch of pairs of images (B, 1, S, S) without references."""
        return cls(
            source=source,
            target=target,
            source_style=torch.zeros(len(source), dtype=torch.long, device=source.device),
            target_style=target_style,
            char=char,
            references=source.new_zeros(len(source), 0, *source.shape[1:]),
        )

    def __len__(self) -> int:
        return len(self.source)

    @property
    def letters(self) -> list[str]:
        """The B characters."""
        return [chr(code) for code in self.char.tolist()]

    def to(self, device: torch.device) -> GlyphBatch:
        """Return the batch on another device (see `send`)."""
        return replace(self, **{f.name: send(getattr(self, f.name), device) for f in fields(self)})

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
