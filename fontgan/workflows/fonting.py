"""A font of a hand: drawn by a model, written by somebody, or both; what `font` does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fontgan.errors import FontError
from fontgan.fontmaking import appending
from fontgan.fontmaking.building import compose
from fontgan.fontmaking.checking import Check, check_font
from fontgan.fontmaking.files import check_outputs, save, write_font
from fontgan.fontmaking.matching import Likeness
from fontgan.fontmaking.request import FontWanted as FontWanted
from fontgan.inference.font_hand import Hand, Progress
from fontgan.inference.vectors import outline_workers


@dataclass(frozen=True)
class FontMade:
    """A font that was made.

    Attributes:
        files: in the order asked for.
        chars: the characters it draws; of ``append_to`` those added.
        written: those that somebody wrote.
        missing: characters asked for that no source has.
        likeness: how written and drawn ones compared before they were matched; or None.
        checks: of each file, by name.
        seconds: of drawing, building, and checking.
        notes: what the user should know.
    """

    files: list[Path]
    chars: list[str]
    written: list[str]
    missing: list[str]
    likeness: Likeness | None
    checks: dict[str, list[Check]]
    seconds: dict[str, float]
    notes: list[str] = field(default_factory=list)


def font(
    run: str | Path | None,
    out: Sequence[str | Path],
    wanted: FontWanted | None = None,
    *,
    device: str = "auto",
    batch_size: int = 64,
    jobs: int = 1,
    force: bool = False,
    progress: Progress = lambda done, total: None,  # noqa: ARG005
) -> FontMade:
    """Make a font of a hand, and check it.

    Args:
        run: run folder, checkpoint or ``.onnx`` file; or ``images:FOLDER``; default the newest run.
        out: files, each by its ending: ``.ttf``, ``.otf``, ``.woff2``, ``.ufo``.
        wanted: what it is to be.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        batch_size: glyphs drawn at once.
        jobs: processes that make outlines. With more than 1 a script must guard its main part with
            ``if __name__ == "__main__":``.
        force: replace files that are there.
        progress: told how many glyphs of how many are drawn.

    Raises:
        FontganError: nothing to draw, a name that is not free, files that are there.
    """
    wanted, paths = wanted or FontWanted(), [Path(one) for one in out]
    base = None
    if wanted.append_to is not None:
        check_outputs(paths, force, (".ttf", ".woff2"))
        base = appending.open_base(Path(wanted.append_to))
    else:
        check_outputs(paths, force)
    begun = time.monotonic()
    hand = Hand.of(run, wanted, device)
    about = hand.about(wanted.family or paths[0].stem, checked=base is None or bool(wanted.family))
    chars = hand.chars if base is None else appending.lacking(base, hand.chars)
    if not chars:
        raise FontError(f"{wanted.append_to} has all of the {len(hand.chars)} characters already")
    with outline_workers(jobs, len(chars)) as workers:
        likeness = hand.likeness(batch_size)
        drawings = hand.draw(chars, workers, likeness, batch_size, progress)
    drawn = time.monotonic()
    beside = map(chr, base.getBestCmap()) if base is not None else ()
    face = compose(drawings, about, wanted.random, beside)
    if base is None:
        save(face, paths)
    else:
        with appending.telling(Path(str(wanted.append_to))):
            appending.append(base, face)
            if wanted.family:
                appending.rename(base, about)
            for path in paths:
                write_font(base, path)
    built = time.monotonic()
    checks = {str(path): check_font(path) for path in paths}
    return FontMade(
        files=paths,
        chars=list(drawings.shapes),
        written=[char for char in drawings.shapes if char in hand.written],
        missing=hand.missing + [char for char in chars if char not in drawings.shapes],
        likeness=likeness,
        checks=checks,
        seconds={
            "draw": drawn - begun,
            "build": built - drawn,
            "check": time.monotonic() - built,
        },
        notes=hand.notes,
    )
