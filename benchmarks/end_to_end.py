"""A person, played: a form filled in an unseen font's hand, photographed, scanned, made a font.

    python benchmarks/end_to_end.py --hand yomogi --out out [--from RUN] [--count 100]

The font must be none of those the model was trained on. Its glyphs are written into the form with
jitter, the pages are photographed (tests/photographs.py), scanned, the hand is added to the model,
and a font is made of it. Prints one JSON object: figures on characters that were not written,
against the real font, beside those of the model's nearest hand as it is; and what each stage took,
in seconds of the processor. ``OUT/end_to_end.png`` shows the page, the cells and the font.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
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
from fontgan.metrics.reading import Reader
from fontgan.metrics.tally import drawings, tally
from fontgan.runs.folder import Run
from fontgan.workflows import FontWanted

MARGIN = 0.1  # of what is written into a cell
SHOWN = ("missing", "ssim", "l1", "style", "content")
TEXT = "永和九年岁在癸丑暮春之初会于会稽山之兰亭修事也群贤毕至少长咸集此地有山林竹又有清流"


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
    args, clock, face = _arguments(), Clock(), None
    torch.set_num_threads(1)
    out, face = Path(args.out), FontFace.open(args.hand)
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
            out / "hand", out / "run", start=args.start, settings=settings, device="cpu"
        )
    with clock.stage("font"):
        wanted = FontWanted(style=adapted.style, chars=args.chars, family="Played Hand")
        font = workflows.font(out / "run", [out / "hand.ttf"], wanted, device="cpu", jobs=1)
    figures = compare(args, out, adapted.like, [c for c in known if c not in chars])
    picture(photos[0], out, out / "end_to_end.png")
    report = {
        "hand": args.hand,
        "written": len(chars),
        "read": scanned.count("good"),
        "held out by adapt": adapted.scores,
        "nearest hand": adapted.like,
        "unwritten": figures,
        "glyphs of the font": len(font.chars),
        "written in the font": len(font.written),
        "checks failed": [c.name for of in font.checks.values() for c in of if c.state == "failed"],
        "CPU seconds": clock.seconds,
    }
    print(json.dumps(report, ensure_ascii=False, indent=1))


def photograph(form: object, hand: str, out: Path) -> list[Path]:
    """Fill the form and photograph its pages: by a lamp, from aside, as JPEG."""
    paths = []
    for page in photographs.fill(form, hand):  # type: ignore[arg-type]
        photo = photographs.lit(page.picture(), photographs.ramp(0.55, 1.0))
        photo = photographs.jpeg(photographs.perspective(photographs.tilted(photo, 3), 0.04), 80)
        paths.append(out / f"photo-{page.page.number}.jpg")
        Image.fromarray(np.ascontiguousarray(photo)).save(paths[-1], quality=85)
    return paths


def compare(
    args: argparse.Namespace, out: Path, like: str, chars: list[str]
) -> dict[str, dict[str, float]]:
    """Score the adapted hand, and the nearest as it is, on characters that were not written."""
    face, truth = FontFace.open(args.hand), out / "truth"
    truth.mkdir()
    some = np.random.default_rng(1).permutation(len(chars))[: args.scored]
    for char in (chars[place] for place in sorted(some)):
        image = Canvas(photographs.SIDE, margin=MARGIN).draw(face, char)
        Image.fromarray(image).save(truth / glyph_filename(char))
    model = Model.load(Run.find(out / "run").checkpoint, torch.device("cpu"))
    hands = [name for name in model.task.styles if name != "hand"]
    canvas, drawn = model.canvas, "".join(chars[place] for place in sorted(some))
    data = workflows.build(
        model.header.source.spec,
        [f"{one.name}={one.spec}" for one in model.header.styles if one.name in hands],
        f"text:{drawn}",
        out / "truth-data",
        size=canvas.size,
        fit=canvas.fit,
        margin=canvas.margin,
        holdout=0,
        images=[f"hand={truth}"],
    )
    strokes = strokes_of_store(model.vector.stroke_input, data)
    pairs = PairDataset.of(data, "train", ["hand"], data.style_names, strokes)
    reader = Reader.of(data)

    def scored(style: str) -> dict[str, float]:
        number = model.task.styles.index(style)

        def translate(batch: GlyphBatch) -> Tensor:
            asked = replace(batch, target_style=torch.full_like(batch.target_style, number))
            return model.method.translate(model.drawing, asked, torch.Generator())

        scores = tally(drawings(translate, pairs, model.device), reader=reader)
        return {key: round(scores.mean[key], 4) for key in SHOWN if key in scores.mean}

    return {"adapted": scored("hand"), "nearest hand": scored(like)}


def picture(photo: Path, out: Path, path: Path) -> None:
    """Show the photographed page, some cells as they were cut out, and a text in the font."""
    page = Image.new("RGB", (1980, 880), "white")
    shot = Image.open(photo)
    shot.thumbnail((640, 900))
    page.paste(shot, (10, 10))
    cells = sorted((out / "hand" / "cells").glob("*.png"))[:30]
    for place, cell in enumerate(cells):
        one = Image.open(cell).convert("RGB").resize((110, 110))
        page.paste(one, (670 + place % 5 * 120, 10 + place // 5 * 120))
    face = ImageFont.truetype(str(out / "hand.ttf"), 80)
    write = ImageDraw.Draw(page)
    for line in range(0, len(TEXT), 7):
        write.text((1300, 20 + line // 7 * 125), TEXT[line : line + 7], "black", face)
    page.save(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hand", default="yomogi", help="a font that no model was trained on")
    parser.add_argument("--out", required=True, help="a new folder")
    parser.add_argument("--from", dest="start", help="the model; default that of fontgan infer")
    parser.add_argument("--count", type=int, default=100, help="characters to write")
    parser.add_argument("--target", default="gb2312-1", help="what the form is chosen for")
    parser.add_argument("--chars", default="gb2312+ascii+cjk-punct", help="of the font")
    parser.add_argument("--scored", type=int, default=300, help="unwritten characters")
    parser.add_argument("--set", dest="settings", action="append", help="of the adaptation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
