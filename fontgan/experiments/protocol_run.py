"""Run a protocol: build its data, train or adapt a model, score it, and write the results down."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fontgan.config import Table
from fontgan.devices.device import pick_device
from fontgan.errors import CheckpointError, ConfigError, DataError, TrainingError
from fontgan.experiments.protocol_page import page, results_of
from fontgan.experiments.protocols import Protocol, load
from fontgan.experiments.results import write_text
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.metrics.tally import Scores
from fontgan.runs.folder import LATEST, Run
from fontgan.store.store import GlyphStore
from fontgan.training.pace import Event
from fontgan.training.request import TrainingRequest
from fontgan.training.settings import load_settings
from fontgan.workflows.building import build
from fontgan.workflows.evaluating import evaluate
from fontgan.workflows.training import train_or_go_on

CHOSEN = "chosen"
METHOD, PRESET = "zi2zi", "compact"  # that `train` has where none is named
SIZE = 64  # pixels, where neither a run nor a preset says another


@dataclass(frozen=True)
class Ways:
    """How a protocol's models are trained; what is not said is as `train` has it.

    Attributes:
        method, preset, settings: of the model of the seen fonts.
        adapt: ``key=value`` words for the training that adds fonts, over the model's settings.
        size: side of the images in pixels; 0 is the preset's.
        max_minutes: most minutes of each training.
        device: where.
        jobs: processes for drawing.
        force: replace what an earlier run of the protocol left in the folder.
        tell: hears what happens in training.
        say: hears what is being done.
    """

    method: str | None = None
    preset: str | None = None
    settings: Sequence[str] = ()
    adapt: Sequence[str] = ()
    size: int = 0
    max_minutes: float | None = None
    device: str = "auto"
    jobs: int = 1
    force: bool = False
    tell: Callable[[Event], None] = lambda event: None  # noqa: ARG005
    say: Callable[[str], None] = lambda text: None  # noqa: ARG005


@dataclass(frozen=True)
class ProtocolResult:
    """What came of a protocol.

    Attributes:
        protocol: that was run.
        folder: of data, runs, ``results.json`` and ``results.md``.
        scores: on the protocol's characters.
        results: what stands in ``results.json``.
    """

    protocol: Protocol
    folder: Path
    scores: Scores
    results: Table


def run_protocol(
    name: str,
    out: str | Path | None = None,
    *,
    run: str | Path | None = None,
    pick: str | None = None,
    ways: Ways | None = None,
) -> ProtocolResult:
    """Run a protocol from data to results; in a folder where it was begun, go on with it.

    The last checkpoint of a run is scored, not its best one: that is chosen on held-out characters.

    Args:
        name: of the protocol.
        out: the folder; default ``protocols/NAME``, with the pick.
        run: a trained model of the seen fonts, to be scored or added to; default one is trained.
        pick: for a protocol that adds fonts the list of the characters given; default ``chosen``.
        ways: how to train.

    Raises:
        FontganError: no such protocol or pick, or a run that has seen what it must not have seen.
    """
    protocol, ways = load(name), ways or Ways()
    if pick and not protocol.added:
        raise ConfigError(f"{name} adds no font; leave --pick out")
    pick = (pick or CHOSEN) if protocol.added else None
    given = protocol.given(pick) if pick else ()
    base = Run.find(run, LATEST) if run else None
    _check_ways(protocol, base, ways)
    folder = Path(out or f"protocols/{name}" + (f"-{pick}" if pick else ""))
    canvas = _canvas(base, ways)
    if base is None or not protocol.added:
        ways.say(f"data of {len(protocol.faces)} faces")
        store = _data(protocol, protocol.faces, folder / "data", canvas, ways)
        if base is None:
            base = _trained(store, folder / "run", ways, settings=ways.settings)
    scored = base
    if protocol.added:
        ways.say(f"data of {' and '.join(protocol.added)}, {len(given)} characters each ({pick})")
        store = _data(protocol, protocol.added, folder / "added-data", canvas, ways, given)
        scored = _trained(store, folder / "added-run", ways, settings=ways.adapt, start=base)
    scores = _scored(protocol, scored, store, folder, canvas, ways)
    results = results_of(protocol, pick, given, scores, base, scored, ways.device)
    write_text(folder / "results.json", json.dumps(results, ensure_ascii=False, indent=1))
    write_text(folder / "results.md", "\n".join(page(results)))
    return ProtocolResult(protocol, folder, scores, results)


def _check_ways(protocol: Protocol, run: Run | None, ways: Ways) -> None:
    """Refuse what would be ignored, and a model that has seen what it must not have seen."""
    if ways.adapt and not protocol.added:
        raise ConfigError(f"{protocol.name} adds no font; leave --adapt out")
    TrainingRequest(method=ways.method, max_minutes=ways.max_minutes)
    pick_device(ways.device)
    if run is None:
        load_settings(ways.method or METHOD, ways.preset or PRESET, None, ways.settings)
        return
    if ways.method or ways.preset or ways.settings or ways.size:
        raise ConfigError("--run brings its own settings; leave --method, --preset, --set, --size")
    header, name = run.header, run.checkpoint
    seen = set(header.trained_chars) & set(protocol.held_out)
    if seen:
        shown = "".join(sorted(seen)[:12])
        raise CheckpointError(
            f"{name} was trained on {len(seen)} of the characters that {protocol.name} holds out "
            f"({shown}...); train one with: fontgan protocol run seen-font"
        )
    known = set(header.task.styles) & set(protocol.added)
    if known:
        raise CheckpointError(f"{name} knows {', '.join(known)}; start from a run that does not")
    lacking = [face for face in protocol.faces if face not in header.task.styles]
    if lacking and not protocol.added:
        raise CheckpointError(f"{name} does not know {', '.join(lacking)}, which is to be scored")
    if header.source.name != protocol.source:
        raise CheckpointError(f"{name} translates {header.source.name}, not {protocol.source}")


def _canvas(base: Run | None, ways: Ways) -> Canvas:
    if base is not None:
        return base.header.canvas
    preset = load_settings(ways.method or "zi2zi", ways.preset or "compact")
    return Canvas(ways.size or preset.size or SIZE)


def _data(
    protocol: Protocol,
    faces: Sequence[str],
    folder: Path,
    canvas: Canvas,
    ways: Ways,
    given: Sequence[str] = (),
) -> GlyphStore:
    """Build a protocol's data: all characters, or of each face the given and the held-out ones."""
    limits = {face: Charset.of("", (*given, *protocol.held_out)) for face in faces if given}
    store = build(
        protocol.source,
        faces,
        Charset.of(protocol.name, (*protocol.train, *protocol.held_out)),
        folder,
        size=canvas.size,
        fit=canvas.fit,
        margin=canvas.margin,
        chars_of=limits,
        jobs=ways.jobs,
        force=ways.force,
    )
    if store.held_out_chars != set(protocol.held_out):
        raise DataError(f"{folder} holds out other characters than {protocol.name}")
    return store


def _trained(
    store: GlyphStore,
    folder: Path,
    ways: Ways,
    *,
    settings: Sequence[str],
    start: Run | None = None,
) -> Run:
    """Train a model, or go on with the one in the folder; return its last checkpoint."""
    last = folder / LATEST
    if last.exists() and not ways.force:
        _check_start(Run(last), start)
    done = train_or_go_on(
        store.path,
        folder,
        force=ways.force,
        say=ways.say,
        tell=ways.tell,
        method=ways.method if start is None else None,
        preset=ways.preset if start is None else None,
        settings=settings,
        device=ways.device,
        max_minutes=ways.max_minutes,
        start=start.checkpoint if start else None,
        add_styles=store.style_names if start else (),
    )
    if done.ended.startswith("SIG"):
        raise TrainingError(f"{folder} was stopped; the same command goes on with it")
    return Run(last)


def _check_start(last: Run, start: Run | None) -> None:
    """Refuse to go on with a run that was started from another model."""
    older = last.header.adaptation.checkpoint
    if older and start and Path(older).resolve() != start.checkpoint.resolve():
        raise ConfigError(f"{last.folder} was started from {older}; choose another -o, or --force")


def _scored(
    protocol: Protocol,
    run: Run,
    store: GlyphStore,
    folder: Path,
    canvas: Canvas,
    ways: Ways,
) -> Scores:
    """Score the protocol's characters; those that are not held out have a data set of their own."""
    ways.say(f"scoring {len(protocol.scored)} characters of {len(protocol.scored_faces)} faces")
    if protocol.scored == protocol.held_out:
        return evaluate(
            run.checkpoint,
            store.path,
            part="held-out",
            styles=protocol.scored_faces,
            device=ways.device,
        )
    seen = build(
        protocol.source,
        protocol.scored_faces,
        Charset.of(protocol.name, protocol.scored),
        folder / "scored-data",
        size=canvas.size,
        fit=canvas.fit,
        margin=canvas.margin,
        holdout=0.0,
        jobs=ways.jobs,
        force=ways.force,
    )
    return evaluate(
        run.checkpoint, seen.path, part="train", styles=protocol.scored_faces, device=ways.device
    )
