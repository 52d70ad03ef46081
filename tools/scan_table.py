"""Measure how well `scan` reads: forms filled by fonts' hands, photographed in many ways.

python tools/scan_table.py [--count 80] [HAND...]

A cell is read right when its verdict is good, its image covers what was written with an IoU above
.7, and 97 % of either ink lies within .19 mm (3 of 256 pixels) of the other's.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import photographs as ph

from fontgan.errors import FontganError
from fontgan.forms.form import Form
from fontgan.forms.photos import Photo
from fontgan.forms.reading import read_form
from fontgan.glyphs.charset import Charset

HANDS = ("long-cang", "ma-shan-zheng", "xiaolai", "lxgw-wenkai-tc", "caveat", "reenie-beanie")


def main() -> None:
    """Print a table: a condition a line, a hand a column."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hands", nargs="*", default=HANDS)
    parser.add_argument("--count", type=int, default=80)
    options = parser.parse_args()
    pages = {hand: page for hand in options.hands for page in [_page(hand, options.count)]}
    names = {**ph.CONDITIONS, **ph.HARDER}
    print("condition".ljust(22), *(hand[:15].rjust(16) for hand in pages), "seconds")
    for name, condition in names.items():
        cells, start = [], 0.0
        for page in pages.values():
            photo = Photo(name, ph.grey(condition(page)))
            before = time.process_time()
            cells.append(_right(photo, page))
            start += time.process_time() - before
        print(name.ljust(22), *(cell.rjust(16) for cell in cells), f"{start / len(pages):.1f}")


def _page(hand: str, count: int) -> ph.Filled:
    """Return one page filled by a hand with what its font draws."""
    face = ph.opened(hand)
    wanted = Charset.parse("alnum62+common-1000" if hand in HANDS[-2:] else "common-1000+alnum62")
    drawn = [char for char in wanted if face.has(char)][: min(count, 81)]
    return ph.fill(Form("".join(drawn)), hand)[0]


def _right(photo: Photo, page: ph.Filled) -> str:
    try:
        sheet = read_form(photo, None, 256)
    except FontganError as error:
        return " ".join(str(error).split(":")[-1].split()[:3])
    scores = []
    for reading in sheet.readings:
        cell = reading.patch.cell
        iou, near = ph.agreement(sheet.image(reading), page.truth[cell.char, cell.copy])
        scores.append((reading.verdict == "good" and iou > 0.7 and near > 0.97, iou))
    right, ious = zip(*scores, strict=True)
    return f"{sum(right)}/{len(right)} {np.mean(ious):.3f}"


if __name__ == "__main__":
    main()
