"""Damage to JSON that still parses, or nearly: types, depth, huge numbers, names as paths."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

from . import bytes_

NAMES = (
    "../../outside", "/abs", "..", ".", "", "a/b", "C:\\x", "\x00", "a\x00b", "\ud800",
    "\x1b[31mred", "x[/]", "[red]x", "<script>x</script>", "\x1b]0;t\x07", "n" * 300,
    "n" * 100_000, "名", "\n", " ", "data", "%s", "-", "CON", "‮x", "\U0001f600", "nan", "1",
    "\x9b31m",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 7, 33, 64, 4000, 60000, 2**31, 2**40, 2**63, 2**64, 10**30, -(2**63), 0.5, -0.0,
    1e308, float("nan"), float("inf"), float("-inf"), True, False,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, [], {}, [None], {"": None}, [[]], [1, "a"], {"a": {"b": 1}})
# What `json.dumps` will not write stands as such a mark until the text is made.
RAW = {
    "@deep@": "[" * 100_000 + "]" * 100_000,
    "@deeper objects@": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "@open@": "[" * 60_000,
    "@digits@": "9" * 10_000,
    "@exponent@": "1e99999",
    "@bare@": "undefined",
}


def damage(text: str, rng: Random) -> bytes:
    """Damage JSON text; one time in six as mere bytes."""
    if rng.random() < 1 / 6:
        return bytes_.damage(text.encode(), rng)
    value = json.loads(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = change(value, rng)
    return write(value)


def write(value: Any) -> bytes:
    """Return JSON with the marks replaced."""
    text = json.dumps(value)
    for mark, raw in RAW.items():
        text = text.replace(f'"{mark}"', raw)
    return text.encode()


def change(value: Any, rng: Random) -> Any:
    """Change one place, chosen fairly among the depths."""
    value = copy.deepcopy(value)
    holder, key = _place(value, rng)
    if holder is None:
        return strange(value, rng)
    rng.choice((_replace, _replace, _replace, _drop, _rename, _swap, _grow))(holder, key, rng)
    return value


def strange(old: Any, rng: Random) -> Any:
    """Return a value that does not belong there; near the old one, or far."""
    pools: list[Callable[[], Any]] = [
        lambda: rng.choice(NAMES),
        lambda: rng.choice(NUMBERS),
        lambda: copy.deepcopy(rng.choice(OTHERS)),
        lambda: rng.choice(list(RAW)),
    ]
    if isinstance(old, str):
        pools += [pools[0]] * 3 + [lambda: old + rng.choice(NAMES), lambda: old[:-1], lambda: [old]]
    if isinstance(old, int | float):
        pools += [pools[1]] * 3 + [lambda: -old, lambda: old + 1, lambda: str(old)]
    if isinstance(old, list):
        pools += [
            lambda: dict(enumerate(old)),
            lambda: old[::-1],
            lambda: old * 2,
            lambda: "".join(map(str, old)),
        ]
    return rng.choice(pools)()


def _place(value: Any, rng: Random) -> tuple[Any, Any]:
    """Walk down by chance; return what holds the place, and its key there."""
    holder, key = None, None
    while isinstance(value, dict | list) and value and (holder is None or rng.random() < 0.7):
        holder = value
        key = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        value = holder[key]
    return holder, key


def _replace(holder: Any, key: Any, rng: Random) -> None:
    holder[key] = strange(holder[key], rng)


def _drop(holder: Any, key: Any, rng: Random) -> None:  # noqa: ARG001
    del holder[key]


def _rename(holder: Any, key: Any, rng: Random) -> None:
    if isinstance(holder, dict):
        holder[rng.choice(NAMES)] = holder.pop(key)
    else:
        holder.insert(key, strange(holder[key], rng))


def _swap(holder: Any, key: Any, rng: Random) -> None:
    other = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    holder[key], holder[other] = holder[other], holder[key]


def _grow(holder: Any, key: Any, rng: Random) -> None:
    if isinstance(holder[key], list) and holder[key]:
        holder[key].extend(copy.deepcopy(rng.choices(holder[key], k=rng.choice((1, 50)))))
    elif isinstance(holder[key], str):
        holder[key] *= rng.choice((2, 3, 1000))
    else:
        holder[key] = [holder[key]]
