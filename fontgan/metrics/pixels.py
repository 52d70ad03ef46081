"""Pixel measures on grey images (B, 1, S, S) in [0, 1]; one value per image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def l1(drawn: Tensor, truth: Tensor) -> Tensor:
    """Return the mean absolute difference, (B,).

    >>> l1(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).tolist()
    [1.0]
    """
    return (drawn - truth).abs().flatten(1).mean(dim=1)


def ssim(drawn: Tensor, truth: Tensor) -> Tensor:
    """Return the structural similarity, (B,), at most 1.

    Gaussian window of 11 pixels, sigma 1.5, K1 .01, K2 .03, range 1, biased variances; pixels
    whose window leaves the image are not counted. Equal to scikit-image's
    ``structural_similarity`` with ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
    data_range=1``.
    Source: Wang et al. 2004, equation 13.

    >>> x = torch.rand(1, 1, 16, 16)
    >>> round(ssim(x, x).item(), 4)
    1.0
    """
    drawn, truth = drawn.double(), truth.double()
    batch = torch.cat([drawn, truth, drawn * drawn, truth * truth, drawn * truth])
    mean_x, mean_y, xx, yy, xy = _blur(batch).chunk(5)
    c1, c2 = 0.01**2, 0.03**2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    contrast = (2 * (xy - mean_x * mean_y) + c2) / (xx - mean_x**2 + yy - mean_y**2 + c2)
    return (luminance * contrast).flatten(1).mean(dim=1).float()


def _blur(images: Tensor) -> Tensor:
    offsets = torch.arange(-5, 6, dtype=images.dtype, device=images.device)
    window = torch.exp(-(offsets**2) / (2 * 1.5**2))
    window = window / window.sum()
    return F.conv2d(F.conv2d(images, window.view(1, 1, 1, -1)), window.view(1, 1, -1, 1))
