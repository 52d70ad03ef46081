"""What fontgan has written: data sets, runs, ONNX files, drawings and scores."""

from __future__ import annotations

import shutil
from random import Random

from . import bytes_, json_, tensors_
from .arrays_ import damage as npy
from .cases import CPU, SIZE, Case, Place, text_way
from .configs import toml
from .subjects import CHARS, RUNS, TINY

FORMATS = ("png", "svg", "strokes-svg", "animated-svg", "json", "inkml", "hpgl", "gcode")


def data(place: Place, rng: Random) -> Case:
    """Data sets: manifest, plan, records of faces, images of faces."""
    place.take("data", "run", "coded", "source.ttf", "one.ttf", "two.ttf")
    name = rng.choice(
        ("manifest.json",) * 6 + ("plan.json", "faces/000-one.json")
        + ("faces/000-one.npy", "faces/source.npy", "faces/001-two.npy")
    )  # fmt: skip
    place.damage(f"data/{name}", rng, text_way if name.endswith("json") else npy)
    settings = [word for line in TINY for word in ("--set", line)]
    build = ("build", "-s", "source.ttf", "-t", "one.ttf", "two.ttf", *SIZE, "--holdout", "0.2")
    words = rng.choice(
        (
            ("data", "show", "data", "--preview", "out/p.png"),
            ("data", "show", "data", "--preview", "out/p.png", "--json"),
            ("train", "data", *settings, "-o", "out", *CPU),
            ("train", "data", "--from", "run", "--set", "training.iterations=1", "-o", "out", *CPU),
            ("train", "data", *settings, "--dry-run", *CPU),
            ("sheet", "data", "-o", "out/sheet.png"),
            ("evaluate", "run", "--against", "data", "--report", "out/r.html", *CPU),
            ("evaluate", "drawn", "--against", "data", *CPU),
            ("infer", "coded", "--text", "天", "--encode", "data:one", "-o", "out", *CPU),
            (*build, "-c", f"text:{CHARS}", "-o", "data"),
            (*build, "-c", f"text:{CHARS}", "-o", "data", "--force"),
            (*build, "-c", f"text:{CHARS}", "-o", "data", "--shard", "1/2"),
        )
    )
    if "drawn" in words:
        place.take("drawn")
    return Case(words, writes=("out", "data") if words[0] == "build" else ("out",))


def runs(place: Place, rng: Random) -> Case:
    """Runs: checkpoints, log, settings."""
    there = [name for name in RUNS if (place.subjects / name).exists()]
    run = rng.choice(("run", "run", "coded", "coded", "pen", "pen", *there))
    place.take(run, "data", "source.ttf", "one.ttf", "two.ttf")
    name = rng.choice(
        ("best.safetensors",) * 5 + ("latest.safetensors",) * 4 + ("log.jsonl", "settings.toml")
    )
    ways = {"safetensors": tensors_.damage, "jsonl": lines, "toml": toml}
    place.damage(f"{run}/{name}", rng, ways[name.rpartition(".")[2]])
    file = f"{run}/{name}" if name.endswith("safetensors") else run
    what = rng.choice((run, file, file))
    more = ("--set", "training.iterations=3", *CPU)
    words = rng.choice(
        (
            ("infer", what, "--text", "天地", "-o", "out", *CPU),
            ("infer", what, "--text", "天", "--samples", "2", "--vary", "1", "-o", "out", *CPU),
            ("vary", what, "--data", "data", *CPU),
            ("write", "天地，yes", what, "--style", "0", "-o", "out/page.svg", *CPU),
            ("infer", what, "--style", "two", "--mend", "-o", "out", "--json", *CPU),
            ("interpolate", what, "--text", "天", "--steps", "2", "-o", "out", *CPU),
            ("evaluate", what, "--report", "out/r.html", "--sheet", "out/s.png", *CPU),
            ("evaluate", what, "--json", *CPU),
            ("export", "onnx", what, "-o", "out/m.onnx"),
            ("export", "weights", what, "-o", "out/w.safetensors", "--half"),
            ("sheet", what, "-o", "out/sheet.png", *CPU),
            ("compare", what, "other", "-o", "out", *CPU),
            ("train", "--resume", "-o", run, *more),
            ("train", "--resume", "-o", run, *more),
            ("train", "data", "--from", what, "-o", "out", *more),
            ("train", "data", "--from", what, "--add-style", "two", "-o", "out", *more),
        )
    )
    if "other" in words:
        shutil.copytree(place.subjects / "run", place.folder / "other")
    changes = "--resume" in words or words[0] == "vary"
    return Case(words, writes=("out", run) if changes else ("out",))


def pens(place: Place, rng: Random) -> Case:
    """Runs of a method that moves a pen: what it draws as strokes and as outlines."""
    place.take("pen", "data", "source.ttf", "strokes.safetensors")
    if rng.random() < 0.7:
        place.damage("pen/best.safetensors", rng, tensors_.damage)
    size = rng.choice(((), (), ("--size", rng.choice(("32", "64", "500", "513", "0")))))
    form = rng.choice(FORMATS)
    text = rng.choice(("天地", "天", "A", "天\u200d\U000e0100 \u202e", "\U0010ffff", CHARS))
    style = ("--style", rng.choice(("one", "two", "all", "0,1", "9", "")))
    words = ("infer", "pen", "--text", text, *style, "--format", form, *size, "-o", "out")
    return Case((*words, "--jobs", "1", *rng.choice(((), ("--json",), ("--mend",))), *CPU))


def lines(data: bytes, rng: Random) -> bytes:
    """Damage JSON that stands one value a line."""
    parts = data.splitlines()
    place = rng.randrange(len(parts))
    parts[place] = text_way(parts[place], rng)
    return b"\n".join(parts) + rng.choice((b"\n", b"", b"\n\n", b'{"iteration": 3'))


def onnx(place: Place, rng: Random) -> Case:
    """ONNX files: what they say of themselves, and their bytes."""
    place.take("model.onnx", "source.ttf")
    place.damage("model.onnx", rng, graph)
    words = rng.choice(
        (
            ("infer", "model.onnx", "--text", "天地", "-o", "out"),
            ("infer", "model.onnx", "--style", "two", "--text", "天", "-o", "out", "--json"),
            ("infer", "model.onnx", "-o", "out", "--mend"),
            (
                "infer",
                "model.onnx",
                "--style",
                "1",
                "--text",
                "天地",
                "--source",
                "source.ttf",
                "-o",
                "out",
            ),
        )
    )
    return Case(words)


def graph(data: bytes, rng: Random) -> bytes:
    """Damage what an ONNX file says of itself, a tensor, or bytes."""
    if rng.random() < 0.4:
        return bytes_.damage(data, rng)
    import onnx as library

    model = library.load_from_string(data)
    if rng.random() < 0.8 and model.metadata_props:
        entry = rng.choice(list(model.metadata_props))
        damaged = (
            json_.damage(entry.value, rng)
            if entry.value[:1] == "{"
            else rng.choice(json_.NAMES).encode("utf-8", "replace")
        )
        entry.value = damaged.decode("utf-8", "replace")
    else:
        tensor = rng.choice(list(model.graph.initializer))
        tensor.raw_data = bytes_.damage(tensor.raw_data, rng)
    return model.SerializeToString()


def drawings(place: Place, rng: Random) -> Case:
    """Codes, folders of drawn glyphs, readers, and what shares of an evaluation printed."""
    way = rng.randrange(4)
    if way == 0:
        place.take("coded", "samples")
        name = rng.choice(("codes.safetensors", "codes.safetensors", "manifest.json"))
        place.damage(f"samples/{name}", rng, tensors_.damage if name[0] == "c" else text_way)
        what = rng.choice(("samples", f"samples/{name}"))
        command = rng.choice((("infer", "coded"), ("interpolate", "coded", "--steps", "2")))
        return Case((*command, "--text", "天", "--code-from", what, "-o", "out", *CPU))
    if way == 1:
        place.take("drawn", "data", "run")
        place.damage("drawn/manifest.json", rng, text_way)
        words = rng.choice(
            (
                ("infer", "run", "--text", "天", "-o", "drawn", *CPU),
                ("infer", "run", "--text", CHARS[:3], "--shard", "1/2", "-o", "drawn", *CPU),
                ("evaluate", "drawn", "--against", "data", "--report", "out/r.html", *CPU),
                ("sheet", "drawn", "-o", "out/sheet.png"),
            )
        )
        return Case(words, writes=("out", "drawn") if words[0] == "infer" else ("out",))
    if way == 2:
        place.take("run", "data", "reader.safetensors")
        place.damage("reader.safetensors", rng, tensors_.damage)
        option = rng.choice(("--reader", "--reader", "--lpips-weights", "--fid-weights"))
        return Case(("evaluate", "run", option, "reader.safetensors", *CPU))
    place.take("share1.json", "share2.json")
    place.damage("share1.json", rng, text_way)
    return Case(
        ("evaluate", "--merge", "share1.json", "share2.json", *rng.choice(((), ("--json",))))
    )
