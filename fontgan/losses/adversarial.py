"""Losses over a discriminator's logits."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def vanilla(logits: Tensor, real: bool) -> Tensor:
    """Return the sigmoid cross-entropy of logits that should say real (1) or fake (0).

    Source: Goodfellow et al. 2014; with ``real=True`` on drawn images it is the generator's
    non-saturating loss.

    >>> import torch
    >>> round(vanilla(torch.zeros(4, 1), real=True).item(), 4)
    0.6931
    """
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def category(logits: Tensor, style: Tensor) -> Tensor:
    """Return the sigmoid cross-entropy of (B, N) style logits against the one-hot style.

    Independent sigmoids, not a softmax, as in zi2zi (after AC-GAN, Odena et al. 2017).

    Args:
        logits: (B, N).
        style: (B,) long.

    >>> import torch
    >>> round(category(torch.tensor([[9.0, -9.0]]), torch.tensor([0])).item(), 4)
    0.0001
    """
    return F.binary_cross_entropy_with_logits(
        logits, F.one_hot(style, logits.shape[1]).to(logits.dtype)
    )
