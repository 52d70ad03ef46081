from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from fontgan.nn import small
from fontgan.nn.small import SmallConv2d, SmallConvTranspose2d


@pytest.fixture(autouse=True)
def _narrow_layers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "WIDE", 0)


def values_and_gradients(layer: nn.Module, side: int) -> list[Tensor]:
    torch.manual_seed(1)
    x = torch.randn(3, 6, side, side, dtype=torch.float64, requires_grad=True)
    drawn = layer(x)
    (drawn * torch.randn(drawn.shape, dtype=drawn.dtype)).sum().backward()
    return [drawn, x.grad, *(weight.grad for weight in layer.parameters())]  # type: ignore[list-item]


def assert_alike(ours: nn.Module, torchs: nn.Module, side: int) -> None:
    ours.load_state_dict(torchs.state_dict())
    pairs = zip(
        values_and_gradients(ours, side), values_and_gradients(torchs.double(), side), strict=True
    )
    for one, other in pairs:
        assert torch.allclose(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel", [3, 4, 5])
@pytest.mark.parametrize("side", [2, 4, 8, 16])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_is_torchs(kernel: int, side: int, stride: int) -> None:
    words = {"stride": stride, "padding": (kernel - 1) // 2}
    torchs = nn.Conv2d(6, 4, kernel, **words).double()
    assert_alike(SmallConv2d(6, 4, kernel, **words).double(), torchs, side)


@pytest.mark.parametrize("kernel", [3, 4, 5])
@pytest.mark.parametrize("side", [1, 2, 4, 8])
def test_a_transposed_convolution_is_torchs(kernel: int, side: int) -> None:
    words = {"stride": 2, "padding": (kernel - 1) // 2, "output_padding": kernel % 2}
    torchs = nn.ConvTranspose2d(6, 4, kernel, **words).double()
    assert_alike(SmallConvTranspose2d(6, 4, kernel, **words).double(), torchs, side)


def test_drawing_alone_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(small.F, "unfold", called.append)
    with torch.no_grad():
        SmallConv2d(6, 4, 5, 2, padding=2)(torch.ones(1, 6, 2, 2))
    assert not called
