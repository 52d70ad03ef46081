"""What is damaged, and which commands then read it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from . import bytes_, fonts_, images_, json_, tensors_
from .subjects import CHARS, TINY

SIZE = ("--size", "32", "--jobs", "1")
FEW = f"text:{CHARS[:3]}"
CPU = ("--device", "cpu")


@dataclass(frozen=True)
class Case:
    """A command line, and what it may write.

    Attributes:
        words: after ``fontgan``.
        stdin: standard input.
        writes: files and folders, in the folder of the case, that it may make or change.
    """

    words: Sequence[str]
    stdin: bytes = b""
    writes: Sequence[str] = ("out",)


@dataclass(frozen=True)
class Place:
    """The folder of one case, and where valid files come from."""

    subjects: Path
    folder: Path

    def take(self, *names: str) -> None:
        """Copy valid files and folders into the case."""
        for name in names:
            origin, goal = self.subjects / name, self.folder / name
            if origin.is_dir():
                shutil.copytree(origin, goal)
            else:
                goal.write_bytes(origin.read_bytes())

    def damage(self, name: str, rng: Random, way: Callable[[bytes, Random], bytes]) -> None:
        """Damage a file of the case."""
        file = self.folder / name
        file.write_bytes(way(file.read_bytes(), rng))


def text_way(data: bytes, rng: Random) -> bytes:
    """Damage a file of JSON."""
    return json_.damage(data.decode(), rng)


Group = Callable[[Place, Random], Case]


def fonts(place: Place, rng: Random) -> Case:
    """Fonts of every kind, and fonts made to exhaust."""
    names = "source.ttf font.otf font.ttc font.woff font.woff2 axes.ttf zeyada.woff2 architects-daughter.woff2"
    name = rng.choice(names.split())
    data = (place.subjects / name).read_bytes()
    if rng.random() < 0.04:
        data = rng.choice(fonts_.CRAFTED)((place.subjects / "source.ttf").read_bytes(), rng)
    else:
        data = fonts_.damage(data, rng)
    file = f"font.{name.rpartition('.')[2]}"
    (place.folder / file).write_bytes(data)
    likely = {"axes.ttf": 0.6, "font.ttc": 0.4}.get(name, 0.05)
    spec = file + (rng.choice(fonts_.FRAGMENTS) if rng.random() < likely else "")
    place.take("source.ttf")
    chars = rng.choice((FEW, "text:abc", "ascii", f"text:{CHARS}abc"))
    words = rng.choice(
        (
            ("fonts", "show", spec),
            ("fonts", "show", spec, "--json"),
            ("render", spec, "-c", chars, "-o", "out", *SIZE),
            ("render", spec, "source.ttf", "-c", chars, "--sheet", "out/s.png", *SIZE),
            ("build", "-s", "source.ttf", "-t", spec, "-c", chars, "-o", "out", *SIZE),
            ("build", "-s", spec, "-t", "source.ttf", "-c", chars, "-o", "out", *SIZE),
            ("charset", "coverage", chars, spec),
        )
    )
    return Case(words)


def images(place: Place, rng: Random) -> Case:
    """Images as scans, as drawn glyphs, as what a code is taken from."""
    origin = rng.choice(sorted((place.subjects / "drawings").iterdir()))
    suffix = rng.choice((origin.suffix, origin.suffix, ".png"))
    bad = images_.crafted(rng) if rng.random() < 0.03 else images_.damage(origin.read_bytes(), rng)
    scans = place.folder / "scans" / "one"
    scans.mkdir(parents=True)
    (scans / f"U+5929{suffix}").write_bytes(bad)
    (scans / "U+5730.png").write_bytes((place.subjects / "drawings" / "glyph.png").read_bytes())
    place.take("source.ttf", "data", "coded")
    build = ("build", "-s", "source.ttf", "-c", f"text:{CHARS}", "-o", "out", *SIZE)
    words = rng.choice(
        (
            (*build, "--images", "scans/one"),
            (*build, "--images", "new=scans/one", "-t", "source.ttf"),
            ("evaluate", "scans", "--against", "data", *CPU),
            ("evaluate", "scans/one", "--against", "data", "--style", "one", *CPU),
            ("sheet", "scans", "-o", "out/sheet.png"),
            (
                "infer",
                "coded",
                "--text",
                "天",
                "--encode",
                f"scans/one/U+5929{suffix}",
                "-o",
                "out",
            ),
            ("infer", "coded", "--text", "天", "--encode", "scans/one", "-o", "out"),
        )
    )
    return Case(words)


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


def npy(data: bytes, rng: Random) -> bytes:
    """Damage an array: its header, or anything."""
    if rng.random() < 0.3:
        return bytes_.damage(data, rng)
    header, body = data[10:128], data[128:]
    text = header.decode("latin-1").rstrip()
    way = rng.randrange(5)
    if way == 0:
        text = bytes_.damage(text.encode(), rng).decode("latin-1")
    elif way == 1:
        text = text.replace(
            "|u1", rng.choice(("|O", "<f8", "|V1", "<U9", "|u2", "x", "<M8[ns]", "|b1"))
        )
    elif way == 2:
        shape = rng.choice(
            ("(10, 32)", "(-1, 32, 32)", "(9999999999999, 32, 32)", "(" * 60_000, "()")
        )
        text = text.replace("(10, 32, 32)", shape)
    elif way == 3:
        text = text.replace("False", rng.choice(("True", "None", "5", "__import__('os')")))
    else:
        return data[:6] + bytes(rng.randrange(5) for _ in range(2)) + data[8:]
    packed = text.encode("latin-1", "replace")
    return data[:8] + min(65535, len(packed)).to_bytes(2, "little") + packed + body


def runs(place: Place, rng: Random) -> Case:
    """Runs: checkpoints, log, settings."""
    run = rng.choice(("run", "run", "coded"))
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
            ("infer", what, "--text", "天", "--samples", "2", "--vary", "-o", "out", *CPU),
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
    return Case(words, writes=("out", run) if "--resume" in words else ("out",))


def lines(data: bytes, rng: Random) -> bytes:
    """Damage JSON that stands one value a line."""
    parts = data.splitlines()
    place = rng.randrange(len(parts))
    parts[place] = text_way(parts[place], rng)
    return b"\n".join(parts) + rng.choice((b"\n", b"", b"\n\n", b'{"iteration": 3'))


def toml(data: bytes, rng: Random) -> bytes:
    """Damage TOML: a value, a name, or bytes."""
    if rng.random() < 0.15:
        return bytes_.damage(data, rng)
    parts = data.decode().splitlines()
    place = rng.choice([n for n, line in enumerate(parts) if line.strip()])
    key, equals, value = parts[place].partition("=")
    way = rng.randrange(4)
    if way == 0 and equals:
        parts[place] = f"{key}= {setting(rng)}"
    elif way == 1:
        parts[place] = f"{rng.choice(KEYS)} ={value or ' 1'}"
    elif way == 2:
        parts.insert(place, parts[place])
    else:
        del parts[place]
    return "\n".join(parts).encode("utf-8", "surrogatepass")


# Numbers between are left out: a batch of a million takes the memory that the user asked for.
SETTINGS = (
    "0", "-1", "1", "2", "3", "0.5", "1e30", "-1e30", "nan", "inf", "-inf", "1e400", "true", "", '""', '"x"',
    "[]", "[1]", "{}", "{a=1}", "1000000000000", "99999999999999999999", "9" * 10_000, "[" * 100_000,
    "[" * 5000 + "]" * 5000, "{a=" * 3000, "'", '"\\u0000"', "x[/]", "\x1b[31m", "0x10", "1_0", "07:00:00",
    "1979-05-27", "auto", "none", "bf16", "fp16", "linear", "=", "a=b", "\n", "../x", "名", "1" * 400, "1e-400",
)  # fmt: skip
KEYS = (
    "width", "max_width", "critic_width", "code_size", "rate", "critic_rate", "l1", "adversarial", "batch_size",
    "training.seed", "seed", "training.iterations", "iterations", "every.check", "every.save", "every.log",
    "every.best", "every.patience", "augment.shift", "shift", "rotate", "enlarge", "moving_average", "precision",
    "schedule", "halve_every", "floor", "kernel", "codes", "dropout", "generator_steps", "full_width", "name",
    "size", "resident", "compile", "encoder_norm", "", ".", "a.b.c", "method", "training", "x[/]", "\x1b[1m", "_",
    "style_code", "critic_scales", "flow_levels", "n" * 5000, "label_shuffling", "category", "epochs",
)  # fmt: skip


def setting(rng: Random) -> str:
    """Return a value that a setting seldom has."""
    return rng.choice(SETTINGS)


def configs(place: Place, rng: Random) -> Case:
    """Settings from a file and from the command line."""
    place.take("data", "config.toml")
    if rng.random() < 0.5:
        place.damage("config.toml", rng, toml)
        words = ["train", "data", "--config", "config.toml", *CPU]
    else:
        method = rng.choice(("zi2zi", "bicyclegan", "inkflow"))
        ink = {"full_width=0": "full_width=2"} if method == "inkflow" else {}
        base = [word for line in TINY for word in ("--set", ink.get(line, line))]
        words = ["train", "data", "--method", method, *base, *CPU]
        word = f"{rng.choice(KEYS)}={setting(rng)}"
        words += ["--set", rng.choice((word, word, word, "", "=", "width", "=1", "==", word * 2))]
    words += rng.choice((["-o", "out"], ["-o", "out"], ["--dry-run"], ["--dry-run", "--json"]))
    return Case([word[:120_000].replace("\0", "") for word in words])


def characters(place: Place, rng: Random) -> Case:
    """Character sets: files, text, standard input."""
    place.take("chars.txt", "source.ttf")
    raw = rng.choice((bytes_.damage, texts, texts))(
        b"# some\n" + CHARS.encode() + b"\nU+0041 U+4E00..U+4E10\n", rng
    )
    (place.folder / "chars.txt").write_bytes(raw)
    text = raw.decode("utf-8", "surrogateescape").replace("\0", "")[:50_000]
    names = (
        "chars.txt",
        "-",
        f"text:{text}",
        "ascii+chars.txt",
        "chars.txt+text:a",
        "digits+-",
        "-+-",
        "nope",
        "+",
        "",
    )
    chars = rng.choice(names)
    words: tuple[str, ...] = rng.choice(
        (
            ("charset", "show", chars),
            ("charset", "show", chars, "--codepoints"),
            ("charset", "show", chars, "--json"),
            ("charset", "coverage", chars, "source.ttf"),
            ("charset", "choose", "-n", "2", "--for", chars, "-s", "source.ttf", "-o", "out/c.txt"),
            ("charset", "choose", "-n", "2", "--for", FEW, "--among", chars, "-s", "source.ttf"),
            ("render", "source.ttf", "-c", chars, "-o", "out", *SIZE),
            ("build", "-s", "source.ttf", "-t", "source.ttf", "-c", chars, "-o", "out", *SIZE),
            (
                "build",
                "-s",
                "source.ttf",
                "-t",
                "a=source.ttf",
                "-c",
                FEW,
                "--chars-of",
                f"a={chars}",
                "-o",
                "out",
                *SIZE,
            ),
            ("infer", "run", "--chars", chars, "-o", "out", *CPU),
            ("infer", "run", "--text", text, "-o", "out", *CPU),
        )
    )
    if "run" in words:
        place.take("run")
    return Case(words, stdin=raw)


def texts(data: bytes, rng: Random) -> bytes:
    """Return text of another coding, of odd characters, or of none."""
    odd = ("\ufeff", "\x00", "\x1b[31m", "\u202e", "\U0010ffff", "\ufdd0", "e\u0301", "\U000e0100", "\r", "\u2028", "\x85", "#", "U+D800", "U+110000", "U+", "U+41..U+40", "U+0..U+10FFFF", "\U0001f468\u200d\U0001f469", " ", "\t")  # fmt: skip
    text = data.decode("utf-8", "replace") + "".join(rng.choices(odd, k=rng.randint(1, 5)))
    coding = rng.choice(
        ("utf-8", "utf-8", "utf-8", "utf-16", "utf-32", "gb18030", "utf-7", "latin-1")
    )
    return text.encode(coding, "replace") * rng.choice((1, 1, 1, 500))


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
