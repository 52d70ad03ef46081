"""StackGAN: a small image grown from a condition and noise, and a large one drawn over it."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import halving, joined, same
from fontgan.nn.discriminators import Verdict
from fontgan.nn.init import kaiming

SMALLEST = 4  # pixels of a side, where stages begin to grow
BETWEEN = 16  # the same of the maps between what the second stage sees and what it draws


class Conditioning(nn.Module):
    """Read a normal distribution over conditions from an embedding: a dense layer, ReLU of means.

    Distributions begin as narrow ones, of variance .1, whatever the embedding: the authors' have
    ReLU of log variances, too, so no condition has less noise than 1, in which embeddings drown.
    Source: StackGAN (Zhang et al. 2017, section 3.2).

    Args:
        embedded: length of an embedding.
        size: length of a condition.
    """

    def __init__(self, embedded: int, size: int) -> None:
        super().__init__()
        self.dense = nn.Linear(embedded, 2 * size).apply(kaiming)
        with torch.no_grad():
            self.dense.weight[size:] = 0
            self.dense.bias[size:] = math.log(0.1)

    def forward(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and log variances (B, D) of embeddings (B, E)."""
        mean, log_variance = self.dense(embedding).chunk(2, dim=1)
        return F.relu(mean), log_variance


def _normed(conv: nn.Module, channels: int, *more: nn.Module) -> nn.Sequential:
    return nn.Sequential(conv, nn.BatchNorm2d(channels), *more)


def _grow(inputs: int, outputs: int) -> nn.Sequential:
    """Return what makes 2 x 2 of every pixel and convolves, with norm and ReLU."""
    conv = same(inputs, outputs, bias=False)
    return nn.Sequential(nn.Upsample(scale_factor=2), *_normed(conv, outputs, nn.ReLU()))


class FirstStage(nn.Module):
    """Grow a condition and noise to a small image: one dense layer, and doublings from 4 x 4.

    Source: StackGAN (Zhang et al. 2017, section 3.3), as its authors have it.

    Args:
        size: image side S.
        code_size: length of noise and condition together.
        width: an eighth of the channels at 4 x 4 pixels, halved at every doubling.
        images: channels of the image.
    """

    def __init__(self, size: int, code_size: int, width: int, images: int = 1) -> None:
        super().__init__()
        doublings = int(math.log2(size // SMALLEST))
        widths = [max(1, 8 * width >> level) for level in range(doublings + 1)]
        self.wide = widths[0]
        places = self.wide * SMALLEST**2
        self.first = _normed(nn.Conv2d(code_size, places, 1, bias=False), places, nn.ReLU())
        self.ups = nn.Sequential(*(_grow(i, o) for i, o in pairwise(widths)))
        self.last = same(widths[-1], images, bias=False)

    def forward(self, code: Tensor) -> Tensor:
        """Draw (B, C, S, S) in [-1, 1] from codes (B, D)."""
        x = self.first(code[..., None, None]).view(-1, self.wide, SMALLEST, SMALLEST)
        return torch.tanh(self.last(self.ups(x)))


class SecondStage(nn.Module):
    """Draw an image four times as large over a small one, in sight of a condition.

    Halved to 16 x 16, joined with the condition, residual blocks, doubled as often and twice more.
    Source: StackGAN (Zhang et al. 2017, section 3.4), as its authors have it, whose small images of
    64 x 64 are halved twice; smaller ones less often, or where strokes lie would be lost.

    Args:
        size: side of the small image.
        condition: length of a condition.
        width: channels of the first layer.
        blocks: residual blocks.
        images: channels of the image.
    """

    def __init__(self, size: int, condition: int, width: int, blocks: int, images: int = 1) -> None:
        super().__init__()
        halvings = int(math.log2(max(size, BETWEEN) // BETWEEN))
        widths = [width << level for level in range(halvings + 1)]
        deep = widths[-1]
        self.down = nn.Sequential(
            same(images, width, bias=False),
            nn.ReLU(),
            *(_normed(halving(i, o, 4, bias=False), o, nn.ReLU()) for i, o in pairwise(widths)),
        )
        self.join = _normed(same(deep + condition, deep, bias=False), deep, nn.ReLU())
        self.blocks = nn.ModuleList(
            nn.Sequential(
                *_normed(same(deep, deep, bias=False), deep, nn.ReLU()),
                *_normed(same(deep, deep, bias=False), deep),
            )
            for _ in range(blocks)
        )
        widths = [max(1, deep >> level) for level in range(halvings + 3)]
        self.ups = nn.Sequential(*(_grow(i, o) for i, o in pairwise(widths)))
        self.last = same(widths[-1], images, bias=False)

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        """Draw (B, C, 4 S, 4 S) in [-1, 1] over (B, C, S, S) by conditions (B, D)."""
        x = self.join(joined(self.down(image), condition))
        for block in self.blocks:
            x = F.relu(x + block(x))
        return torch.tanh(self.last(self.ups(x)))


class StageDiscriminator(nn.Module):
    """Tell real images from drawn ones, with a condition and, if wanted, without: a verdict each.

    Halved down to 4 x 4 pixels by 4 x 4 convolutions, batch norm but on the first; where that has
    led to more than eight times the width, 3 x 3 convolutions go back to it.
    Source: as `FirstStage`.

    Args:
        size: image side S.
        condition: length of a condition.
        width: channels of the first layer; every halving doubles them.
        unconditional: whether there is a verdict without the condition, too.
        images: channels of the image.
    """

    def __init__(
        self, size: int, condition: int, width: int, unconditional: bool, images: int = 1
    ) -> None:
        super().__init__()
        halvings = int(math.log2(size // SMALLEST))
        widths = [width << level for level in range(halvings)]
        layers: list[nn.Module] = [halving(images, width, 4, bias=False), nn.LeakyReLU(0.2)]
        for i, o in pairwise(widths):
            layers.append(_normed(halving(i, o, 4, bias=False), o, nn.LeakyReLU(0.2)))
        wide = widths[-1]
        while wide > 8 * width:
            wide //= 2
            layers.append(_normed(same(2 * wide, wide, bias=False), wide, nn.LeakyReLU(0.2)))
        self.layers = nn.Sequential(*layers)
        conv = same(wide + condition, wide, bias=False)
        self.join = _normed(conv, wide, nn.LeakyReLU(0.2))
        self.fits = nn.Conv2d(wide, 1, SMALLEST)
        self.real = nn.Conv2d(wide, 1, SMALLEST) if unconditional else None

    def forward(self, image: Tensor, condition: Tensor) -> list[Verdict]:
        """Tell of images (B, C, S, S) that should be of conditions (B, D)."""
        x = self.layers(image)
        heads = [self.fits(self.join(joined(x, condition)))]
        if self.real is not None:
            heads.append(self.real(x))
        return [Verdict.of(logits.flatten(1), [x]) for logits in heads]
