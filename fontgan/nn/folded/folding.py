"""Layers that only draw: batch norms merged into convolutions, joined inputs taken apart.

They hold weights of their own wherever these differ from the trained layers', and are not for
training. What they draw differs from what the trained ones draw by rounding alone.
"""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from fontgan.nn.fast.thin import spread

FEW = 4  # channels: drawing no more of them is quicker by a matrix product at every place
PHASED = 4  # pixels of a side: on smaller maps too much of a phase's convolution is lost


@torch.no_grad()
def folded(layer: nn.Module, norm: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Return a new (transposed) convolution with the norm behind it, and what is left of that.

    In evaluation mode a batch norm is a scale and a shift per channel, so a convolution can do it
    (Jacob et al. 2018, section 3.2); other norms look at the glyph at hand and stay as they are.
    """
    if not isinstance(norm, nn.BatchNorm2d):
        return copy.deepcopy(layer), norm
    transposed = isinstance(layer, nn.ConvTranspose2d)
    return fuse_conv_bn_eval(layer, norm, transpose=transposed), nn.Identity()  # type: ignore[type-var]


class Part(nn.Module):
    """What a convolution does with some of its input channels.

    A convolution of joined inputs is the sum of such parts, one of which has the ``bias``. A part
    of no channels is given one, which is worth nothing: runtimes refuse to convolve none.
    """

    def __init__(self, layer: nn.Module, channels: slice, *, bias: bool) -> None:
        super().__init__()
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        self.transposed = isinstance(layer, nn.ConvTranspose2d)
        weight = layer.weight[channels] if self.transposed else layer.weight[:, channels]
        if not weight.numel():
            weight = torch.zeros_like(layer.weight[:1] if self.transposed else layer.weight[:, :1])
        self.weight = _fixed(weight)
        self.bias = _fixed(layer.bias) if bias and layer.bias is not None else None
        self.stride, self.padding = layer.stride[0], int(layer.padding[0])
        self.odd = layer.output_padding[0]

    def forward(self, x: Tensor) -> Tensor:
        """Convolve those channels (B, C, H, W)."""
        if self.transposed:
            return F.conv_transpose2d(
                x, self.weight, self.bias, self.stride, self.padding, self.odd
            )
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


def as_product(layer: nn.Module, side: int) -> nn.Module:
    """Return a layer of maps of one side as a matrix product, if that is quicker on a CPU."""
    if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2) and side == 2:
        return _DenseHalving(layer)
    if isinstance(layer, Part) and layer.transposed and side == 1:
        return _DenseDoubling(layer)
    if isinstance(layer, Part) and layer.transposed and layer.weight.shape[1] <= FEW:
        return _FewDrawn(layer)
    return layer


def as_phases(layer: nn.Module, side: int) -> nn.Module:
    """Return a layer of maps of one side as `Phases`, if that is quicker by ONNX Runtime."""
    if isinstance(layer, Part) and layer.transposed and side >= PHASED:
        channels, kernel = layer.weight.shape[1], layer.weight.shape[-1]
        return Phases(layer) if channels > FEW and kernel > 3 else layer
    return layer


class Phases(nn.Module):
    """A doubling `Part` as four plain convolutions, one for each phase of what is drawn.

    Phase (a, b) is every other row from a on and every other column from b on. ONNX Runtime
    convolves half as fast again as it convolves transposed.
    """

    def __init__(self, part: Part) -> None:
        super().__init__()
        kernel, padding = part.weight.shape[-1], part.padding
        taps = [range((padding + a) % 2, kernel, 2)[::-1] for a in (0, 1)]
        # How far the taps reach before and behind the place that is drawn.
        reach = [
            ((rows[0] - padding - a) // 2, (padding + a - rows[-1]) // 2)
            for a, rows in enumerate(taps)
        ]
        self.margins = list(product(reach, repeat=2))
        self.weights = nn.ParameterList(
            _fixed(part.weight[:, :, rows][:, :, :, columns].transpose(0, 1))
            for rows, columns in product(taps, repeat=2)
        )
        self.bias = part.bias

    def forward(self, x: Tensor) -> list[Tensor]:
        """Turn (B, C, H, W) into the phases (0, 0), (0, 1), (1, 0), (1, 1), (B, C', H, W) each."""
        pairs = zip(self.weights, self.margins, strict=True)
        return [_Padded.apply(x, weight, self.bias, *margins) for weight, margins in pairs]  # type: ignore[no-untyped-call]


class _Padded(torch.autograd.Function):
    """A convolution with a margin of its own on each side, which is one operation in ONNX."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ARG004
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        rows: tuple[int, int],
        columns: tuple[int, int],
    ) -> Tensor:
        return F.conv2d(F.pad(x, (*columns, *rows)), weight, bias)

    @staticmethod
    def symbolic(
        g: Any, x: Any, weight: Any, bias: Any, rows: tuple[int, int], columns: tuple[int, int]
    ) -> Any:
        pads = [rows[0], columns[0], rows[1], columns[1]]
        return g.op("Conv", x, weight, *([] if bias is None else [bias]), pads_i=pads)


def interleaved(phases: list[Tensor]) -> Tensor:
    """Return the image (B, C, 2 H, 2 W) that four `Phases` are of."""
    even, odd = (torch.stack(phases[a : a + 2], dim=-1).flatten(3) for a in (0, 2))
    image = torch.stack([even, odd], dim=3).flatten(2, 3)
    return _Sized.apply(image, *(int(side) for side in image.shape[1:]))  # type: ignore[no-untyped-call,no-any-return]


class _Sized(torch.autograd.Function):
    """Nothing, but for telling an exporter, which loses count, the sizes that no batch changes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, *sizes: int) -> Tensor:  # noqa: ARG004
        return x.view_as(x)

    @staticmethod
    def symbolic(g: Any, x: Any, *sizes: int) -> Any:
        x = g.op("Identity", x)
        x.setType(x.type().with_sizes([None, *sizes]))
        return x


class _DenseHalving(nn.Module):
    """A halving of 2 x 2 places in one matrix product, without the taps that meet padding only."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        live = slice(int(layer.padding[0]), int(layer.padding[0]) + 2)
        self.weight = _fixed(layer.weight[:, :, live, live].flatten(1))
        self.bias = layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, 2, 2) into (B, C', 1, 1)."""
        return F.linear(x.flatten(1), self.weight, self.bias)[..., None, None]


class _DenseDoubling(nn.Module):
    """A doubling of one place in one matrix product, without the taps that meet padding only."""

    def __init__(self, layer: Part) -> None:
        super().__init__()
        live = slice(layer.padding, layer.padding + 2)
        self.weight = _fixed(layer.weight[:, :, live, live].flatten(1).T)
        self.bias = None if layer.bias is None else _fixed(layer.bias.repeat_interleave(4))

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, 1, 1) into (B, C', 2, 2)."""
        drawn: Tensor = F.linear(x.flatten(1), self.weight, self.bias).unflatten(1, (-1, 2, 2))
        return drawn


class _FewDrawn(nn.Module):
    """A doubling that draws few channels: one matrix product, whose taps are then summed up."""

    def __init__(self, layer: Part) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, H, W) into (B, C', 2 H, 2 W)."""
        sides = (2 * x.shape[-2], 2 * x.shape[-1])
        layer = self.layer
        return spread(x, layer.weight, layer.bias, sides, layer.stride, layer.padding)


def _fixed(weight: Tensor) -> nn.Parameter:
    return nn.Parameter(weight.detach().clone().contiguous(), requires_grad=False)
