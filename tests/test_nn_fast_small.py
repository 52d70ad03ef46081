from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from fontgan.nn.fast import layers, small, thin
from fontgan.nn.fast.layers import FastConv2d, FastConvTranspose2d, way_of

Layer = nn.Conv2d | nn.ConvTranspose2d


@pytest.fixture(autouse=True)
def _narrow_layers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "SMALL_WEIGHTS", 0)


def values_and_gradients(layer: Layer, side: int) -> list[Tensor]:
    torch.manual_seed(1)
    x = torch.randn(3, layer.in_channels, side, side, dtype=torch.float64, requires_grad=True)
    drawn = layer(x)
    (drawn * torch.randn(drawn.shape, dtype=drawn.dtype)).sum().backward()
    return [drawn, x.grad, *(weight.grad for weight in layer.parameters())]  # type: ignore[list-item]


def assert_alike(ours: Layer, torchs: Layer, side: int) -> None:
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
    assert_alike(FastConv2d(6, 4, kernel, **words).double(), torchs, side)


@pytest.mark.parametrize("kernel", [3, 4, 5])
@pytest.mark.parametrize("side", [1, 2, 4, 8])
def test_a_transposed_convolution_is_torchs(kernel: int, side: int) -> None:
    words = {"stride": 2, "padding": (kernel - 1) // 2, "output_padding": kernel % 2}
    torchs = nn.ConvTranspose2d(6, 4, kernel, **words).double()
    assert_alike(FastConvTranspose2d(6, 4, kernel, **words).double(), torchs, side)


def test_drawing_alone_is_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(small.F, "unfold", called.append)
    with torch.no_grad():
        FastConv2d(6, 4, 5, 2, padding=2)(torch.ones(1, 6, 2, 2))
    assert not called


@pytest.mark.parametrize(
    ("inputs", "outputs", "stride"), [(6, 1, 1), (6, 2, 1), (1, 32, 2), (2, 32, 1)]
)
@pytest.mark.parametrize(("kernel", "side"), [(3, 7), (4, 8), (5, 8)])
def test_a_convolution_of_few_channels_is_torchs(
    inputs: int, outputs: int, stride: int, kernel: int, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torchs = nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2).double()
    ours = FastConv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2).double()
    monkeypatch.setattr(layers, "SMALL_SIDE", 0)
    assert (
        way_of(ours, torch.ones(1, inputs, side, side))
        == ("to" if outputs < 3 else "from") + " few"
    )
    assert_alike(ours, torchs, side)
    monkeypatch.setattr(thin.F, "conv2d", lambda *_: pytest.fail("not a matrix product"))
    values_and_gradients(ours, side)


@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_a_transposed_convolution_to_few_channels_is_torchs(kernel: int) -> None:
    words = {"stride": 2, "padding": (kernel - 1) // 2, "output_padding": kernel % 2}
    torchs = nn.ConvTranspose2d(6, 1, kernel, **words).double()
    assert_alike(FastConvTranspose2d(6, 1, kernel, **words).double(), torchs, 8)


def test_few_channels_can_be_differentiated_twice() -> None:
    layer = FastConv2d(3, 1, 4, padding=1).double()
    x = torch.randn(1, 3, 5, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(layer, (x,))


@pytest.mark.parametrize(
    ("layer", "shape", "way"),
    [
        (FastConv2d(256, 512, 5, 1, padding=2), (16, 256, 8, 8), "winograd"),
        (FastConv2d(256, 512, 5, 2, padding=2), (16, 256, 4, 4), "small"),
        (FastConv2d(1, 64, 5, 2, padding=2), (2, 1, 16, 16), "from few"),
        (FastConv2d(64, 1, 3, padding=1), (2, 64, 16, 16), "to few"),
        (FastConv2d(8, 8, 3, padding=1), (2, 8, 16, 16), "torch"),
        (FastConv2d(256, 512, 3, padding=1), (2, 256, 4, 4), "torch"),
        (FastConvTranspose2d(256, 128, 4, 2, padding=1), (16, 256, 16, 16), "winograd"),
        (FastConvTranspose2d(512, 512, 4, 2, padding=1), (16, 512, 2, 2), "small"),
        (FastConvTranspose2d(64, 1, 4, 2, padding=1), (2, 64, 16, 16), "to few"),
        (FastConvTranspose2d(64, 32, 4, 2, padding=1), (2, 64, 16, 16), "torch"),
    ],
)
def test_every_layer_takes_the_way_that_pays(
    layer: FastConv2d | FastConvTranspose2d,
    shape: tuple[int, ...],
    way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layers, "SMALL_WEIGHTS", 1 << 20)
    x = torch.ones(shape)
    assert way_of(layer, x) == way
    with torch.no_grad():
        assert way_of(layer, x) == "torch"
    with torch.autocast("cpu", torch.bfloat16):
        assert way_of(layer, x) == "torch"
