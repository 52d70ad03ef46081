"""Fit the strokes of hanzi-writer to Noto Sans SC: fonts/strokes/noto-sans-sc-fitted.

    fontgan fonts fetch noto-sans-sc    # the embedded one ends with GB 2312 level 1
    python tools/fit_print.py [--chars gb2312-1] [--workers 1] [--again]

The strokes are stretched to the print's ink box, then moved and given widths by gradient descent
alone until they draw its glyphs (`fontgan.training.fitting`), five to ten minutes of one core for
3,000 characters. What came out poorly, or with two strokes on one bar, is fitted anew, and the
better of both is kept. The set is written again and again as it grows, and a run that was ended
goes on where it stood. Characters that stay bad are left out and named. However many workers there
are, each takes whole batches, and those are the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from embed_strokes import FOLDER, enlist
from torch import Tensor

from fontgan.faces import catalogue as faces
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.strokes import catalogue
from fontgan.strokes.catalogue import SET_NAME
from fontgan.strokes.paths import Strokes
from fontgan.strokes.placing import Layouts, source_of
from fontgan.strokes.stroke_set import Header, StrokeSet, write
from fontgan.training.fitting import Fitted, FitWeights, fit

FACE, BASE, ID = "noto-sans-sc", "hanzi-writer", "noto-sans-sc-fitted"
CANVAS = Canvas(64, "em", 0.05)
BOXED = Canvas(64, "ink", 0.05)  # has strokes stretched to the ink box of the source glyph
POINTS, BATCH, GROUP = 8, 48, 10
POOR, BAD = 0.05, 0.06  # mean absolute differences at 64 px: worth another try, left out
MERGED = 0.4  # of a stroke on another: two strokes draw one bar
AGAIN = (  # steps and weights for what came out poorly: drawn from afar; hardly so
    (90, FitWeights(lost=1.0)),
    (60, FitWeights(lost=0.1, off=0.05, bending=0.1)),
)
NOTICE = (
    "Two works meet here. The strokes, their number, order and direction are those of the set "
    "hanzi-writer: Copyright (C) 1999 Arphic Technology Co., Ltd., derived from the fonts AR PL "
    "KaitiM GB and AR PL KaitiM Big5 by way of Make Me a Hanzi (skishore) and hanzi-writer-data "
    "2.0.1 (chanind). Their places, shapes and widths show the glyphs of Noto Sans SC: Copyright "
    "2014-2021 Adobe (http://www.adobe.com/), with Reserved Font Name 'Source', under the SIL Open "
    "Font License 1.1. CHANGED for fontgan in November 2026: each stroke was put into 8 points and "
    "moved, and given a width at each point, by gradient descent, until the strokes together draw "
    "the glyph of Noto Sans SC. The table is freely available under the ARPHIC PUBLIC LICENSE, "
    "whose text stands beside it with that of the SIL Open Font License; it comes WITHOUT ANY "
    "WARRANTY. It is a table of strokes, no font, and has no reserved name."
)


def main() -> None:
    """Fit what is missing, in groups, most frequent characters first."""
    args = _arguments()
    path, face, base = FOLDER / ID / SET_NAME, FontFace.open(FACE), catalogue.find(BASE)
    done: dict[str, Strokes] = {}
    if path.is_file() and not args.again:
        done = dict(StrokeSet.open(path))
    wanted = [c for c in _by_frequency(args.chars) if c in base and face.has(c) and c not in done]
    batches = [wanted[first : first + BATCH] for first in range(0, len(wanted), BATCH)]
    with get_context("spawn").Pool(args.workers, torch.set_num_threads, (1,)) as pool:
        for number, (found, told) in enumerate(pool.imap(_fit_some, batches), 1):
            done |= found
            print(told, flush=True)
            if number % GROUP == 0 or number == len(batches):
                write(path, done, _header())
                print(f"{len(done)} characters", flush=True)
    _licences(path.parent)
    enlist(StrokeSet.open(path), "ARPHICPL.TXT")


def _fit_some(chars: Sequence[str]) -> tuple[dict[str, Strokes], str]:
    """Return the strokes of the characters that were fitted well, and a line on all."""
    face, base = FontFace.open(FACE), catalogue.find(BASE)
    placed = Layouts([base], BOXED, draw=source_of(face, CANVAS), points=POINTS).place(chars)
    images = np.stack([CANVAS.draw(face, char) for char in chars])
    ink = 1 - torch.from_numpy(images).float() / 255
    mask, points = torch.from_numpy(placed.mask), torch.from_numpy(placed.points[0])
    fitted = _better(fit(points, mask, ink), points, mask, ink)
    bad = _faults(fitted) > BAD
    each = zip(chars, fitted.error.tolist(), fitted.merged.tolist(), bad.tolist(), strict=True)
    left_out = "; ".join(f"{c} L1 {error:.3f} merged {m:.2f}" for c, error, m, out in each if out)
    told = f"L1 {fitted.error.mean():.4f}, most {fitted.error.max():.3f}, left out: {left_out}"
    return {c: _strokes(fitted, mask, n) for n, c in enumerate(chars) if not bad[n]}, told


def _better(fitted: Fitted, points: Tensor, mask: Tensor, ink: Tensor) -> Fitted:
    """Fit anew, in other ways, what was fitted poorly, and keep what came out better."""
    for steps, weights in AGAIN:
        poor = (_faults(fitted) > POOR).nonzero()[:, 0]
        if len(poor):
            again = fit(points[poor], mask[poor], ink[poor], steps, weights=weights)
            won = _faults(again) < _faults(fitted)[poor]
            for old, new in zip(vars(fitted).values(), vars(again).values(), strict=True):
                old[poor[won]] = new[won]
    return fitted


def _faults(fitted: Fitted) -> Tensor:
    """Return the errors, and 1 more where strokes have merged: (B,)."""
    return fitted.error + (fitted.merged >= MERGED)


def _strokes(fitted: Fitted, mask: torch.Tensor, number: int) -> Strokes:
    """Return a character's strokes in em units."""
    side = 1 - 2 * CANVAS.margin
    points = (fitted.points[number, mask[number]].numpy() - CANVAS.margin) / side
    return Strokes(tuple(points), tuple(fitted.radii[number, mask[number]].numpy() / side))


def _by_frequency(chars: str) -> list[str]:
    wanted = Charset.parse(chars)
    first = [char for char in Charset.parse("common-2000") if char in wanted]
    return list(dict.fromkeys([*first, *wanted]))


def _header() -> Header:
    record, base = faces.find(FACE), catalogue.record(BASE)
    return Header(
        id=ID,
        title="Noto Sans SC, drawn by the strokes of Hanzi Writer",
        version="1",
        source=f"{BASE} {base.version}, moved onto {record.package} {record.version}",
        licence=base.licence,
        licence_url=base.licence_url,
        notice=NOTICE,
        derived_from=(BASE,),
    )


def _licences(folder: Path) -> None:
    texts = {
        "ARPHICPL.TXT": (FOLDER / BASE / "ARPHICPL.TXT").read_bytes(),
        "OFL.txt": (faces.face_folder(faces.find(FACE)) / "LICENSE.txt").read_bytes(),
        "NOTICE.txt": (NOTICE + "\n").encode(),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Fit strokes to the print.")
    parser.add_argument("--chars", default="gb2312-1", help="which characters, as for build")
    parser.add_argument("--workers", type=int, default=1, help="processes, one thread each")
    parser.add_argument("--again", action="store_true", help="fit those too that are there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
