from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.metrics import pixels
from fontgan.metrics.measures import PICTURE
from fontgan.metrics.tally import Compared, compare, score, tally
from fontgan.store.store import GlyphStore


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
    perfect = scores.by_style["long-cang"]
    assert perfect["l1"] == perfect["rmse"] == perfect["missing"] == perfect["extra"] == 0
    assert perfect["ssim"] == pytest.approx(1)
    assert perfect["iou"] == perfect["components"] == perfect["holes"] == 1
    assert list(perfect) == list(PICTURE)
    l1 = [style["l1"] for style in scores.by_style.values()]
    assert scores.mean["l1"] == pytest.approx(sum(l1) / 3)
    assert scores.mean["ssim"] < 1


def test_psnr_and_rmse() -> None:
    y = torch.ones(2, 1, 4, 4)
    x = torch.stack([torch.full((1, 4, 4), 0.9), torch.ones(1, 4, 4)])
    assert pixels.rmse(x, y).tolist() == pytest.approx([0.1, 0], abs=1e-6)
    assert pixels.psnr(x, y).tolist() == pytest.approx([20, 100], abs=1e-4)
    assert pixels.psnr(torch.zeros(1, 1, 4, 4), y[:1]).tolist() == [0]


def test_iou() -> None:
    x, y = torch.ones(3, 1, 8, 8), torch.ones(3, 1, 8, 8)
    x[0, 0, :4], y[0, 0, 2:6] = 0, 0
    x[1, 0, 0] = 0.4
    assert pixels.iou(x, y).tolist() == pytest.approx([2 / 6, 0, 1])


def test_a_measure_of_the_ink_box_is_that_of_the_cropped_images(data: Path) -> None:
    x, y = glyphs(data, 8)
    box = pixels.crop_to_ink(x, y)
    for place in range(8):
        ink = torch.minimum(x, y)[place, 0] < 0.5
        rows, columns = ink.any(dim=1).nonzero(), ink.any(dim=0).nonzero()
        top, bottom = max(0, int(rows.min()) - 1), int(rows.max()) + 2
        left, right = max(0, int(columns.min()) - 1), int(columns.max()) + 2
        cut = [image[place : place + 1, :, top:bottom, left:right] for image in (x, y)]
        for measure in (pixels.l1, pixels.rmse, pixels.psnr):
            cropped = measure(x, y, box)[place].item()
            assert cropped == pytest.approx(measure(*cut).item(), rel=1e-5)


def test_ssim_of_the_ink_box_sees_paper_around_the_image(data: Path) -> None:
    x, y = glyphs(data)
    wide = [torch.nn.functional.pad(image, (5, 5, 5, 5), value=1.0) for image in (x, y)]
    everything = torch.ones_like(x, dtype=torch.bool)
    assert torch.allclose(pixels.ssim(x, y, everything), pixels.ssim(*wide))


def test_white_margins_flatter_only_the_raw_measures() -> None:
    torch.manual_seed(0)
    x, y = torch.ones(2, 1, 1, 64, 64)
    x[..., 20:40, 20:40], y[..., 20:40, 20:40] = 2 * torch.rand(2, 20, 20) - 1
    one = compare(x, y)
    other = compare(*(torch.nn.functional.pad(z, (32, 32, 32, 32), value=1.0) for z in (x, y)))
    assert other["ssim"] > one["ssim"] + 0.05
    assert one["ssim_ink"] < one["ssim"]
    assert other["iou"] == one["iou"]
    assert np.isclose(other["l1"], one["l1"] / 4)


@pytest.mark.parametrize("drawn", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("truth", [0.0, 1.0, 0.5])
def test_everything_is_finite_on_flat_images(drawn: float, truth: float) -> None:
    values = compare(*(torch.full((2, 1, 32, 32), 2 * grey - 1) for grey in (drawn, truth)))
    assert list(values) == list(PICTURE)
    assert all(np.isfinite(value).all() and value.shape == (2,) for value in values.values())


def test_the_worst_glyphs_and_missed_limits(data: Path) -> None:
    truth = 2 * glyphs(data, 3)[1] - 1
    drawn = truth.clone()
    drawn[1] = 1
    scores = tally([Compared(["b", "b", "a"], list("永和九"), drawn, truth)], order=("a", "b"))
    assert list(scores.by_style) == ["a", "b"]
    assert (scores.glyphs, scores.blank) == (3, 1)
    for measure in ("ssim", "missing", "cldice"):
        assert [glyph.char for glyph in scores.worst(measure, 1)] == ["和"]
    assert scores.mean["missing"] == pytest.approx(1 / 3)
    assert scores.misses({"missing": 0.4, "cldice": 0.5, "extra": 0, "iou": 2 / 3 - 1e-9}) == []
    assert scores.misses({"missing": 0.3, "cldice": 0.7, "l1": 0}) == [
        "missing is 0.3333, over the limit of 0.3",
        "cldice is 0.6667, under the limit of 0.7",
        f"l1 is {scores.mean['l1']:.4f}, over the limit of 0",
    ]
