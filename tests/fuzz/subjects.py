"""One valid file of every kind, made by the commands themselves in a folder."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from . import tensors_
from .child import run
from .warming import warm

sys.path.insert(0, str(Path(__file__).parents[1]))  # for ``python -m tests.fuzz``
from made_fonts import builder, collection, save, some_glyphs, variable
from photographs import Filled, fill

from fontgan import methods
from fontgan.forms.form import load_form

CHARS = "天地玄黄宇宙洪荒日月"
TINY = (
    "width=4", "max_width=8", "critic_width=4", "full_width=0", "batch_size=4", "moving_average=0",
    "shift=0", "training.iterations=2", "every.save=1", "every.check=2", "every.log=1",
)  # fmt: skip
# What a method may have, as small as it goes.
SMALL = {
    "width": 4, "max_width": 8, "full_width": 0, "encoder_width": 4, "discriminator_width": 4,
    "discriminator_layers": 2, "code_size": 3, "style_code": 3, "char_code": 3, "z_size": 4,
    "blocks": 1, "layers": 1, "heads": 2, "points": 4,
}  # fmt: skip
OTHERS = {"penstroke": {"width": 8}, "inkflow": {"full_width": 2}, "combogan": {"blocks": 2}}
BRIEF = (
    "batch_size=4", "training.iterations=2", "every.save=1", "every.check=2", "every.log=1",
)  # fmt: skip
FONTS = (
    "source.ttf", "font.otf", "font.ttc", "font.woff", "font.woff2", "axes.ttf", "zeyada.woff2",
    "architects-daughter.woff2",
)  # fmt: skip
NAMED = {"zi2zi": "run", "bicyclegan": "coded", "penstroke": "pen"}
RUNS = {NAMED.get(method, method): method for method in methods.available()}
MODULES = "modules.txt"


def tiny(method: str) -> list[str]:
    """Return the options that make a method as small and its training as short as can be."""
    fields = methods.find(method).__dataclass_fields__
    sizes = {name: size for name, size in SMALL.items() if name in fields}
    sizes |= OTHERS.get(method, {})
    lines = [*(f"{name}={size}" for name, size in sizes.items()), *BRIEF]
    return [word for line in lines for word in ("--set", line)]


def make(folder: Path, few: bool = False) -> Path:
    """Make the folder of valid files where it is not yet there, and load what commands load.

    Args:
        folder: where.
        few: runs of the methods in `NAMED` alone.
    """
    if not (folder / MODULES).exists():
        folder.mkdir(parents=True, exist_ok=True)
        warm()
        _fonts(folder)
        _pictures(folder / "drawings")
        _texts(folder)
        _commands(folder, [name for name in RUNS if name in NAMED.values() or not few])
    warm(folder / MODULES)
    return folder


def _fonts(folder: Path) -> None:
    shapes = some_glyphs(CHARS)
    for name, more in (("source", {}), ("one", {"advance": 900}), ("two", {"ascent": 700})):
        save(folder / f"{name}.ttf", shapes, **more)
    for flavor in ("woff", "woff2"):
        font = builder(shapes)
        font.font.flavor = flavor
        font.save(folder / f"font.{flavor}")
    collection(folder / "font.ttc", shapes, some_glyphs("日月"))
    variable(folder / "axes.ttf", "天")
    _postscript(folder / "font.otf")
    embedded = Path(__file__).parents[2] / "fonts"
    for name in ("architects-daughter", "zeyada"):  # by other makers, with tables of every kind
        file = next((embedded / name).glob("*.woff2"))
        (folder / f"{name}.woff2").write_bytes(file.read_bytes())


def _postscript(path: Path) -> None:
    from fontTools.fontBuilder import FontBuilder

    names = {char: f"u{ord(char):04X}" for char in CHARS}
    font = FontBuilder(1000, isTTF=False)
    font.setupGlyphOrder([".notdef", *names.values()])
    font.setupCharacterMap({ord(char): name for char, name in names.items()})
    font.setupCFF("Made", {}, {n: _bar(i) for i, n in enumerate([".notdef", *names.values()])}, {})
    font.setupHorizontalMetrics({name: (1000, 0) for name in (".notdef", *names.values())})
    font.setupHorizontalHeader(ascent=880, descent=-120)
    font.setupNameTable({"familyName": "Made", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)


def _bar(number: int) -> object:
    from fontTools.pens.t2CharStringPen import T2CharStringPen

    pen = T2CharStringPen(1000, None)
    pen.moveTo((100, 50 * number))
    for point in ((900, 50 * number), (900, 50 * number + 100), (100, 50 * number + 100)):
        pen.lineTo(point)
    pen.closePath()
    return pen.getCharString()


def _pictures(folder: Path) -> None:
    """A glyph in every format and mode that a scan may have."""
    folder.mkdir()
    grey = np.full((32, 32), 255, np.uint8)
    grey[8:12, 5:28] = grey[10:29, 14:18] = 0
    image = Image.fromarray(grey)
    for suffix in ("png", "jpg", "tiff", "webp", "bmp"):
        image.save(folder / f"glyph.{suffix}")
    image.convert("RGBA").save(folder / "colour.png")
    image.convert("P").save(folder / "palette.png")
    image.convert("1").save(folder / "two.tiff", compression="group4")
    Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "deep.png")
    image.save(folder / "lzw.tiff", compression="tiff_lzw")


def _texts(folder: Path) -> None:
    (folder / "chars.txt").write_text(f"# some\n{CHARS[:5]}\nU+0041\n", encoding="utf-8")


def _commands(folder: Path, runs: Sequence[str]) -> None:
    settings = [word for line in TINY for word in ("--set", line)]
    build = ["build", "-s", "source.ttf", "-t", "one.ttf", "two.ttf", "--size", "32", "--jobs", "1"]
    _do(folder, *build, "-c", f"text:{CHARS}", "--holdout", "0.2", "-o", "data")
    for name in runs:
        method = RUNS[name]
        size = [*settings, "--set", "code_size=3"] if name == "run" else tiny(method)
        try:
            _do(folder, "train", "data", "--method", method, *size, "--device", "cpu", "-o", name)
        except RuntimeError as error:
            if name in NAMED.values():
                raise
            shutil.rmtree(folder / name, ignore_errors=True)
            print(f"no run of {method}, which is not made so small: {error}", file=sys.stderr)
            continue
        _settle(folder / name)
    shutil.copy(folder / "run" / "settings.toml", folder / "config.toml")
    _do(folder, "export", "onnx", "run", "-o", "model.onnx")
    _do(folder, "export", "weights", "run", "-o", "weights.safetensors")
    _do(folder, "infer", "run", "--text", CHARS[:3], "-o", "drawn")
    _do(folder, "infer", "coded", "--text", CHARS[:3], "--samples", "2", "-o", "samples")
    for share in (1, 2):
        words = ["evaluate", "run", "--shard", f"{share}/2", "--json"]
        (folder / f"share{share}.json").write_text(_do(folder, *words))
    _do(folder, "sheet", "run", "-o", "sheet.png")
    _shipped(folder)
    _pages(folder)


def _do(folder: Path, *words: str) -> str:
    done = run(words, folder, surroundings(folder), modules=folder / MODULES)
    if done.status != 0:
        raise RuntimeError(f"fontgan {' '.join(words)}: {done}")
    warm(folder / MODULES)
    return done.out


def surroundings(folder: Path) -> dict[str, str]:
    """Give a command a home, a cache and a place for temporary files in a folder."""
    places = {"HOME": "home", "FONTGAN_CACHE": "cache", "TMPDIR": "tmp"}
    for name in places.values():
        (folder / name).mkdir(exist_ok=True)
    return {key: str(folder / name) for key, name in places.items()}


def _shipped(folder: Path) -> None:
    root = Path(__file__).parents[2]
    reader = next((root / "fontgan").rglob("reader.safetensors"))
    strokes = root / "fonts" / "strokes" / "hershey-script" / "strokes.safetensors"
    for file in (reader, strokes):
        (folder / file.name).write_bytes(file.read_bytes())


def _pages(folder: Path) -> None:
    """A form, its page written on, and writing in a grid without one."""
    _do(folder, "form", "--chars", f"text:{CHARS[:4]}", "-o", "form.pdf")
    page = written_page(folder / "form.json", folder / "page.png")
    Image.open(folder / "page.png").save(folder / "photo.jpg")
    grid = np.full((440, 660), 235, np.uint8)
    for place, glyph in enumerate(page.truth.values()):
        top, left = 220 * (place // 2), 330 * (place % 2)
        ink = np.asarray(Image.fromarray(glyph).resize((180, 180)))
        grid[top + 20 : top + 200, left + 75 : left + 255][ink] = 40
    Image.fromarray(grid).save(folder / "grid.png")


def written_page(form: Path, picture: Path) -> Filled:
    """Write on a form of one page, and save it as a scanner sees it."""
    (page,) = fill(load_form(form), "long-cang", dpi=150)
    Image.fromarray((255 * page.picture()).astype(np.uint8)).save(picture)
    return page


def _settle(run_folder: Path) -> None:
    """Take the times out of a run, so that a seed always gives the same cases."""
    log = run_folder / "log.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    fixed = [line | {key: 1.0 for key in ("seconds", "rate") if key in line} for line in lines]
    log.write_text("".join(json.dumps(line) + "\n" for line in fixed))
    for file in run_folder.glob("*.safetensors"):
        header, body = tensors_.split(file.read_bytes())
        text = re.sub(rb'(seconds\\*": ?)[\d.e-]+', rb"\g<1>1.0", header)
        text = text.replace(f"{run_folder.parent}/".encode(), b"")
        file.write_bytes(tensors_.join(text, body))
