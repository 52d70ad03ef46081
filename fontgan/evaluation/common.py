"""What runs have in common, so that they can be compared, and in which settings they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fontgan.config import Table, plain
from fontgan.errors import CheckpointError, DataError, nearest
from fontgan.runs.folder import Run
from fontgan.runs.header import Header
from fontgan.store.store import GlyphStore


def names_of(given: Sequence[str | Path], runs: Sequence[Run]) -> list[str]:
    """Call each run by its folder's name, a checkpoint by its own too; by the path if two agree."""
    short = [
        run.folder.resolve().name + ("" if Path(word).is_dir() else f"/{run.checkpoint.stem}")
        for word, run in zip(given, runs, strict=True)
    ]
    return [
        name if short.count(name) == 1 else str(word)
        for name, word in zip(short, given, strict=True)
    ]


def common_data(
    names: Sequence[str], headers: Sequence[Header], data: str | Path | None
) -> GlyphStore:
    """Open the data set on which all runs can be compared."""
    sizes = {name: header.task.size for name, header in zip(names, headers, strict=True)}
    if len(set(sizes.values())) > 1:
        said = ", ".join(f"{name} {size} px" for name, size in sizes.items())
        raise CheckpointError(f"runs of different image sizes cannot be compared: {said}")
    prints = {header.data.fingerprint for header in headers}
    if data is None and len(prints) > 1:
        said = ", ".join(f"{n} on {h.data.path}" for n, h in zip(names, headers, strict=True))
        raise DataError(
            f"the runs were trained on different data sets ({said}); name the one to score all on "
            "with --against"
        )
    store = GlyphStore.open(data or headers[0].data.path)
    size = next(iter(sizes.values()))
    if store.size != size:
        raise CheckpointError(f"the models draw {size} px and {store.path} has {store.size} px")
    if not any(store.held_out(style).any() for style in store.styles):
        raise DataError(
            f"{store.path} holds out no characters, so there is nothing unseen to score; build it "
            "with --holdout, or name another with --against"
        )
    if len(prints) > 1 or store.fingerprint not in prints:
        _unseen(names, headers, store)
    return store


def _unseen(names: Sequence[str], headers: Sequence[Header], store: GlyphStore) -> None:
    """Refuse a foreign data set whose held-out characters a run has been trained on."""
    for name, header in zip(names, headers, strict=True):
        seen = sorted(set(header.trained_chars) & store.held_out_chars)
        if seen:
            shown = "".join(seen[:12]) + ("..." if len(seen) > 12 else "")
            raise DataError(
                f"{name} was trained on {len(seen)} of the {len(store.held_out_chars)} held-out "
                f"characters of {store.path} ({shown}); compare on data with the same split"
            )


def common_styles(
    names: Sequence[str], headers: Sequence[Header], store: GlyphStore, wanted: Sequence[str]
) -> list[str]:
    """Return the data set's styles that all runs know, or the wanted ones of them."""
    known = [
        style.name
        for style in store.styles
        if all(style.name in header.task.styles for header in headers)
    ]
    for name in wanted:
        if name not in known:
            hint = nearest(name, known)
            raise DataError(f"style {name}: not one that {', '.join(names)} all know; {hint}")
    common = [name for name in known if name in (wanted or known)]
    if not common:
        raise DataError(f"{', '.join(names)} have no style of {store.path} in common")
    return common


def differing(headers: Sequence[Header]) -> dict[str, list[str]]:
    """Return the settings that are not the same in all runs, by their dotted names."""
    flat = [dict(_flat(header.settings)) for header in headers]
    adapted = [plain(header.adaptation) for header in headers]
    for one, how in zip(flat, adapted, strict=True):
        one |= {f"adaptation.{key}": value for key, value in how.items()}
    keys = dict.fromkeys(key for one in flat for key in one)
    shown = {key: [_said(one.get(key)) for one in flat] for key in keys}
    return {key: values for key, values in shown.items() if len(set(values)) > 1}


def _flat(table: Table, before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(dict(value), f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _said(value: object) -> str:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return "-" if value in (None, "") else str(value)
