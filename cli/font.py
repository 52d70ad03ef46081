"""`fontgan font`: a hand as a font to install."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import as_json, progress, result, say
from .options import Device, Json, Seed, Source

if TYPE_CHECKING:
    from fontgan.fontmaking.checking import Check


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("font", rich_help_panel="Your own hand")(font)


def font(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="Run folder, checkpoint, .onnx file, images:FOLDER, hanzi or latin (default: the "
            "newest run here, else the box).",
        ),
    ] = None,
    style: Annotated[
        str | None, typer.Option(help="The hand, by name or number (after adapt: its).")
    ] = None,
    chars: Annotated[
        str, typer.Option("--chars", "-c", help="Charset: names, text:..., files, joined by +.")
    ] = "gb2312+ascii+cjk-punct",
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out", "-o", help="NAME.ttf, .otf, .woff2 or .ufo; repeatable (default: MyHand.ttf)."
        ),
    ] = None,
    family: Annotated[
        str | None, typer.Option(help="The font's name (default: that of the file).")
    ] = None,
    alternates: Annotated[
        int, typer.Option(help="Forms of a character, up to 5, where there are several.")
    ] = 1,
    varied: Annotated[
        str, typer.Option(help="The characters that get several forms (a charset).")
    ] = "common-500+alnum62",
    random: Annotated[
        bool,
        typer.Option(
            "--random", help="Also the feature rand: programs choose forms at random, unasked."
        ),
    ] = False,
    keep_written: Annotated[
        bool, typer.Option(help="Written originals where a character was written.")
    ] = True,
    written: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Written originals (default: those of the training)."),
    ] = None,
    append_to: Annotated[
        Path | None,
        typer.Option(metavar="BASE.ttf", help="Add what it lacks; all else of it stays."),
    ] = None,
    source: Source = None,
    seed: Seed = 0,
    device: Device = "auto",
    batch_size: Annotated[int, typer.Option(min=1, help="Glyphs drawn at once.")] = 64,
    jobs: Annotated[
        int, typer.Option(min=0, help="Processes that make outlines; 0 is one a core.")
    ] = 0,
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Only check this font: no font is made."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    json: Json = False,
) -> None:
    """Make a font of a hand: TTF, OTF, WOFF2 or UFO, checked at the end.

    Characters that somebody wrote (a scan, or a style of images) stay as they were written, the
    model draws the rest. The files are printed on standard output, one path a line.

    fontgan font runs/my-hand --chars gb2312+ascii+cjk-punct -o MyHand.ttf
    """
    if check is not None:
        _check(check, json)
        return
    from fontgan import workflows
    from fontgan.glyphs.painting import all_cores

    wanted = workflows.FontWanted(
        style=style,
        chars=chars,
        family=family,
        source=source,
        written=written,
        keep_written=keep_written,
        alternates=alternates,
        varied=varied,
        random=random,
        append_to=append_to,
        seed=seed,
    )
    with progress() as bar:
        task = bar.add_task("drawing", total=None)
        made = workflows.font(
            run,
            out or [Path("MyHand.ttf")],
            wanted,
            device=device,
            batch_size=batch_size,
            jobs=jobs or all_cores(),
            force=force,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    _tell(made)
    if json:
        as_json(
            {
                "files": [str(file) for file in made.files],
                "chars": "".join(made.chars),
                "written": "".join(made.written),
                "missing": "".join(made.missing),
                "likeness": asdict(made.likeness) if made.likeness else None,
                "checks": {name: [asdict(one) for one in of] for name, of in made.checks.items()},
                "seconds": made.seconds,
            }
        )
    else:
        for file in made.files:
            result(file)
    _fail_with([one for checks in made.checks.values() for one in checks])


def _tell(made: object) -> None:
    from fontgan.workflows import FontMade

    assert isinstance(made, FontMade)
    for note in made.notes:
        say(f"note: {note}")
    if made.missing:
        say(f"{len(made.missing)} characters no source has: {''.join(made.missing[:40])}")
    if made.written:
        say(f"{len(made.written)} of {len(made.chars)} characters as they were written")
    if made.likeness and made.likeness.compared:
        one = made.likeness
        say(
            f"beside them the drawn ones were {1 / one.size:.0%} in size and "
            f"{one.drawn / max(one.written, 1e-9):.0%} in weight ({one.compared} compared); matched"
        )
    for name, checks in made.checks.items():
        _show(name, checks)
    seconds = ", ".join(f"{name} {value:.0f} s" for name, value in made.seconds.items())
    say(f"{len(made.chars)} characters; {seconds}")


def _show(name: object, checks: list[Check]) -> None:
    for one in checks:
        say(f"{name}: {one.name} {one.state}: {one.detail}")


def _check(path: Path, json: bool) -> None:
    from fontgan.fontmaking.checking import check_font

    checks = check_font(path)
    if json:
        as_json([asdict(one) for one in checks])
    else:
        for one in checks:
            result(f"{one.name}: {one.state}: {one.detail}")
    _fail_with(checks)


def _fail_with(checks: list[Check]) -> None:
    failed = sum(one.state == "failed" for one in checks)
    if failed:
        say(f"{failed} of {len(checks)} checks failed")
        raise typer.Exit(1)
