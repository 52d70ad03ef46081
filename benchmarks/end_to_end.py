"""A person, played: a form filled in an unseen font's hand, photographed, scanned, made a font.

    python benchmarks/end_to_end.py --hand yomogi --out out [--count 100] [--pixels RUN]
    python benchmarks/end_to_end.py --pictures out-1 out-2 --out end_to_end.png

The font must be none of those the model was trained on. Its glyphs are written into the form with
jitter, the pages are photographed (tests/photographs.py), scanned, the hand is added to the model,
and a font is made of it. Prints one JSON object: figures on characters that were not written,
against the real font, beside those of the model's nearest hand as it is, and of a model that draws
pixels (--pixels, such as inkflow), to which the hand is added for as long as it was to the pen; and
what each stage took, in seconds of the processor. ``OUT/end_to_end.png`` shows the page, the cells
and the font; --pictures puts several such pictures one below the other.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import photographs

from fontgan import workflows
from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.data.stroke_table import strokes_of_store
from fontgan.faces.face import FontFace
from fontgan.forms.form import load_form
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.choosing import choose
from fontgan.glyphs.names import glyph_filename
from fontgan.inference.model import Model
from fontgan.methods.base import VectorMethod
from fontgan.metrics.ocr import Ocr
from fontgan.metrics.reading import Reader
from fontgan.metrics.tally import drawings, tally
from fontgan.runs.folder import Run
from fontgan.store.store import GlyphStore
from fontgan.training.request import TrainingOptions
from fontgan.workflows import FontWanted

MARGIN = 0.1  # of what is written into a cell
SHOWN = ("missing", "extra", "ssim", "l1", "style", "content", "ocr")
LINES = (
    *("永和九年岁在癸", "丑暮春之初会于", "会稽山之兰亭修", "事也群贤毕至少", "长咸集此地有山"),
    "abc AQ 2026",
)
LETTERS = (
    "The quick brown",
    "fox jumps over",
    "the lazy dog by",
    "Quay 7, 10:45;",
    "Jack & Vera, 96%",
)
LOOK = 10  # iterations that tell what one costs


@dataclass
class Clock:
    """Seconds of the processor that each stage took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Take the time of a block."""
        begun = time.process_time()
        yield
        self.seconds[name] = round(time.process_time() - begun, 1)
        print(f"{name}: {self.seconds[name]} s", file=sys.stderr, flush=True)


def main() -> None:
    """Play the person, and print the figures."""
    args = _arguments()
    torch.set_num_threads(1)
    if args.pictures:
        pile([Path(one) / "end_to_end.png" for one in args.pictures]).save(args.out)
        return
    print(json.dumps(play(args, Path(args.out)), ensure_ascii=False, indent=1))


def play(args: argparse.Namespace, out: Path) -> dict[str, object]:
    """Go the whole way from the form to the font; return what it came to."""
    clock, face = Clock(), FontFace.open(args.hand)
    out.mkdir(parents=True)
    known = Charset("text", tuple(c for c in Charset.wanted(args.target) if face.has(c)))
    with clock.stage("form"):
        chars = Charset("text", tuple(choose(known, args.count).chars))
        made = workflows.make_form(out / "form.pdf", chars)
    with clock.stage("write and photograph"):
        photos = photograph(load_form(made.description), args.hand, out)
    with clock.stage("scan"):
        scanned = workflows.scan(photos, out / "hand")
    with clock.stage("adapt"):
        settings = args.settings or []
        adapted = workflows.adapt(
            out / "hand", out / "run", start=args.start, settings=settings, device="cpu", minutes=60
        )
    with clock.stage("font"):
        wanted = FontWanted(chars=args.chars, family="Played Hand")
        font = workflows.font(out / "run", [out / "hand.ttf"], wanted, device="cpu", jobs=1)
    runs = {"adapted": (out / "run", adapted.style), "nearest hand": (out / "run", adapted.like)}
    if args.pixels:
        add_pixels(args.pixels, out, adapted.like, clock)
        runs["pixels"] = out / "pixels", "hand"
    truth = Truth.of(args, out, [c for c in known if c not in chars])
    picture(photos[0], out, LETTERS if args.target == "alnum62" else LINES)
    return {
        "hand": args.hand,
        "written": len(chars),
        "read": scanned.count("good"),
        "held out by adapt": adapted.scores,
        "nearest hand": adapted.like,
        "unwritten": {name: truth.score(*one) for name, one in runs.items()},
        "scored": len(truth.data.chars),
        "glyphs of the font": len(font.chars),
        "written in the font": len(font.written),
        "checks failed": [c.name for of in font.checks.values() for c in of if c.state == "failed"],
        "CPU seconds": clock.seconds,
    }


def add_pixels(start: str, out: Path, like: str, clock: Clock) -> None:
    """Add the hand to a model that draws pixels, for as long as it took the pen."""
    settings = ["method.rate=0.1", "training.moving_average=0.9", "watch.check=100000"]
    options = TrainingOptions(
        start=start, add_styles=["hand"], like=like, device="cpu", settings=settings
    )
    begun = time.process_time()
    workflows.estimate(out / "run-data", measured=LOOK, **options)
    each = (time.process_time() - begun) / (LOOK + 1)
    with clock.stage("add to the pixels"):
        count = max(1, round(clock.seconds["adapt"] / each))
        options["settings"] = [*settings, f"training.iterations={count}"]
        workflows.train(out / "run-data", out / "pixels", **options)


def photograph(form: object, hand: str, out: Path) -> list[Path]:
    """Fill the form and photograph its pages: by a lamp, from aside, as JPEG."""
    paths = []
    for page in photographs.fill(form, hand):  # type: ignore[arg-type]
        photo = photographs.lit(page.picture(), photographs.ramp(0.55, 1.0))
        photo = photographs.jpeg(photographs.perspective(photographs.tilted(photo, 3), 0.04), 80)
        paths.append(out / f"photo-{page.page.number}.jpg")
        Image.fromarray(np.ascontiguousarray(photo)).save(paths[-1], quality=85)
    return paths


@dataclass(frozen=True)
class Truth:
    """The real font's glyphs of unwritten characters, and who looks at drawings of them.

    Attributes:
        data: the glyphs, beside those of the model's hands.
        reader: knows these hands.
        ocr: reads what is written.
    """

    data: GlyphStore
    reader: Reader
    ocr: Ocr

    @classmethod
    def of(cls, args: argparse.Namespace, out: Path, chars: list[str]) -> Truth:
        """Draw some of the characters, and all hands of the model."""
        face, truth = FontFace.open(args.hand), out / "truth"
        truth.mkdir()
        places = sorted(np.random.default_rng(1).permutation(len(chars))[: args.scored])
        for char in (chars[place] for place in places):
            image = Canvas(photographs.SIDE, margin=MARGIN).draw(face, char)
            Image.fromarray(image).save(truth / glyph_filename(char))
        header, canvas = Run.find(out / "run").header, Run.find(out / "run").header.canvas
        data = workflows.build(
            header.source.spec,
            [f"{one.name}={one.spec}" for one in header.styles if one.name != "hand"],
            f"text:{''.join(chars[place] for place in places)}",
            out / "truth-data",
            size=canvas.size,
            fit=canvas.fit,
            margin=canvas.margin,
            holdout=0,
            images=[f"hand={truth}"],
        )
        return cls(data, Reader.of(data), Ocr.open())

    def score(self, run: Path, style: str) -> dict[str, float]:
        """Score a hand of a run as a drawing of the real font's."""
        model = Model.load(Run.find(run).checkpoint, torch.device("cpu"))
        number = model.task.styles.index(style)
        moves = isinstance(model.method, VectorMethod)
        strokes = strokes_of_store(model.vector.stroke_input, self.data) if moves else None
        pairs = PairDataset.of(self.data, "train", ["hand"], self.data.style_names, strokes)

        def translate(batch: GlyphBatch) -> Tensor:
            asked = replace(batch, target_style=torch.full_like(batch.target_style, number))
            return model.method.translate(model.drawing, asked, torch.Generator())

        drawn = drawings(translate, pairs, model.device)
        mean = tally(drawn, reader=self.reader, judges=[self.ocr]).mean
        return {key: round(mean[key], 4) for key in SHOWN if key in mean}


def picture(photo: Path, out: Path, lines: Sequence[str]) -> None:
    """Show the photographed page, some cells as they were cut out, and a text in the font."""
    page = Image.new("RGB", (1980, 640), "white")
    shot = Image.open(photo)
    shot.thumbnail((560, 620))
    page.paste(shot, (10, 10))
    for place, cell in enumerate(sorted((out / "hand" / "cells").glob("*.png"))[:25]):
        one = Image.open(cell).convert("RGB").resize((112, 112))
        page.paste(one, (500 + place % 5 * 122, 15 + place // 5 * 122))
    face = ImageFont.truetype(str(out / "hand.ttf"), 88)
    for number, line in enumerate(lines):
        ImageDraw.Draw(page).text((1160, 10 + number * 103), line, "black", face)
    page.save(out / "end_to_end.png")


def pile(paths: Sequence[Path]) -> Image.Image:
    """Put pictures one below the other."""
    images = [Image.open(path) for path in paths]
    page = Image.new("L", (max(one.width for one in images), sum(one.height for one in images)))
    top = 0
    for one in images:
        page.paste(one.convert("L"), (0, top))
        top += one.height
    return page


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hand", default="yomogi", help="a font that no model was trained on")
    parser.add_argument("--out", required=True, help="a new folder; of --pictures a file")
    parser.add_argument("--from", dest="start", help="the model; default that of fontgan infer")
    parser.add_argument("--count", type=int, default=100, help="characters to write")
    parser.add_argument("--target", default="gb2312-1", help="what the form is chosen for")
    parser.add_argument("--chars", default="gb2312+ascii+cjk-punct", help="of the font")
    parser.add_argument("--scored", type=int, default=300, help="unwritten characters")
    parser.add_argument("--pixels", help="a run that draws pixels, to compare with")
    parser.add_argument("--pictures", nargs="+", help="only pile the pictures of earlier runs")
    parser.add_argument("--set", dest="settings", action="append", help="of the adaptation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
