"""Adaptive instance norm: a code decides mean and spread of every map."""

from __future__ import annotations

import torch

from fontgan.nn.adain import AdaptiveNorm, ModulationMLP
from fontgan.nn.blocks import ConditionalNorm


def test_the_code_decides_mean_and_spread_of_every_map() -> None:
    torch.manual_seed(0)
    layer, code = AdaptiveNorm(3, 5), torch.randn(2, 5)
    drawn = layer(7 + 4 * torch.randn(2, 3, 8, 8), code)
    scale, shift = layer.affine(code).chunk(2, dim=1)
    assert torch.allclose(drawn.mean(dim=(2, 3)), shift, atol=1e-5)
    spread = drawn.std(dim=(2, 3), correction=0)
    assert torch.allclose(spread, (1 + scale).abs(), atol=1e-3)


def test_one_network_of_dense_layers_reads_what_all_norms_need() -> None:
    torch.manual_seed(0)
    reads = ModulationMLP(5, (3, 4), width=8, layers=3)
    norms = reads(torch.randn(2, 5))
    assert [tuple(norm.shape) for norm in norms] == [(2, 3, 2), (2, 4, 2)]
    drawn = ConditionalNorm()(torch.randn(2, 4, 8, 8), norms[1])
    assert torch.allclose(drawn.mean(dim=(2, 3)), norms[1][..., 1], atol=1e-5)
    assert len(reads.layers) == 3 and reads.layers[0].out_features == 8
