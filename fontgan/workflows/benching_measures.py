"""How fast glyphs are measured: each family of measures alone, and all that are the default."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch

from fontgan.data.pairs import PairDataset
from fontgan.errors import MissingDependencyError
from fontgan.glyphs.evenly import evenly
from fontgan.metrics.judges import Judges
from fontgan.metrics.measures import PICTURE
from fontgan.metrics.pictures import LINES, TOPOLOGY, compare
from fontgan.metrics.reading import Reader
from fontgan.metrics.tally import Compared, tally
from fontgan.store.store import GlyphStore

BATCH = 64


def measuring(store: GlyphStore, device: torch.device) -> Iterator[tuple[str, Callable[[], float]]]:
    """Yield what is measured, and work that measures a batch and returns its number of glyphs.

    The source's glyphs are taken for drawn ones. OCR is there where its extra is installed; it
    reads the true glyphs too.
    """
    glyphs = _glyphs(store, device)
    pictures = (glyphs.drawn, glyphs.truth)
    pixels = tuple(name for name in PICTURE if name not in LINES | TOPOLOGY)
    for what, names in (
        ("pixels: L1 to IoU, whole and by ink", pixels),
        ("centre lines: clDice, missing, extra", tuple(LINES)),
        ("components and holes", tuple(TOPOLOGY)),
    ):
        yield what, _work(lambda names=names: compare(*pictures, names))  # type: ignore[misc]
    reader = Reader.of(store, device)
    asked = (glyphs.style, glyphs.char, *pictures)
    yield "reading: content, hand, glyph-LPIPS", _work(lambda: reader.read(*asked))
    yield "all of these and glyph-FID", _work(lambda: tally([glyphs], reader=reader))
    try:
        (ocr,) = Judges(ocr=True).find(device)
    except MissingDependencyError:
        return
    yield "OCR, of drawn and true glyphs", _work(lambda: ocr.look(glyphs.char, *pictures))


def _glyphs(store: GlyphStore, device: torch.device) -> Compared:
    pairs = PairDataset.of(store)
    rows = evenly(len(pairs), BATCH)
    batch = pairs.batch(rows).to(device)
    return Compared(
        style=[pairs.style_names[index] for index in batch.target_style.tolist()],
        char=batch.letters,
        drawn=batch.source,
        truth=batch.target,
    )


def _work(measure: Callable[[], object]) -> Callable[[], float]:
    def work() -> float:
        measure()
        return float(BATCH)

    return work
