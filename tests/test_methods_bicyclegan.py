from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.errors import ConfigError
from fontgan.losses import adversarial, latent
from fontgan.losses.terms import Terms
from fontgan.methods.base import Method
from fontgan.methods.bicyclegan import BicycleGan
from fontgan.nn.blocks import frozen
from fontgan.nn.coded import CodedUNet
from fontgan.nn.discriminators import MultiScaleDiscriminator, Verdict
from fontgan.nn.resnet import ResNetEncoder
from fontgan.nn.sequence_discriminator import SequenceDiscriminator
from fontgan.nn.unet import unet_channels
from fontgan.store.store import GlyphStore
from fontgan.training.settings import load_settings, presets
from fontgan.training.trainer import Trainer, TrainingSettings

SMALL = {
    "width": 4,
    "max_width": 8,
    "encoder_width": 4,
    "discriminator_width": 4,
    "discriminator_layers": 2,
}
STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")


def make(**settings: Any) -> BicycleGan:
    method = fill(BicycleGan, SMALL | {"style_code": 3} | settings)
    assert isinstance(method, Method)
    return method


def fresh(method: BicycleGan, size: int = 32, seed: int = 0) -> dict[str, nn.Module]:
    torch.manual_seed(seed)
    return method.networks(Task(size, STYLES))


def batch_of(data: Path, count: int = 4) -> GlyphBatch:
    return PairDataset.of(GlyphStore.open(data)).spread(2).batch(torch.arange(count).numpy())


def weights(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def kernels(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters() if weight.dim() > 1)


def test_the_paper_has_its_number_of_weights() -> None:
    """The original: 256 px, three channels, z of 8; kernels without biases."""
    with torch.device("meta"):  # only the shapes
        generator = CodedUNet(unet_channels(256, 64, 512), 8, dropout=0.5, images=3)
        encoder = ResNetEncoder(256, 8, images=3)
        discriminator = MultiScaleDiscriminator(images=3)
    assert kernels(generator) == 54_789_120
    assert kernels(encoder) == 2_587_648
    assert kernels(discriminator) == 3_457_536
    assert [drop.probability for drop in generator.dropouts] == [0, 0.5, 0.5, 0.5, 0, 0, 0]  # type: ignore[union-attr]


def test_the_paper_preset_is_the_original_recipe() -> None:
    tables = load_settings("bicyclegan", "paper").tables()
    wanted = {"l1": 10, "latent": 0.5, "kl": 0.01, "adversarial": 1, "z_size": 8, "z_at": "all"}
    wanted |= {
        "kind": "lsgan",
        "discriminator_scales": 2,
        "discriminator_layers": 3,
        "rate": 2e-4,
        "width": 64,
    }
    wanted |= {"mode_seeking": 0, "feature_matching": 0, "classifier": 0, "gradient_penalty": 0}
    assert {key: tables["method"][key] for key in wanted} == wanted
    assert tables["training"]["batch_size"] == 2
    with torch.device("meta"):
        assert BicycleGan(style_code=8).networks(Task(256, STYLES))


@pytest.mark.parametrize("preset", presets("bicyclegan"))
def test_presets_fit_their_size(preset: str) -> None:
    settings = load_settings("bicyclegan", preset)
    assert settings.size in (64, 128, 256)
    assert settings.training.batch_size % 2 == 0
    with torch.device("meta"):
        settings.method.networks(Task(settings.size or 0, STYLES))


def gradients(method: BicycleGan, nets: dict[str, nn.Module], batch: GlyphBatch) -> set[str]:
    """Return the names of the networks that the drawing step's terms reach."""
    terms = Terms()
    torch.manual_seed(5)
    method.steps()[0].losses(nets, batch, terms)
    for network in nets.values():
        network.zero_grad(set_to_none=True)
    terms.total.backward()
    return {
        name
        for name, network in nets.items()
        if any(w.grad is not None and w.grad.any() for w in network.parameters())
    }


def test_the_latent_term_moves_the_generator_and_not_the_encoder(data: Path) -> None:
    alone = make(l1=0, kl=0, adversarial=0, latent=1)
    assert gradients(alone, fresh(alone), batch_of(data)) == {"generator", "styles"}


def test_the_encoder_moves_as_it_would_without_the_latent_term(data: Path) -> None:
    moved = []
    for weight in (0.0, 50.0):
        method = make(latent=weight)
        nets = fresh(method)
        gradients(method, nets, batch_of(data))
        moved.append([w.grad.clone() for w in nets["encoder"].parameters() if w.grad is not None])
        drawn = [w.grad.clone() for w in nets["generator"].parameters() if w.grad is not None]
    assert len(moved[0]) == len(list(nets["encoder"].parameters()))
    assert all(map(torch.equal, *moved))
    assert any(part.any() for part in drawn)


def test_frozen_weights_thaw_even_after_an_error() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).requires_grad_(False))
    with pytest.raises(RuntimeError), frozen(network):
        assert not any(weight.requires_grad for weight in network.parameters())
        raise RuntimeError
    assert [weight.requires_grad for weight in network.parameters()] == [True, True, False, False]


def test_kl_by_hand() -> None:
    mean = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
    log_variance = torch.tensor([[0.0, 0.0], [0.0, 1.0]])
    wanted = 0.5 * (0 + 1 + 4 + (torch.e - 1 - 1))
    assert latent.kl(mean, log_variance).item() == pytest.approx(wanted)
    assert latent.kl(torch.zeros(3, 8), torch.zeros(3, 8)).item() == 0


def test_samples_have_their_mean_and_spread() -> None:
    torch.manual_seed(0)
    codes = latent.sample(torch.full((9999, 1), 3.0), torch.full((9999, 1), torch.tensor(4).log()))
    assert codes.mean().item() == pytest.approx(3, abs=0.1)
    assert codes.std().item() == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("kind", "real", "fake", "fool"),
    [
        ("lsgan", 0.25, 2.25, 0.25),
        ("hinge", 0.0, 2.5, -1.5),
        ("wgan-gp", -1.5, 1.5, -1.5),
        ("vanilla", 0.201413, 1.701413, 0.201413),
    ],
)
def test_adversarial_losses_sum_over_scales(
    kind: adversarial.Kind, real: float, fake: float, fool: float
) -> None:
    verdicts = [
        Verdict(torch.full((2, 1, side, side), 1.5), (), torch.zeros(2, 0)) for side in (3, 1)
    ]
    loss = adversarial.discriminator_loss
    got = [loss(verdicts, kind, truth).item() for truth in (True, False)]
    assert [*got, adversarial.generator_loss(verdicts, kind).item()] == pytest.approx(
        [2 * real, 2 * fake, 2 * fool], abs=1e-5
    )


def test_the_gradient_penalty_reaches_the_discriminator() -> None:
    torch.manual_seed(0)
    discriminator = MultiScaleDiscriminator(4, layers=2)
    real, drawn = torch.rand(2, 1, 32, 32), torch.rand(2, 1, 32, 32)
    adversarial.gradient_penalty(discriminator, real, drawn).backward()
    assert all(discriminator.critics[scale].convs[1].weight.grad.any() for scale in (0, 1))  # type: ignore[union-attr,index]


@pytest.mark.parametrize("count", [1, 3])
def test_an_odd_batch_is_one_clear_error_before_anything_begins(count: int) -> None:
    settings = TrainingSettings(batch_size=count, iterations=1)
    says = rf"batch_size = {count}.*multiple of 2; set training.batch_size={count + 1}"
    with pytest.raises(ConfigError, match=says):
        Trainer(make(), Task(32, STYLES), settings, torch.device("cpu"))


def test_a_classifier_needs_two_styles() -> None:
    with pytest.raises(ConfigError, match="the data set has one"):
        make(classifier=1.0).networks(Task(32, ("alone",)))
    assert make().networks(Task(32, ("alone",)))  # the original's own case


@pytest.mark.parametrize(
    ("settings", "size", "says"),
    [
        ({}, 48, "not 48 px"),
        ({"discriminator_layers": 3}, 32, "--size 64"),
        ({"kind": "wgan-gp"}, 32, "needs gradient_penalty"),
    ],
)
def test_what_cannot_be_made_is_an_error(settings: dict[str, Any], size: int, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make(**settings).networks(Task(size, STYLES))


@pytest.mark.parametrize("z_at", ["all", "input"])
def test_another_z_draws_another_glyph_and_no_z_the_most_likely(z_at: str, data: Path) -> None:
    method = make(z_at=z_at)
    nets = {name: network.eval() for name, network in fresh(method).items()}
    batch = batch_of(data)
    with torch.no_grad():
        mean = method.translate(nets, batch, torch.Generator().manual_seed(1))
        assert torch.equal(mean, method.draw(nets, batch, torch.zeros(4, 8)))
        assert not torch.equal(mean, method.draw(nets, batch, torch.ones(4, 8)))
        codes = method.encode(nets, batch.target)
    assert codes.shape == (4, 8)


def test_an_lstm_judges_every_row_and_every_column() -> None:
    torch.manual_seed(0)
    discriminator = SequenceDiscriminator(16, 6, styles=3)
    image = torch.rand(2, 1, 16, 16)
    rows, columns = discriminator(image)
    assert rows.logits.shape == columns.logits.shape == (2, 1, 16, 1)
    assert rows.style.shape == (2, 3)
    assert rows.features[0].shape == (2, 6, 16, 1)
    turned = discriminator(image.transpose(2, 3))  # its columns are the rows
    assert not torch.equal(rows.logits, turned[0].logits)
    discriminator.readers[1].load_state_dict(discriminator.readers[0].state_dict())
    discriminator.reals[1].load_state_dict(discriminator.reals[0].state_dict())
    assert torch.equal(
        discriminator(image)[1].logits, discriminator(image.transpose(2, 3))[0].logits
    )


def test_the_lstm_adds_its_verdicts_to_the_patches(data: Path) -> None:
    method = make(lstm_width=4, classifier=1.0)
    discriminator = fresh(method)["discriminator_random"]
    verdicts = discriminator(batch_of(data).target)
    assert len(verdicts) == method.discriminator_scales + 2
    assert all(verdict.style.shape == (4, 3) for verdict in verdicts)


def test_codes_of_another_size_are_an_error(data: Path) -> None:
    method = make()
    with pytest.raises(ConfigError, match=r"codes of shape \(4, 9\).*\(4, 8\)"):
        method.draw(fresh(method), batch_of(data), torch.zeros(4, 9))


def test_the_style_speaks_unless_its_code_has_no_length(data: Path) -> None:
    batch = batch_of(data)
    other = replace(batch, target_style=(batch.target_style + 1) % 3)
    for size, same in ((3, False), (0, True)):
        method = make(style_code=size, dropout=0)
        nets = fresh(method)
        with torch.no_grad():
            one, another = method.translate(nets, batch), method.translate(nets, other)
        assert torch.equal(one, another) == same


def test_mixed_styles_draw(data: Path) -> None:
    batch = replace(batch_of(data), target_style=torch.full((4, 3), 1 / 3))
    method = make()
    assert method.translate(fresh(method), batch).shape == (4, 1, 32, 32)


def test_all_kinds_train(data: Path) -> None:
    for kind in ("lsgan", "vanilla", "hinge", "wgan-gp"):
        method = make(kind=kind, gradient_penalty=10.0 if kind == "wgan-gp" else 0.0)
        settings = TrainingSettings(batch_size=4, iterations=2)
        trainer = Trainer(method, Task(32, STYLES), settings, torch.device("cpu"))
        for _ in range(2):
            losses = trainer.iterate(batch_of(data))
        assert all(value.isfinite() for values in losses.values() for value in values)


def test_a_style_added_leaves_the_others_to_the_bit(data: Path) -> None:
    settings = TrainingSettings(batch_size=4, iterations=2)
    trainer = Trainer(make(), Task(32, STYLES), settings, torch.device("cpu"), protect=(0, 1))
    batch = batch_of(data)
    old = replace(batch, target_style=torch.tensor([0, 1, 0, 1]))

    def draw() -> Tensor:
        with trainer.drawing() as nets:
            return trainer.method.translate(nets, old)

    before = draw()
    new = replace(batch, target_style=torch.full((4,), 2))
    row = trainer.networks["styles"].codes[2].clone()  # type: ignore[index,operator]
    for _ in range(2):
        trainer.iterate(new)
    assert torch.equal(before, draw())
    assert not torch.equal(row, trainer.networks["styles"].codes[2])  # type: ignore[index,arg-type]


def test_its_name_finds_it() -> None:
    found: Callable[..., Method] = methods.find("bicyclegan")
    assert found is BicycleGan
