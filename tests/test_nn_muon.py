"""Muon: what it does to matrices, and that the rest moves as by Adam."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn

from fontgan.nn.muon import Muon, orthogonal


def test_a_step_of_a_matrix_is_as_large_in_all_directions() -> None:
    made = torch.Generator().manual_seed(1)
    slight = torch.randn(70, 90, generator=made) @ torch.diag(torch.logspace(0, -1, 90))
    values = torch.linalg.svdvals(orthogonal(slight))
    assert values.max() / values.min() < 8
    before = torch.linalg.svdvals(slight)
    assert before.max() / before.min() > 20


def test_vectors_and_small_matrices_move_as_by_adam() -> None:
    made = torch.Generator().manual_seed(2)
    for shape in ((70,), (20, 200)):
        start, grads = torch.randn(shape, generator=made), torch.randn(5, *shape, generator=made)
        ended = []
        for optimiser in (Muon, torch.optim.Adam):
            weight = nn.Parameter(start.clone())
            moving = optimiser([weight], lr=0.01, betas=(0.9, 0.98))
            for grad in grads:
                weight.grad = grad.clone()
                moving.step()
            ended.append(weight.detach())
        torch.testing.assert_close(*ended)


def test_what_it_keeps_is_named_and_goes_on_where_it_stopped() -> None:
    made = torch.Generator().manual_seed(3)
    start, grads = torch.randn(70, 70, generator=made), torch.randn(6, 70, 70, generator=made)

    def move(moving: Muon, weight: nn.Parameter, grads: torch.Tensor) -> None:
        for grad in grads:
            weight.grad = grad.clone()
            moving.step()

    whole = nn.Parameter(start.clone())
    moving = Muon([whole], lr=0.01)
    move(moving, whole, grads[:3])
    again = nn.Parameter(whole.detach().clone())
    resumed = Muon([again], lr=0.01)
    resumed.load_state_dict(deepcopy(moving.state_dict()))
    assert set(moving.state[whole]) == Muon.kinds(whole) == {"step", "exp_avg"}
    move(moving, whole, grads[3:])
    move(resumed, again, grads[3:])
    assert torch.equal(whole, again)
