"""Means over a batch of which every process has a share; with one process, plain means.

Most losses are means over the batch, and the mean of the shares' means is that of the batch. What
is no such mean (a sum, a ratio of means, batch norm) asks here.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def share_count() -> int:
    """Return how many processes have a share of the batch: 1, unless they were joined.

    >>> share_count()
    1
    """
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def mean_of_shares(value: Tensor) -> Tensor:
    """Return the mean of a value over all processes, through which gradients flow to all of them.

    >>> import torch
    >>> mean_of_shares(torch.tensor(2.0)).item()
    2.0
    """
    if share_count() == 1:
        return value
    mean: Tensor = _Mean.apply(value)  # type: ignore[no-untyped-call]
    return mean


class _Mean(torch.autograd.Function):
    # What is minimised is the mean of the processes' losses, so the gradient of a mean is a mean.
    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:  # noqa: ARG004
        total = value.detach().clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total / dist.get_world_size()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ARG004
        return mean_of_shares(gradient)


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm over the shares of all processes, on every device.

    `torch.nn.SyncBatchNorm` does the same, faster, on CUDA alone.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C, H, W)."""
        if not self.training:
            return super().forward(x)
        mean = mean_of_shares(x.mean(dim=(0, 2, 3)))
        centred = x - mean[:, None, None]
        variance = mean_of_shares(centred.square().mean(dim=(0, 2, 3)))
        self._note(mean.detach(), variance.detach(), share_count() * x.numel() // x.shape[1])
        scale = self.weight * (variance + self.eps).rsqrt()
        return centred * scale[:, None, None] + self.bias[:, None, None]

    @torch.no_grad()
    def _note(self, mean: Tensor, variance: Tensor, values: int) -> None:
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None
        momentum = self.momentum or 0.0
        self.running_mean.lerp_(mean.to(self.running_mean), momentum)
        unbiased = variance * (values / max(1, values - 1))
        self.running_var.lerp_(unbiased.to(self.running_var), momentum)
        self.num_batches_tracked += 1


def share_norms(network: nn.Module) -> nn.Module:
    """Return the network with batch norms that see the shares of all processes.

    Weights, statistics and their names stay as they are.
    """
    if any(weight.is_cuda for weight in network.parameters()):
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-any-return]
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedBatchNorm  # the same fields, only `forward` differs
    return network
