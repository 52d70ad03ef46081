"""Losses over what a discriminator says: its logits, and its lists of verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.losses import divergences
from fontgan.losses.divergences import Divergence
from fontgan.nn.blocks import at_least_float
from fontgan.nn.discriminators import Verdict

Kind = Literal["lsgan", "vanilla", "hinge", "wgan", "wgan-gp", Divergence]


def vanilla(logits: Tensor, real: bool) -> Tensor:
    """Return the sigmoid cross-entropy of logits that should say real (1) or fake (0).

    Source: Goodfellow et al. 2014; with ``real=True`` on drawn images it is the generator's
    non-saturating loss.

    >>> import torch
    >>> round(vanilla(torch.zeros(4, 1), real=True).item(), 4)
    0.6931
    """
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def undecided(logits: Tensor) -> Tensor:
    """Return the sigmoid cross-entropy of logits that should say neither: one half.

    Source: DRIT (Lee et al. 2018, equation 2).

    >>> import torch
    >>> round(undecided(torch.zeros(4)).item(), 4), round(undecided(torch.ones(4)).item(), 4)
    (0.6931, 0.8133)
    """
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, 0.5))


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
    """Return a discriminator's loss of logits that should be above 1 (real) or below -1 (fake).

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


LOGITS: Mapping[str, Callable[[Tensor, bool], Tensor]] = {
    "lsgan": least_squares,
    "vanilla": vanilla,
    "hinge": hinge,
    "wgan": wasserstein,
    "wgan-gp": wasserstein,
    **divergences.LOGITS,
}


def discriminator_loss(verdicts: list[Verdict], kind: Kind, real: bool) -> Tensor:
    """Return a discriminator's own loss of images, ``real`` or drawn ones, summed over verdicts.

    >>> import torch
    >>> verdicts = [Verdict(torch.zeros(1), (), torch.zeros(1, 0))] * 2
    >>> discriminator_loss(verdicts, "lsgan", real=True).item()
    2.0
    """
    return torch.stack([LOGITS[kind](verdict.logits, real) for verdict in verdicts]).sum()


def generator_loss(verdicts: list[Verdict], kind: Kind) -> Tensor:
    """Return the loss of what was drawn and should pass for real, summed over verdicts.

    >>> import torch
    >>> generator_loss([Verdict(torch.tensor([1.0, 3.0]), (), torch.zeros(1, 0))], "hinge").item()
    -2.0
    """
    return discriminator_loss(verdicts, "wgan-gp" if kind == "hinge" else kind, real=True)


def classification(verdicts: list[Verdict], style: Tensor) -> Tensor:
    """Return the `category` loss against styles (B,), the mean over verdicts."""
    return torch.stack([category(verdict.style, style) for verdict in verdicts]).mean()


def one_of(verdicts: list[Verdict], style: Tensor, rivals: Tensor) -> Tensor:
    """Return the cross-entropy of style logits against styles (B,), the mean over verdicts.

    A softmax, as AC-GAN has it (Odena et al. 2017) and StarGAN of labels that exclude each other.

    Args:
        verdicts: of a discriminator that names styles.
        style: (B,) long.
        rivals: (B, N) bool, which of the N styles come into question; each one's own does.

    >>> import torch
    >>> named = [Verdict(torch.zeros(1), (), torch.zeros(1, 4))]
    >>> round(one_of(named, torch.tensor([2]), torch.ones(1, 4).bool()).item(), 4)
    1.3863
    >>> one_of(named, torch.tensor([2]), torch.tensor([[False, False, True, False]])).item()
    0.0
    """
    shown = [verdict.style.masked_fill(~rivals, float("-inf")) for verdict in verdicts]
    return torch.stack([F.cross_entropy(logits, style) for logits in shown]).mean()


def gradient_penalty(
    discriminator: Callable[[Tensor], list[Verdict]], real: Tensor, drawn: Tensor
) -> Tensor:
    """Return how far a discriminator's slope is from 1, squared, between real and drawn images.

    The slopes of its verdicts are measured apart and summed.
    Source: WGAN-GP (Gulrajani et al. 2017, equation 3).

    Args:
        discriminator: of images (B, C, S, S); an image's logits are averaged.
        real: (B, C, S, S).
        drawn: (B, C, S, S).

    >>> import torch
    >>> def steep(image):  # a slope of 3 / sqrt(4)
    ...     return [Verdict(3 * image.flatten(1).mean(dim=1), (), torch.zeros(1, 0))]
    >>> gradient_penalty(steep, torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).item()
    0.25
    """
    share = torch.rand(len(real), 1, 1, 1, device=real.device)
    between = (share * real + (1 - share) * drawn).detach().requires_grad_(True)
    penalties = []
    for logits in (verdict.logits for verdict in discriminator(between)):
        height = logits.flatten(1).mean(dim=1) if logits.dim() > 1 else logits
        (slope,) = torch.autograd.grad(height.sum(), between, create_graph=True)
        penalties.append((slope.flatten(1).norm(dim=1) - 1).square().mean())
    return torch.stack(penalties).sum()


def r1(verdicts: list[Verdict], real: Tensor) -> Tensor:
    """Return half the squared slope of a discriminator at real images, so that it is flat there.

    Source: Mescheder et al. 2018, equation 9, with gamma 1; an image's logits are summed.

    Args:
        verdicts: on the images ``real``.
        real: (B, C, S, S), which asked for gradients before it was shown.

    >>> import torch
    >>> real = torch.ones(1, 1, 2, 2, requires_grad=True)
    >>> steep = Verdict(3 * real.sum(), (), torch.zeros(1, 0))  # by 3 at each of four pixels
    >>> r1([steep], real).item()
    18.0
    """
    height = torch.stack([verdict.logits.sum() for verdict in verdicts]).sum()
    (slope,) = torch.autograd.grad(height, real, create_graph=True)
    return slope.square().flatten(1).sum(dim=1).mean() / 2


def drift(verdicts: list[Verdict]) -> Tensor:
    """Return the mean squared logits, summed over verdicts, so that they stay near 0.

    Source: Karras et al. 2018 (PGGAN), appendix A.1.

    >>> import torch
    >>> drift([Verdict(torch.tensor([1.0, 3.0]), (), torch.zeros(1, 0))]).item()
    5.0
    """
    return torch.stack([verdict.logits.square().mean() for verdict in verdicts]).sum()


def feature_matching(drawn: list[Verdict], real: list[Verdict]) -> Tensor:
    """Return the mean absolute difference of a discriminator's features, over layers and verdicts.

    Source: pix2pixHD (Wang et al. 2018, equation 4), with the mean for its sum over layers.

    Args:
        drawn: verdicts on drawn images.
        real: on the real images; their features are the aim and get no gradients.

    >>> import torch
    >>> far, near = (Verdict(x, (x, torch.ones(3)), x) for x in (torch.zeros(2), torch.ones(2)))
    >>> feature_matching([far], [near]).item()
    0.5
    """
    pairs = [
        (one, other)
        for verdict, aim in zip(drawn, real, strict=True)
        for one, other in zip(verdict.features, aim.features, strict=True)
    ]
    return torch.stack([F.l1_loss(one, other.detach()) for one, other in pairs]).mean()
