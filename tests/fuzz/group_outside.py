"""What comes from outside: fonts, images, characters, stroke sets."""

from __future__ import annotations

import re
import shutil
from random import Random

from . import bytes_, fonts_, images_, tensors_
from .cases import CPU, FEW, SIZE, Case, Place, text_way
from .subjects import CHARS, FONTS


def fonts(place: Place, rng: Random) -> Case:
    """Fonts of every kind, and fonts made to exhaust."""
    name = rng.choice(FONTS)
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
    hand = place.folder / "hand"
    hand.mkdir()
    (hand / "U+5730.png").write_bytes((place.subjects / "drawings" / "glyph.png").read_bytes())
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
            ("strokes", "show", "天", "--trace", spec, "-o", "out/s.svg"),
            ("font", "--check", file),
            ("font", "images:hand", "-c", "text:地", "--append-to", file, "-o", "out/f.ttf"),
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
            ("font", "images:scans/one", "-c", "text:天地", "-o", "out/f.otf"),
        )
    )
    return Case(words)


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


ODD = (
    "\ufeff", "\x00", "\x1b[31m", "\u202e", "\U0010ffff", "\ufdd0", "e\u0301", "\U000e0100", "\r",
    "\u2028", "\x85", "#", "U+D800", "U+110000", "U+", "U+41..U+40", "U+0..U+10FFFF",
    "\U0001f468\u200d\U0001f469", " ", "\t",
)  # fmt: skip


def texts(data: bytes, rng: Random) -> bytes:
    """Return text of another coding, of odd characters, or of none."""
    text = data.decode("utf-8", "replace") + "".join(rng.choices(ODD, k=rng.randint(1, 5)))
    coding = rng.choice(
        ("utf-8", "utf-8", "utf-8", "utf-16", "utf-32", "gb18030", "utf-7", "latin-1")
    )
    return text.encode(coding, "replace") * rng.choice((1, 1, 1, 500))


def strokes(place: Place, rng: Random) -> Case:
    """Stroke sets, as `fontgan strokes fetch` leaves them; and strokes traced from a font."""
    name = "kanjivg-kaisho"
    folder = place.cache / "strokes" / name
    folder.mkdir(parents=True)
    origin = place.subjects / "strokes.safetensors"
    (folder / "strokes.safetensors").write_bytes(tensors_.damage(origin.read_bytes(), rng))
    (place.folder / "font.ttf").write_bytes(
        fonts_.damage((place.subjects / "source.ttf").read_bytes(), rng)
    )
    words = rng.choice(
        (
            ("strokes", "show", "A", "g", "--set", name, "-o", "out/s.svg"),
            ("strokes", "show", "A", "--set", name, "-o", "out/s.png"),
            ("strokes", "show", "天", "--trace", "font.ttf", "-o", "out/s.svg", "--animate"),
            ("strokes", "show", "B", "--set", name, "--json"),
            ("strokes", "coverage", "ascii"),
            ("strokes", "list"),
            ("strokes", "fetch", name, "--from", rng.choice(("font.ttf", ".", ""))),
        )
    )
    if "fetch" in words:
        shutil.rmtree(folder)
    return Case(words)


def scans(place: Place, rng: Random) -> Case:
    """Pages of handwriting: photographs, PDFs, the form that they were written on."""
    name = rng.choice(("form.pdf", "form.pdf", "photo.jpg", "page.png", "grid.png", "grid.png"))
    data = (place.subjects / name).read_bytes()
    place.take("form.json")
    if name == "photo.jpg" and rng.random() < 0.4:
        place.damage("form.json", rng, text_way)
    elif name == "form.pdf":
        data = pdf(data, rng)
    else:
        data = images_.crafted(rng) if rng.random() < 0.03 else images_.damage(data, rng)
    (place.folder / name).write_bytes(data)
    out = ("-o", "out")
    words: tuple[str, ...] = ("scan", name, *rng.choice(((), ("--form", "form.json"))), *out)
    if name == "grid.png":
        chars = ("--grid", "2x2", "--chars", f"text:{CHARS[:4]}")
        words = ("scan", name, *rng.choice((chars, ("--text", f"{CHARS[:2]}\n{CHARS[2:4]}"))), *out)
    return Case((*words, *rng.choice(((), ("--json",), ("--level", "--source", "source.ttf")))))


def pdf(data: bytes, rng: Random) -> bytes:
    """Damage a PDF: a number in what it says of itself, or bytes."""
    numbers = list(re.finditer(rb"\b\d+\b", data))
    if not numbers or rng.random() < 0.3:
        return bytes_.damage(data, rng)
    for found in rng.sample(numbers, min(len(numbers), rng.choice((1, 1, 3)))):
        new = rng.choice((b"0", b"-1", b"1", b"14400", b"99999", b"2147483648", b"9" * 30, b"1e9"))
        data = data[: found.start()] + new + data[found.end() :]
    return data
