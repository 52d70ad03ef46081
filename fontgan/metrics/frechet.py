"""The Fréchet distance of two sets of embeddings."""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(drawn: Tensor, truth: Tensor) -> float:
    """Return the Fréchet distance of two sets of embeddings (N, D), seen as normal distributions.

    Source: Heusel et al. 2017, section 3; covariances are divided by N. Not a number where an
    embedding is not finite.

    >>> frechet(torch.zeros(3, 2), torch.ones(5, 2))
    2.0
    """
    drawn, truth = drawn.double(), truth.double()
    if not (drawn.isfinite().all() and truth.isfinite().all()):
        return float("nan")
    one, other = (torch.cov(x.T, correction=0) for x in (drawn, truth))
    root = _root(one)
    # The trace of the root of one @ other, by a symmetric matrix of the same eigenvalues.
    shared = torch.linalg.eigvalsh(root @ other @ root).clamp(min=0).sqrt().sum()
    apart = (drawn.mean(dim=0) - truth.mean(dim=0)).square().sum()
    return max(0.0, float(apart + one.trace() + other.trace() - 2 * shared))


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    return root
