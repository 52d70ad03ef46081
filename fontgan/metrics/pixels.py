"""Pixel measures on grey images (B, 1, S, S) in [0, 1], ink 0 (see `grey`); one value per image.

Every measure is taken over the whole image, or over the pixels ``where`` a mask (B, 1, S, S) is
true: ``ssim(drawn, truth, crop_to_ink(drawn, truth))`` does not count the white margin, which
flatters all of them.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

INK = 0.5  # darker is ink
MOST_DECIBELS = 100.0
_REACH = 5  # of the SSIM window to each side


def grey(images: Tensor) -> Tensor:
    """Turn images in [-1, 1], as all else has them, into the grey in [0, 1] that is measured here.

    >>> grey(torch.tensor([-1.0, 0.0, 1.5])).tolist()
    [0.0, 0.5, 1.0]
    """
    return (images.float().clamp(-1, 1) + 1) / 2


def l1(drawn: Tensor, truth: Tensor, where: Tensor | None = None) -> Tensor:
    """Return the mean absolute difference, (B,) in [0, 1].

    >>> l1(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).tolist()
    [1.0]
    """
    return _mean((drawn - truth).abs(), where)


def rmse(drawn: Tensor, truth: Tensor, where: Tensor | None = None) -> Tensor:
    """Return the root of the mean squared difference, (B,) in [0, 1].

    >>> rmse(torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]]), torch.zeros(1, 1, 2, 2)).tolist()
    [0.5]
    """
    return _mean((drawn - truth).square(), where).sqrt()


def psnr(drawn: Tensor, truth: Tensor, where: Tensor | None = None) -> Tensor:
    """Return the peak signal-to-noise ratio in dB, (B,) in [0, 100]; equal images have 100.

    The ratio of equal images is infinite; it is cut off at 100 dB (an RMSE of 0.00001), so that
    means stay finite.

    >>> psnr(torch.full((1, 1, 2, 2), 0.9), torch.ones(1, 1, 2, 2)).round(decimals=3).tolist()
    [20.0]
    >>> psnr(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).tolist()
    [100.0]
    """
    return (-20 * rmse(drawn, truth, where).log10()).clamp(max=MOST_DECIBELS)


def iou(drawn: Tensor, truth: Tensor) -> Tensor:
    """Return the intersection of the inks over their union, (B,) in [0, 1]; 1 without any ink.

    Ink is what is darker than 0.5. White margins do not change it.

    >>> iou(torch.tensor([[[[0.0, 0.0, 1.0]]]]), torch.tensor([[[[0.0, 1.0, 0.0]]]]))
    tensor([0.3333])
    """
    one, other = (drawn < INK).flatten(1), (truth < INK).flatten(1)
    union = (one | other).sum(dim=1)
    return torch.where(union == 0, 1.0, (one & other).sum(dim=1) / union.clamp(min=1))


def ssim(drawn: Tensor, truth: Tensor, where: Tensor | None = None) -> Tensor:
    """Return the structural similarity, (B,), at most 1.

    Gaussian window of 11 pixels, sigma 1.5, K1 .01, K2 .03, range 1, biased variances. Over the
    whole image, pixels whose window leaves it are not counted: equal to scikit-image's
    ``structural_similarity`` with ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    data_range=1``. With ``where`` all its pixels are counted, with paper around the image.
    Source: Wang et al. 2004, equation 13.

    >>> x = torch.rand(1, 1, 16, 16)
    >>> round(ssim(x, x).item(), 4)
    1.0
    """
    return ssim_of(similarity(drawn, truth), where)


def ssim_of(similar: Tensor, where: Tensor | None = None) -> Tensor:
    """Return the means, (B,), of a `similarity`; `ssim` says over which pixels."""
    if where is None:
        similar = similar[..., _REACH:-_REACH, _REACH:-_REACH]
    return _mean(similar, where).float()


def similarity(drawn: Tensor, truth: Tensor) -> Tensor:
    """Return the SSIM of the window around each pixel, (B, 1, S, S) float64, paper all around."""
    drawn, truth = drawn.double(), truth.double()
    batch = torch.cat([drawn, truth, drawn * drawn, truth * truth, drawn * truth])
    mean_x, mean_y, xx, yy, xy = _blur(batch).chunk(5)
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    contrast = (2 * (xy - mean_x * mean_y) + c2) / (xx - mean_x**2 + yy - mean_y**2 + c2)
    return luminance * contrast


def crop_to_ink(drawn: Tensor, truth: Tensor) -> Tensor:
    """Return the box around the ink of both images and a margin, as a mask (B, 1, S, S).

    The margin is S / 32 pixels, at least 1. Where neither image has ink the box is the image.

    >>> drawn, truth = torch.ones(2, 1, 1, 6, 6)
    >>> drawn[0, 0, 1, 2] = 0
    >>> crop_to_ink(drawn, truth).int().sum().item()
    9
    """
    ink = (drawn < INK) | (truth < INK)
    margin = max(1, ink.shape[-1] // 32)
    box = _span(ink.any(dim=3, keepdim=True), 2, margin) & _span(
        ink.any(dim=2, keepdim=True), 3, margin
    )
    return box | ~ink.flatten(1).any(dim=1).view(-1, 1, 1, 1)


def _span(used: Tensor, dim: int, margin: int) -> Tensor:
    """Fill from the first to the last true place along ``dim``, ``margin`` more to each side."""
    length = used.shape[dim]
    shape = [1, 1, 1, 1]
    shape[dim] = length
    place = torch.arange(length, device=used.device).view(shape)
    first = torch.where(used, place, length).amin(dim=dim, keepdim=True)
    last = torch.where(used, place, -1).amax(dim=dim, keepdim=True)
    return (place >= first - margin) & (place <= last + margin)


def _mean(values: Tensor, where: Tensor | None) -> Tensor:
    if where is None:
        return values.flatten(1).mean(dim=1)
    return (values * where).flatten(1).sum(dim=1) / where.flatten(1).sum(dim=1)


def _blur(images: Tensor) -> Tensor:
    # As products with a band matrix: several times as fast as convolutions in float64.
    images = F.pad(images, (_REACH,) * 4, value=1.0)
    band = _band(images.shape[-1] - 2 * _REACH, images)
    return band @ images @ band.T


def _band(size: int, like: Tensor) -> Tensor:
    """Return (S, S + 10): row i holds the window's weights from column i on."""
    offsets = torch.arange(-_REACH, _REACH + 1, dtype=like.dtype, device=like.device)
    window = torch.exp(-(offsets**2) / (2 * 1.5**2))
    band = like.new_zeros(size, size + 2 * _REACH)
    for place, weight in enumerate(window / window.sum()):
        band.diagonal(place).fill_(weight)
    return band
