"""Stand-in faces: TrueType files with as many characters as one likes, to see how cost grows.

    python benchmarks/standins.py FOLDER --faces 1000 --chars 6763

Each glyph is a few boxes, as many points as a simple letter has; a Chinese glyph has ten times as
many, so drawing real ones takes longer. Code points share outlines, so that a thousand faces are
made in a minute; which outline a character has depends on face and character alone.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from fontgan.glyphs.charset import Charset

OUTLINES = 512  # different ones in a face; TrueType has at most 65,535
BLOCKS = ((0x3400, 0x4DC0), (0x20000, 0x2A6E0))  # beside the common block: 70,304 in all


def some_chars(count: int) -> str:
    """Return the first ``count`` of GB 2312 and then of the CJK blocks, up to 70,304."""
    known = dict.fromkeys(Charset.parse("gb2312").chars)
    known |= dict.fromkeys(map(chr, range(0x4E00, 0xA000)))
    for first, end in BLOCKS:
        known |= dict.fromkeys(map(chr, range(first, end)))
    if count > len(known):
        raise SystemExit(f"at most {len(known)} characters")
    return "".join(known)[:count]


def make_face(path: Path, number: int, chars: str) -> None:
    """Write stand-in face ``number`` with these characters."""
    dice = random.Random(number)
    names = [f"g{index}" for index in range(min(OUTLINES, len(chars)))]
    boxes = {name: [_box(dice) for _ in range(3)] for name in names}
    glyphs = {".notdef": _outline([(100, 0, 500, 700)])}
    glyphs |= {name: _outline(some) for name, some in boxes.items()}
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", *names])
    font.setupCharacterMap({ord(c): names[_hash(ord(c), number) % len(names)] for c in chars})
    font.setupGlyf(glyphs)
    starts = {name: min(box[0] for box in some) for name, some in boxes.items()}
    widths = {name: (1000, start) for name, start in starts.items()}
    font.setupHorizontalMetrics({".notdef": (1000, 100), **widths})
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupNameTable({"familyName": f"Stand-in {number}", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=880, sTypoDescender=-120)
    font.setupPost(keepGlyphNames=False)
    font.font.recalcTimestamp = False
    font.save(path)


def make_faces(folder: Path, faces: int, chars: int) -> list[Path]:
    """Write the faces that are not there yet; return the files of all."""
    folder.mkdir(parents=True, exist_ok=True)
    text = some_chars(chars)
    files = [folder / f"face-{number:04d}.ttf" for number in range(faces)]
    for number, file in enumerate(files):
        if not file.exists():
            make_face(file, number, text)
    return files


def _box(dice: random.Random) -> tuple[int, int, int, int]:
    """Return left, bottom, right, top: a stroke across or up."""
    across = dice.random() < 0.5
    width, height = (dice.randint(200, 600), dice.randint(40, 120))[:: 1 if across else -1]
    left, bottom = dice.randint(50, 950 - width), dice.randint(-70, 830 - height)
    return left, bottom, left + width, bottom + height


def _outline(boxes: list[tuple[int, int, int, int]]):
    pen = TTGlyphPen(None)
    for left, bottom, right, top in boxes:
        pen.moveTo((left, bottom))
        for point in ((left, top), (right, top), (right, bottom)):
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def _hash(code: int, number: int) -> int:
    return (code * 2_654_435_761 + number * 40_503) >> 7


def _arguments() -> Iterator[object]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--faces", type=int, default=10)
    parser.add_argument("--chars", type=int, default=1_000)
    yield from vars(parser.parse_args()).values()


if __name__ == "__main__":
    print(*make_faces(*_arguments()), sep="\n")
