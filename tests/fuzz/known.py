"""The smallest form of what went wrong once: one row each, made here instead of kept as files."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import brotli

from . import fonts_, images_, json_, tensors_
from .cases import CPU, FEW, SIZE, Case, Place
from .subjects import CHARS, TINY

Row = tuple[str, Callable[[Place], Case]]
CHECKPOINT = "run/best.safetensors"
INFER = ("infer", CHECKPOINT, "--text", "天", "-o", "out", *CPU)
USES = (
    INFER,
    ("train", "--resume", "-o", "run", "--set", "training.iterations=3", *CPU),
    ("evaluate", CHECKPOINT, "--report", "out/r.html", *CPU),
    ("export", "onnx", CHECKPOINT, "-o", "out/m.onnx"),
)
SET = [word for line in TINY for word in ("--set", line)]
DEEP, OPEN, DIGITS = "@deep@", "@open@", "@digits@"


def change(value: Any, path: str, new: Any) -> None:
    """Set what a dotted path leads to, in JSON."""
    *above, last = path.split(".")
    for key in above:
        value = value[int(key) if isinstance(value, list) else key]
    value[int(last) if isinstance(value, list) else last] = new


def in_json(file: str, path: str, new: Any, words: Sequence[str], *takes: str) -> Row:
    """Make a row that changes a JSON file."""

    def make(place: Place) -> Case:
        place.take(*takes)
        target = place.folder / file
        value = json.loads(target.read_text())
        change(value, path, new)
        target.write_bytes(json_.write(value))
        return Case(words)

    return f"{file}: {path} = {_shown(new)}: {words[0]}", make


def in_checkpoint(path: str, new: Any, words: Sequence[str] = INFER) -> Row:
    """Make a row that changes what the checkpoints of a run say."""

    def make(place: Place) -> Case:
        place.take("run", "data", "source.ttf")
        for file in (place.folder / "run").glob("*.safetensors"):
            header, body = tensors_.split(file.read_bytes())
            table = json.loads(header)
            (key,) = table["__metadata__"]
            facts = json.loads(table["__metadata__"][key])
            change(facts, path, new)
            table["__metadata__"][key] = json_.write(facts).decode()
            file.write_bytes(tensors_.join(json.dumps(table).encode(), body))
        return Case(words, writes=("out", "run"))

    return f"checkpoint: {path} = {_shown(new)}: {' '.join(words[:2])}", make


def moments_of_another_shape(place: Place) -> Case:
    """Give what an optimiser keeps of one parameter the shape of nothing."""
    place.take("run", "data", "source.ttf")
    file = place.folder / "run" / "latest.safetensors"
    header, body = tensors_.split(file.read_bytes())
    table = json.loads(header)
    about = next(about for name, about in table.items() if name.endswith("exp_avg_sq"))
    about["shape"] = [*about["shape"], 1]
    file.write_bytes(tensors_.join(json.dumps(table).encode(), body))
    return Case(USES[1], writes=("run",))


def in_file(name: str, content: bytes | Callable[[Place], bytes], *words: str) -> Row:
    """Make a row that has a file of its own."""

    def make(place: Place) -> Case:
        place.take("source.ttf", "data", "run")
        file = place.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content(place) if callable(content) else content)
        return Case(words)

    return f"{name}: {' '.join(words)[:60]}", make


def _shown(value: Any) -> str:
    return repr(value)[:40]


def _scan(name: str, content: bytes | Callable[[Place], bytes]) -> list[Row]:
    build = ("build", "-s", "source.ttf", "-c", FEW, "--images", "scans", "-o", "out", *SIZE)
    return [
        in_file(f"scans/{name}", content, *words)
        for words in (
            build,
            ("evaluate", "scans", "--against", "data", "--style", "one", *CPU),
            ("sheet", "scans", "-o", "out/s.png"),
        )
    ]


def _source(place: Place) -> bytes:
    return (place.subjects / "source.ttf").read_bytes()


def _woff2_bomb(_: Place) -> bytes:
    packed = brotli.compress(bytes(1 << 28), quality=5)
    entry = bytes([0x3F]) + b"zero" + bytes([0x81, 0x80, 0x80, 0x80, 0x00])
    head = struct.pack(
        ">4s4sIHHIIHH5I", b"wOF2", b"\0\1\0\0", 0, 1, 0, 1000, len(packed), 1, 0, *[0] * 5
    )
    return head + entry + packed


def _pipe(place: Place) -> Case:
    (place.folder / "scans").mkdir()
    os.mkfifo(place.folder / "scans" / "U+5929.png")
    return Case(("sheet", "scans", "-o", "out/s.png"))


def _link(place: Place) -> Case:
    place.take("run", "data", "source.ttf")
    (place.folder / "out").mkdir()
    (place.folder / "out" / "real.html").write_text("")
    (place.folder / "link.html").symlink_to(Path("out") / "real.html")
    return Case(("evaluate", "run", "--report", "link.html", *CPU))


def _with_characters(code: int) -> Callable[[Place], bytes]:
    """Return a font whose character map has one more group, far up."""

    def make(place: Place) -> bytes:
        kind, tables = fonts_.read(_source(place))
        groups = struct.pack(">III", code, code, 1)
        table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, 1) + groups
        tables[b"cmap"] = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
        return fonts_.sfnt(kind, tables)

    return make


SHOW = ("fonts", "show", "f.ttf")
RENDER = ("render", "f.ttf", "-c", FEW, "-o", "out", *SIZE)


def _not_to_be_embedded(place: Place) -> bytes:
    """Return a font that a check finds fault with."""
    kind, tables = fonts_.read(_source(place))
    tables[b"OS/2"] = tables[b"OS/2"][:8] + b"\0\2" + tables[b"OS/2"][10:]
    return fonts_.sfnt(kind, tables)


FONTS: list[Row] = [
    in_file("f.ttf", _not_to_be_embedded, "font", "--check", "f.ttf"),
    in_file("f.ttf", lambda place: fonts_.chain(_source(place), 20_000), *SHOW),
    in_file("f.ttf", lambda place: fonts_.chain(_source(place), 20_000), *RENDER),
    in_file("f.ttf", lambda place: fonts_.chain(_source(place), 40, ring=True), *RENDER),
    in_file(
        "f.woff",
        lambda place: fonts_.bomb(_source(place)[:4], 1 << 27, 64),
        "fonts",
        "show",
        "f.woff",
    ),
    in_file("f.woff2", _woff2_bomb, "fonts", "show", "f.woff2"),
    in_file("f.ttf", _with_characters(0x110000), *SHOW),
    in_file("f.ttf", _with_characters(0xFFFFFFFF), *RENDER),
]
IMAGES: list[Row] = [
    *_scan("U+5929.png", lambda _: images_.flat(13_300, 13_300, 16, 0)),
    *_scan("U+5929.png", lambda _: images_.flat(9_400, 9_400, 8, 6)),
    *_scan("U+5929.png", lambda _: images_.flat(1, 60_000_000, 8, 0)),
    _scan("U+5929.png", lambda _: images_.flat(8_000, 8_000, 16, 6))[0],
    *_scan("U+5929.png", images_.POSTSCRIPT),
    ("a pipe among the images", _pipe),
]
NAMES: list[Row] = [
    *[in_checkpoint("task.styles.0", name) for name in (*json_.NAMES[:15], None, 7)],
    in_json(
        "data/manifest.json",
        "styles.0.name",
        "../../x",
        ("train", "data", *SET, "-o", "out"),
        "data",
    ),
    in_json(
        "data/manifest.json",
        "styles.0.name",
        "x[/]",
        ("data", "show", "data", "--preview", "out/p.png"),
        "data",
    ),
    in_json(
        "drawn/manifest.json",
        "glyphs.0.file",
        "\0",
        ("infer", "run", "--text", "天", "-o", "drawn"),
        "drawn",
        "run",
        "source.ttf",
    ),
    ("a report through a link", _link),
]
HEADERS: list[Row] = [
    in_checkpoint(path, new, USES[(i + j) % len(USES)])
    for i, path in enumerate(
        (
            "canvas",
            "source",
            "styles",
            "adaptation",
            "data.path",
            "settings",
            "best",
            "iteration",
            "method",
            "task",
        )
    )
    for j, new in enumerate((None, 5, {}, DEEP))
]
HEADERS += [
    in_checkpoint("canvas.size", 33),
    *[in_checkpoint("task.size", size) for size in (0, -64, 2**40, 33)],
    *[
        in_checkpoint("settings.method.max_width", width, use)
        for width in (4000, 10**12)
        for use in USES
    ],
    in_checkpoint("settings.training.batch_size", 10**9, USES[1]),
    in_checkpoint("settings.method", "C:\\x", USES[1]),
    ("an optimiser's state of another shape", moments_of_another_shape),
]
TEXTS: list[Row] = [
    in_json("data/manifest.json", "chars", 5, ("sheet", "data", "-o", "out/s.png"), "data"),
    in_json("data/manifest.json", "styles", DEEP, ("sheet", "data", "-o", "out/s.png"), "data"),
    in_json(
        "data/manifest.json", "fingerprint", DIGITS, ("sheet", "data", "-o", "out/s.png"), "data"
    ),
    in_file(
        "data/faces/source.npy",
        b"\x93NUMPY\1\0\x60\xea" + b"(" * 60_000,
        "sheet",
        "data",
        "-o",
        "out/s.png",
    ),
    in_file(
        "run/log.jsonl",
        b'{"iteration": ' + b"9" * 10_000 + b"}\n",
        "evaluate",
        "run",
        "--report",
        "out/r.html",
    ),
    in_file("run/log.jsonl", b"[" * 100_000, "evaluate", "run", "--report", "out/r.html"),
    in_file(
        "run/log.jsonl",
        b'{"iteration": [1], "losses": 5}\n',
        "evaluate",
        "run",
        "--report",
        "out/r.html",
    ),
    in_file("c.toml", b"x = " + b"[" * 50_000, "train", "data", "--config", "c.toml", "-o", "out"),
    in_file(
        "c.toml", b"seed = " + b"9" * 10_000, "train", "data", "--config", "c.toml", "-o", "out"
    ),
    *[
        in_file("x", b"", "train", "data", *SET, "--set", word, "-o", "out", *CPU)
        for word in (
            "x=[[[" + "[" * 60_000,
            "seed=" + "9" * 10_000,
            "generator_steps=" + "9" * 20,
            "code_size=1000000000000",
            "batch_size=1000000000",
            "iterations=" + "1" * 400,
            "epochs=1e308",
            "rate=1e30",
            "=1",
        )
    ],
    *[
        in_json(
            "share1.json",
            path,
            new,
            ("evaluate", "--merge", "share1.json", "share2.json"),
            "share1.json",
            "share2.json",
        )
        for path in ("styles", "mean", "glyphs", "shard")
        for new in (None, 5, [5], {"a": 5}, DEEP)
    ],
]
PLACES: list[Row] = [
    in_file("x", b"", *words)
    for words in (
        ("render", "source.ttf", "-c", FEW, "--sheet", ".", *SIZE),
        ("render", "source.ttf", "-c", FEW, "--sheet", "", *SIZE),
        ("data", "show", "data", "--preview", "."),
        ("evaluate", "run", "--report", ".", *CPU),
        ("sheet", "data", "--out", "."),
        ("charset", "choose", "-n", "1", "--for", FEW, "-s", "source.ttf", "--out", "."),
        ("fonts", "show", ""),
        ("charset", "show", "text:a\x7f\x9b31m", "--json"),
        ("evaluate", "run", "--fail-under", "\x1b[31mred=1"),
        ("render", "", "-c", FEW, "-o", "out"),
        ("render", "source.ttf", "-c", f"text:{CHARS}", "-o", "source.ttf", *SIZE),
    )
]
ROWS: list[Row] = [*FONTS, *IMAGES, *NAMES, *HEADERS, *TEXTS, *PLACES]
