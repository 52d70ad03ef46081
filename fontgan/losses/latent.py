"""Losses over codes."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.nn.shares import mean_of_shares, share_count


def constant(drawn_code: Tensor, source_code: Tensor) -> Tensor:
    """Return the mean squared distance between the codes of the drawn and the source glyph.

    Source: DTN (Taigman et al. 2016, equation 5), as zi2zi uses it.

    >>> import torch
    >>> constant(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0])).item()
    2.5
    """
    return F.mse_loss(drawn_code, source_code)


def kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the divergence of normal distributions from N(0, 1), summed over batch and codes.

    Source: Kingma and Welling 2014, appendix B. A sum, as BicycleGAN's authors have it: the larger
    the batch, the heavier the term.

    Args:
        mean: (B, Z).
        log_variance: (B, Z).

    >>> import torch
    >>> kl(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)).item()
    2.5
    """
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
    return divergence * share_count()  # the mean over processes is then the sum over the batch


def mean_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the same divergence, summed over codes and the mean over the batch.

    >>> import torch
    >>> mean_kl(torch.tensor([[1.0, 2.0]]).expand(4, -1), torch.zeros(4, 2)).item()
    2.5
    """
    return kl(mean, log_variance) / (len(mean) * share_count())


def unit_kl(mean: Tensor) -> Tensor:
    """Return the mean square of codes: twice a number's divergence from N(0, 1) at variance 1.

    Source: UNIT (Liu et al. 2017, equation 3), in the form of its code.

    >>> import torch
    >>> unit_kl(torch.tensor([1.0, 3.0])).item()
    5.0
    """
    return mean.square().mean()


def sparsity(code: Tensor, share: float) -> Tensor:
    """Return the divergence of each unit's mean activation from a share, summed over units.

    Source: Ng, Sparse autoencoder (CS294A lecture notes, 2011), section 3.

    Args:
        code: (B, Z) in (0, 1).
        share: of the time that a unit should be active, in (0, 1).

    >>> import torch
    >>> sparsity(torch.tensor([[0.25, 0.5], [0.75, 0.5]]), 0.5).item()
    0.0
    >>> round(sparsity(torch.full((3, 2), 0.5), 0.05).item(), 4)
    0.9893
    """
    active = mean_of_shares(code.mean(dim=0)).clamp(1e-6, 1 - 1e-6)
    on = share * (share / active).log()
    return (on + (1 - share) * ((1 - share) / (1 - active)).log()).sum()


def contraction(code: Tensor, image: Tensor) -> Tensor:
    """Return an estimate of how steeply codes change with their images: the Jacobian's square norm.

    One random product in the place of Z exact ones. Source: Rifai et al. 2011, equation 2;
    Hutchinson 1989 for the estimate.

    Args:
        code: (B, Z), of the image.
        image: (B, 1, S, S), which asked for gradients before it was encoded.

    >>> import torch
    >>> image = torch.ones(2, 1, 1, 3, requires_grad=True)
    >>> with torch.random.fork_rng():
    ...     _ = torch.manual_seed(0)
    ...     estimates = [contraction(2 * image.flatten(1), image) for _ in range(2000)]
    >>> abs(torch.stack(estimates).mean().item() - 12) < 0.5
    True
    """
    (slope,) = torch.autograd.grad((code * torch.randn_like(code)).sum(), image, create_graph=True)
    return slope.square().flatten(1).sum(dim=1).mean()


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw codes (B, Z) from normal distributions, so that gradients reach mean and variance.

    Source: Kingma and Welling 2014, section 2.4.

    >>> import torch
    >>> sample(torch.ones(1, 2), torch.full((1, 2), -200.0)).tolist()
    [[1.0, 1.0]]
    """
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)


def l1(found: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean absolute difference of codes (B, Z).

    Source: BicycleGAN (Zhu et al. 2017, equation 7).

    >>> import torch
    >>> l1(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0, 1.0]])).item()
    1.5
    """
    return F.l1_loss(found, wanted)


def read_l1(
    read: Callable[[Tensor], Tensor | tuple[Tensor, Tensor]], drawn: Tensor, wanted: Tensor
) -> Tensor:
    """Return the `l1` of what is read of drawings, a code or its mean and log variance, and codes.

    >>> import torch
    >>> read_l1(lambda drawn: drawn.flatten(1), torch.ones(1, 1, 2, 2), torch.zeros(1, 4)).item()
    1.0
    """
    found = read(drawn)
    return l1(found if isinstance(found, Tensor) else found[0], wanted)


def mode_seeking(drawn: tuple[Tensor, Tensor], codes: tuple[Tensor, Tensor]) -> Tensor:
    """Return the inverse of how far two drawings lie apart for the distance of their codes.

    It is small where another code makes another drawing, and at most 100,000.
    Source: MSGAN (Mao et al. 2019, section 3.2), in the form of its code.

    Args:
        drawn: two batches (B, 1, S, S) of the same sources.
        codes: the (B, Z) that they were drawn with.

    >>> import torch
    >>> drawn = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    >>> round(mode_seeking(drawn, (torch.zeros(1, 8), torch.full((1, 8), 2.0))).item(), 3)
    2.0
    """
    distance = mean_of_shares(F.l1_loss(*drawn)) / mean_of_shares(F.l1_loss(*codes))
    return 1 / (distance + 1e-5)
