from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import doubling, halving
from fontgan.nn.discriminators import DenseDiscriminator
from fontgan.nn.fast import wide
from fontgan.nn.fast.layers import FastConv2d, FastConvTranspose2d
from fontgan.nn.fast.wide import convolve, convolve_transposed
from fontgan.nn.fast.winograd import Plan

# kernel, stride, side of the image: of discriminators, and sides that leave part tiles
LAYERS = [(5, 1, 16), (5, 1, 7), (5, 2, 32), (5, 2, 15), (4, 2, 32), (4, 2, 18), (4, 1, 31)]


def drawn_with(seed: int, shape: tuple[int, ...]) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def leaves(kernel: int, side: int, inputs: int, outputs: int) -> list[Tensor]:
    x = F.leaky_relu(drawn_with(1, (2, inputs, side, side)), 0.2)
    return [x, drawn_with(2, (outputs, inputs, kernel, kernel)) / 50, drawn_with(3, (outputs,))]


def value_and_gradients(
    how: object, tensors: list[Tensor], kernel: int, stride: int
) -> list[Tensor]:
    tensors = [tensor.clone().requires_grad_() for tensor in tensors]
    drawn = how(*tensors, stride, (kernel - 1) // 2)  # type: ignore[operator]
    (drawn * drawn_with(4, drawn.shape).to(drawn)).sum().backward()
    return [drawn.detach(), *(tensor.grad for tensor in tensors)]  # type: ignore[list-item]


@pytest.mark.parametrize(("kernel", "stride", "side"), LAYERS)
def test_values_and_gradients_are_torchs(kernel: int, stride: int, side: int) -> None:
    given = leaves(kernel, side, 32, 24)
    right = value_and_gradients(F.conv2d, given, kernel, stride)
    exact = value_and_gradients(convolve, given, kernel, stride)
    rounded = value_and_gradients(convolve, [tensor.float() for tensor in given], kernel, stride)
    for one, double, single in zip(right, exact, rounded, strict=True):
        assert torch.allclose(double, one, rtol=0, atol=1e-12 * float(one.norm()))
        assert float((single - one).norm() / one.norm()) < 1e-5


def transposed(x: Tensor, weight: Tensor, bias: Tensor, stride: int, padding: int) -> Tensor:
    side = x.shape[-1] * stride
    return convolve_transposed(x, weight.transpose(0, 1), bias, stride, padding, side)


def torchs_transposed(x: Tensor, weight: Tensor, bias: Tensor, stride: int, pad: int) -> Tensor:
    odd = weight.shape[-1] % 2
    return F.conv_transpose2d(x, weight.transpose(0, 1), bias, stride, pad, odd * (stride - 1))


@pytest.mark.parametrize(("kernel", "side"), [(5, 16), (5, 7), (4, 16), (4, 9)])
def test_transposed_values_and_gradients_are_torchs(kernel: int, side: int) -> None:
    given = leaves(kernel, side, 32, 24)
    right = value_and_gradients(torchs_transposed, given, kernel, 2)
    exact = value_and_gradients(transposed, given, kernel, 2)
    rounded = value_and_gradients(transposed, [tensor.float() for tensor in given], kernel, 2)
    for one, double, single in zip(right, exact, rounded, strict=True):
        assert torch.allclose(double, one, rtol=0, atol=1e-12 * float(one.norm()))
        assert float((single - one).norm() / one.norm()) < 1e-5


def test_many_output_channels_are_done_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fontgan.nn.fast.winograd.AT_ONCE", 1)
    given = leaves(5, 12, 6, 35)
    assert len(list(Plan.of(12, given[1], 1, 2).parts(35))) == 3
    right = value_and_gradients(F.conv2d, given, 5, 1)
    for one, other in zip(right, value_and_gradients(convolve, given, 5, 1), strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("ours", "torchs", "kernel", "stride", "side"),
    [
        (convolve, F.conv2d, 5, 1, 8),
        (convolve, F.conv2d, 4, 2, 16),
        (convolve, F.conv2d, 4, 1, 15),
        (transposed, torchs_transposed, 5, 2, 8),
        (transposed, torchs_transposed, 4, 2, 6),
    ],
)
def test_a_gradient_penalty_is_torchs(
    ours: object, torchs: object, kernel: int, stride: int, side: int
) -> None:
    def penalty(how: object) -> list[Tensor]:
        x, weight, bias = (t.requires_grad_() for t in leaves(kernel, side, 5, 7))
        drawn = how(x, weight, bias, stride, (kernel - 1) // 2)  # type: ignore[operator]
        slopes = torch.autograd.grad(torch.tanh(drawn).sum(), (x, weight), create_graph=True)
        steepness = slopes[0].square().sum() + slopes[1].square().sum()
        return list(torch.autograd.grad(steepness, (x, weight, bias)))

    for one, other in zip(penalty(torchs), penalty(ours), strict=True):
        assert torch.allclose(one, other, rtol=0, atol=1e-12 * float(one.norm()))


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Shapes of the kernels that are applied in Winograd's way."""
    shapes: list[tuple[int, ...]] = []

    def noting(x: Tensor, weight: Tensor, *how: object) -> Tensor:
        shapes.append(tuple(weight.shape))
        return convolve(x, weight, *how)  # type: ignore[arg-type]

    def noting_transposed(x: Tensor, weight: Tensor, *how: object) -> Tensor:
        shapes.append(tuple(weight.shape))
        return convolve_transposed(x, weight, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(wide, "convolve", noting)
    monkeypatch.setattr(wide, "convolve_transposed", noting_transposed)
    return shapes


def test_it_trains_the_wide_layers_of_zi2zis_discriminator(used: list[tuple[int, ...]]) -> None:
    discriminator, shown = DenseDiscriminator(64, styles=2), torch.ones(16, 2, 64, 64)
    discriminator(shown)
    assert used == [(512, 256, 5, 5)]  # 64 tiles; the 128 x 16 x 16 before it are too few
    used.clear()
    discriminator(shown[:2])
    assert not used
    with torch.no_grad():
        discriminator(shown)
    assert not used


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(128, 256, 4, 2, 1), (4, 128, 64, 48)),  # not square
        (nn.Conv2d(64, 128, 5, 2, 2), (16, 64, 64, 64)),  # narrow
        (nn.Conv2d(256, 512, 3, 1, 1), (4, 256, 32, 32)),  # a small kernel
        (nn.Conv2d(256, 512, 4, 2, 1), (4, 256, 16, 16)),  # few tiles
    ],
)
def test_where_it_does_not_pay_the_library_convolves(
    layer: nn.Conv2d, shape: tuple[int, ...], used: list[tuple[int, ...]]
) -> None:
    ours = halving(layer.in_channels, layer.out_channels, layer.kernel_size[0], layer.stride[0])
    ours.load_state_dict(layer.state_dict())
    x = torch.ones(shape)
    assert torch.equal(ours(x), layer(x))
    assert not used


@pytest.mark.parametrize(
    ("ours", "torchs", "kind"),
    [
        (halving(128, 256, 5), nn.Conv2d(128, 256, 5, 2, 2), FastConv2d),
        (doubling(256, 128, 5), nn.ConvTranspose2d(256, 128, 5, 2, 2, 1), FastConvTranspose2d),
    ],
)
def test_a_layer_is_a_convolution_by_name_and_shape(
    ours: nn.Module, torchs: nn.Module, kind: type
) -> None:
    assert isinstance(ours, kind)
    assert isinstance(ours, type(torchs))
    shapes = {name: weight.shape for name, weight in torchs.state_dict().items()}
    assert {name: weight.shape for name, weight in ours.state_dict().items()} == shapes


@pytest.mark.parametrize(
    ("layer", "side"),
    [(halving(128, 256, 4), 32), (doubling(256, 128, 4), 16), (doubling(256, 128, 5), 16)],
)
def test_a_wide_layer_in_training_draws_what_it_draws_alone(
    layer: nn.Module, side: int, used: list[tuple[int, ...]]
) -> None:
    torch.manual_seed(1)
    x = torch.randn(16, layer.in_channels, side, side)  # type: ignore[arg-type]
    drawn = layer(x).detach()
    with torch.no_grad():
        alone = layer(x)
    assert len(used) == 1
    assert float((drawn - alone).norm() / alone.norm()) < 1e-5


def test_frozen_weights_get_no_gradient_and_keep_no_tiles() -> None:
    x, weight, _ = (tensor.float() for tensor in leaves(5, 16, 8, 8))
    drawn = convolve(x.requires_grad_(), weight, None, 1, 2)
    assert drawn.grad_fn.saved_tensors[2] is None  # type: ignore[union-attr]
    drawn.sum().backward()
    assert weight.grad is None
    assert x.grad is not None
