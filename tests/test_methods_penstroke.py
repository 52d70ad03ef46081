"""penstroke: strokes in, strokes out, and pictures of any size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from made_data import build
from tiny_runs import differing, tensors
from tiny_strokes import STROKES, stroked_pairs
from torch import Tensor, nn

from fontgan import workflows
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, StrokeBatch, StrokeInput, Task
from fontgan.data.sampling import Shuffle
from fontgan.data.stroke_table import stroke_table, strokes_of_store
from fontgan.errors import ConfigError, DataError
from fontgan.glyphs.canvas import Canvas
from fontgan.losses.covering import Uncovered
from fontgan.losses.terms import Terms
from fontgan.methods.penstroke import Penstroke
from fontgan.nn.pen import draw_padded
from fontgan.nn.writer import StrokeWriter
from fontgan.store.store import GlyphStore
from fontgan.training.settings import load_settings, presets

SMALL = {"width": 8, "layers": 1, "heads": 2, "points": 4, "sets": ("hanzi-writer",), "fitted": ()}
WORDS = ("width=8", "layers=1", "heads=2", "points=4", "batch_size=4", "moving_average=0.5")
TASK = Task(32, ("a", "b", "c"))


def make(**more: object) -> Penstroke:
    return fill(Penstroke, SMALL | more)


def train(data: Path, out: Path, *words: str, **more: object) -> Path:
    done = workflows.train(
        data, out, method="penstroke", settings=[*WORDS, *words], device="cpu", **more
    )
    return done.folder


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(data, tmp_path_factory.mktemp("runs") / "run", "iterations=6")


@pytest.fixture
def batch(data: Path) -> GlyphBatch:
    return stroked_pairs(data).batch(Shuffle(48, 4, 0).batch(0))


# --- strokes of a batch ---


def test_a_batch_has_the_strokes_of_its_characters_and_no_more(batch: GlyphBatch) -> None:
    counts = {"永": 5, "和": 8, "九": 2, "年": 6, "天": 4, "人": 2, "大": 3, "小": 3, "中": 4}
    chars = [chr(code) for code in batch.char]
    known = [(c, n) for c, n in zip(chars, batch.strokes.mask.sum(1).tolist(), strict=True)]
    assert [n for c, n in known if c in counts] == [counts[c] for c, _ in known if c in counts]
    assert batch.strokes.points.shape == (4, 1, max(n for _, n in known), 4, 2)
    assert (batch.strokes.points[~batch.strokes.mask[:, None]] == 0).all()


def test_an_unknown_character_has_no_strokes(data: Path) -> None:
    table = stroked_pairs(data).strokes
    assert table is not None
    given = table.of(torch.tensor([ord("永"), ord("A")]))
    assert given.mask.sum(dim=1).tolist() == [5, 0]


def test_a_character_of_no_set_is_traced_from_the_print_and_that_is_said(data: Path) -> None:
    store = GlyphStore.open(data)
    none = StrokeInput(("hershey-simplex",), 4)
    table = strokes_of_store(none, store)
    assert table is not None and table.mask.any(dim=1).all()
    assert set(table.traced) == set(store.source.chars)
    assert table.notes[0].startswith("in no stroke set, so traced from their source glyphs (20)")
    with pytest.raises(DataError, match="in any set"):
        stroke_table(none, store.canvas, ["永"])


@pytest.mark.parametrize(
    "augment", [Augment(enlarge=1.2), Augment(shift=0.1), Augment(rotate=20), Augment(1.1, 0.05, 9)]
)
def test_strokes_move_with_the_images(batch: GlyphBatch, augment: Augment) -> None:
    """What a pen draws of moved strokes is the moved drawing, but for the width of its lines."""

    def drawing(strokes: StrokeBatch) -> torch.Tensor:
        points = strokes.points[:, 0]
        radii = points.new_full(points.shape[:-1], 0.04)
        return 1 - 2 * draw_padded(points, radii, strokes.mask, 32)[:, None]

    batch = replace(batch, source=drawing(batch.strokes), target=drawing(batch.strokes))
    moved = augment.apply(batch, torch.Generator().manual_seed(2))
    difference = (drawing(moved.strokes) - moved.source).abs().mean()
    assert difference < 0.35 * (moved.source - batch.source).abs().mean()
    assert torch.equal(moved.strokes.mask, batch.strokes.mask)


# --- the method ---


def test_a_fresh_hand_writes_the_strokes_where_they_are(batch: GlyphBatch) -> None:
    method = make()
    written = method.strokes(method.networks(TASK), batch)
    assert torch.allclose(written.points, batch.strokes.points[:, 0], atol=1e-6)
    assert torch.allclose(written.radii, torch.full_like(written.radii, 0.028))


@pytest.mark.parametrize("relative", [False, True])
def test_a_glyph_without_strokes_is_paper(batch: GlyphBatch, relative: bool) -> None:
    method = make(relative=relative)
    mask = batch.strokes.mask.clone()
    mask[1] = False
    bare = replace(batch, strokes=replace(batch.strokes, mask=mask))
    with torch.no_grad():
        drawn = method.translate(method.networks(TASK), bare)
    assert torch.equal(drawn[1], torch.ones(1, 32, 32))
    assert drawn[0].min() < 0


def test_what_a_glyph_looks_like_does_not_depend_on_the_others(batch: GlyphBatch) -> None:
    """Padding is no stroke: alone, a character has fewer places."""
    method = make()
    torch.manual_seed(0)
    nets = method.networks(TASK)
    torch.nn.init.normal_(nets["writer"].exit.weight, std=0.1)  # type: ignore[union-attr]
    whole = method.strokes(nets, batch)
    for row in range(4):
        count = int(batch.strokes.mask[row].sum())
        alone = StrokeBatch(
            batch.strokes.points[row : row + 1, :, :count],
            batch.strokes.mask[row : row + 1, :count],
        )
        style = batch.target_style[row : row + 1]
        sole = GlyphBatch.of_sources(batch.source[row : row + 1], style, style)
        written = method.strokes(nets, replace(sole, strokes=alone))
        assert torch.allclose(written.points[0], whole.points[row, :count], atol=1e-5)


def test_the_first_part_of_training_is_drawn_at_half_the_size(
    batch: GlyphBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    method, sizes = make(coarse=0.5), []
    nets = method.networks(TASK)

    def note(*values: object) -> torch.Tensor:
        sizes.append(values[1])
        return draw(method, *values)

    draw = Penstroke.draw
    monkeypatch.setattr(Penstroke, "draw", lambda _, *values: note(*values))
    for progress in (0.0, 0.49, 0.5, 0.99):
        method.steps()[0].losses(nets, batch, Terms(0, None, progress))
    assert sizes == [16, 16, 32, 32]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [({"heads": 3}, "no multiple of heads"), ({"sets": ()}, "name a stroke set")],
)
def test_impossible_settings_are_refused(words: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        make(**words).networks(TASK)


def test_a_set_that_is_not_there_is_refused_by_name(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="hanzi-writer"):
        train(data, tmp_path / "run", 'sets=["hanzi-writter"]', "iterations=1")
    assert not (tmp_path / "run").exists()


# --- runs ---


def test_it_draws_any_size_from_the_same_weights(run: Path) -> None:
    small, large = (
        workflows.infer(run, ["all"], "text:永A", size=size).images for size in (None, 128)
    )
    assert small is not None and large is not None
    assert (small.shape[2:], large.shape[2:]) == ((32, 32), (128, 128))
    means = large.reshape(3, 2, 32, 4, 32, 4).mean(axis=(3, 5))
    assert np.abs(means - small).mean() < 12  # the pen's edge is as soft in pixels
    assert large.min() == 0


def test_other_methods_draw_one_size(data: Path, tmp_path: Path) -> None:
    words = ["width=4", "max_width=8", "critic_width=4", "batch_size=4", "iterations=1"]
    done = workflows.train(data, tmp_path / "r", method="zi2zi", settings=words, device="cpu")
    with pytest.raises(ConfigError, match="images, of 32 px; another size"):
        workflows.infer(done.folder, ["all"], "text:永", size=64)


def test_it_is_judged_and_goes_on_at_another_size_than_it_learned(
    run: Path, tmp_path: Path
) -> None:
    styles = ["long-cang", "ma-shan-zheng", "xiaolai"]
    build("noto-sans-sc", styles, "永和九年天", tmp_path / "large", Canvas(size=64), holdout=0.4)
    judged = workflows.evaluate(run, tmp_path / "large", device="cpu")
    assert judged.glyphs == 3 * 2  # held-out ones
    more = train(tmp_path / "large", tmp_path / "more", "iterations=1", start=run)
    drawn = workflows.infer(more, ["xiaolai"], "text:永").images
    assert drawn is not None and drawn.shape[2:] == (64, 64)


def test_an_added_style_leaves_the_old_ones_as_they_were(data: Path, tmp_path: Path) -> None:
    old = train(data, tmp_path / "old", "iterations=3", styles=["long-cang", "xiaolai"])
    new = train(
        data, tmp_path / "new", "iterations=3", "decay=0.5", start=old, add_styles=["ma-shan-zheng"]
    )
    one, other = (
        workflows.infer(folder, ["long-cang", "xiaolai"], "text:永和九").images
        for folder in (old, new)
    )
    assert np.array_equal(one, other)
    before, after = (tensors(folder, "networks/styles") for folder in (old, new))
    fresh = after["networks/styles/codes"][2]
    assert not torch.allclose(fresh, before["networks/styles/codes"].mean(dim=0))


def test_a_frozen_writer_does_not_move(run: Path, data: Path, tmp_path: Path) -> None:
    more = train(data, tmp_path / "more", "iterations=2", start=run, freeze=["writer"])
    began = {
        key.removeprefix("averages/"): value
        for key, value in tensors(run, "averages/writer").items()
    }
    ended = {
        key.removeprefix("networks/"): value
        for key, value in tensors(more, "networks/writer").items()
    }
    assert differing(began, ended) == []


def test_strokes_look_at_each_other_by_where_they_stand(batch: GlyphBatch) -> None:
    """A stroke elsewhere changes what is made of the others, and all moved alike change nothing."""
    writer = StrokeWriter(4, 1, width=16, layers=1, heads=2, relative=True)
    assert writer.between is not None and writer.shape is not None
    for layer in (writer.exit, writer.between.exit):
        nn.init.normal_(layer.weight)
    nn.init.zeros_(writer.entry.weight)  # where a stroke stands is seen from the others alone
    strokes, code = batch.strokes, torch.randn(len(batch), 16)
    moved = strokes.points.clone()
    with torch.no_grad():
        before = writer(strokes.points, strokes.mask, code)
        together = writer(moved + 0.1, strokes.mask, code)
        moved[:, :, 0] += 0.1
        apart = writer(moved, strokes.mask, code)
    torch.testing.assert_close(together, before, atol=1e-4, rtol=1e-4)
    assert (apart - before).abs().max() > 0.01


def test_styles_can_be_mixed(run: Path, tmp_path: Path) -> None:
    sheet, loop = workflows.interpolate(
        run, ["long-cang", "xiaolai"], tmp_path / "way", chars="text:永和", steps=2, gif=True
    )
    assert sheet.is_file() and loop.is_file()


def test_strokes_of_a_table_are_the_same_on_a_copy(data: Path) -> None:
    table = strokes_of_store(STROKES, GlyphStore.open(data))
    assert table is not None
    there = table.to(torch.device("cpu"))
    assert torch.equal(there.points, table.points) and there.traced == table.traced


@pytest.mark.parametrize("preset", presets("penstroke"))
def test_presets_fit_their_size(preset: str) -> None:
    settings = load_settings("penstroke", preset)
    assert settings.size in (64, 128, 256)
    nets = settings.method.networks(Task(settings.size, ("a", "b")))
    assert sum(weight.numel() for weight in nets["writer"].parameters()) > 500_000


@pytest.mark.parametrize("relative", [False, True])
def test_gaps_between_strokes_change_nothing(batch: GlyphBatch, relative: bool) -> None:
    writer = StrokeWriter(4, 1, width=16, layers=2, heads=2, relative=relative)
    nn.init.normal_(writer.exit.weight)
    if writer.between is not None:
        nn.init.normal_(writer.between.exit.weight)
    strokes, code = batch.strokes, torch.randn(len(batch), 16)
    longer = F.pad(strokes.points, (0, 0, 0, 0, 0, 3)), F.pad(strokes.mask, (0, 3))
    with torch.no_grad():
        together = writer(*longer, code)
        for at, mask in enumerate(strokes.mask):
            count = int(mask.sum())
            points = strokes.points[at : at + 1, :, :count]
            alone = writer(points, mask[None, :count], code[at : at + 1])
            torch.testing.assert_close(together[at : at + 1, :count], alone)


def test_glyphs_that_come_in_one_layout_have_it_in_all_places(batch: GlyphBatch) -> None:
    two = torch.cat([batch.strokes.points, batch.strokes.points + 0.1], dim=1)
    batch = replace(batch, strokes=replace(batch.strokes, points=two))
    assert torch.equal(make(lone=0.0)._with_lone(batch).strokes.points, two)
    lone = make(lone=1.0)._with_lone(batch).strokes.points
    assert torch.equal(lone, two[:, :1].expand_as(two))


def test_a_price_on_what_is_missing_asks_for_strokes_where_lines_have_none() -> None:
    ink = torch.zeros(1, 1, 64, 64)
    ink[..., 15:18, 8:56] = ink[..., 47:50, 8:56] = 1
    line = torch.stack([torch.linspace(9, 55, 12), torch.full((12,), 16.5)], dim=-1) / 64
    radii, mask = torch.full((1, 2, 12), 1 / 64), torch.tensor([[True, True]])

    def missed(down: float) -> tuple[float, Tensor]:
        second = line + torch.tensor([0, down / 64])
        points = torch.stack([line, second])[None].requires_grad_()
        value = Uncovered.of(points, radii, mask, ink).missed(ink)
        value.backward()
        assert points.grad is not None
        return value.item(), points.grad[0, 1, :, 1]

    doubled, _ = missed(0)
    beside, pull = missed(28)
    there, _ = missed(32)
    assert doubled == pytest.approx(0.5, abs=0.1)
    assert there < 0.1 < beside < doubled
    assert (pull < 0).all()  # further down, where the line is
