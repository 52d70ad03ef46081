"""Settings: TOML files and ``--set``."""

from __future__ import annotations

from random import Random

from fontgan import methods

from . import bytes_
from .cases import CPU, Case, Place
from .subjects import tiny

# Numbers between are left out: a batch of a million takes the memory that the user asked for.
SETTINGS = (
    "0", "-1", "1", "2", "3", "0.5", "1e30", "-1e30", "nan", "inf", "-inf", "1e400", "true", "",
    '""', '"x"', "[]", "[1]", "{}", "{a=1}", "1000000000000", "99999999999999999999", "9" * 10_000,
    "[" * 100_000, "[" * 5000 + "]" * 5000, "{a=" * 3000, "'", '"\\u0000"', "x[/]", "\x1b[31m",
    "0x10", "1_0", "07:00:00", "1979-05-27", "auto", "none", "bf16", "fp16", "linear", "=", "a=b",
    "\n", "../x", "名", "1" * 400, "1e-400",
)  # fmt: skip
KEYS = (
    "width", "max_width", "critic_width", "code_size", "rate", "critic_rate", "l1", "adversarial",
    "batch_size", "training.seed", "seed", "training.iterations", "iterations", "every.check",
    "every.save", "every.log", "every.best", "every.patience", "augment.shift", "shift", "rotate",
    "enlarge", "moving_average", "precision", "schedule", "halve_every", "floor", "kernel",
    "codes", "dropout", "generator_steps", "full_width", "name", "size", "resident", "compile",
    "encoder_norm", "", ".", "a.b.c", "method", "training", "x[/]", "\x1b[1m", "_", "style_code",
    "critic_scales", "flow_levels", "n" * 5000, "label_shuffling", "category", "epochs",
    "sets", "fitted", "points", "heads", "layers", "softness", "clip", "decay", "watch.check",
    "blocks", "pool", "z_size", "char_code", "kind", "discriminator_norm", "discriminator_steps",
    "momentum", "sparse", "active", "contractive", "corruption", "weight_clip", "cycle", "norm",
)  # fmt: skip


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
        method = rng.choice(methods.available())
        words = ["train", "data", "--method", method, *tiny(method), *CPU]
        word = f"{rng.choice(KEYS)}={setting(rng)}"
        words += ["--set", rng.choice((word, word, word, "", "=", "width", "=1", "==", word * 2))]
    words += rng.choice((["-o", "out"], ["-o", "out"], ["--dry-run"], ["--dry-run", "--json"]))
    return Case([word[:120_000].replace("\0", "") for word in words])
