from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fontgan.data.batch import Task
from fontgan.nn.blocks import ConditionalNorm, Dropout, doubling, halving, noise, norm, same
from fontgan.nn.discriminators import DenseDiscriminator
from fontgan.nn.init import dcgan
from fontgan.nn.style import StyleTable
from fontgan.nn.unet import UNetDecoder, UNetEncoder, unet_channels
from fontgan.training.settings import load_settings


def count(*networks: nn.Module) -> int:
    return sum(weight.numel() for network in networks for weight in network.parameters())


def test_the_paper_has_86_7_million_weights() -> None:
    """The original: 256 px, three channels, codes of 128, and biases before norms.

    These do nothing, and ours has none.
    """
    with torch.device("meta"):  # only the shapes
        channels = unet_channels(256, width=64, max_width=512)
        encoder = UNetEncoder(channels, images=3)
        decoder = UNetDecoder(channels, code_size=128, images=3)
        discriminator = DenseDiscriminator(256, styles=40, images=6)
    assert channels == [64, 128, 256, 512, 512, 512, 512, 512]
    before_norms = (128 + 256 + 5 * 512) + (4 * 512 + 256 + 128 + 64)
    assert count(encoder, decoder) + before_norms == 86_661_187
    assert count(discriminator) + (128 + 256 + 512) == 25_809_001
    with torch.device("meta"):
        ours = load_settings("zi2zi", "paper").method.networks(Task(256, ("a",) * 40))
    grey = 2 * 64 * 25, 2 * 128 * 25 + 2  # one channel in and out
    assert count(ours["encoder"]) == count(encoder) - grey[0]
    assert count(ours["decoder"]) == count(decoder) - grey[1]
    assert count(ours["discriminator"]) == count(discriminator) - 4 * 64 * 25


@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_convolutions_halve_and_double(kernel: int) -> None:
    x = torch.rand(2, 3, 16, 16)
    assert halving(3, 5, kernel)(x).shape == (2, 5, 8, 8)
    assert doubling(3, 5, kernel)(x).shape == (2, 5, 32, 32)
    assert same(3, 5)(x).shape == (2, 5, 16, 16)


@pytest.mark.parametrize("full_width", [0, 2])
@pytest.mark.parametrize("norm_kind", ["batch", "instance", "conditional"])
def test_a_unet_goes_down_to_a_pixel_and_back(norm_kind: str, full_width: int) -> None:
    channels = unet_channels(32, 4, 8, full_width)
    full = full_width > 0
    encoder_kind = "instance" if norm_kind == "conditional" else norm_kind
    encoder = UNetEncoder(channels, 4, encoder_kind, full)
    decoder = UNetDecoder(channels, 3, 4, norm_kind, full=full)
    modulated = UNetDecoder.modulated(channels) if norm_kind == "conditional" else ()
    styles = StyleTable(2, 3, modulated)
    levels = encoder(torch.rand(2, 1, 32, 32))
    assert levels[-1].shape == (2, 8, 1, 1)
    assert levels[0].shape == (2, channels[0], *([32, 32] if full else [16, 16]))
    drawn = decoder(levels, styles(torch.tensor([0, 1])))
    assert drawn.shape == (2, 1, 32, 32)
    assert drawn.abs().max() <= 1


def test_the_code_of_an_instance_encoder_neither_dies_nor_fades() -> None:
    encoder = UNetEncoder(unet_channels(32, 4, 8), 4, "instance")
    code = encoder(torch.rand(3, 1, 32, 32) * 1e-3)[-1].flatten(1)
    assert code.std(dim=1, correction=0).tolist() == pytest.approx([1, 1, 1], abs=0.05)


def test_style_weights_mix_rows() -> None:
    table = StyleTable(3, 4, [2, 5])
    nn.init.normal_(table.norms)
    picked = table(torch.tensor([2, 0]))
    mixed = table(torch.tensor([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]]))
    assert torch.equal(mixed.code[0], picked.code[0])
    assert torch.allclose(mixed.code[1], table.codes[:2].mean(dim=0))
    assert [part.shape for part in mixed.norms] == [(2, 2, 2), (2, 5, 2)]
    assert torch.equal(torch.cat(mixed.norms, dim=1)[0], table.norms[2])


def test_protected_rows_stay_to_the_bit() -> None:
    table = StyleTable(3, 4, [2], trained=False)
    table.protect([0, 2])
    before = {name: weight.detach().clone() for name, weight in table.named_parameters()}
    optimiser = torch.optim.Adam(table.parameters(), lr=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        style = table(torch.tensor([0, 1, 2]))
        (style.code.square().sum() + style.norms[0].sum()).backward()
        optimiser.step()
    for name, weight in table.named_parameters():
        same_rows = [torch.equal(weight[row], before[name][row]) for row in range(3)]
        assert same_rows == [True, False, True], name


def test_fixed_codes_do_not_train() -> None:
    assert not StyleTable(3, 4, trained=False).codes.requires_grad
    assert StyleTable(3, 4, trained=True).codes.requires_grad


def test_new_styles_start_from_the_mean() -> None:
    table = StyleTable(3, 4, [2])
    table.start_from_mean([2], [0, 1])
    assert torch.equal(table.codes[2], table.codes[:2].mean(dim=0))


def test_conditional_norm_scales_and_shifts() -> None:
    x = torch.rand(2, 3, 8, 8) * 5 + 7
    modulation = torch.tensor([[[2.0, -1.0]] * 3, [[0.5, 4.0]] * 3])
    y = ConditionalNorm()(x, modulation).flatten(2)
    assert torch.allclose(y.mean(dim=2), modulation[..., 1], atol=1e-4)
    assert torch.allclose(y.std(dim=2, correction=0), modulation[..., 0], atol=1e-3)


def test_norms_by_name() -> None:
    x = torch.rand(4, 6, 5, 5)
    assert torch.allclose(norm("instance", 6)(x), F.instance_norm(x))
    assert torch.allclose(norm("layer", 6)(x).flatten(1).mean(dim=1), torch.zeros(4), atol=1e-5)
    assert torch.equal(norm("none", 6)(x), x)
    assert count(norm("batch", 6)) == 12
    assert count(norm("instance", 6), norm("layer", 6)) == 0


def test_noise_repeats_for_a_seed_and_ends_with_the_block() -> None:
    network = nn.Sequential(Dropout(0.5)).eval()
    x = torch.ones(4, 8, 16, 16)

    def draw(seed: int) -> torch.Tensor:
        with noise(network, torch.Generator().manual_seed(seed)):
            return network(x)  # type: ignore[no-any-return]

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
    assert set(draw(1).unique().tolist()) == {0.0, 2.0}
    assert draw(1).mean() == pytest.approx(1, abs=0.05)
    assert torch.equal(network(x), x)
    assert not torch.equal(network.train()(x), x)


def test_noise_ends_even_after_an_error() -> None:
    layer = Dropout(0.5)
    with pytest.raises(RuntimeError), noise(layer, torch.Generator()):
        raise RuntimeError
    assert layer.generator is None


def test_first_weights_are_small() -> None:
    torch.manual_seed(0)
    conv, up, norm_ = nn.Conv2d(8, 64, 5), nn.ConvTranspose2d(8, 64, 5), nn.BatchNorm2d(4)
    nn.Sequential(conv, up, norm_).apply(dcgan)
    assert conv.weight.abs().max() <= 0.04
    assert conv.bias is not None and not conv.bias.any()
    assert up.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert torch.equal(norm_.weight, torch.ones(4))


def test_a_pooled_style_head_does_not_grow_with_the_image() -> None:
    small, large = (DenseDiscriminator(size, 7, width=4, pool=2) for size in (32, 64))
    assert small.style.weight.shape == large.style.weight.shape == (7, 8 * 4 * 2 * 2)
    (verdict,) = large(torch.rand(3, 2, 64, 64))
    assert (verdict.logits.shape, verdict.style.shape) == ((3, 1), (3, 7))
    assert DenseDiscriminator(64, 7, width=4).style.in_features == 8 * 4 * 8 * 8
