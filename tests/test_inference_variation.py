"""Hands that move a pen never write a character twice alike."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fontgan.cli import app
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny_runs import tensors
from tiny_runs import train as train_images

from fontgan import workflows
from fontgan.errors import CheckpointError, ConfigError
from fontgan.glyphs.names import glyph_filename
from fontgan.glyphs.png import encode
from fontgan.inference.model import Model
from fontgan.methods.base import PenStrokes
from fontgan.nn.pen import draw_padded
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.folder import Run
from fontgan.store.store import GlyphStore
from fontgan.varying.ends import squareness
from fontgan.varying.residuals import Residual, residual
from fontgan.varying.variation import RANK, Variation, principal
from fontgan.varying.ways import WAVES, WAYS, moved

CPU = torch.device("cpu")
DIRECTIONS = "variation/directions"


@pytest.fixture
def run(pen: Path) -> Path:
    return pen


def draw(run: Path, chars: str = "text:永和九年", **more: object) -> workflows.Drawing:
    return workflows.infer(run, ["xiaolai"], chars, device="cpu", **more)


def images(run: Path, chars: str = "text:永和九年", **more: object) -> np.ndarray:
    drawn = draw(run, chars, **more).images
    assert drawn is not None
    return drawn[0].astype(int)


def cross() -> PenStrokes:
    """Two strokes, of which the second is there in the first glyph alone."""
    along = torch.linspace(0.2, 0.8, 6)
    lines = torch.stack(
        [torch.stack([along, 0.0 * along + 0.5], 1), torch.stack([0.0 * along + 0.5, along], 1)]
    )
    points = lines.expand(2, -1, -1, -1).clone()
    mask = torch.tensor([[True, True], [True, False]])
    return PenStrokes(points, torch.full(points.shape[:3], 0.04), mask)


# --- ways, and what is found of them in a glyph ---


def test_ways_are_linear_and_none_moves_nothing() -> None:
    strokes = cross()
    some = torch.randn(2, WAYS, generator=torch.Generator().manual_seed(0))
    once, twice = (
        moved(strokes.points, strokes.radii, strokes.mask, k * some)[0] - strokes.points
        for k in (1, 2)
    )
    assert torch.allclose(twice, 2 * once, atol=1e-6) and once.abs().min() > 0
    points, radii = moved(strokes.points, strokes.radii, strokes.mask, torch.zeros(2, WAYS))
    assert torch.equal(points, strokes.points) and torch.equal(radii, strokes.radii)


def test_what_moved_a_glyph_is_found_in_its_picture() -> None:
    strokes = cross()
    amounts = torch.zeros(2, WAYS)
    amounts[:, 0], amounts[:, WAVES] = 3, -2  # to the right and up, in units of 0.012 sides
    points, radii = moved(strokes.points, strokes.radii, strokes.mask, amounts)
    drawn = draw_padded(points, radii, strokes.mask, 64)
    found = residual(strokes, (1 - 2 * drawn)[:, None])
    where = moved(strokes.points, strokes.radii, strokes.mask, found.amounts)[0]
    before = (points - strokes.points).abs()[strokes.mask].mean()
    after = (points - where).abs()[strokes.mask].mean()
    assert after < 0.35 * before
    assert (found.error < 0.02).all()


def test_directions_are_as_long_as_what_was_found_differs() -> None:
    generator = torch.Generator().manual_seed(0)
    amounts = 0.01 * torch.randn(400, WAYS, generator=generator) + 5  # a mean is no variation
    amounts[:, 3] += 2 * torch.randn(400, generator=generator)
    directions = principal(Residual(amounts, torch.zeros(400)))
    assert directions.shape == (RANK, WAYS)
    assert directions[0, 3].item() == pytest.approx(2, rel=0.1)
    assert directions[1:].abs().max() < 0.05
    amounts[7] = float("nan")  # a glyph that could not be fitted says nothing
    assert torch.allclose(principal(Residual(amounts, torch.zeros(400))), directions, atol=0.3)
    assert not principal(Residual(amounts[5:8], torch.zeros(3))).any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_how_square_a_hand_ends_its_strokes_is_seen_in_its_glyphs(share: float) -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.cat([cross().points] * 2)
    points = points + 0.02 * torch.randn(4, 2, 1, 2, generator=generator)
    mask, radii = torch.ones(4, 2, dtype=torch.bool), torch.full(points.shape[:3], 0.05)
    glyphs = draw_padded(points, radii, mask, 32, square=torch.full((4, 2, 2), share))
    near = points + 0.01 * torch.randn(4, 2, 1, 2, generator=generator)  # as a model draws
    found = squareness(PenStrokes(near, 0.9 * radii, mask), (1 - 2 * glyphs)[:, None])
    assert found == 0 if not share else found > 0.8


# --- drawing ---


def test_training_ends_with_how_hands_vary_and_the_likeliest_drawing_stays(
    run: Path, tmp_path: Path
) -> None:
    directions = tensors(run, name="best")[DIRECTIONS]
    assert directions.shape == (3, RANK, WAYS) and directions.flatten(1).any(dim=1).all()
    assert torch.equal(directions, tensors(run)[DIRECTIONS])
    plain = tmp_path / "plain.safetensors"
    _without_variation(run, plain)
    assert np.array_equal(images(run), images(plain))
    assert np.array_equal(images(run, vary=0, samples=2)[0], images(run))


def test_an_older_run_says_what_teaches_it_how_its_hands_vary(
    run: Path, data: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older.safetensors"
    _without_variation(run, older)
    with pytest.raises(ConfigError, match="`fontgan vary RUN` does"):
        draw(older, samples=2)
    varied = workflows.vary(older, data=data)
    assert varied.checkpoints == [older]
    assert [hand.glyphs > 3 for hand in varied.hands] == [True] * 3
    assert varied.diversity.diversity > 0
    assert torch.equal(load_file(older)[DIRECTIONS], tensors(run)[DIRECTIONS])


def test_a_hand_of_square_ends_draws_them_in_every_format(run: Path, tmp_path: Path) -> None:
    squared, plain = tmp_path / "squared.safetensors", tmp_path / "plain.safetensors"
    _without_variation(run, plain)
    _with_square(run, squared, [0.0, 1.0, 0.0])
    hand, others = Model.load(squared, CPU).task.styles[1], ["xiaolai"]
    assert others[0] != hand

    def both(styles: list[str], **more: object) -> list[workflows.Drawing]:
        return [
            workflows.infer(path, styles, "text:永", device="cpu", **more)
            for path in (plain, squared)
        ]

    assert np.array_equal(*(one.images for one in both(others)))
    round_, square = (one.images.astype(int) for one in both([hand]))
    assert (square - round_).min() < -20 and (square - round_).max() <= 1  # more ink, none less
    for name in ("svg", "strokes-svg", "animated-svg", "json"):
        same, other = both(others, format=name), both([hand], format=name)
        assert same[0].texts == same[1].texts and other[0].texts != other[1].texts
    strokes = json.loads(other[1].texts[0][0])["strokes"]
    assert any(1 in stroke["square"] for stroke in strokes)


def test_ends_can_be_measured_alone_where_it_is_known_how_hands_vary(
    run: Path, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "squared.safetensors"
    _with_square(run, path, [1.0, 1.0, 1.0])
    before = load_file(path)
    varied = workflows.vary(path, data=data, ends=True, device="cpu")
    after = load_file(path)
    measured = [hand.square for hand in varied.hands]
    assert measured != [1, 1, 1]
    assert after.pop("variation/square", torch.zeros(3)).tolist() == measured
    assert all(torch.equal(tensor, before[name]) for name, tensor in after.items())
    _without_variation(run, path)
    with pytest.raises(ConfigError, match="not taught how its hands vary"):
        workflows.vary(path, data=data, ends=True, device="cpu")


def test_samples_differ_by_the_amount_asked_for(run: Path) -> None:
    plain, apart = images(run), []
    for amount in (0.0, 0.3, 1.0):
        drawn = images(run, samples=3, vary=amount)
        assert drawn.shape == (3, 4, 32, 32)
        apart.append(np.abs(drawn - plain).mean())
    assert apart[0] == 0 < apart[1] < apart[2]


def test_a_sample_is_the_same_in_any_batch_and_beside_any_other(run: Path) -> None:
    whole = images(run, samples=3, vary=1.0, seed=5)
    assert np.array_equal(whole, images(run, samples=3, vary=1.0, seed=5))
    assert np.array_equal(whole, images(run, samples=3, vary=1.0, seed=5, batch_size=1))
    few = images(run, "text:年永", samples=2, vary=1.0, seed=5)
    assert np.array_equal(few, whole[:2, [3, 0]])
    codes = [draw(run, text, vary=1.0, seed=5).codes for text in ("text:永和", "text:和永")]
    assert codes[0] and codes[1] and torch.equal(codes[0].z.flip(1), codes[1].z)
    assert not np.array_equal(whole, images(run, samples=3, vary=1.0, seed=6))


def test_vectors_vary_as_images_do(run: Path, tmp_path: Path) -> None:
    drawing = draw(run, "text:永和", samples=2, vary=1.0, format="json", out=tmp_path)
    one, other = (
        json.loads((tmp_path / f"sample-{k}" / glyph_filename("永", ".json")).read_text("utf-8"))
        for k in (1, 2)
    )
    assert len(drawing.files) == 4 and len(one["strokes"]) == len(other["strokes"]) == 5
    assert not np.allclose(one["strokes"][0]["points"], other["strokes"][0]["points"], atol=1e-3)
    returned = draw(run, "text:永和", samples=2, vary=1.0, format="json").texts
    assert returned is not None
    assert returned[0] == [file.read_text("utf-8") for file in drawing.files]
    assert drawing.sheet is not None and drawing.sheet.exists()


def test_the_code_of_a_written_glyph_draws_nearer_to_it(
    run: Path, data: Path, tmp_path: Path
) -> None:
    store = GlyphStore.open(data)
    face = store.style("xiaolai")
    file = tmp_path / glyph_filename("永")
    truth = np.asarray(face.images)[face.row("永")]
    file.write_bytes(encode(truth))
    own = images(run, "text:永", encode=[file])[0, 0]
    plain = images(run, "text:永")[0]
    assert np.abs(own - truth).mean() < np.abs(plain - truth).mean()
    codes = draw(run, "text:永", encode=["xiaolai", file]).codes
    assert codes is not None and codes.names == ("xiaolai", file.stem) and codes.z.any(dim=1).all()
    again = draw(run, "text:永", encode=[file], out=tmp_path / "g")
    assert np.array_equal(images(run, "text:永", code_from=again.folder)[0, 0], own)


def test_a_code_is_of_one_hand_and_of_a_known_character(run: Path, tmp_path: Path) -> None:
    page = tmp_path / "page 1.png"
    ink = np.pad(np.zeros((8, 8), np.uint8), 12, constant_values=255)
    page.write_bytes(encode(ink))
    with pytest.raises(ConfigError, match="which character is this"):
        draw(run, encode=[page])
    with pytest.raises(ConfigError, match="how one hand wrote something, not 3"):
        workflows.infer(run, ["all"], "text:永", encode=["xiaolai"], device="cpu")


def test_hands_of_a_model_stay_what_they_were_when_one_is_added(
    run: Path, data: Path, tmp_path: Path
) -> None:
    chars = "text:" + "".join(GlyphStore.open(data).chars)
    grown = workflows.build("noto-sans-sc", ["lxgw-wenkai-tc"], chars, tmp_path / "d", size=32)
    added = workflows.train(
        grown.path, tmp_path / "run", start=run, add_styles=["lxgw-wenkai-tc"], device="cpu",
        settings=["iterations=2"],
    ).folder  # fmt: skip
    directions = tensors(added)[DIRECTIONS]
    assert torch.equal(directions[:3], tensors(run, name="best")[DIRECTIONS])
    assert directions[3].any()
    grown = Variation(directions[:3], torch.tensor([0.0, 0.7, 1.0])).grown(4)
    assert grown.square is not None and torch.equal(
        grown.square, torch.tensor([0.0, 0.7, 1.0, 0.0])
    )


def test_a_damaged_variation_and_a_model_of_images_are_refused(
    run: Path, data: Path, tmp_path: Path
) -> None:
    good = Variation(tensors(run)[DIRECTIONS]).tensors
    for bad in (good["directions"][:1], good["directions"] / 0, good["directions"][..., 1:]):
        with pytest.raises(CheckpointError, match="does not fit"):
            Variation.read({"directions": bad}, 3)
    for square in ([0.5], [0.5, 2.0, 0.0], [0.5, float("nan"), 0.0]):
        with pytest.raises(CheckpointError, match="does not fit"):
            Variation.read(good | {"square": torch.tensor(square)}, 3)
    assert Variation.read({}, 3) is None
    plain = train_images(data, tmp_path / "plain", "iterations=1").folder
    with pytest.raises(ConfigError, match="draws images"):
        workflows.vary(plain)
    for amount in (-1, 5, float("nan")):
        with pytest.raises(ConfigError, match="vary must be from 0 to 4"):
            draw(run, vary=amount)


def test_where_one_checkpoint_of_a_run_is_damaged_the_other_stays_what_it_was(
    run: Path, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    best, latest = (tmp_path / "run" / name for name in ("best.safetensors", "latest.safetensors"))
    _without_variation(run, best)
    latest.write_bytes(best.read_bytes()[:-5])
    before = best.read_bytes()
    with pytest.raises(CheckpointError, match=r"latest\.safetensors"):
        workflows.vary(tmp_path / "run", data=data, device="cpu")
    assert best.read_bytes() == before


def test_the_command_names_the_checkpoints_it_wrote_into(
    run: Path, data: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    older = tmp_path / "older.safetensors"
    _without_variation(run, older)
    monkeypatch.setattr(sys, "argv", ["fontgan", "vary", str(older), "--data", str(data)])
    with pytest.raises(SystemExit) as left:
        app.main()
    out, err = capsys.readouterr()
    assert (left.value.code or 0, out) == (0, f"{older}\n")
    assert "3 hands learned" in err


def _with_square(run: Path, path: Path, square: list[float]) -> None:
    checkpoint = Checkpoint.read(Run.find(run).checkpoint)
    known = {"variation/square": torch.tensor(square)}
    replace(checkpoint, tensors=checkpoint.tensors | known).write(path)


def _without_variation(run: Path, path: Path) -> None:
    best = Run.find(run).checkpoint
    with safe_open(best, framework="pt") as file:
        metadata = file.metadata()
    every = {k: v for k, v in load_file(best).items() if not k.startswith("variation/")}
    save_file(every, path, metadata)
