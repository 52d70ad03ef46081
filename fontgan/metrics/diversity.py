"""How far the drawings of one glyph differ, and what the codes behind them say.

For methods with a latent code (`fontgan.methods.base.CodedMethod`). On data where every character
is drawn one way, the code is easily ignored (BicycleGAN's authors, issues 62 and 79 of their
repository); these measures say so by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations

import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.losses import latent
from fontgan.losses.perceptual import distances
from fontgan.methods.base import CodedMethod, Networks

LEAST_DIVERSITY = 0.002  # L1 in grey: a fifth of a level in a hundred is no other drawing
LEAST_INFORMATION, MOST_INFORMATION = 0.05, 200.0  # nats a glyph


@dataclass(frozen=True)
class Diversity:
    """How a model's drawings vary with their codes; means over glyphs.

    Attributes:
        diversity: mean L1, in grey from 0 to 1, between drawings of one glyph with random codes
            (Zhu et al. 2017, section 5, with L1 in the place of LPIPS).
        perceptual: the same as glyph-LPIPS (`fontgan.losses.perceptual`).
        sampled_l1: mean L1 of these drawings from the truth.
        encoded_l1: L1 from the truth when drawn with the code found in the truth.
        gap: ``sampled_l1 - encoded_l1``, what a code of the truth knows about it; both are None of
            methods without an encoder.
        information: divergence of the codes found in truths from N(0, 1), in nats a glyph; None
            where the encoder finds a code and no distribution.
    """

    diversity: float
    perceptual: float
    sampled_l1: float
    encoded_l1: float | None
    gap: float | None
    information: float | None

    def values(self) -> dict[str, float]:
        """Return all that there are by name, for a log."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@torch.no_grad()
def diversity(
    method: CodedMethod, nets: Networks, batch: GlyphBatch, samples: int = 8, seed: int = 0
) -> Diversity:
    """Draw every glyph of a batch with random codes and with the code of its truth.

    Args:
        method: with a latent code.
        nets: in evaluation mode.
        batch: sources and truths.
        samples: random codes, the same for every glyph; 2 or more.
        seed: of these codes.
    """
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randn(samples, method.z_size, generator=generator).to(batch.source)
    drawn = [method.draw(nets, batch, z.expand(len(batch), -1)) for z in codes]
    posterior, encoded_l1 = method.posterior(nets, batch.target), None
    if method.encodes:
        found = method.encode(nets, batch.target) if posterior is None else posterior[0]
        encoded_l1 = l1(method.draw(nets, batch, found), batch.target).mean().item()
    sampled_l1 = torch.stack([l1(image, batch.target) for image in drawn]).mean().item()
    return Diversity(
        diversity=pairwise(l1, drawn).mean().item(),
        perceptual=pairwise(distances, drawn).mean().item(),
        sampled_l1=sampled_l1,
        encoded_l1=encoded_l1,
        gap=None if encoded_l1 is None else sampled_l1 - encoded_l1,
        information=latent.kl(*posterior).item() / len(batch) if posterior else None,
    )


def pairwise(distance: Callable[[Tensor, Tensor], Tensor], drawn: Sequence[Tensor]) -> Tensor:
    """Return the mean distance between any two of N samples of B glyphs, (B,).

    Args:
        distance: between two batches (B, 1, S, S), (B,).
        drawn: N batches in [-1, 1].

    >>> pairwise(l1, [torch.full((1, 1, 1, 1), ink) for ink in (-1.0, 1.0, 1.0)]).tolist()
    [0.6666666865348816]
    """
    return torch.stack([distance(one, other) for one, other in combinations(drawn, 2)]).mean(dim=0)


def l1(drawn: Tensor, truth: Tensor) -> Tensor:
    """Return the mean absolute difference, (B,), of images in [-1, 1], as grey in [0, 1]."""
    return (drawn - truth).abs().flatten(1).mean(dim=1) / 2


def complaints(values: Mapping[str, float]) -> list[str]:
    """Say in words what is wrong with a model's codes; nothing where all is well.

    >>> complaints({"diversity": 0.0, "information": 3.0})
    ['z is ignored: drawings of a glyph differ by 0.0000 in grey; raise mode_seeking, or lower l1']
    """
    found = []
    if values["diversity"] < LEAST_DIVERSITY:
        found.append(
            f"z is ignored: drawings of a glyph differ by {values['diversity']:.4f} in grey; "
            "raise mode_seeking, or lower l1"
        )
    information = values.get("information")
    if information is not None and information < LEAST_INFORMATION:
        found.append(
            f"the encoder's codes have collapsed to N(0, 1): KL {information:.3f} nats a glyph; "
            "lower kl"
        )
    if information is not None and information > MOST_INFORMATION:
        found.append(
            f"the KL of the encoder's codes explodes: {information:.0f} nats a glyph; raise kl, or "
            "lower rate"
        )
    return found
