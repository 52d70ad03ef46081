"""The collector on which a method draws its loss terms, as outlines are drawn onto a pen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor


class Terms:
    """A named, weighted sum of loss terms.

    Attributes:
        iteration: number of finished iterations, for weights that fade.
        progress: share of the run's iterations that are finished, in [0, 1).
        values: the unweighted value of every term, detached, by name.
        shared: what a step leaves to later steps of the same iteration, drawings for example.

    >>> import torch
    >>> terms = Terms()
    >>> terms.add("l1", 100.0, torch.mean, torch.tensor([0.5, 1.5]))
    >>> terms.add("tv", 0.0, torch.mean, None)  # weight 0: never computed
    >>> terms.total.item(), list(terms.values)
    (100.0, ['l1'])
    """

    def __init__(
        self, iteration: int = 0, shared: dict[str, Any] | None = None, progress: float = 0.0
    ) -> None:
        self.iteration = iteration
        self.progress = progress
        self.shared: dict[str, Any] = {} if shared is None else shared
        self.values: dict[str, Tensor] = {}
        self._total: Tensor | None = None

    def add(self, name: str, weight: float, function: Callable[..., Tensor], *args: Any) -> None:
        """Add ``weight * function(*args)``; a term whose weight is 0 is not computed."""
        if weight == 0:
            return
        value = function(*args)
        if name in self.values:
            raise KeyError(f"two loss terms are called {name}")
        self.values[name] = value.detach()
        weighted = weight * value
        self._total = weighted if self._total is None else self._total + weighted

    @property
    def total(self) -> Tensor:
        """The weighted sum of all terms, a scalar.

        Raises:
            ValueError: no term has a weight other than 0.
        """
        if self._total is None:
            raise ValueError("no loss term has a weight other than 0")
        return self._total
