"""Adversarial losses by name, and the methods written from papers of the GAN family."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from made_headers import header
from test_methods import (
    SETTINGS,
    SMALL_CYCLEGAN,
    SMALL_DCGAN,
    SMALL_PIX2PIX,
    TABLE,
    TASK,
    sampled,
)
from torch import nn

from fontgan import methods
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Sampling, Shuffle
from fontgan.errors import ConfigError
from fontgan.losses import adversarial, divergences
from fontgan.losses.adversarial import Kind
from fontgan.methods._adversarial import AdversarialMethod
from fontgan.nn.deep import DeepDecoder, DeepDiscriminator, char_codes, deep_channels
from fontgan.nn.discriminators import PatchDiscriminator, Verdict
from fontgan.nn.pool import ImagePool
from fontgan.nn.residual import ResidualGenerator
from fontgan.nn.unet import UNetDecoder, UNetEncoder, unet_channels
from fontgan.runs.checkpoint import Checkpoint
from fontgan.store.store import GlyphStore
from fontgan.training.settings import load_settings, presets
from fontgan.training.state import restore, training_state
from fontgan.training.trainer import Trainer

CPU = torch.device("cpu")
ONE_HAND = Task(256, ("alone",))
ADVERSARIAL = [n for n in methods.available() if issubclass(methods.find(n), AdversarialMethod)]
FAMILY = [name for name in methods.available() if name not in ("inkflow", "penstroke")]
UNPAIRED = [name for name in methods.available() if methods.find(name).pairing != "paired"]


def weights(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def normed(kernel: int, inputs: int, outputs: int) -> int:
    """Return the weights of a convolution without bias and the batch norm behind it."""
    return kernel**2 * inputs * outputs + 2 * outputs


def shapes(method: str, preset: str, task: Task) -> dict[str, nn.Module]:
    with torch.device("meta"):
        return load_settings(method, preset).method.networks(task)


def test_every_loss_has_a_name_that_can_be_asked_for() -> None:
    assert set(get_args(Kind)) == set(adversarial.LOGITS)


@pytest.mark.parametrize("name", divergences.LOGITS)
def test_a_divergence_is_found_by_the_best_logits(name: divergences.Divergence) -> None:
    """At its best the discriminator's loss is minus the divergence, here of two coins."""
    real, drawn = torch.tensor([0.8, 0.2]).double(), torch.tensor([0.4, 0.6]).double()
    ratio = real / drawn
    loss = divergences.LOGITS[name]
    convex = {
        "kl": lambda u: u * u.log(),
        "reverse-kl": lambda u: -u.log(),
        "pearson": lambda u: (u - 1) ** 2,
        "jeffrey": lambda u: (u - 1) * u.log(),
        "total-variation": lambda u: (u - 1).abs() / 2,
    }
    wanted = (drawn * convex[name](ratio)).sum().item()
    logits = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    found = torch.optim.LBFGS([logits], max_iter=60, line_search_fn="strong_wolfe")

    def value() -> torch.Tensor:
        found.zero_grad()
        sides = zip(logits, real, drawn, strict=True)
        total = torch.stack([p * loss(v, True) + q * loss(v, False) for v, p, q in sides]).sum()
        total.backward()
        return total

    found.step(value)
    assert -value().item() == pytest.approx(wanted, abs=1e-3)


def test_what_is_drawn_makes_the_activation_large() -> None:
    verdicts = [Verdict(torch.tensor([1.0]), (), torch.zeros(1, 0))]
    got = {name: adversarial.generator_loss(verdicts, name).item() for name in divergences.LOGITS}
    wanted = {"kl": -1, "reverse-kl": 0.367879, "pearson": -1, "jeffrey": -1}
    assert got == pytest.approx(wanted | {"total-variation": -0.380797}, abs=1e-5)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_method_trains_by_every_loss(kind: Kind, data: Path) -> None:
    pairs = PairDataset.of(GlyphStore.open(data))
    for name in ADVERSARIAL:
        words: dict[str, Any] = {"kind": kind, "weight_clip": 0.1 if kind == "wgan" else 0.0}
        if kind == "wgan-gp" and not hasattr(methods.find(name), "gradient_penalty"):
            with pytest.raises(ConfigError, match="take wgan"):
                fill(methods.find(name), TABLE[name][1] | words).networks(TASK)
            continue
        words |= {"discriminator_norm": "layer"} if name in ("dcgan", "genegan") else {}
        words |= {"gradient_penalty": 10.0} if kind == "wgan-gp" else {}
        method = fill(methods.find(name), TABLE[name][1] | words)
        losses = Trainer(method, TASK, SETTINGS, CPU).iterate(sampled(method, pairs))
        assert all(torch.isfinite(value) for values in losses.values() for value in values)


def test_clipped_weights_stay_small_and_the_others_do_not(data: Path) -> None:
    batch = PairDataset.of(GlyphStore.open(data)).batch(Shuffle(48, 4, 0).batch(0))
    words = {"kind": "wgan", "weight_clip": 0.01}
    trainer = Trainer(
        fill(methods.find("pix2pix"), SMALL_PIX2PIX | words),
        TASK,
        replace(SETTINGS, moving_average=0.0),
        CPU,
    )
    trainer.iterate(batch)
    largest = {
        name: max(weight.abs().max().item() for weight in trainer.networks[name].parameters())
        for name in ("discriminator", "encoder")
    }
    assert largest["discriminator"] == pytest.approx(0.01)
    assert largest["encoder"] > 0.02


@pytest.mark.parametrize("name", ADVERSARIAL)
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"kind": "wgan", "weight_clip": 0.0}, "needs weight_clip"),
        ({"kind": "wgan-gp"}, "gradient_penalty"),
    ],
)
def test_a_loss_that_lacks_something_says_so(name: str, words: dict[str, Any], says: str) -> None:
    if hasattr(methods.find(name), "gradient_penalty"):
        words = words | {"gradient_penalty": 0.0}
    with pytest.raises(ConfigError, match=says):
        fill(methods.find(name), TABLE[name][1] | words).networks(TASK)


@pytest.mark.parametrize("name", FAMILY)
def test_presets_fit_their_size(name: str) -> None:
    assert {"compact", "paper"} <= set(presets(name))
    for preset in presets(name):
        settings = load_settings(name, preset)
        assert shapes(name, preset, Task(settings.size or 0, ("alone",)))
        assert settings.size in (32, 64, 128, 256)


def test_pix2pix_has_its_number_of_weights() -> None:
    """54,413,955 and 2,768,705 in the authors' second code, with three channels in and out.

    That has no bias on the first and the last level on the way down; the first code has.
    """
    with torch.device("meta"):
        channels = unet_channels(256, 64, 512)
        encoder = UNetEncoder(channels, 4, "batch", images=3, deepest="none")
        decoder = UNetDecoder(channels, 0, 4, "batch", images=3)
        discriminator = PatchDiscriminator(64, 3, images=6, norm_kind="batch")
    assert weights(encoder) + weights(decoder) == 54_413_955 + 64 + 512
    assert weights(discriminator) == 2_768_705
    ours = shapes("pix2pix", "paper", ONE_HAND)  # one grey channel
    fewer = 2 * 64 * 16, 2 * 128 * 16 + 2
    assert weights(ours["encoder"]) == weights(encoder) - fewer[0]
    assert weights(ours["decoder"]) == weights(decoder) - fewer[1]
    assert weights(ours["discriminator"]) == weights(discriminator) - 4 * 64 * 16


def test_pix2pix_as_published_knows_one_style() -> None:
    one = fill(methods.find("pix2pix"), SMALL_PIX2PIX | {"style_code": 0})
    assert one.networks(Task(32, ("alone",)))
    with pytest.raises(ConfigError, match="--styles NAME, or set method"):
        one.networks(TASK)


def test_cyclegan_has_its_number_of_weights() -> None:
    """11,378,179 and 2,764,737 in the authors' code, which has biases before its norms too."""
    with torch.device("meta"):
        generator = ResidualGenerator(64, 9, images=3)
        discriminator = PatchDiscriminator(64, 3, images=3)
    biases = 64 + 128 + 256 + 18 * 256 + 128 + 64
    assert weights(generator) == 11_378_179 - biases
    assert weights(discriminator) == 2_764_737 - (128 + 256 + 512)
    ours = shapes("cyclegan", "paper", ONE_HAND)  # one grey channel
    assert weights(ours["generator"]) == weights(generator) - 2 * 2 * 49 * 64 - 2
    assert weights(ours["generator"]) == weights(ours["back"])
    assert ours["pool"].images.shape == (50, 1, 256, 256)


def one_hand(data: Path, iterations: int) -> tuple[Trainer, PairDataset]:
    words = SMALL_CYCLEGAN | {"style_norms": False, "pool": 6}
    task, settings = Task(32, ("xiaolai",)), replace(SETTINGS, iterations=iterations)
    pairs = PairDataset.of(GlyphStore.open(data), styles=task.styles, style_names=task.styles)
    return Trainer(fill(methods.find("cyclegan"), words), task, settings, CPU), pairs


def test_a_pool_goes_on_where_it_stopped(data: Path, tmp_path: Path) -> None:
    straight, pairs = one_hand(data, 5)
    for losses in straight.run(pairs, Augment()):
        last = losses
    stopped, _ = one_hand(data, 5)  # chance begins anew
    for _ in stopped.run(pairs, Augment()):
        if stopped.iteration == 3:
            break
    file = tmp_path / "c.safetensors"
    Checkpoint(header(iteration=3), training_state(stopped)).write(file)
    resumed, _ = one_hand(data, 5)
    restore(resumed, Checkpoint.read(file))
    assert int(resumed.networks["pool"].kept) == 4
    for losses in resumed.run(pairs, Augment()):
        again = losses
    assert again.keys() == last.keys()
    assert all(torch.equal(again[name][-1], last[name][-1]) for name in last)


def test_a_full_pool_shows_old_and_new_drawings_in_equal_parts() -> None:
    torch.manual_seed(0)
    pool, shown = ImagePool(50, size=1), []
    for number in range(400):
        shown.append(number - pool(torch.full((1, 1, 1, 1), float(number))).item())
    assert not any(shown[:50])
    old = [age for age in shown[50:] if age]
    assert 0.4 < len(old) / 350 < 0.6
    assert max(old) > 50
    assert pool.images.flatten().unique().numel() == 50  # none is kept twice


@pytest.mark.parametrize("name", UNPAIRED)
def test_what_learns_without_pairs_is_shown_none(name: str, data: Path) -> None:
    pairs = PairDataset.of(GlyphStore.open(data))
    rule = Sampling(pairs, 16, seed=0, pairing=methods.find(name).pairing)
    for iteration in range(20):
        chosen = rule.batch(iteration)
        assert not (pairs.chars(chosen.source) == pairs.chars(chosen.target)).any()


def test_known_methods_are_unpaired() -> None:
    assert {"cyclegan", "unit", "munit", "drit", "combogan", "genegan"} <= set(UNPAIRED)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"style_norms": False}, "knows one hand, and the data set has 3: train one with"),
        ({"pool": 50}, "set method.pool=0, or leave"),
        ({"discriminator_layers": 4}, "build the data with --size 64"),
    ],
)
def test_what_cyclegan_cannot_do_is_one_line(words: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        fill(methods.find("cyclegan"), SMALL_CYCLEGAN | words).networks(TASK)


def test_a_style_moves_what_cyclegan_draws(data: Path) -> None:
    method = fill(methods.find("cyclegan"), SMALL_CYCLEGAN)
    nets = method.networks(TASK)
    pairs = PairDataset.of(GlyphStore.open(data))
    nn.init.normal_(nets["styles"].norms)
    batch = pairs.batch(Shuffle(48, 4, 0).batch(0))
    one, other = (replace(batch, target_style=torch.full((4,), style)) for style in (0, 1))
    assert not torch.equal(method.translate(nets, one), method.translate(nets, other))


def test_dcgan_has_its_number_of_weights() -> None:
    """3,576,704 and 2,765,568 with three channels, no bias and nothing that it is told."""
    with torch.device("meta"):
        generator = DeepDecoder(100, deep_channels(64, 64), images=3)
        discriminator = DeepDiscriminator(deep_channels(64, 64), images=3)
    assert weights(generator) == 3_576_704 + 3
    assert weights(discriminator) == 2_765_568 + 64 + 1
    one = shapes("dcgan", "paper", Task(64, ("alone",)))  # one grey channel, told of characters
    assert weights(one["generator"]) == weights(generator) - 2 * 64 * 16 - 2 + 32 * 512 * 16
    assert weights(one["discriminator"]) == weights(discriminator) - 2 * 64 * 16 + 32 * 512


def test_dcgan_draws_the_characters_and_hands_that_it_is_asked_for() -> None:
    method = fill(methods.find("dcgan"), SMALL_DCGAN)
    nets = method.networks(TASK)
    paper = torch.ones(2, 1, 32, 32)

    def draw(styles: list[int], letters: str) -> torch.Tensor:
        char = torch.tensor([ord(letter) for letter in letters])
        batch = GlyphBatch.of_sources(paper, torch.tensor(styles), char)
        return method.translate(nets, batch)

    assert torch.equal(draw([0, 1], "ab"), draw([0, 1], "ab"))
    assert not torch.allclose(draw([0, 1], "ab"), draw([0, 1], "cb"), rtol=0, atol=1e-6)
    assert not torch.allclose(draw([0, 1], "ab"), draw([2, 1], "ab"), rtol=0, atol=1e-6)


def test_no_two_characters_have_one_code() -> None:
    char = torch.cat([torch.arange(32, 1024), torch.arange(0x3400, 0xA000)])
    codes = char_codes(char, 4)
    assert codes.abs().max() <= 1
    assert codes.mean(0).abs().max() < 0.02
    assert len(codes.unique(dim=0)) == len(char)


def test_a_slope_of_mixed_images_is_refused() -> None:
    words = {"kind": "wgan-gp", "gradient_penalty": 10.0, "discriminator_norm": "batch"}
    with pytest.raises(ConfigError, match="discriminator_norm=layer"):
        fill(methods.find("dcgan"), SMALL_DCGAN | words).networks(TASK)


@pytest.mark.parametrize("size", [8, 48])
def test_sizes_that_cannot_be_halved_say_so(size: int) -> None:
    with pytest.raises(ConfigError, match=f"which {size} px do not allow"):
        fill(methods.find("dcgan"), SMALL_DCGAN).networks(Task(size, ("alone",)))
