"""Losses over codes."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def constant(drawn_code: Tensor, source_code: Tensor) -> Tensor:
    """Return the mean squared distance between the codes of the drawn and the source glyph.

    Source: DTN (Taigman et al. 2016, equation 5), as zi2zi uses it.

    >>> import torch
    >>> constant(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0])).item()
    2.5
    """
    return F.mse_loss(drawn_code, source_code)
