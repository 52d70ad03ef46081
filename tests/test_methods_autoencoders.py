from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from test_methods import EVERY_AE, SMALL_AE, TASK

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.errors import ConfigError
from fontgan.losses.terms import Terms
from fontgan.methods._deep import AutoencodingMethod
from fontgan.methods.ae import Ae
from fontgan.store.store import GlyphStore


def make(name: str, **settings: Any) -> AutoencodingMethod:
    method = fill(methods.find(name), SMALL_AE | settings)
    assert isinstance(method, AutoencodingMethod)
    return method


@pytest.fixture
def batch(data: Path) -> GlyphBatch:
    return PairDataset.of(GlyphStore.open(data)).spread(2).batch(torch.arange(4).numpy())


@pytest.mark.parametrize("name", ["ae", "vae"])
def test_a_source_is_drawn_by_its_own_code(name: str, batch: GlyphBatch) -> None:
    method = make(name)
    nets = method.networks(TASK)
    code = method.encode(nets, batch.source)
    assert code.shape == (4, 6)
    assert torch.equal(method.translate(nets, batch), method.draw(nets, batch, code))
    paper = GlyphBatch.of_sources(torch.ones_like(batch.source), batch.target_style, batch.char)
    assert torch.equal(method.draw(nets, paper, code), method.draw(nets, batch, code))


@pytest.mark.parametrize(
    ("corruption", "values"), [("mask", {0.0}), ("salt-and-pepper", {-1.0, 1.0})]
)
def test_as_many_pixels_are_spoilt_as_asked(corruption: str, values: set[float]) -> None:
    torch.manual_seed(0)
    method = make("ae", denoising=0.3, corruption=corruption)
    assert isinstance(method, Ae)
    glyphs = torch.full((8, 1, 32, 32), 0.25)
    spoilt = method.spoilt(glyphs)
    hit = spoilt != glyphs
    assert hit.float().mean().item() == pytest.approx(0.3, abs=0.02)
    assert set(spoilt[hit].tolist()) == values


def test_gaussian_noise_is_as_strong_as_asked() -> None:
    torch.manual_seed(0)
    method = make("ae", denoising=0.1, corruption="gaussian")
    assert isinstance(method, Ae)
    spoilt = method.spoilt(torch.zeros(8, 1, 32, 32))
    assert spoilt.std().item() == pytest.approx(0.2, abs=0.01)


def test_a_denoising_one_is_asked_for_the_clean_glyph(batch: GlyphBatch) -> None:
    """Spoilt beyond recognition, glyphs of one hand are all drawn alike; the aim is not spoilt."""
    method = make("ae", denoising=0.999, translation=0.0)
    nets, terms = method.networks(TASK), Terms()
    method.losses(nets, batch, terms)
    grey = method.encode(nets, torch.zeros_like(batch.target))
    wanted = (method.draw(nets, batch, grey) - batch.target).square().mean().item()
    assert terms.values["reconstruction"].item() == pytest.approx(wanted, rel=0.05)


def test_the_distance_of_a_vae_is_a_sum_over_pixels(batch: GlyphBatch) -> None:
    terms = Terms()
    method = make("vae", translation=0.0)
    method.losses(method.networks(TASK), batch, terms)
    assert 50 < terms.values["reconstruction"].item() < 4 * 32 * 32


@pytest.mark.parametrize("name", ["ae", "vae"])
def test_of_a_single_style_there_is_nothing_to_tell(name: str) -> None:
    nets = make(name).networks(Task(32, ("alone",)))
    assert nets["styles"].codes.shape == (1, 0)
    assert nets["decoder"].first.in_channels == 6


@pytest.mark.parametrize(
    ("name", "words", "says"),
    [
        ("ae", {"sparse": 3.0}, "set method.activation=sigmoid"),
        ("ae", {"reconstruction": 0.0, "translation": 0.0}, "learns nothing"),
        ("vae", {"reconstruction": 0.0, "translation": 0.0}, "learns nothing"),
    ],
)
def test_what_cannot_be_learned_is_one_line(name: str, words: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make(name, **words).networks(TASK)
    assert make("ae", **EVERY_AE).networks(TASK)


@pytest.mark.parametrize("name", ["ae", "vae"])
def test_a_size_that_cannot_be_halved_says_so(name: str) -> None:
    with pytest.raises(ConfigError, match="--size 32 or 64"):
        make(name).networks(Task(48, ("alone",)))
