"""Winograd's way to convolve: the same mathematics as the plain way with fewer multiplications.

Winograd's minimal filtering (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural
Networks", section 4) draws tiles of 4 x 4 pixels: pieces of the image and the kernel are
transformed, multiplied point by point, which is a matrix product over the channels, and transformed
back. The matrices are Toom and Cook's: a row evaluates a polynomial at one of the points 0, 1, -1,
1/2, -2, 2, -1/2 (as many as needed; the best of 1,600 choices tried) and at infinity. For a tile a
5 x 5 kernel takes 64 products in the place of 400. One of stride 2 is a kernel of half the side on
an image whose phases are channels: 144 in the place of 400, or of 4 x 4, 100 in the place of 256.
In 32 bits the result is off by 1e-6 to 5e-6 of its length, where the library's is by 1e-6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

TILE = 4  # pixels of the side of what is drawn at once
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0, 2.0, -0.5)
AT_ONCE = 1 << 22  # values of transformed kernels; more do not stay in a cache


def tiles_of(side: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many tiles a side the convolution of an image has.

    >>> tiles_of(32, kernel=5, stride=2, padding=2)
    4
    """
    drawn = (side + 2 * padding - kernel) // stride + 1
    return -(-drawn // TILE)


@dataclass(frozen=True)
class Plan:
    """How images of one size are convolved; P points a side, T tiles a side, s the stride.

    Attributes:
        channels: of the image.
        side: of the image, in pixels; ``kernel``, ``stride`` and ``padding`` as of a convolution.
        taps: side of the kernel of one phase.
        cutting: (P T, rows), rows of pixels to transformed tiles.
        spreading: (P^2, taps^2), a kernel to its points.
        drawing: (TILE^2, P^2), products at the points to pixels.
    """

    channels: int
    side: int
    kernel: int
    stride: int
    padding: int
    taps: int
    cutting: Tensor
    spreading: Tensor
    drawing: Tensor

    @classmethod
    def of(cls, side: int, weight: Tensor, stride: int, padding: int) -> Plan:
        """Plan the convolution of images of H = ``side`` with weights (C', C, k, k)."""
        kernel = weight.shape[-1]
        taps = -(-kernel // stride)
        matrices = _matrices(taps, tiles_of(side, kernel, stride, padding), weight.dtype)
        return cls(weight.shape[1], side, kernel, stride, padding, taps, *matrices)

    @property
    def points(self) -> int:
        """Return P."""
        return TILE + self.taps - 1

    @property
    def tiles(self) -> int:
        """Return T."""
        return len(self.cutting) // self.points

    @property
    def drawn(self) -> int:
        """Return the side of the result in pixels."""
        return (self.side + 2 * self.padding - self.kernel) // self.stride + 1

    def parts(self, outputs: int) -> Iterator[slice]:
        """Split the output channels, so that what belongs to a part stays in a cache."""
        step = max(16, AT_ONCE // (self.points**2 * self.stride**2 * self.channels))
        return (slice(start, start + step) for start in range(0, outputs, step))

    def cut(self, x: Tensor) -> Tensor:
        """Transform an image (B, C, H, H) into tiles (P^2, B T^2, s^2 C)."""
        s, points, tiles, rows = self.stride, self.points, self.tiles, self.cutting.shape[1]
        x = _turned(F.pad(x, self._margins()).flatten(2))  # (B, s^2 rows^2, C)
        x = torch.matmul(self.cutting, x.view(len(x), rows, -1))
        x = torch.matmul(self.cutting, x.view(-1, rows, s * self.channels))
        x = x.view(-1, points, tiles, s, points, tiles, s, self.channels)
        return x.permute(1, 4, 0, 2, 5, 3, 6, 7).reshape(points**2, -1, s * s * self.channels)

    def uncut(self, tiles: Tensor, images: int) -> Tensor:
        """Return the gradient of what `cut` took from that of what it gave."""
        s, points, count, rows = self.stride, self.points, self.tiles, self.cutting.shape[1]
        x = tiles.view(points, points, images, count, count, s, s, self.channels)
        x = x.permute(2, 0, 3, 5, 1, 4, 6, 7).reshape(-1, points * count, s * self.channels)
        x = torch.matmul(self.cutting.T, x).view(images, points * count, -1)
        x = _turned(torch.matmul(self.cutting.T, x).view(images, -1, self.channels))
        x = x.view(images, self.channels, s * rows, s * rows)
        return F.pad(x, [-margin for margin in self._margins()])

    def spread(self, weight: Tensor) -> Tensor:
        """Transform kernels (C', C, k, k) into (P^2, C', s^2 C)."""
        missing = self.taps * self.stride - self.kernel
        phases = F.pad(weight, (0, missing, 0, missing)).unflatten(3, (self.taps, self.stride))
        phases = phases.unflatten(2, (self.taps, self.stride)).permute(2, 4, 0, 3, 5, 1)
        points = torch.mm(self.spreading, phases.reshape(self.taps**2, -1))
        return points.view(len(points), len(weight), -1)

    def unspread(self, kernels: Tensor) -> Tensor:
        """Return the gradient of what `spread` took from that of what it gave."""
        taps, s = self.taps, self.stride
        phases = torch.mm(self.spreading.T, kernels.view(len(kernels), -1))
        phases = phases.view(taps, taps, -1, s, s, self.channels).permute(2, 5, 0, 3, 1, 4)
        weight: Tensor = phases.reshape(-1, self.channels, taps * s, taps * s)
        return weight[:, :, : self.kernel, : self.kernel]

    def draw(self, products: Tensor, images: int) -> Tensor:
        """Transform products (P^2, B T^2, C') into an image (B, C', H', H')."""
        tiles = self.tiles
        pixels = torch.mm(self.drawing, products.view(len(products), -1))
        pixels = pixels.view(TILE, TILE, images, tiles, tiles, -1).permute(2, 3, 0, 4, 1, 5)
        image = _turned(pixels.reshape(images, (tiles * TILE) ** 2, -1))
        image = image.view(images, -1, tiles * TILE, tiles * TILE)
        return image[:, :, : self.drawn, : self.drawn]

    def undraw(self, image: Tensor) -> Tensor:
        """Return the gradient of what `draw` took from that of what it gave."""
        missing = self.tiles * TILE - self.drawn
        pixels = _turned(F.pad(image, (0, missing, 0, missing)).flatten(2))
        pixels = pixels.view(len(image), self.tiles, TILE, self.tiles, TILE, -1)
        pixels = pixels.permute(2, 4, 0, 1, 3, 5).reshape(TILE * TILE, -1)
        return torch.mm(self.drawing.T, pixels).view(self.points**2, -1, image.shape[1])

    def _margins(self) -> tuple[int, int, int, int]:
        # The last margin is negative where the convolution leaves out pixels.
        after = self.stride * self.cutting.shape[1] - self.side - self.padding
        return self.padding, after, self.padding, after


@lru_cache(maxsize=64)
def _matrices(taps: int, tiles: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    points = POINTS[: TILE + taps - 2]
    others = [[b for b in points if b != a] for a in points]
    last = len(points)
    draws = np.eye(last + 1, TILE, TILE - 1 - last)  # the last row: infinity
    draws[:last] = np.vander(points, TILE, increasing=True)
    spreads = np.eye(last + 1, taps, taps - 1 - last)
    scales = [np.prod([a - b for b in rest]) for a, rest in zip(points, others, strict=True)]
    spreads[:last] = np.vander(points, taps, increasing=True) / np.array(scales)[:, None]
    cuts = np.zeros((last + 1, last + 1))
    cuts[:last, :last] = [np.poly(rest)[::-1] for rest in others]
    cuts[last] = np.poly(points)[::-1]
    band = np.zeros((last + 1, tiles, tiles * TILE + taps - 1))
    for tile in range(tiles):
        band[:, tile, tile * TILE : tile * TILE + last + 1] = cuts
    made = band.reshape(-1, band.shape[2]), np.kron(spreads, spreads), np.kron(draws, draws).T
    first, second, third = (torch.tensor(matrix, dtype=dtype) for matrix in made)
    return first, second, third


def _turned(x: Tensor) -> Tensor:
    # Image by image, torch copies a turned matrix block by block: four times as fast.
    return torch.stack([image.T for image in x])
