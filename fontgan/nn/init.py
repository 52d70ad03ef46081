"""Initial weights."""

from __future__ import annotations

from torch import nn


def dcgan(module: nn.Module, std: float = 0.02) -> None:
    """Set weights as zi2zi does: convolutions truncated normal, the others normal, biases 0.

    Apply with ``network.apply(dcgan)``. Norms and style tables keep their own.
    Source: Radford et al. 2016, section 4.
    """
    if isinstance(module, nn.Conv2d):
        nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)
    elif isinstance(module, nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, std=std)
    else:
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def xavier(module: nn.Module, gain: float = 0.02) -> None:
    """Set weights as BicycleGAN's authors do: Xavier normal with a small gain, biases 0.

    Apply with ``network.apply(xavier)``. Norms and style tables keep their own.
    Source: Glorot and Bengio 2010, equation 12.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.xavier_normal_(module.weight, gain)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def kaiming(module: nn.Module) -> None:
    """Set weights normal, by how many numbers each output sums up, biases 0.

    Apply with ``network.apply(kaiming)``. Norms and style tables keep their own.
    Source: He et al. 2015, equation 10.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
