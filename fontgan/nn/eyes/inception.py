"""Inception v3 as FID takes it, with weights that the user has.

Source: Szegedy et al. 2016; Heusel et al. 2017 for FID, whose network is TensorFlow's of 2015. The
package pytorch-fid republishes its weights (``pt_inception-2015-12-05-6726825d.pth``); their names
are used here. It differs from torchvision's network: average pools do not count the padding, and
the last block takes the maximum.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE, LENGTH = 299, 2048  # pixels that it looks at; numbers of an embedding


class Inception(nn.Module):
    """Embeddings of images: the last mean over places."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _Conv(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = _Conv(32, 32, 3)
        self.Conv2d_2b_3x3 = _Conv(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = _Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = _Conv(80, 192, 3)
        self.Mixed_5b, self.Mixed_5c = _A(192, 32), _A(256, 64)
        self.Mixed_5d, self.Mixed_6a = _A(288, 64), _B(288)
        self.Mixed_6b, self.Mixed_6c = _C(768, 128), _C(768, 160)
        self.Mixed_6d, self.Mixed_6e = _C(768, 160), _C(768, 192)
        self.Mixed_7a = _D(768)
        self.Mixed_7b, self.Mixed_7c = _E(1280, largest=False), _E(2048, largest=True)

    @classmethod
    def of(cls, weights: Mapping[str, Tensor]) -> Inception:
        """Return the network of these weights, ready to look.

        Raises:
            KeyError, RuntimeError: they are of no such network.
        """
        with torch.device("meta"):  # weights to be thrown away need not be drawn
            net = cls()
        wanted = [name for name in net.state_dict() if not name.endswith("num_batches_tracked")]
        net.load_state_dict(
            {name: weights[name].float() for name in wanted}, strict=False, assign=True
        )
        for layer in net.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.num_batches_tracked = None
        return net.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """Return embeddings (B, 2048) of images (B, 1, S, S), grey in [0, 1]."""
        x = F.interpolate(images, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        x = (2 * x - 1).expand(-1, 3, -1, -1)
        for name, layer in self.named_children():
            x = layer(x)
            if name in ("Conv2d_2b_3x3", "Conv2d_4a_3x3"):
                x = F.max_pool2d(x, 3, 2)
        return x.mean(dim=(2, 3))


class _Conv(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        side: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


def _row(inputs: int, outputs: int) -> _Conv:
    return _Conv(inputs, outputs, (1, 7), padding=(0, 3))


def _column(inputs: int, outputs: int) -> _Conv:
    return _Conv(inputs, outputs, (7, 1), padding=(3, 0))


class _Block(nn.Module):
    """Branches side by side: those whose names begin alike are one chain."""

    def _chain(self, x: Tensor, name: str) -> Tensor:
        for own, layer in self.named_children():
            if own == name or own.startswith(f"{name}_"):
                x = layer(x)
        return x


class _A(_Block):
    def __init__(self, inputs: int, pool: int) -> None:
        super().__init__()
        self.branch1x1 = _Conv(inputs, 64, 1)
        self.branch5x5_1 = _Conv(inputs, 48, 1)
        self.branch5x5_2 = _Conv(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = _Conv(inputs, 64, 1)
        self.branch3x3dbl_2 = _Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = _Conv(96, 96, 3, padding=1)
        self.branch_pool = _Conv(inputs, pool, 1)

    def forward(self, x: Tensor) -> Tensor:
        chains = [self._chain(x, name) for name in ("branch1x1", "branch5x5", "branch3x3dbl")]
        return torch.cat([*chains, self.branch_pool(_mean(x))], 1)


class _B(_Block):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = _Conv(inputs, 384, 3, stride=2)
        self.branch3x3dbl_1 = _Conv(inputs, 64, 1)
        self.branch3x3dbl_2 = _Conv(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = _Conv(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        chains = [self._chain(x, name) for name in ("branch3x3", "branch3x3dbl")]
        return torch.cat([*chains, F.max_pool2d(x, 3, 2)], 1)


class _C(_Block):
    def __init__(self, inputs: int, inner: int) -> None:
        super().__init__()
        self.branch1x1 = _Conv(inputs, 192, 1)
        self.branch7x7_1 = _Conv(inputs, inner, 1)
        self.branch7x7_2 = _row(inner, inner)
        self.branch7x7_3 = _column(inner, 192)
        self.branch7x7dbl_1 = _Conv(inputs, inner, 1)
        self.branch7x7dbl_2 = _column(inner, inner)
        self.branch7x7dbl_3 = _row(inner, inner)
        self.branch7x7dbl_4 = _column(inner, inner)
        self.branch7x7dbl_5 = _row(inner, 192)
        self.branch_pool = _Conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        chains = [self._chain(x, name) for name in ("branch1x1", "branch7x7", "branch7x7dbl")]
        return torch.cat([*chains, self.branch_pool(_mean(x))], 1)


class _D(_Block):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3_1 = _Conv(inputs, 192, 1)
        self.branch3x3_2 = _Conv(192, 320, 3, stride=2)
        self.branch7x7x3_1 = _Conv(inputs, 192, 1)
        self.branch7x7x3_2 = _row(192, 192)
        self.branch7x7x3_3 = _column(192, 192)
        self.branch7x7x3_4 = _Conv(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        chains = [self._chain(x, name) for name in ("branch3x3", "branch7x7x3")]
        return torch.cat([*chains, F.max_pool2d(x, 3, 2)], 1)


class _E(_Block):
    def __init__(self, inputs: int, largest: bool) -> None:
        super().__init__()
        self.largest = largest
        self.branch1x1 = _Conv(inputs, 320, 1)
        self.branch3x3_1 = _Conv(inputs, 384, 1)
        self.branch3x3_2a = _Conv(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3_2b = _Conv(384, 384, (3, 1), padding=(1, 0))
        self.branch3x3dbl_1 = _Conv(inputs, 448, 1)
        self.branch3x3dbl_2 = _Conv(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = _Conv(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3dbl_3b = _Conv(384, 384, (3, 1), padding=(1, 0))
        self.branch_pool = _Conv(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        one = self.branch3x3_1(x)
        two = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        chains = [self.branch1x1(x), self.branch3x3_2a(one), self.branch3x3_2b(one)]
        chains += [self.branch3x3dbl_3a(two), self.branch3x3dbl_3b(two)]
        pooled = F.max_pool2d(x, 3, 1, 1) if self.largest else _mean(x)
        return torch.cat([*chains, self.branch_pool(pooled)], 1)


def _mean(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
