"""The Fréchet distance of two sets of embeddings."""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(drawn: Tensor, truth: Tensor) -> float:
    """Return the Fréchet distance of two sets of embeddings (N, D), seen as normal distributions.

    Source: Heusel et al. 2017, section 3; covariances are divided by N. With these as A'A and B'B
    the trace of the root of their product is the sum of the singular values of AB', which needs no
    root of a matrix, and little time where N is small. Not a number where an embedding is not
    finite.

    >>> frechet(torch.zeros(3, 2), torch.ones(5, 2))
    2.0
    """
    if not (drawn.isfinite().all() and truth.isfinite().all()):
        return float("nan")
    a, b = _root(drawn.double()), _root(truth.double())
    apart = (drawn.double().mean(dim=0) - truth.double().mean(dim=0)).square().sum()
    shared = torch.linalg.svdvals(a @ b.T).sum()
    return max(0.0, float(apart + a.square().sum() + b.square().sum() - 2 * shared))


def _root(embeddings: Tensor) -> Tensor:
    """Return A, at most (D, D), of which A'A is the covariance."""
    root: Tensor = (embeddings - embeddings.mean(dim=0)) / len(embeddings) ** 0.5
    if len(root) > root.shape[1]:
        root = torch.linalg.qr(root, mode="r").R
    return root
