"""Measure the glyph reader on real glyphs it was not taught; write that beside its weights.

    OMP_NUM_THREADS=1 python tools/reader_accuracy.py WORK_FOLDER   # after tools/train_reader.py

Content is top 1; style is told as `fontgan evaluate` does it, by the nearest mean of true glyphs
(the glyph itself left out), of all faces that draw hanzi, or of all Latin ones. Images have 64 px.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from train_reader import (
    GOAL,
    HELD_OUT_FACES,
    HELD_OUT_HANZI,
    drawn_faces,
    may_see,
    seen_faces,
)

from fontgan.faces.catalogue import find
from fontgan.files import atomic_write
from fontgan.metrics.reading import EXAMPLES, HANZI, LETTERS, Reader
from fontgan.nn.eyes.reader import load_reader
from fontgan.store.store import FaceImages, GlyphStore

Accuracy = dict[str, dict[str, float | int]]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="folder of the drawn faces")
    parser.add_argument("--weights", type=Path, default=GOAL)
    options = parser.parse_args()
    torch.set_num_threads(1)
    network, facts = load_reader(options.weights)
    store = drawn_faces(options.work / "em", "em")
    facts["accuracy"] = accuracy(Reader(network, facts, torch.device("cpu")), store)
    weights = load_file(options.weights)
    with atomic_write(options.weights) as beside:
        save_file(weights, beside, {"facts": json.dumps(facts, ensure_ascii=False)})
    for name, found in facts["accuracy"].items():
        print(name, found)


def accuracy(reader: Reader, store: GlyphStore) -> Accuracy:
    """Return content and style right and the number of glyphs, by sort of glyph and by face."""
    faces = [store.source, *store.styles]
    latin = [face for face in faces if find(face.name).script == "latin"]
    hanzi = [face for face in faces if face not in latin]
    found: Accuracy = {}
    for group, sorts in ((hanzi, HANZI), (latin, LETTERS)):
        reader.learn(group, [examples(face) for face in group])
        for sort, known in zip(sorts, (True, False), strict=True):
            some = [face for face in group if (face.name not in HELD_OUT_FACES) == known]
            by_face = {face.name: right(reader, face, untaught(face)) for face in some}
            by_face = {name: values for name, values in by_face.items() if len(values)}
            found[sort] = mean(np.concatenate(list(by_face.values())))
            found |= {name: mean(values) for name, values in by_face.items()}
    return {**{sort: found.pop(sort) for sort in (*HANZI, *LETTERS)}, **found}


def examples(face: FaceImages) -> list[int]:
    """Return rows of glyphs for the mean of a face: taught characters of its script, spread."""
    latin = find(face.name).script == "latin"
    rows = [
        row
        for row, char in enumerate(face.chars)
        if latin or not (char.isascii() or char in HELD_OUT_HANZI)
    ]
    return rows[:: max(1, len(rows) // EXAMPLES)][:EXAMPLES]


def untaught(face: FaceImages) -> list[int]:
    """Return the rows of a face, of its script, that the reader was not taught."""
    entry, seen = find(face.name), seen_faces()

    def taught(char: str) -> bool:
        is_print = entry.kind == "print"
        return face.name in seen and may_see(char, seen.index(face.name), is_print)

    latin = entry.script == "latin"
    return [
        row for row, char in enumerate(face.chars) if char.isascii() == latin and not taught(char)
    ]


def right(reader: Reader, face: FaceImages, rows: Sequence[int]) -> np.ndarray:
    """Return whether content and style are right, (N, 2), of true glyphs."""
    told = []
    for start in range(0, len(rows), EXAMPLES):
        some = list(rows[start : start + EXAMPLES])
        images = torch.from_numpy(face.images[some]).unsqueeze(1).float() / 127.5 - 1
        chars = [face.chars[row] for row in some]
        said = reader.read([face.name] * len(some), chars, images, images).truth
        told += [(one["content"], one["style"]) for one in said]
    return np.array(told)


def mean(told: Iterable[Sequence[float]]) -> dict[str, float | int]:
    """Return the means as plain values."""
    values = np.array(told)
    content, style = values.mean(axis=0).round(4).tolist()
    return {"content": content, "style": style, "glyphs": len(values)}


if __name__ == "__main__":
    main()
