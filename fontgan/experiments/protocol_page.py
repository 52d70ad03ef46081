"""The results of a protocol, as plain values and as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fontgan.config import Table, plain
from fontgan.experiments.protocols import Protocol
from fontgan.experiments.results import markdown, versions
from fontgan.metrics.measures import MEASURES, definitions
from fontgan.metrics.tally import Scores
from fontgan.runs.folder import Run


def results_of(
    protocol: Protocol,
    pick: str | None,
    given: Sequence[str],
    scores: Scores,
    base: Run,
    scored: Run,
    device: str,
) -> Table:
    """Return what stands in ``results.json``."""
    header = scored.header
    found = plain(scores)
    names = [name for name in MEASURES if name in {**scores.mean, **scores.whole}]
    return {
        "protocol": protocol.name,
        "description": protocol.description,
        "pick": pick,
        "given": "".join(given),
        "faces": list(protocol.scored_faces),
        "scored": "".join(protocol.scored),
        "size": header.task.size,
        "base": str(base.checkpoint),
        "model": {
            "checkpoint": str(scored.checkpoint),
            "styles": list(header.task.styles),
            "data": plain(header.data),
            **{key: getattr(header, key) for key in ("method", "iteration", "seconds", "settings")},
        },
        "scores": {key: found[key] for key in ("glyphs", "blank", "mean", "whole", "by_style")},
        "truth": found["truth"],
        "notes": [*_deviations(protocol, base), *scores.notes[1:]],  # the first counts glyphs
        "definitions": definitions(tuple(names)),
        "versions": versions(device),
    }


def _deviations(protocol: Protocol, base: Run) -> Iterator[str]:
    """Say where a model that was brought along was not trained as the protocol has it."""
    header = base.header
    known = [name for name in header.task.styles if name not in protocol.added]
    if set(known) != set(protocol.faces):
        yield f"not by the letter: the model was trained on {', '.join(known)}"
    chars = header.trained_chars
    if set(chars) != set(protocol.train):
        yield f"not by the letter: the model was trained on {len(chars)} characters"


def page(results: Table) -> Iterator[str]:
    """Yield the lines of ``results.md``."""
    scores, model = results["scores"], results["model"]
    whole = {**scores["mean"], **scores["whole"]}
    names = [name for name in MEASURES if MEASURES[name].key and name in whole]
    rows = [*scores["by_style"].items(), ("mean", whole)]
    yield f"# {results['protocol']}" + (f", {results['pick']}" if results["pick"] else "")
    yield f"\n{results['description']}\n"
    yield (
        f"- {scores['glyphs']} glyphs: {len(results['scored'])} characters of "
        f"{len(results['faces'])} faces, {results['size']} px; drawn by the last checkpoint"
    )
    yield (
        f"- {model['method']}, {model['iteration']:,} iterations, {model['seconds'] or 0:,.0f} s: "
        f"{model['checkpoint']}"
    )
    if results["given"]:
        yield f"- given of each face: {results['given']}"
    yield f"- scored: {results['scored']}"
    yield f"- {', '.join(f'{name} {value}' for name, value in results['versions'].items())}\n"
    cells = ([f"{values[n]:.3f}" if n in values else "-" for n in names] for _, values in rows)
    yield from markdown(
        ["face", *(MEASURES[name].label for name in names)],
        [[name, *row] for (name, _), row in zip(rows, cells, strict=True)],
    )
    yield ""
    truth = results["truth"].get("mean", {})
    if truth:
        said = ", ".join(f"{MEASURES[name].label} {truth[name]:.3f}" for name in truth)
        yield f"- the true glyphs themselves have: {said}"
    yield from (f"- {line}" for line in (*results["notes"], *definitions(tuple(names))))
