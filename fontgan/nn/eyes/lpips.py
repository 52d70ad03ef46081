"""LPIPS: the distance of pictures that AlexNet or VGG sees, with weights that the user has.

Source: Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features", version 0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Channels, side, stride and padding of convolutions, each with a ReLU. Those on one line are one
# block: its end is compared; between blocks a maximum is taken where the second number says so.
_ALEX = (
    (((64, 11, 4, 2),), True),
    (((192, 5, 1, 2),), True),
    (((384, 3, 1, 1),), False),
    (((256, 3, 1, 1),), False),
    (((256, 3, 1, 1),), False),
)
_VGG = tuple(
    (count * ((channels, 3, 1, 1),), block < 4)
    for block, (count, channels) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)))
)
LEAST = 64  # pixels of the side; smaller images are scaled up


class Lpips(nn.Module):
    """LPIPS of images; its weights are named as torchvision and the package lpips name them.

    Args:
        trunk: ``alex`` or ``vgg`` (of 16 layers).
    """

    trunks: ClassVar[dict[str, Any]] = {"alex": (_ALEX, 3), "vgg": (_VGG, 2)}
    shift: Tensor
    scale: Tensor

    def __init__(self, trunk: str = "alex") -> None:
        super().__init__()
        self.trunk = trunk
        blocks, pool = self.trunks[trunk]
        layers: list[nn.Module] = []
        inputs, self.compared = 3, []
        for number, (convolutions, halves) in enumerate(blocks):
            for channels, side, stride, padding in convolutions:
                layers += [nn.Conv2d(inputs, channels, side, stride, padding), nn.ReLU()]
                inputs = channels
            self.compared.append(len(layers) - 1)
            layers += [nn.MaxPool2d(pool, 2)] * halves
            head = nn.Sequential(nn.Dropout(), nn.Conv2d(inputs, 1, 1, bias=False))
            self.add_module(f"lin{number}", nn.ModuleDict({"model": head}))
        self.features = nn.Sequential(*layers)
        # Of ImageNet's colours, as images in [-1, 1] have them.
        for name, values in (("shift", (-0.030, -0.088, -0.188)), ("scale", (0.458, 0.448, 0.450))):
            self.register_buffer(name, torch.tensor(values).view(1, 3, 1, 1), persistent=False)

    @classmethod
    def of(cls, weights: Mapping[str, Tensor]) -> Lpips:
        """Return the network of these weights, ready to compare.

        Raises:
            KeyError, RuntimeError: they are of no such network.
        """
        side = weights["features.0.weight"].shape[-1]
        net = cls("alex" if side == 11 else "vgg")
        wanted = net.state_dict()
        net.load_state_dict({name: weights[name].float() for name in wanted})
        return net.eval().requires_grad_(False)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Return the distance, (B,), of images (B, 1, S, S), grey in [0, 1]; equation 1."""
        pairs = zip(self._look(one), self._look(other), strict=True)
        layers = []
        for number, (x, y) in enumerate(pairs):
            head = self.get_parameter(f"lin{number}.model.1.weight")
            layers.append(F.conv2d((_unit(x) - _unit(y)).square(), head).mean(dim=(1, 2, 3)))
        return torch.stack(layers).sum(dim=0)

    def _look(self, images: Tensor) -> list[Tensor]:
        if images.shape[-1] < LEAST:
            size = (LEAST, LEAST)
            images = F.interpolate(images, size=size, mode="bilinear", align_corners=False)
        x = ((2 * images - 1).expand(-1, 3, -1, -1) - self.shift) / self.scale
        seen = []
        for number, layer in enumerate(self.features):
            x = layer(x)
            if number in self.compared:
                seen.append(x)
        return seen


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
