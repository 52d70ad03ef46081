"""Parts of a character: where its four windows lie, cut out, drawn by a network each, put back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import doubling, same, style_norm, takes_bias
from fontgan.nn.multiscale import ResidualLevel

WINDOWS = 4  # left and right of the top, then of the bottom
NORMS = WINDOWS * 4  # on the way up, of all paths
OVERLAP = 8  # a window's side is 5 / 8 of the image's: half of it, and an eighth more


def borders(points: Tensor, mask: Tensor) -> Tensor:
    """Return where a character falls into halves: (B, 2), an x and a y in sides of the image.

    Components are written one after another: of all places in the order of strokes where what comes
    before and what comes after lie beside or above each other, it is that of the widest gap. Along
    the other axis, and both where nothing lies so, the border is in the middle.

    Args:
        points: (B, L, P, 2) strokes, in sides of the image.
        mask: (B, L), which there are.

    >>> import torch
    >>> beside = torch.tensor([[[[0.1, 0.1], [0.2, 0.9]], [[0.6, 0.2], [0.9, 0.8]]]])
    >>> [round(value, 2) for value in borders(beside, torch.ones(1, 2).bool())[0].tolist()]
    [0.4, 0.5]
    """
    middle = points.new_full((len(points), 2), 0.5)
    if points.shape[1] < 2:
        return middle
    away = ~mask[..., None]
    ends = points.amax(dim=2).masked_fill(away, -9).cummax(dim=1).values[:, :-1]
    begins = points.amin(dim=2).masked_fill(away, 9).flip(1).cummin(dim=1).values.flip(1)[:, 1:]
    gaps = torch.where(mask[:, 1:, None], begins - ends, -9).flatten(1)
    gap, where = gaps.max(dim=1)
    found = ((begins + ends) / 2).flatten(1).gather(1, where[:, None])
    axis = F.one_hot(where % 2, 2).bool()
    return torch.where(axis & (gap > 0)[:, None], found.clamp(0.3, 0.7), middle)


class Windows:
    """Four windows of images of side S, around the quadrants that two borders make.

    Args:
        size: S, a multiple of 8.
        border: (B, 2) in sides, see `borders`; None is the middle of all images.
    """

    def __init__(self, size: int, border: Tensor | None = None) -> None:
        self.size, self.side = size, window_side(size)
        self.corners: list[tuple[Tensor, Tensor] | tuple[int, int]] = []
        for number in range(WINDOWS):
            right, low = number % 2, number // 2
            if border is None:
                far = size - self.side
                self.corners.append((right * far, low * far))
            else:
                x, y = (self._corner(border[:, n], end) for n, end in enumerate((right, low)))
                self.corners.append((x, y))

    def _corner(self, border: Tensor, end: int) -> Tensor:
        """Return where a window begins whose quadrant lies before or behind a border."""
        middle = (border + end) / 2 if end else border / 2
        corner = (middle * self.size - self.side / 2).round().long()
        return corner.clamp(0, self.size - self.side)

    def cut(self, images: Tensor, number: int) -> Tensor:
        """Return what is seen of images (B, C, S, S) through a window: (B, C, W, W)."""
        x, y = self.corners[number]
        if isinstance(x, Tensor) or isinstance(y, Tensor):
            rows, columns = self._places(y), self._places(x)
            glyph = torch.arange(len(images), device=images.device)[:, None, None]
            return images.permute(0, 2, 3, 1)[glyph, rows[:, :, None], columns[:, None]].permute(
                0, 3, 1, 2
            )
        return images[..., y : y + self.side, x : x + self.side]

    def put(self, part: Tensor, number: int, empty: float) -> Tensor:
        """Return images (B, C, S, S) that are ``empty`` but for a window, (B, C, W, W)."""
        x, y = self.corners[number]
        if isinstance(x, Tensor) or isinstance(y, Tensor):
            whole = part.new_full((len(part), self.size, self.size, part.shape[1]), empty)
            glyph = torch.arange(len(part), device=part.device)[:, None, None]
            places = glyph, self._places(y)[:, :, None], self._places(x)[:, None]
            return whole.index_put(places, part.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        left, top = self.size - self.side - x, self.size - self.side - y
        return F.pad(part, (x, left, y, top), value=empty)

    def _places(self, corner: Tensor | int) -> Tensor:
        assert isinstance(corner, Tensor)
        return corner[:, None] + torch.arange(self.side, device=corner.device)


def window_side(size: int) -> int:
    """Return the side of a window of an image of side S: 5 / 8 of it.

    >>> window_side(128), window_side(32)
    (80, 20)
    """
    return size // 2 + size // OVERLAP


class PartPath(nn.Module):
    """Draw a part of a glyph from the same part of its source: a small U-Net, twice halved.

    Source: the local paths of TP-GAN's authors (Huang et al. 2017, section 3.1.1).

    Args:
        width: channels at the part's size; they double at each halving.
        norm_kind: as for `fontgan.nn.multiscale.MultiScaleGenerator`.
    """

    def __init__(self, width: int = 64, norm_kind: str = "batch") -> None:
        super().__init__()
        plain = "affine" if norm_kind == "conditional" else norm_kind
        bias = takes_bias(norm_kind)
        self.downs = nn.ModuleList(
            [
                ResidualLevel(1, width, 3, 1, plain),
                ResidualLevel(width, 2 * width, 3, 2, plain),
                ResidualLevel(2 * width, 4 * width, 3, 2, plain),
            ]
        )
        outputs = (2 * width, width)
        self.ups = nn.ModuleList(doubling(2 * o, o, 3, bias=bias) for o in outputs)
        self.fuses = nn.ModuleList(same(2 * o, o, bias=bias) for o in outputs)
        self.head = same(width, 1)
        self.norms = nn.ModuleList(
            style_norm(norm_kind, channels) for channels in (2 * width, 2 * width, width, width)
        )

    def forward(self, part: Tensor, norms: Sequence[Tensor] = ()) -> tuple[Tensor, Tensor]:
        """Return features (B, C, W, W) and drawings (B, 1, W, W) in [-1, 1] of parts (B, 1, W, W).

        W is a multiple of 4; ``norms`` is as for the global path.
        """
        levels = [self.downs[0](part)]
        for down in self.downs[1:]:
            levels.append(down(levels[-1]))
        x = levels.pop()
        for level, (up, fuse) in enumerate(zip(self.ups, self.fuses, strict=True)):
            x = self._normed(2 * level, up(x), norms)
            x = self._normed(2 * level + 1, fuse(torch.cat([x, levels.pop()], dim=1)), norms)
        return x, torch.tanh(self.head(x))

    def _normed(self, number: int, x: Tensor, norms: Sequence[Tensor]) -> Tensor:
        modulation = norms[number] if norms else None
        return F.leaky_relu(self.norms[number](x, modulation), 0.2)


class PartPaths(nn.Module):
    """Four paths, one a window: what they draw, put together by the darkest.

    Args:
        width: as for `PartPath`.
        norm_kind: likewise.

    Attributes:
        modulated: channels of every norm of all paths, in order.
    """

    def __init__(self, width: int = 64, norm_kind: str = "batch") -> None:
        super().__init__()
        self.paths = nn.ModuleList(PartPath(width, norm_kind) for _ in range(WINDOWS))
        self.modulated = WINDOWS * (2 * width, 2 * width, width, width)

    def forward(
        self, image: Tensor, windows: Windows, norms: Sequence[Tensor] = ()
    ) -> tuple[Tensor, list[Tensor]]:
        """Draw the parts of images (B, 1, S, S).

        Returns:
            Features and drawing of the whole, (B, C + 1, S, S), and the drawings of the parts.
        """
        features, parts = [], []
        each = len(norms) // WINDOWS
        for number, path in enumerate(self.paths):
            own = norms[number * each : (number + 1) * each]
            found, part = path(windows.cut(image, number), own)
            features.append(windows.put(found, number, 0.0))
            parts.append(part)
        dark = [windows.put(-part, number, -1.0) for number, part in enumerate(parts)]
        return torch.cat([_most(features), -_most(dark)], dim=1), parts


def _most(maps: Sequence[Tensor]) -> Tensor:
    """Return the largest of maps (B, C, S, S), place by place."""
    most = maps[0]
    for one in maps[1:]:
        most = torch.maximum(most, one)
    return most
