"""U-Nets made ready to draw: folded, in halves, in products; the same pictures."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.methods.zi2zi import Zi2Zi
from fontgan.nn.folded.folding import Phases
from fontgan.nn.folded.unet_drawing import Runtime, for_drawing
from fontgan.nn.style import Style
from fontgan.nn.unet import UNetDecoder, UNetEncoder

TASK = Task(32, ("one", "two", "three"))
KINDS = [
    {"kernel": 3},
    {"kernel": 4},
    {"kernel": 5},
    {"kernel": 4, "full_width": 3},
    {"kernel": 5, "encoder_norm": "instance", "decoder_norm": "conditional", "full_width": 3},
]
Networks = dict[str, nn.Module]


def trained(method: Zi2Zi) -> Networks:
    """Return networks that draw, whose batch norms have seen something."""
    torch.manual_seed(0)
    nets = {name: net for name, net in method.networks(TASK).items() if name in method.averaged}
    for network in nets.values():
        network.double().eval().requires_grad_(False)
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, std=0.1)
            if isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.running_mean, std=0.2)
                nn.init.uniform_(layer.running_var, 0.1, 0.3)
                nn.init.normal_(layer.weight, 1.0, 0.2)
                nn.init.normal_(layer.bias, std=0.2)
    return nets


def ready(nets: Networks, runtime: Runtime = "cpu") -> Networks:
    return {name: for_drawing(network, runtime) for name, network in nets.items()}


def sources(glyphs: int = 3) -> GlyphBatch:
    torch.manual_seed(1)
    image = torch.rand(glyphs, 1, 32, 32, dtype=torch.float64) * 2 - 1
    return GlyphBatch.of_sources(image, torch.arange(glyphs), torch.zeros(glyphs))


def alike(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("runtime", ["cpu", "gpu", "onnx"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_is_drawn(kind: dict[str, int | str], runtime: Runtime) -> None:
    method = Zi2Zi(width=4, max_width=8, code_size=3, **kind)  # type: ignore[arg-type]
    nets, batch = trained(method), sources()
    kept = copy.deepcopy(nets)
    with torch.no_grad():
        wanted = method.translate(nets, batch)
        quick = ready(nets, runtime)
        assert wanted.std() > 0.05
        assert alike(method.translate(quick, batch), wanted)
        drawn = method.translate_styles(quick, batch, list(torch.eye(3, dtype=torch.long)))
        for style, image in zip(torch.eye(3, dtype=torch.long), drawn, strict=True):
            batch.target_style.copy_(style)
            assert alike(image, method.translate(nets, batch))
    for name, network in nets.items():
        for key, tensor in network.state_dict().items():
            assert torch.equal(tensor, kept[name].state_dict()[key])
            assert tensor.is_contiguous()
    layers = [layer for net in quick.values() for layer in net.modules()]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in layers)
    phased = runtime == "onnx" and kind["kernel"] != 3
    assert any(isinstance(layer, Phases) for layer in layers) is phased


def test_noise_is_the_same() -> None:
    method = Zi2Zi(width=4, max_width=8, code_size=3, kernel=4)
    nets, batch = trained(method), sources()
    quick = ready(nets)
    with torch.no_grad():
        first, other, quiet = (
            method.translate(some, batch, generator)
            for some, generator in (
                (nets, torch.Generator().manual_seed(3)),
                (quick, torch.Generator().manual_seed(3)),
                (quick, None),
            )
        )
    assert alike(first, other)
    assert not alike(other, quiet)


def test_one_source_in_a_batch_of_styles() -> None:
    method = Zi2Zi(width=4, max_width=8, code_size=3, kernel=4, decoder_norm="conditional")
    nets, batch = trained(method), sources()
    quick = ready(nets)
    with torch.no_grad():
        levels = quick["encoder"](batch.source[:1])
        drawn = quick["decoder"](levels, quick["styles"](torch.arange(3)))
        same = GlyphBatch.of_sources(
            batch.source[:1].repeat(3, 1, 1, 1), torch.arange(3), torch.zeros(3)
        )
        assert alike(drawn, method.translate(nets, same))


def test_other_networks_are_left_alone() -> None:
    layer = nn.Conv2d(1, 2, 3)
    assert for_drawing(layer, "cpu") is layer


@pytest.mark.parametrize("runtime", ["cpu", "gpu", "onnx"])
def test_a_style_that_has_no_code_is_drawn(runtime: Runtime) -> None:
    torch.manual_seed(0)
    channels = [4, 8, 8, 8, 8]
    encoder, decoder = UNetEncoder(channels).eval(), UNetDecoder(channels, 0).eval()
    nothing = Style(torch.zeros(2, 0), ())
    with torch.no_grad():
        levels = encoder(torch.rand(2, 1, 32, 32))
        drawn = for_drawing(decoder, runtime)(levels, nothing)
        assert torch.allclose(drawn, decoder(levels, nothing), rtol=0, atol=1e-5)
