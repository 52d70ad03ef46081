"""How far the ink of glyphs is from the strokes that a pen draws: what they leave out.

Strokes are points (B, L, P, 2) and radii (B, L, P) in sides of the image, with a mask (B, L) of
those that there are; ink is (B, 1, S, S) in [0, 1]. Losses are means over the glyphs of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.losses.strokes import soft_skeleton

SIDE = 32  # pixels: finer ink than that is looked at in means
FAR = 1e3  # more than any distance, in sides
DENSE = 12  # points of a stroke that leave no gaps
NEAR, SOFT = 1 / 32, 0.7 / 64  # sides: where a line is missed, and how softly that begins
FAINT = 0.15  # of a soft centre line: less is none


@dataclass(frozen=True)
class Uncovered:
    """How far the ink of glyphs is from their drawn strokes.

    Attributes:
        distance: (B, M) in pixels of the image, from places that may have ink to the edge of the
            nearest stroke; negative inside it.
        weight: (B, M), how much ink there is.
        place: (B, M), the places, in the rows of the ink's means of `SIDE` pixels.
    """

    distance: Tensor
    weight: Tensor
    place: Tensor

    @classmethod
    def of(cls, points: Tensor, radii: Tensor, mask: Tensor, ink: Tensor) -> Uncovered:
        """Measure from each place to the nearest point, or middle between two far from each other.

        Its distance is that to the point, less the radius there.
        """
        size = ink.shape[-1]
        ink, points, radii = coarse(wide(ink)), wide(points), wide(radii)
        if points.shape[2] < DENSE:
            points, radii = _with_middles(points), _with_middles(radii)
        (places, weight, at), points, radii = _inked(ink), points.flatten(1, 2), radii.flatten(1, 2)
        with torch.no_grad(), torch.autocast(ink.device.type, enabled=False):
            used = mask.repeat_interleave(points.shape[1] // mask.shape[1], dim=1)
            nearest = _nearest(places, points, used)
        near = points.gather(1, nearest[..., None].expand(-1, -1, 2))
        distance = _length(near - places) - radii.gather(1, nearest)
        return cls(distance * size, weight, at)

    def lost(self) -> Tensor:
        """Return how far the ink is from the strokes, in pixels, as `lost` does."""
        return _weighed(F.relu(self.distance), self.weight)

    def missed(self, ink: Tensor) -> Tensor:
        """Return the share of the centre lines of ink (B, 1, S, S) with no stroke near, in [0, 1].

        It is ``missing`` of `fontgan.metrics.strokes`, made smooth: from `NEAR` of the image's
        sides on a place counts by half, and `SOFT` further off by .73.

        >>> ink = torch.zeros(1, 1, 32, 32)
        >>> ink[..., 16, 4:28] = 1
        >>> x = torch.linspace(4, 14, 12) / 32  # 10 of 24 pixels, and one more is near
        >>> points = torch.stack([x, torch.full_like(x, 16.5 / 32)], dim=-1)[None, None]
        >>> radii, mask = torch.full((1, 1, 12), 0.5 / 32), torch.tensor([[True]])
        >>> round(Uncovered.of(points, radii, mask, ink).missed(ink).item(), 1)
        0.5
        """
        with torch.no_grad():
            size = ink.shape[-1]
            line = soft_skeleton(wide(ink), max(4, size // 16))
            line = coarse(line * (line > FAINT)).flatten(1).gather(1, self.place)
        far = (self.distance / size - NEAR) / SOFT
        return _weighed(torch.sigmoid(far), line)


def lost(points: Tensor, radii: Tensor, mask: Tensor, ink: Tensor) -> Tensor:
    """Return how far the ink is from the drawn strokes, in pixels: nothing may be left out.

    A pixel's distance is that to the nearest point, or middle between two that may be far from
    each other, less the radius there.

    >>> ink = torch.zeros(1, 1, 16, 16)
    >>> ink[..., 8, 2:14] = 1  # a line at 8.5 pixels
    >>> points = torch.tensor([[[[2.5, 4.5], [8, 4.5], [13.5, 4.5]]]]) / 16
    >>> radii, mask = torch.full((1, 1, 3), 1 / 16), torch.tensor([[True]])
    >>> round(lost(points, radii, mask, ink).item(), 1)  # 4 pixels below, and a little aslant
    3.1
    """
    return Uncovered.of(points, radii, mask, ink).lost()


def wide(values: Tensor) -> Tensor:
    """Return values in single precision at least: half tells no neighbouring pixels apart."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def coarse(ink: Tensor) -> Tensor:
    """Return ink (B, 1, S, S) in means of at most `SIDE` pixels a side."""
    return F.avg_pool2d(ink, max(1, ink.shape[-1] // SIDE))


def _with_middles(values: Tensor) -> Tensor:
    """Put the middles between values (B, L, P, ...) after them."""
    return torch.cat([values, (values[:, :, 1:] + values[:, :, :-1]) / 2], dim=2)


def _places(ink: Tensor) -> Tensor:
    """Return the middles of pixels (S * S, 2), x and y in sides."""
    size = ink.shape[-1]
    line = (torch.arange(size, device=ink.device, dtype=ink.dtype) + 0.5) / size
    return torch.stack([line.repeat(size), line.repeat_interleave(size)], dim=-1)


def _inked(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the places (B, M, 2) that may have ink, how much there is (B, M), and which (B, M).

    On a CPU these are as many as the fullest image has; elsewhere counting would wait.
    """
    weight, places = ink.flatten(1), _places(ink)
    if weight.device.type != "cpu":
        at = torch.arange(weight.shape[1], device=weight.device).expand_as(weight)
        return places.expand(len(weight), -1, -1), weight, at
    weight, at = weight.topk(max(1, int((weight > 0).sum(dim=1).amax())), dim=1, sorted=False)
    return places[at], weight, at


def _nearest(places: Tensor, points: Tensor, used: Tensor) -> Tensor:
    """Return which of the used points (B, N, 2) is nearest to each place (B, M, 2): (B, M).

    Of |x - p|^2 only |p|^2 - 2 x p depends on p: one product of matrices.
    """
    far = points.square().sum(dim=-1) + FAR * ~used
    sides = torch.cat([-2 * points, far[..., None]], dim=-1)
    ones = torch.cat([places, torch.ones_like(places[..., :1])], dim=-1)
    return torch.matmul(ones, sides.transpose(1, 2)).argmin(dim=-1)


def _length(ways: Tensor) -> Tensor:
    return (ways.square().sum(dim=-1) + 1e-12).sqrt()  # a slope at 0 too


def _weighed(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean over the glyphs of their means of values (B, M), by weights (B, M)."""
    return ((values * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1e-6)).mean()
