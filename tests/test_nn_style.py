"""Tables of very many styles: only the rows in use cost anything."""

from __future__ import annotations

import copy

import pytest
import torch

from fontgan.nn import style as style_module
from fontgan.nn.style import StyleTable

USED = torch.tensor([3, 3, 7, 19])


def table(sparse: bool) -> StyleTable:
    torch.manual_seed(0)
    made = StyleTable(20, 5, (2, 3))
    made.sparse = sparse
    return made


def backward(of: StyleTable, rows: torch.Tensor = USED) -> None:
    style = of(rows)
    (style.code.pow(2).sum() + sum(part.pow(3).sum() for part in style.norms)).backward()


def test_sparse_gradients_are_the_dense_ones() -> None:
    dense, sparse = table(False), table(True)
    for rows in (USED, torch.tensor([0, 3])):  # and they add up
        for one in (dense, sparse):
            backward(one, rows)
    for name, weight in sparse.named_parameters():
        assert weight.grad.is_sparse
        assert torch.allclose(weight.grad.to_dense(), dict(dense.named_parameters())[name].grad)


def test_rows_in_use_move_as_under_adam_and_no_others() -> None:
    dense, sparse = table(False), table(True)
    before = copy.deepcopy(sparse)
    optimisers = (
        torch.optim.Adam(dense.parameters(), lr=0.1, betas=(0.5, 0.999)),
        torch.optim.SparseAdam(list(sparse.parameters()), lr=0.1, betas=(0.5, 0.999)),
    )
    for _ in range(3):
        for one, optimiser in zip((dense, sparse), optimisers, strict=True):
            optimiser.zero_grad()
            backward(one)
            optimiser.step()
    assert torch.allclose(sparse.codes, dense.codes, atol=1e-6)
    assert torch.allclose(sparse.norms, dense.norms, atol=1e-6)
    moved = (sparse.codes != before.codes).any(dim=1).nonzero().flatten().tolist()
    assert moved == [3, 7, 19]
    before.copy_moved(sparse)
    assert torch.equal(before.codes, sparse.codes)
    assert torch.equal(before.norms, sparse.norms)


def test_protected_rows_stay_under_sparse_gradients() -> None:
    guarded = table(True)
    guarded.protect([3, 7])
    backward(guarded)
    for weight in (guarded.codes, guarded.norms):
        assert weight.grad.coalesce().indices()[0].tolist() == [19]


def test_only_large_tables_are_called_large(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not table(False).large
    assert not table(False).sparse
    monkeypatch.setattr(style_module, "LARGE", 20 * (5 + 2 * 5))
    assert table(False).large
    monkeypatch.setattr(style_module, "LARGE", 20 * (5 + 2 * 5) + 1)
    assert not table(False).large
