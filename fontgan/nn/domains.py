"""What is there once for every domain: layers of as many heads, one of which is asked."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fontgan.nn.init import kaiming

TYPICAL = 32  # codes whose mean style is that of a hand


class DomainLinear(nn.Module):
    """A dense layer for each of N domains.

    Args:
        domains: N.
        inputs: numbers in.
        outputs: numbers out.
    """

    def __init__(self, domains: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(domains, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(domains, 1, outputs))
        nn.init.normal_(self.weight, std=(2 / inputs) ** 0.5)  # as `kaiming` does with dense layers

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, B, outputs) of (B, inputs), the same for all, or of (N, B, inputs)."""
        return torch.matmul(x, self.weight) + self.bias


def of_domain(heads: Tensor, domain: Tensor) -> Tensor:
    """Return what the heads (N, B, D) of domains (B,) say: (B, D).

    Of weights (B, M) of the first M domains it is the weighted sum.

    >>> heads = torch.tensor([[[1.0], [2.0]], [[3.0], [4.0]]])
    >>> of_domain(heads, torch.tensor([1, 0])).tolist()
    [[3.0], [2.0]]
    >>> of_domain(heads, torch.tensor([[0.5, 0.5], [1.0, 0.0]])).tolist()
    [[2.0], [2.0]]
    """
    if domain.is_floating_point():
        return torch.einsum("nbd,bn->bd", heads[: domain.shape[1]], domain.to(heads))
    return heads[domain, torch.arange(len(domain), device=domain.device)]


class DomainHeads(DomainLinear):
    """Read the style of an image from its features, in each of N domains by a head of its own.

    Args:
        domains: N.
        features: number F of features.
        style_size: length of a style.
    """

    def forward(self, features: Tensor, domain: Tensor) -> Tensor:  # type: ignore[override]
        """Return styles (B, D) of features (B, F) in domains (B,), or weights of them (B, M)."""
        return of_domain(super().forward(features), domain)


class MappingNetwork(nn.Module):
    """Map codes to styles of a domain: four dense layers for all, four of each domain.

    ReLU behind all but the last. Where it draws, the code 0, which no random one is near, stands
    for the mean style of some random ones. Source: StarGAN v2 (Choi et al. 2020, table 8).

    Args:
        domains: N.
        code_size: Z.
        style_size: length of a style.
        width: units of the inner layers.

    Attributes:
        typical: codes whose mean style is that of the code 0.
    """

    typical: Tensor

    def __init__(self, domains: int, code_size: int, style_size: int, width: int = 512) -> None:
        super().__init__()
        self.shared = nn.ModuleList(
            nn.Linear(inputs, width) for inputs in (code_size, width, width, width)
        )
        self.own = nn.ModuleList(
            DomainLinear(domains, width, outputs) for outputs in (width, width, width, style_size)
        )
        self.register_buffer("typical", torch.randn(TYPICAL, code_size))
        self.apply(kaiming)

    def forward(self, code: Tensor, domain: Tensor) -> Tensor:
        """Return styles (B, D) of codes (B, Z) in domains (B,), or weights of them (B, M)."""
        style = of_domain(self._heads(code), domain)
        if self.training:
            return style
        means = self._heads(self.typical).mean(dim=1)
        if domain.is_floating_point():
            mean = domain.to(means) @ means[: domain.shape[1]]
        else:
            mean = means[domain]
        return torch.where((code == 0).all(dim=1, keepdim=True), mean, style)

    def _heads(self, code: Tensor) -> Tensor:
        x = code
        for layer in self.shared:
            x = torch.relu(layer(x))
        for layer in self.own[:-1]:
            x = torch.relu(layer(x))
        return self.own[-1](x)  # type: ignore[no-any-return]
