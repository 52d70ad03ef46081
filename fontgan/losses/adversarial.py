"""Losses over a discriminator's logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.nn.blocks import at_least_float

Kind = Literal["lsgan", "vanilla", "hinge", "wgan-gp"]


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


def least_squares(logits: Tensor, real: bool) -> Tensor:
    """Return the mean squared distance of logits from 1 (real) or 0 (fake).

    Source: LSGAN (Mao et al. 2017, equation 9).

    >>> import torch
    >>> least_squares(torch.tensor([1.0, 3.0]), real=True).item()
    2.0
    """
    return F.mse_loss(logits, torch.full_like(logits, float(real)))


def hinge(logits: Tensor, real: bool) -> Tensor:
    """Return a critic's loss over logits that should be above 1 (real) or below -1 (fake).

    Source: Geometric GAN (Lim and Ye 2017). What is drawn is moved by `wasserstein`.

    >>> import torch
    >>> hinge(torch.tensor([0.0, 3.0]), real=True).item()
    0.5
    """
    return at_least_float(F.relu(1 - logits if real else 1 + logits)).mean()


def wasserstein(logits: Tensor, real: bool) -> Tensor:
    """Return the negative mean of logits that should be high (real), the mean of others (fake).

    Source: WGAN (Arjovsky et al. 2017, equations 2 and 3).

    >>> import torch
    >>> wasserstein(torch.tensor([1.0, 3.0]), real=True).item()
    -2.0
    """
    mean = at_least_float(logits).mean()
    return -mean if real else mean


JUDGING: Mapping[Kind, Callable[[Tensor, bool], Tensor]] = {
    "lsgan": least_squares,
    "vanilla": vanilla,
    "hinge": hinge,
    "wgan-gp": wasserstein,
}


def judge(kind: Kind, logits: list[Tensor], real: bool) -> Tensor:
    """Return a critic's loss, summed over its scales.

    >>> import torch
    >>> judge("lsgan", [torch.zeros(1), torch.zeros(1)], real=True).item()
    2.0
    """
    return torch.stack([JUDGING[kind](scale, real) for scale in logits]).sum()


def fool(kind: Kind, logits: list[Tensor]) -> Tensor:
    """Return the loss of what was drawn and should pass for real, summed over scales.

    >>> import torch
    >>> fool("hinge", [torch.tensor([1.0, 3.0])]).item()
    -2.0
    """
    return judge("wgan-gp" if kind == "hinge" else kind, logits, real=True)


def gradient_penalty(
    critic: Callable[[Tensor], list[Tensor]], real: Tensor, drawn: Tensor
) -> Tensor:
    """Return how far the slope of a critic is from 1, squared, between real and drawn images.

    A critic of several scales is measured at each; the scales are summed.
    Source: WGAN-GP (Gulrajani et al. 2017, equation 3).

    Args:
        critic: turns images into logits, one tensor a scale; an image's logits are averaged.
        real: (B, C, S, S).
        drawn: (B, C, S, S).

    >>> import torch
    >>> steep = lambda image: [3 * image.flatten(1).mean(dim=1)]  # a slope of 3 / sqrt(4)
    >>> gradient_penalty(steep, torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).item()
    0.25
    """
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (share * real + (1 - share) * drawn).detach().requires_grad_(True)
    penalties = []
    for logits in critic(between):
        height = logits.flatten(1).mean(dim=1) if logits.dim() > 1 else logits
        (slope,) = torch.autograd.grad(height.sum(), between, create_graph=True)
        penalties.append((slope.flatten(1).norm(dim=1) - 1).square().mean())
    return torch.stack(penalties).sum()


def r1(logits: list[Tensor], real: Tensor) -> Tensor:
    """Return half the squared slope of a critic at real images, so that it is flat there.

    Source: Mescheder et al. 2018, equation 9, with gamma 1; an image's logits are summed.

    Args:
        logits: of each scale, of the images ``real``.
        real: (B, C, S, S), which asked for gradients before it was judged.

    >>> import torch
    >>> real = torch.ones(1, 1, 2, 2, requires_grad=True)
    >>> r1([3 * real.sum()], real).item()  # a slope of 3 at each of four pixels
    18.0
    """
    height = torch.stack([scale.sum() for scale in logits]).sum()
    (slope,) = torch.autograd.grad(height, real, create_graph=True)
    return slope.square().flatten(1).sum(dim=1).mean() / 2


def feature_matching(drawn: list[tuple[Tensor, ...]], real: list[tuple[Tensor, ...]]) -> Tensor:
    """Return the mean absolute difference of a critic's features, over all layers and scales.

    Source: pix2pixHD (Wang et al. 2018, equation 4), with the mean for its sum over layers.

    Args:
        drawn: the features of drawn images, a tuple of layers for each scale.
        real: those of the real images; they are the aim and get no gradients.

    >>> import torch
    >>> feature_matching([(torch.zeros(2), torch.ones(3))], [(torch.ones(2), torch.ones(3))]).item()
    0.5
    """
    pairs = [
        (one, other)
        for scale, aim in zip(drawn, real, strict=True)
        for one, other in zip(scale, aim, strict=True)
    ]
    return torch.stack([F.l1_loss(one, other.detach()) for one, other in pairs]).mean()
