"""Losses over what a critic says at several scales (`fontgan.nn.critics.Verdict`)."""

from __future__ import annotations

import torch
from torch import Tensor

from fontgan.losses import adversarial
from fontgan.losses.adversarial import Kind
from fontgan.nn.critics import Verdict


def judge(said: list[Verdict], kind: Kind, real: bool) -> Tensor:
    """Return the critic's own loss (see `fontgan.losses.adversarial.judge`)."""
    return adversarial.judge(kind, [verdict.logits for verdict in said], real)


def fool(said: list[Verdict], kind: Kind) -> Tensor:
    """Return the loss of what was drawn (see `fontgan.losses.adversarial.fool`)."""
    return adversarial.fool(kind, [verdict.logits for verdict in said])


def category(said: list[Verdict], style: Tensor) -> Tensor:
    """Return the style cross-entropy against styles (B,), the mean over scales."""
    return torch.stack([adversarial.category(one.style, style) for one in said]).mean()


def feature_matching(said: list[Verdict], real: list[Verdict]) -> Tensor:
    """Return the distance of the features of drawn images from those of real ones."""
    return adversarial.feature_matching(
        [verdict.features for verdict in said], [verdict.features for verdict in real]
    )


def r1(said: list[Verdict], real: Tensor) -> Tensor:
    """Return the slope of the critic at real images (see `fontgan.losses.adversarial.r1`)."""
    return adversarial.r1([verdict.logits for verdict in said], real)
