"""Command lines made of what the commands say of themselves, whatever options there may be."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from random import Random
from typing import Any

from .cases import CPU, Case, Place

# They do minutes of honest work, or ask the network.
LEFT_OUT = {"demo", "bench", "protocol run", "experiment", "fonts fetch"}
# No place outside the case, nor a device: a command may well write where it is told to.
TEXTS = (
    "", ".", "..", "nope", "data", "run", "run/best.safetensors", "source.ttf", "one.ttf",
    "chars.txt", "model.onnx", "drawn", "samples", "/dev/zero/x", "text:天", "text:", "ascii",
    "latin", "0", "1", "-1", "all", "0,1", ",", ",,", "one", "two,one", "one,,two", "x[/]",
    "\x1b[31mred", "\udcff", "n" * 300, "n" * 20_000, "a/b/../c", "a=b", "=", "ssim=0.5",
    "ssim=nan", "nope=1", "1/2", "0/1", "2/1", "1/0", "a/b", "x#y", "source.ttf#9",
    "one=source.ttf", "../x=source.ttf", "=source.ttf", "--", "-", "\n", " ", "out", "out/x",
    "cpu", "cuda:9", "cuda", "mps", "meta", "torch", "onnx", "zi2zi", "bicyclegan",
    "penstroke", "pix2pix", "compact", "paper", "held-out", "ink", "character", "pair", "%s",
    "{}", "$HOME", "~", "名", "noto-sans-sc", "caveat", "width=4", "iterations=1",
)  # fmt: skip
NUMBERS = (
    "0", "1", "2", "-1", "32", "33", "512", "513", "1e9", "nan", "inf", "", "x", "9" * 30,
    "9" * 5000, "0.1", "0.5", "1.5", "-0.1", "2147483647", "2147483648", "٣",
)  # fmt: skip


def lines(place: Place, rng: Random) -> Case:
    """A command with options and arguments by chance, near to what works."""
    place.take(
        "data", "run", "source.ttf", "one.ttf", "chars.txt", "drawn", "model.onnx", "config.toml"
    )  # fmt: skip
    name = rng.choice(sorted(commands()))
    command = commands()[name]
    words = name.split()
    for parameter in command.params:
        needed = parameter.required or parameter.name in ("folder", "out", "preview")
        if rng.random() < (0.95 if needed else 0.12):
            words += _said(parameter, rng)
    if name == "train":  # else it trains for hours, as was asked
        words += ["--set", "iterations=1", "--set", "width=4", "--set", "critic_width=4", *CPU]
    if rng.random() < 0.05:
        words.insert(rng.randrange(len(words) + 1), rng.choice(TEXTS))
    if name in ("render", "build"):
        words += ["--jobs", "1"]
    return Case(
        words, stdin=rng.choice((b"", "天地".encode(), b"\xff\xfe", b"a\n" * 1000)), writes=("*",)
    )


@cache
def commands() -> dict[str, Any]:
    """Return all commands by name, as click has them."""
    import typer
    from fontgan.cli.app import COMMANDS

    app = typer.Typer()
    for module in COMMANDS:
        import_module(f"fontgan.cli.{module}").register(app)
    found: dict[str, Any] = {}

    def walk(command: Any, name: str) -> None:
        if hasattr(command, "commands"):
            for key, below in command.commands.items():
                walk(below, f"{name} {key}".strip())
        elif name not in LEFT_OUT and name.split()[0] not in LEFT_OUT:
            found[name] = command

    walk(typer.main.get_command(app), "")
    return found


def _said(parameter: Any, rng: Random) -> list[str]:
    """Return the words of one option or argument."""
    if getattr(parameter, "is_flag", False):
        return [parameter.opts[0]]
    pool = NUMBERS if _is_number(parameter) else TEXTS
    likely = {
        "folder": "out",
        "out": "out/x.png",
        "data": "data",
        "run": "run",
        "chars": "text:天",
        "runs": "run",
    }
    value = rng.choice(pool)
    if parameter.name in likely and rng.random() < 0.6:
        value = likely[parameter.name]
    values = [value, *rng.choices(pool, k=rng.choice((0, 1)))] if parameter.nargs == -1 else [value]
    if parameter.param_type_name == "argument":
        return values
    return [parameter.opts[0], *values]


def _is_number(parameter: Any) -> bool:
    about = getattr(parameter, "type_descriptor", None) or parameter.type
    return bool(
        re.search(r"\b(int|float)", str(getattr(about, "annotation", about)), re.IGNORECASE)
    )
