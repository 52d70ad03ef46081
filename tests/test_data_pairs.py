from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, to_pixels, to_tensor
from fontgan.data.pairs import Columns, PairDataset
from fontgan.data.sampling import Shuffle
from fontgan.errors import DataError
from fontgan.store.store import GlyphStore


def everything(pairs: PairDataset) -> Columns:
    return pairs.columns(np.arange(len(pairs)))


@pytest.fixture
def store(data: Path) -> GlyphStore:
    return GlyphStore.open(data)


def test_no_character_is_on_both_sides(store: GlyphStore) -> None:
    train, held_out = PairDataset.of(store), PairDataset.of(store, "held-out")
    trained, held = everything(train), everything(held_out)
    assert not set(trained.char) & set(held.char)
    assert set(map(chr, held.char)) == store.held_out_chars
    assert (len(train), len(held_out)) == (3 * 16, 3 * 4)
    for style in range(3):  # the same characters are held out in every style
        assert set(held.char[held.style == style]) == set(held.char)


def test_a_pair_is_one_character_in_two_faces(store: GlyphStore) -> None:
    pairs = PairDataset.of(store)
    batch = pairs.batch(np.array([0, 20, 47]))
    assert batch.source.shape == batch.target.shape == (3, 1, 32, 32)
    assert batch.references.shape == (3, 0, 1, 32, 32)
    for place in range(3):
        char = chr(batch.char[place])
        style = store.styles[batch.target_style[place]]
        for images, face in ((batch.source, store.source), (batch.target, style)):
            assert np.array_equal(to_pixels(images)[place, 0].numpy(), face.images[face.row(char)])


def test_ink_is_minus_one_and_pixels_come_back() -> None:
    grey = torch.arange(256, dtype=torch.uint8)
    assert to_tensor(grey)[[0, 255]].tolist() == [-1, 1]
    assert torch.equal(to_pixels(to_tensor(grey)), grey)
    assert to_pixels(torch.tensor([-1.5, 1.5])).tolist() == [0, 255]


def test_chosen_styles_keep_the_numbers_of_the_model(store: GlyphStore) -> None:
    names = ("xiaolai", "long-cang")
    pairs = PairDataset.of(store, styles=["long-cang"], style_names=names)
    assert (len(pairs), pairs.styles) == (16, [1])
    batch = pairs.batch(np.array([3]))
    face = store.style("long-cang")
    assert np.array_equal(
        to_pixels(batch.target)[0, 0].numpy(), face.images[face.row(chr(batch.char[0]))]
    )


def test_held_out_styles_are_not_trained(store: GlyphStore) -> None:
    store = replace(store, held_out_styles=("xiaolai",))
    assert PairDataset.of(store).styles == [0, 1]
    assert PairDataset.of(store, styles=["xiaolai"]).styles == [2]


def test_a_split_by_pair_is_obeyed(store: GlyphStore) -> None:
    pairs = {"long-cang": frozenset("永和"), "xiaolai": frozenset("永九年")}
    by_pair = replace(
        store, split="pair", held_out_chars=frozenset(), held_out_pairs=pairs, manifest={}
    )
    train, held_out = PairDataset.of(by_pair), PairDataset.of(by_pair, "held-out")
    assert (len(train), len(held_out)) == (55, 5)
    held = everything(held_out)
    found = {(held_out.style_names[s], chr(c)) for s, c in zip(held.style, held.char, strict=True)}
    assert found == {(style, char) for style, chars in pairs.items() for char in chars}
    assert by_pair.is_held_out("xiaolai", "九") and not by_pair.is_held_out("long-cang", "九")
    assert "seen in other styles" in by_pair.leak and not store.leak
    assert not by_pair.held_out(by_pair.source).any()
    with pytest.raises(DataError, match="no held-out pairs for styles ma-shan-zheng"):
        PairDataset.of(by_pair, "held-out", styles=["ma-shan-zheng"])


def test_a_character_that_the_source_lacks_is_no_pair(store: GlyphStore) -> None:
    source = replace(store.source, chars=store.source.chars[2:])
    pairs = PairDataset.of(replace(store, source=source, held_out_chars=frozenset()))
    assert len(pairs) == 3 * 18
    found = everything(pairs)
    assert [source.chars[row] for row in found.source_row] == [chr(code) for code in found.char]
    rows = source.rows(np.array([ord(source.chars[3]), ord("鬱")]))
    assert rows.tolist() == [3, -1]


def test_no_pairs_is_an_error(store: GlyphStore) -> None:
    with pytest.raises(DataError, match="no held-out pairs for styles long-cang, "):
        PairDataset.of(replace(store, held_out_chars=frozenset()), "held-out")
    with pytest.raises(DataError, match="no train pairs"):
        PairDataset.of(store, styles=["nobody"])


def test_batches_and_spread(store: GlyphStore) -> None:
    pairs = PairDataset.of(store)
    chars = torch.cat([batch.char for batch in pairs.batches(13)])
    whole, few = everything(pairs), everything(pairs.spread(5))
    assert chars.tolist() == whole.char.tolist()
    assert np.bincount(few.style).tolist() == [5, 5, 5]
    first = few.char[few.style == 0]
    assert len(set(first)) == 5
    assert {whole.char[0], whole.char[15]} <= set(first)
    assert len(pairs.spread(100)) == len(pairs)


def test_an_epoch_is_a_permutation() -> None:
    order = Shuffle(10, 4, seed=1)
    seen = np.concatenate([order.batch(i) for i in range(5)])
    assert len(seen) == 20
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10].tolist() != seen[10:].tolist()
    assert [order.epoch(i) for i in range(5)] == [0, 0, 0, 1, 1]


def test_the_order_depends_on_seed_and_iteration_only() -> None:
    straight = [Shuffle(10, 4, 1).batch(i).tolist() for i in range(9)]
    order = Shuffle(10, 4, 1)
    assert [order.batch(i).tolist() for i in reversed(range(9))] == straight[::-1]
    assert [Shuffle(10, 4, 2).batch(i).tolist() for i in range(9)] != straight


def test_a_batch_may_be_larger_than_the_set() -> None:
    places = Shuffle(3, 8, 0).batch(0)
    assert np.bincount(places).tolist() in ([3, 3, 2], [3, 2, 3], [2, 3, 3])


def blobs() -> GlyphBatch:
    source = torch.ones(6, 1, 32, 32)
    source[:, :, 8:20, 12:18] = -1
    source[:, :, 24:26, 4:28] = -1
    batch = GlyphBatch.of_sources(source, torch.zeros(6, dtype=torch.long), torch.arange(6))
    return replace(batch, target=source * 0.5 + 0.5)  # the same shape, fainter


@pytest.mark.parametrize(
    "augment", [Augment(enlarge=1.2), Augment(shift=0.1), Augment(rotate=20), Augment(1.1, 0.05, 5)]
)
def test_source_and_target_move_together(augment: Augment) -> None:
    batch = blobs()
    moved = augment.apply(batch, torch.Generator().manual_seed(1))
    assert torch.allclose(moved.target, moved.source * 0.5 + 0.5, atol=1e-6)
    assert not any(torch.equal(*pair) for pair in zip(moved.source, batch.source, strict=True))
    assert not torch.equal(moved.source[0], moved.source[1])  # each pair by its own transform
    assert moved.source.min() >= -1 and moved.source.max() <= 1
    assert torch.equal(moved.char, batch.char)


def test_augmentation_repeats_for_a_seed() -> None:
    augment = Augment(1.2, 0.1, 10)
    one, other = (augment.apply(blobs(), torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one.source, other.source)


def test_paper_comes_in_at_the_borders() -> None:
    batch = replace(blobs(), source=torch.ones(6, 1, 32, 32), target=torch.ones(6, 1, 32, 32))
    moved = Augment(shift=0.5, rotate=45).apply(batch, torch.Generator().manual_seed(0))
    assert torch.allclose(moved.source, batch.source)


def test_a_crop_stays_inside_the_image() -> None:
    """Enlarging alone never shows what is outside: ink fills the borders of an all-ink image."""
    batch = replace(blobs(), source=-torch.ones(6, 1, 32, 32))
    moved = Augment(enlarge=2).apply(batch, torch.Generator().manual_seed(0))
    assert torch.allclose(moved.source, batch.source, atol=1e-5)


def test_shift_moves_by_no_more_than_its_share() -> None:
    batch = blobs()
    moved = Augment(shift=0.125).apply(batch, torch.Generator().manual_seed(3))
    for image, old in zip(moved.source[:, 0], batch.source[:, 0], strict=True):
        rows, columns = (centre(image) - centre(old)).abs().tolist()
        assert rows <= 4.01 and columns <= 4.01


def test_no_augmentation_changes_nothing() -> None:
    assert not Augment().active
    batch = blobs()
    assert Augment().apply(batch, torch.Generator()) is batch


def centre(image: torch.Tensor) -> torch.Tensor:
    ink = (1 - image) / 2
    places = torch.arange(32.0)
    return torch.stack([(ink.sum(1) * places).sum(), (ink.sum(0) * places).sum()]) / ink.sum()
