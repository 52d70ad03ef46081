"""How smoothly drawings change with their codes: perceptual path length."""

from __future__ import annotations

import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.losses.perceptual import distances
from fontgan.methods.base import CodedMethod, Networks

STEP = 1e-2  # share of the way from a code to another


@torch.no_grad()
def path_length(
    method: CodedMethod, nets: Networks, batch: GlyphBatch, step: float = STEP, seed: int = 0
) -> float:
    """Return the mean distance of drawings a step apart, over the square of the step.

    The steps lie anywhere on arcs between random codes; distances are glyph-LPIPS, which are
    squares. Source: Karras et al. 2019 (StyleGAN), section 4.1, in Z.

    Args:
        method: with a latent code.
        nets: in evaluation mode.
        batch: of B glyphs to be drawn, each on its own way.
        step: share of the way.
        seed: of the codes.
    """
    generator = torch.Generator().manual_seed(seed)
    first, second = (
        torch.randn(len(batch), method.z_size, generator=generator).to(batch.source)
        for _ in range(2)
    )
    share = torch.rand(len(batch), 1, generator=generator).to(batch.source)
    here, there = (
        method.draw(nets, batch, on_arc(first, second, part)) for part in (share, share + step)
    )
    return distances(here, there).mean().item() / step**2


def on_arc(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """Return codes (B, Z) a share (B, 1) of the arc from one to another.

    Source: Shoemake 1985; lengths go evenly from one code's to the other's.

    >>> one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    >>> [round(x, 3) for x in on_arc(one, other, torch.tensor([[0.5]]))[0].tolist()]
    [0.707, 0.707]
    """
    lengths = [code.norm(dim=1, keepdim=True).clamp(min=1e-12) for code in (first, second)]
    one, other = first / lengths[0], second / lengths[1]
    angle = (one * other).sum(dim=1, keepdim=True).clamp(-1 + 1e-6, 1 - 1e-6).acos()
    way = ((1 - share) * angle).sin() * one + (share * angle).sin() * other
    arc: Tensor = way / angle.sin() * torch.lerp(lengths[0], lengths[1], share)
    return arc
