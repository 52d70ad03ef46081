"""Train the glyph reader on the embedded fonts: fontgan/nn/eyes/reader.safetensors.

    OMP_NUM_THREADS=1 python tools/train_reader.py WORK_FOLDER   # about 25 minutes on one core
    OMP_NUM_THREADS=1 python tools/reader_accuracy.py WORK_FOLDER

What it never sees, so that its own accuracy can be measured and stated: the faces HELD_OUT_FACES;
the characters held out by `fontgan.store.split` (12 % of gb2312-1, seed 0) in every face that is
not a print face; the letters and digits held out (10 %, seed 0) in every second face. The print
faces teach it all characters. One seed, one thread: the same machine makes the same weights again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from fontgan.faces.catalogue import entries
from fontgan.files import atomic_write
from fontgan.glyphs.canvas import FITS
from fontgan.glyphs.charset import Charset
from fontgan.metrics.ocr import ALIKE
from fontgan.nn.eyes.reader import SIZE, WEIGHTS, GlyphReader
from fontgan.store.build import build
from fontgan.store.request import DataRequest
from fontgan.store.split import held_out
from fontgan.store.store import GlyphStore

HELD_OUT_FACES = (
    "lxgw-marker-gothic",
    "zhi-mang-xing",
    "kalam",
    "zeyada",
    "rock-salt",
    "schoolbell",
)
HANZI, LETTERS = Charset.parse("gb2312-1").chars, Charset.parse("alnum62").chars
HELD_OUT_HANZI, HELD_OUT_LETTERS = held_out(HANZI, 0.12), held_out(LETTERS, 0.1)
# Characters of one shape in many hands are one class: either is right.
CLASSES = [*ALIKE, *(char for char in (*LETTERS, *HANZI) if char not in "".join(ALIKE))]
CLASS_OF = {char: number for number, chars in enumerate(CLASSES) for char in chars}
# Shares of what it is taught. Held-out hanzi are drawn more often in the print faces, so that the
# reader meets every character equally often.
SHARES = {"hands": 0.55, "prints": 0.30, "letters": 0.15, "em": 0.75, "ink": 0.25}
PRINT_HELD_OUT = 4.0
SPREAD = F.interpolate(torch.eye(5).view(1, 5, 1, 5), size=(1, SIZE), mode="bicubic")[0, :, 0].T
BATCH, RATE, DECAY, SMOOTHING, STYLE_WEIGHT = 128, 3e-3, 0.02, 0.05, 0.3
WARM_UP, COOL_DOWN = 300, 1000  # steps in which the rate rises, and falls to nothing
GOAL = Path(__file__).resolve().parent.parent / "fontgan" / "nn" / "eyes" / WEIGHTS


def main() -> None:
    """Draw the faces, train, and write the weights with what they were trained on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="folder for the drawn faces and the log")
    parser.add_argument("--steps", type=int, default=4498)
    parser.add_argument("--minutes", type=float, default=1e9, help="then end early, as if --steps")
    parser.add_argument("--seed", type=int, default=0, help="of weights and order; 0 is shipped")
    parser.add_argument("--out", type=Path, default=GOAL)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    stores = {fit: drawn_faces(options.work / fit, fit) for fit in FITS}
    lesson, plan = Lesson.of(stores), Plan(options.steps, options.minutes, options.seed)
    reader = GlyphReader(len(CLASSES), len(lesson.faces)).to(memory_format=torch.channels_last)
    for number, line in enumerate(train(reader, lesson, plan)):
        with open(options.work / "log.txt", "a", encoding="utf-8") as log:
            log.write(line + "\n")
        if number % 10 == 9:
            save(reader, facts(lesson, plan), options.work / WEIGHTS)
    save(reader, facts(lesson, plan), options.out)


def drawn_faces(folder: Path, fit: Any) -> GlyphStore:
    """Draw every embedded face at the reader's size."""
    ids = [entry.id for entry in entries() if entry.embedded and entry.id != "noto-sans-sc"]
    return build(
        DataRequest(
            "noto-sans-sc", tuple(ids), tuple(HANZI + LETTERS), size=SIZE, fit=fit, holdout=0
        ),
        folder,
    )


@dataclass(frozen=True)
class Lesson:
    """The glyphs it is taught: images (N, S, S) uint8, classes, faces and how often, (N,) each."""

    images: Tensor
    classes: Tensor
    face: Tensor
    often: np.ndarray
    faces: list[str]

    @classmethod
    def of(cls, stores: dict[str, GlyphStore]) -> Lesson:
        """Choose what may be seen of two stores of the same faces."""
        kind, seen = {entry.id: entry.kind for entry in entries()}, seen_faces()
        images, classes, face, groups = [], [], [], []
        for fit, store in stores.items():
            for style in (store.source, *store.styles):
                if style.name not in seen:
                    continue
                number, is_print = seen.index(style.name), kind[style.name] == "print"
                rows = [n for n, c in enumerate(style.chars) if may_see(c, number, is_print)]
                chars = [style.chars[row] for row in rows]
                images.append(style.images[rows])
                classes += [CLASS_OF[char] for char in chars]
                face += [number] * len(rows)
                groups += [(fit, *group(char, is_print)) for char in chars]
        names = [name for number, name in enumerate(seen) if number in set(face)]
        index = {seen.index(name): place for place, name in enumerate(names)}
        return cls(
            torch.from_numpy(np.concatenate(images)),
            torch.tensor(classes),
            torch.tensor([index[number] for number in face]),
            np.cumsum(shares(groups)),
            names,
        )

    def batches(self, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield batches of images (B, 1, S, S), ink 1 on paper 0, classes and faces."""
        draws = np.random.default_rng(seed)
        while True:
            rows = torch.from_numpy(np.searchsorted(self.often, draws.random(BATCH)))
            rows = rows.clamp(max=len(self.images) - 1)
            images = 1 - self.images[rows].unsqueeze(1).float() / 255
            yield images, self.classes[rows], self.face[rows]


def seen_faces() -> list[str]:
    """Return the catalogue's faces that may be taught, in its order."""
    return [entry.id for entry in entries() if entry.id not in HELD_OUT_FACES]


def may_see(char: str, face: int, is_print: bool) -> bool:
    """Tell whether a glyph of a seen face may be taught."""
    if char in LETTERS:
        return face % 2 == 0 or char not in HELD_OUT_LETTERS
    return is_print or char not in HELD_OUT_HANZI


def group(char: str, is_print: bool) -> tuple[str, float]:
    """Return the share that a glyph belongs to, and its weight in it."""
    if char in LETTERS:
        return "letters", 1.0
    if is_print:
        return "prints", PRINT_HELD_OUT if char in HELD_OUT_HANZI else 1.0
    return "hands", 1.0


def shares(groups: list[tuple[str, str, float]]) -> np.ndarray:
    """Return how often each glyph is drawn, (N,), in sum 1."""
    sums: dict[tuple[str, str], float] = {}
    for fit, name, weight in groups:
        sums[fit, name] = sums.get((fit, name), 0) + weight
    return np.array(
        [SHARES[fit] * SHARES[name] * weight / sums[fit, name] for fit, name, weight in groups]
    )


@dataclass
class Plan:
    """The rate at each step: it rises, stays, and falls at the end, which time may bring nearer."""

    steps: int
    minutes: float
    seed: int = 0
    began: float = field(default_factory=time.monotonic)

    def rate(self, step: int) -> float:
        """Return the factor of the rate; move the end when the time is over."""
        left = self.steps - step
        if self.seconds > 60 * self.minutes and left > COOL_DOWN:
            self.steps = step + COOL_DOWN
            left = COOL_DOWN
        return min(step / WARM_UP, 1, left / COOL_DOWN)

    @property
    def seconds(self) -> float:
        """Return the time since the beginning."""
        return time.monotonic() - self.began


def train(reader: GlyphReader, lesson: Lesson, plan: Plan) -> Iterator[str]:
    """Train and yield a line on every 100 steps."""
    optimiser = torch.optim.AdamW(reader.parameters(), RATE, betas=(0.9, 0.98), weight_decay=DECAY)
    draws, sums = torch.Generator().manual_seed(plan.seed), torch.zeros(4)
    for step, (images, chars, faces) in enumerate(lesson.batches(plan.seed), start=1):
        if step > plan.steps:
            return
        optimiser.param_groups[0]["lr"] = RATE * plan.rate(step)
        look = reader(1 - 2 * disturb(images, draws))
        read = F.cross_entropy(look.chars, chars, label_smoothing=SMOOTHING)
        hand = F.cross_entropy(look.faces, faces, label_smoothing=SMOOTHING)
        optimiser.zero_grad()
        (read + STYLE_WEIGHT * hand).backward()
        torch.nn.utils.clip_grad_norm_(reader.parameters(), 5.0)
        optimiser.step()
        right = [(look.chars.argmax(1) == chars).float(), (look.faces.argmax(1) == faces).float()]
        sums += torch.stack([read.detach(), hand.detach(), *(values.mean() for values in right)])
        if step % 100 == 0:
            names = ("content loss", "style loss", "content right", "style right")
            words = ", ".join(f"{n} {v:.3f}" for n, v in zip(names, sums / 100, strict=True))
            yield f"{step}/{plan.steps} {plan.seconds:.0f} s: {words}"
            sums.zero_()


def disturb(images: Tensor, draws: torch.Generator) -> Tensor:
    """Move, bend, fatten or thin, soften and dirty glyphs (B, 1, S, S), ink 1 on paper 0."""
    batch = len(images)

    def some(low: float, high: float, share: float = 1.0) -> Tensor:
        """Draw (B, 1, 1, 1) from [low, high]; 0 for all but a share."""
        value, chosen = torch.rand(2, batch, 1, 1, 1, generator=draws)
        return (low + (high - low) * value) * (chosen < share)

    x = F.grid_sample(images, bent_grid(batch, some, draws), align_corners=False)
    around = neighbours(x)
    weight = some(-0.7, 0.9, share=0.6)
    fat, thin = torch.stack(around).amax(0), torch.stack(around).amin(0)
    x = x + weight.clamp(min=0) * (fat - x) - weight.clamp(max=0) * (thin - x)
    x = x + some(0.2, 1.0, share=0.4) * (torch.stack(neighbours(x)).mean(0) - x)
    coarse = F.avg_pool2d(x[: batch // 8], 2)  # as glyphs of half the size are
    x[: batch // 8] = F.interpolate(coarse, scale_factor=2, mode="bilinear")
    x = 0.5 + (x - 0.5) * (1 + some(-0.3, 1.0, share=0.5)) + some(-0.12, 0.12, share=0.3)
    return (x + some(0.0, 0.15, share=0.2) * torch.randn(x.shape, generator=draws)).clamp(0, 1)


def neighbours(x: Tensor) -> list[Tensor]:
    """Return each pixel and the four around it, (B, 1, S, S) each, paper all around."""
    wide, side = F.pad(x, (1, 1, 1, 1)), x.shape[-1]
    places = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    return [wide[..., down : down + side, right : right + side] for down, right in places]


def bent_grid(batch: int, some: Any, draws: torch.Generator) -> Tensor:
    """Return (B, S, S, 2): where each pixel comes from, a random affine map and a smooth bend."""
    across, down = (1 + some(-0.1, 0.1) + some(-0.05, 0.05) for _ in range(2))
    turn, slant = some(-0.07, 0.07), some(-0.12, 0.12)
    moves = [some(-0.12, 0.12) for _ in range(2)]
    rows = torch.cat([across, slant - turn, moves[0], turn, down, moves[1]], dim=3)
    grid = F.affine_grid(rows.view(batch, 2, 3), [batch, 1, SIZE, SIZE], align_corners=False)
    knots = torch.randn(batch, 2, 5, 5, generator=draws) * some(0.0, 0.06, share=0.7)
    return grid + (SPREAD @ knots @ SPREAD.T).permute(0, 2, 3, 1)


def facts(lesson: Lesson, plan: Plan) -> dict[str, Any]:
    """Return what is to be known of the network, as plain values."""
    training = {"steps": plan.steps, "batch": BATCH, "rate": RATE, "glyphs": len(lesson.images)}
    return {
        "classes": CLASSES,
        "faces": lesson.faces,
        "network": {"width": 16, "content": 128, "style": 64},
        "held_out_faces": HELD_OUT_FACES,
        "held_out_hanzi": "".join(sorted(HELD_OUT_HANZI)),
        "held_out_letters": "".join(sorted(HELD_OUT_LETTERS)),
        "training": training,
    }


def save(reader: GlyphReader, known: dict[str, Any], path: Path) -> None:
    """Write the weights in half precision."""
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in reader.state_dict().items()
    }
    with atomic_write(path) as beside:
        save_file(weights, beside, {"facts": json.dumps(known, ensure_ascii=False)})


if __name__ == "__main__":
    main()
