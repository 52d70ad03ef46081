from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.data.store import GlyphStore
from fontgan.metrics import pixels
from fontgan.metrics.score import score


def glyphs(data: Path, count: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    batch = PairDataset.of(GlyphStore.open(data)).batch(np.arange(count))
    return (batch.source + 1) / 2, (batch.target + 1) / 2


@pytest.mark.parametrize("kind", ["glyphs", "noise"])
def test_ssim_is_that_of_scikit_image(data: Path, kind: str) -> None:
    torch.manual_seed(0)
    x, y = glyphs(data) if kind == "glyphs" else torch.rand(2, 4, 1, 32, 32)
    wanted = [
        structural_similarity(
            one.numpy(),
            other.numpy(),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1,
        )
        for one, other in zip(x[:, 0].double(), y[:, 0].double(), strict=True)
    ]
    assert pixels.ssim(x, y).tolist() == pytest.approx(wanted, abs=1e-6)


def test_a_glyph_is_equal_to_itself(data: Path) -> None:
    x, _ = glyphs(data)
    assert pixels.ssim(x, x).tolist() == pytest.approx([1] * 4)
    assert pixels.l1(x, x).tolist() == [0] * 4


def test_ssim_of_opposites_is_low() -> None:
    x = (torch.arange(32 * 32).view(1, 1, 32, 32) % 2).float()
    assert pixels.ssim(x, 1 - x).item() < -0.9


def test_l1_is_one_value_an_image() -> None:
    x = torch.zeros(2, 1, 4, 4)
    y = torch.stack([torch.full((1, 4, 4), 0.25), torch.ones(1, 4, 4)])
    assert pixels.l1(x, y).tolist() == [0.25, 1]


def test_scores_are_means_over_all_and_by_style(data: Path) -> None:
    pairs = PairDataset.of(GlyphStore.open(data), "held-out")
    seen: list[int] = []

    def perfect_for_the_first_style(batch: GlyphBatch) -> torch.Tensor:
        seen.append(len(batch))
        first = (batch.target_style == 0).view(-1, 1, 1, 1)
        return torch.where(first, batch.target, -batch.target)

    scores = score(perfect_for_the_first_style, pairs, torch.device("cpu"), batch_size=5)
    assert seen == [5, 5, 2]
    assert scores.glyphs == 12
    assert list(scores.by_style) == list(pairs.style_names)
    assert scores.by_style["long-cang"] == {"l1": 0, "ssim": pytest.approx(1)}
    l1 = [style["l1"] for style in scores.by_style.values()]
    assert scores.mean["l1"] == pytest.approx(sum(l1) / 3)
    assert scores.mean["ssim"] < 1
