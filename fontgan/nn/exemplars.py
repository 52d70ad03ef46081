"""Written glyphs that a model keeps of every hand, so that it has them where it draws."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Exemplars(nn.Module):
    """Keep the first K glyphs of every style that training shows.

    They lie in checkpoints, as weights do, and nothing learns from them.

    Args:
        styles: number N of styles.
        count: K.
        size: side S of the glyphs.
    """

    images: Tensor
    kept: Tensor

    def __init__(self, styles: int, count: int, size: int) -> None:
        super().__init__()
        self.register_buffer("images", torch.ones(styles, count, 1, size, size))
        self.register_buffer("kept", torch.zeros(styles, dtype=torch.long))

    @torch.no_grad()
    def forward(self, glyphs: Tensor, style: Tensor) -> None:
        """Keep glyphs (B, 1, S, S) of styles (B,), as far as there is room."""
        count = self.images.shape[1]
        which = F.one_hot(style, len(self.kept))
        place = ((which.cumsum(dim=0) - 1) + self.kept).gather(1, style[:, None])[:, 0]
        fits = place < count
        self.images[style[fits], place[fits]] = glyphs[fits].to(self.images)
        self.kept.copy_((self.kept + which.sum(dim=0)).clamp(max=count))

    def attributes(self, read: nn.Module) -> Tensor:
        """Return the mean attribute (N, C, H, W) of every style, as a `Splitter` reads it.

        A style that nothing is kept of has that of plain paper.
        """
        styles, count = self.images.shape[:2]
        _, found = read(self.images.flatten(0, 1))
        found = found.unflatten(0, (styles, count))
        numbers = torch.arange(count, device=found.device)
        there = (numbers < self.kept.clamp(min=1)[:, None]).to(found)[..., None, None, None]
        return (found * there).sum(dim=1) / there.sum(dim=1)  # type: ignore[no-any-return]
