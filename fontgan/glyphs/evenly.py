"""A few of many: spread evenly, the first and the last among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Return at most ``most`` of the places 0 to ``count`` - 1, in their order.

    >>> evenly(7, 3).tolist(), evenly(2, 3).tolist(), evenly(0, 3).tolist()
    ([0, 3, 6], [0, 1], [])
    """
    places: NDArray[np.int64] = np.linspace(0, count - 1, min(most, count)).round().astype(np.int64)
    return places
