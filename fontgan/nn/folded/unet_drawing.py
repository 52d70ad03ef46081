"""The U-Net of zi2zi for drawing alone: the same pictures, but for rounding, in less time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import PlainNorm
from fontgan.nn.flow import FlowDecoder
from fontgan.nn.folded.folding import Part, as_phases, as_product, folded, interleaved
from fontgan.nn.style import Style
from fontgan.nn.unet import UNetDecoder, UNetEncoder

Runtime = Literal["cpu", "gpu", "onnx"]
Half = Tensor | list[Tensor]  # what a level draws of some of its input, or its phases


def for_drawing(network: nn.Module, runtime: Runtime) -> nn.Module:
    """Return what draws like a U-Net's encoder or decoder in evaluation mode, in less time.

    Args:
        network: any; it is left as it is. One of another kind is returned itself.
        runtime: what will draw. With torch on a ``cpu`` it pays to have channels last in memory,
            and small layers as matrix products; by ``onnx``, doublings as plain convolutions.
    """
    if isinstance(network, UNetEncoder):
        quick: nn.Module = DrawingEncoder(network, runtime)
    elif isinstance(network, UNetDecoder):
        quick = UNetDrawer(network, runtime)
    elif isinstance(network, FlowDecoder) and runtime == "cpu":
        quick = copy.deepcopy(network)
    else:
        return network
    layout = torch.channels_last if runtime == "cpu" else torch.contiguous_format
    return quick.to(memory_format=layout)  # type: ignore[call-overload,no-any-return]


class DrawingEncoder(UNetEncoder):
    """A `UNetEncoder` whose batch norms are folded into its convolutions."""

    def __init__(self, encoder: UNetEncoder, runtime: Runtime = "cpu") -> None:
        nn.Module.__init__(self)
        pairs = zip(encoder.convs, encoder.norms, strict=True)
        convs, norms = zip(*(folded(conv, norm) for conv, norm in pairs), strict=True)
        last = _QUICKER[runtime](convs[-1], 2)
        self.convs, self.norms = nn.ModuleList([*convs[:-1], last]), nn.ModuleList(norms)


class UNetDrawer(UNetDecoder):
    """A `UNetDecoder` whose batch norms are folded, and whose layers are sums of two halves.

    A layer sees what is drawn so far joined with the encoder's level. Convolved apart they need not
    be joined; and what no style changes is there once for all of them.
    """

    def __init__(self, decoder: UNetDecoder, runtime: Runtime = "cpu") -> None:
        nn.Module.__init__(self)
        self.skips, self.ups, self.norms = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        self.dropouts = decoder.dropouts
        for index, up in enumerate(decoder.ups):
            norm = decoder.norms[index] if index < len(decoder.norms) else None
            layer = up
            if isinstance(norm, PlainNorm):
                layer, left = folded(up, norm.norm)
                norm = norm if left is norm.norm else PlainNorm("none", 0)
            skip, drawn = decoder.parts(index)
            halves = Part(layer, skip, bias=True), Part(layer, drawn, bias=False)
            for layers, half in zip((self.skips, self.ups), halves, strict=True):
                layers.append(_QUICKER[runtime](half, 2**index))
            if norm is not None:
                self.norms.append(norm)

    def prepare(self, levels: list[Tensor]) -> list[Half]:
        """Return what bottleneck and skips give to each level, which no style changes."""
        inputs = [levels[-1], *levels[-2::-1]]
        return [skip(F.relu(x)) for skip, x in zip(self.skips, inputs, strict=True)]

    def draw(self, halves: list[Half], style: Style) -> Tensor:
        """Decode what `prepare` returned (B, ...) in styles (B, D), or all in one style (1, D)."""
        assert isinstance(halves[0], Tensor)  # a map of one place has no phases
        code = style.code if style.code.shape[1] else F.pad(style.code, (0, 1))  # see `Part`
        x = code[..., None, None].to(halves[0])
        for index, (up, half) in enumerate(zip(self.ups, halves, strict=True)):
            x = _sum(half, up(F.relu(x)))
            if index < len(self.norms):
                modulation = style.norms[index] if style.norms else None
                x = self.dropouts[index](self.norms[index](x, modulation))
        return torch.tanh(x)


_QUICKER: dict[Runtime, Callable[[nn.Module, int], nn.Module]] = {
    "cpu": as_product,
    "gpu": lambda layer, side: layer,  # noqa: ARG005
    "onnx": as_phases,
}


def _sum(one: Half, other: Half) -> Tensor:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return one + other
    return interleaved([a + b for a, b in zip(one, other, strict=True)])
