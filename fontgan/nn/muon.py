"""Muon: the optimiser that turns a matrix's momentum before it takes a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

SMALLEST = 65  # sides of a matrix that is turned: embeddings and last layers are none
SHARE = 0.2  # root mean square of a turned step, as Adam's usually is
# Amsel et al. 2025, "The Polar Express", the polynomials of the first four steps.
POLYNOMIALS = (
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
)


class Muon(torch.optim.Optimizer):
    """Moves large matrices by the orthogonal matrix nearest to their momentum, the rest by AdamW.

    A matrix's gradient has a few large directions, and steps in these alone learn little; turned,
    all directions are as large. Source: Jordan et al. 2024, "Muon", with the scale of Liu et al.
    2025, "Muon is scalable", section 2.2, so that a rate means what it means to Adam.
    `torch.optim.Muon` reckons in bfloat16, which processors round differently, and takes matrices
    alone.

    Args:
        weights: to be moved.
        lr: learning rate.
        betas: of AdamW.
        momentum: of matrices.
        weight_decay: of all of them, decoupled.
    """

    def __init__(
        self,
        weights: Sequence[nn.Parameter],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        settings = {"lr": lr, "betas": betas, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(weights, settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take a step; ``closure`` is not for this optimiser."""
        assert closure is None
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    move = self._turned if turns(weight) else self._adam
                    move(weight, weight.grad, self._state_of(weight), group)

    @staticmethod
    def kinds(weight: Tensor) -> frozenset[str]:
        """Return what is kept of a weight."""
        some = {"step", "exp_avg"} | (set() if turns(weight) else {"exp_avg_sq"})
        return frozenset(some)

    def _state_of(self, weight: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[weight]
        if not state:
            state.update({kind: torch.zeros_like(weight) for kind in self.kinds(weight)})
            state["step"] = torch.tensor(0.0)
        state["step"] += 1
        return state

    def _turned(
        self, weight: Tensor, grad: Tensor, state: dict[str, Tensor], group: dict[str, Any]
    ) -> None:
        state["exp_avg"].lerp_(grad, 1 - group["momentum"])
        ahead = torch.lerp(grad, state["exp_avg"], group["momentum"])  # Nesterov's
        scale = SHARE * max(weight.shape) ** 0.5
        weight.sub_(orthogonal(ahead), alpha=group["lr"] * scale)

    def _adam(
        self, weight: Tensor, grad: Tensor, state: dict[str, Tensor], group: dict[str, Any]
    ) -> None:
        first, second = group["betas"]
        steps = state["step"].item()  # on the CPU
        state["exp_avg"].lerp_(grad, 1 - first)
        state["exp_avg_sq"].mul_(second).addcmul_(grad, grad, value=1 - second)
        spread = (state["exp_avg_sq"] / (1 - second**steps)).sqrt_().add_(1e-8)
        weight.addcdiv_(state["exp_avg"], spread, value=-group["lr"] / (1 - first**steps))


def turns(weight: Tensor) -> bool:
    """Whether a weight is a matrix that is turned."""
    return weight.ndim == 2 and min(weight.shape) >= SMALLEST


def orthogonal(matrix: Tensor) -> Tensor:
    """Return nearly the orthogonal matrix nearest to a matrix: its singular values are about 1.

    The polynomials are of the product with itself, whose side is the shorter one.

    >>> _ = torch.manual_seed(0)
    >>> values = torch.linalg.svdvals(orthogonal(torch.randn(20, 50)))
    >>> 0.4 < values.min().item() < values.max().item() < 1.6
    True
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonal(matrix.T).T
    matrix = matrix / (1.01 * torch.linalg.matrix_norm(matrix) + 1e-7)
    square = matrix @ matrix.T
    whole = _factor(square, *POLYNOMIALS[0])
    factor = whole
    for polynomial in POLYNOMIALS[1:]:
        square = factor @ square @ factor
        factor = _factor(square, *polynomial)
        whole = factor @ whole
    return whole @ matrix


def _factor(square: Tensor, constant: float, slope: float, curve: float) -> Tensor:
    """Return constant + slope x + curve x^2 of a square matrix x."""
    factor = torch.addmm(square, square, square, beta=slope, alpha=curve)
    factor.diagonal().add_(constant)
    return factor
