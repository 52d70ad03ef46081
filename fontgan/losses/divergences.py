"""f-divergences: what a discriminator of logits v is taught by T = g(v) and the conjugate f* of f.

It makes E[T] on real images minus E[f*(T)] on drawn ones large, which then is a lower bound of the
divergence; what is drawn makes E[T] large, as the non-saturating generator does. The activation g
is part of the loss: a discriminator ends in bare logits, of which any number is meant.
Source: Nowozin et al. 2016 (f-GAN), equations 4 and 7, sections 3.2 and 6 (table 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor

from fontgan.nn.blocks import at_least_float

Divergence = Literal["kl", "reverse-kl", "pearson", "jeffrey", "total-variation"]


def kl(logits: Tensor, real: bool) -> Tensor:
    """Return the loss of the Kullback-Leibler divergence: g(v) = v, f*(t) = exp(t - 1).

    >>> import torch
    >>> kl(torch.tensor([2.0]), real=True).item(), kl(torch.tensor([1.0]), real=False).item()
    (-2.0, 1.0)
    """
    return -logits.mean() if real else (logits - 1).exp().mean()


def reverse_kl(logits: Tensor, real: bool) -> Tensor:
    """Return the loss of its reverse: g(v) = -exp(-v), f*(t) = -1 - log(-t), which is v - 1.

    >>> import torch
    >>> reverse_kl(torch.tensor([0.0]), real=True).item()
    1.0
    >>> reverse_kl(torch.tensor([3.0]), real=False).item()
    2.0
    """
    return (-logits).exp().mean() if real else (logits - 1).mean()


def pearson(logits: Tensor, real: bool) -> Tensor:
    """Return the loss of Pearson's chi squared: g(v) = v, f*(t) = t^2 / 4 + t.

    >>> import torch
    >>> pearson(torch.tensor([2.0]), real=True).item()
    -2.0
    >>> pearson(torch.tensor([2.0]), real=False).item()
    3.0
    """
    return -logits.mean() if real else (logits.square() / 4 + logits).mean()


def jeffrey(logits: Tensor, real: bool) -> Tensor:
    """Return the loss of Jeffrey's divergence, KL both ways: g(v) = v, f* by Lambert's W.

    f(u) = (u - 1) log u, whose conjugate is W + 1 / W + t - 2 with W = W(exp(1 - t)).

    >>> import torch
    >>> jeffrey(torch.tensor([2.0]), real=True).item()
    -2.0
    >>> jeffrey(torch.tensor([0.0]), real=False).item()  # W(e) = 1
    0.0
    >>> round(jeffrey(torch.tensor([1.0]), real=False).item(), 4)  # W(1) = .5671
    1.3304
    """
    if real:
        return -logits.mean()
    w = lambert_log(1 - logits).exp()
    # f* is the largest u t - f(u), at u = 1 / W: where it is largest, u moves nothing.
    u = (1 / w).detach()
    return (u * logits - (u - 1) * u.log()).mean()


def total_variation(logits: Tensor, real: bool) -> Tensor:
    """Return the loss of the total variation: g(v) = tanh(v) / 2, f*(t) = t.

    >>> import torch
    >>> round(total_variation(torch.tensor([1.0]), real=True).item(), 4)
    -0.3808
    >>> round(total_variation(torch.tensor([1.0]), real=False).item(), 4)
    0.3808
    """
    mean = logits.tanh().mean() / 2
    return -mean if real else mean


@torch.no_grad()
def lambert_log(y: Tensor, rounds: int = 8) -> Tensor:
    """Return log W(exp(y)), the s with exp(s) + s = y, by Newton's way from its right.

    >>> import torch
    >>> [round(value, 2) for value in lambert_log(torch.tensor([1.0, 0.0, 100.0])).exp().tolist()]
    [1.0, 0.57, 95.44]
    """
    s = torch.where(y > 1, y.clamp(min=1).log(), y)
    for _ in range(rounds):
        e = s.exp()
        s = s - (e + s - y) / (e + 1)
    return s


def _of_logits(loss: Callable[[Tensor, bool], Tensor]) -> Callable[[Tensor, bool], Tensor]:
    """Return a loss that takes half-precision logits as single ones, as exponentials need."""
    return lambda logits, real: loss(at_least_float(logits), real)


LOGITS: Mapping[str, Callable[[Tensor, bool], Tensor]] = {
    "kl": _of_logits(kl),
    "reverse-kl": _of_logits(reverse_kl),
    "pearson": _of_logits(pearson),
    "jeffrey": _of_logits(jeffrey),
    "total-variation": _of_logits(total_variation),
}
