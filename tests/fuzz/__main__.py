"""Run cases: ``python -m tests.fuzz`` (see --help)."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from random import Random

from . import cases, configs, group_made, group_outside, known, lines, subjects, verdict
from .child import Outcome, run

GROUPS: dict[str, cases.Group] = {
    "fonts": group_outside.fonts,
    "images": group_outside.images,
    "characters": group_outside.characters,
    "stroke sets": group_outside.strokes,
    "scans": group_outside.scans,
    "data sets": group_made.data,
    "runs": group_made.runs,
    "pens": group_made.pens,
    "ONNX": group_made.onnx,
    "drawings, shares": group_made.drawings,
    "configs": configs.configs,
    "command lines": lines.lines,
}
SHARES = (6, 4, 2, 1, 3, 4, 5, 2, 2, 3, 2, 2)  # 36 in all, which 11 does not divide
ORDER = [name for name, share in zip(GROUPS, SHARES, strict=True) for _ in range(share)]


Make = Callable[[cases.Place], cases.Case]


@dataclass(frozen=True)
class Tried:
    """A case, how it ended, and what was wrong."""

    number: int
    group: str
    words: tuple[str, ...]
    outcome: Outcome
    wrong: tuple[str, ...]


def group_of(number: int) -> str:
    """Return the group of a case: neighbours are of different ones, in fixed shares."""
    return ORDER[number * 11 % len(ORDER)]


def attempt(name: str, number: int, make: Make, valid: Path, base: Path) -> Tried:
    """Make a case in a folder, run it, and judge it."""
    work = base / "a" / "b" / "work"  # deep, so that ../.. still is in the case
    work.mkdir(parents=True)
    surroundings = subjects.surroundings(base)
    case = make(cases.Place(valid, work, base / "cache"))
    words = [_possible(word) for word in case.words]
    (base / "command.txt").write_text(repr(words))
    before = verdict.files(base)
    outcome = run(words, work, surroundings, case.stdin)
    changed = verdict.changes(base, before)
    wrong = [*verdict.complaints(outcome), *verdict.half_written(base, changed)]
    allowed = [f"a/b/work/{place}" for place in case.writes] + ["cache/", "home/"]
    if case.writes != ("*",):
        wrong += [
            f"wrote outside {path}"
            for path in changed
            if not any(path.startswith(place) for place in allowed)
        ]
    (base / "said.txt").write_text(f"{outcome.status}\n{outcome.out}\n{outcome.err}")
    return Tried(number, name, tuple(words), outcome, tuple(dict.fromkeys(wrong)))


def drawn(number: int, seed: int) -> tuple[str, int, Make]:
    """Return the case of a number: its group, and what makes it."""
    name = group_of(number)
    return name, number, lambda place: GROUPS[name](place, Random(f"{seed}:{number}"))


def rows() -> Iterator[tuple[str, int, Make]]:
    """Yield what went wrong once; numbered below zero."""
    for number, (_, make) in enumerate(known.ROWS, 1):
        yield "known", -number, make


def _possible(word: str) -> str:
    """Return a word as a process can get it."""
    plain = word.replace("\0", "").encode(
        "utf-8", "surrogateescape" if _escaped(word) else "replace"
    )
    return plain[:120_000].decode("utf-8", "surrogateescape")


def _escaped(word: str) -> bool:
    return not any("\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in word)


@dataclass
class Table:
    """Counts by group."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)
    most: dict[str, list[float]] = field(default_factory=dict)
    kinds: dict[str, list[Tried]] = field(default_factory=dict)

    def add(self, tried: Tried) -> None:
        """Count a case."""
        row = self.rows.setdefault(tried.group, Counter())
        most = self.most.setdefault(tried.group, [0.0, 0.0])
        row["cases"] += 1
        row[f"exit {tried.outcome.status}"] += 1
        for kind in {_column(wrong) for wrong in tried.wrong}:
            row[kind] += 1
        most[0] = max(most[0], tried.outcome.memory / 2**20)
        most[1] = max(most[1], tried.outcome.seconds)
        for wrong in tried.wrong:
            self.kinds.setdefault(wrong, []).append(tried)

    def text(self) -> str:
        """Return the table, and each defect with the number of a case that shows it."""
        columns = [
            "cases",
            "exit 0",
            "exit 1",
            "exit 2",
            "traceback",
            "signal",
            "slow",
            "memory",
            "files",
            "other",
        ]
        table = [["group", *columns, "worst RSS MB", "slowest s"]]
        total: Counter[str] = Counter()
        for name, row in self.rows.items():
            total.update(row)
            worst, slowest = self.most[name]
            table.append([name, *[str(row[c]) for c in columns], f"{worst:.0f}", f"{slowest:.1f}"])
        worst, slowest = (max(values) for values in zip(*self.most.values(), strict=True))
        table.append(["all", *[str(total[c]) for c in columns], f"{worst:.0f}", f"{slowest:.1f}"])
        lines_ = ["| " + " | ".join(row) + " |" for row in table]
        lines_.insert(1, "|" + "---|" * len(table[0]))
        for kind, found in sorted(self.kinds.items(), key=lambda item: -len(item[1])):
            numbers = ", ".join(str(tried.number) for tried in found[:4])
            lines_.append(f"{len(found):5} x {kind[:150]!r} ({found[0].group}; cases {numbers})")
        return "\n".join(lines_)


def _column(wrong: str) -> str:
    word = wrong.partition(" ")[0]
    if word in ("traceback", "signal", "memory"):
        return word
    if word in ("slow", "hangs"):
        return "slow"
    return "files" if word in ("left", "half-written", "wrote") else "other"


def go(tries: Iterable[tuple[str, int, Make]], valid: Path, keep: Path | None) -> Table:
    """Run cases, until Ctrl-C; copy the folders of those that fail."""
    table = Table()
    try:
        for case in tries:
            _try(table, case, valid, keep)
    except KeyboardInterrupt:
        print("stopped; what was tried:", file=sys.stderr)
    return table


def _try(table: Table, case: tuple[str, int, Make], valid: Path, keep: Path | None) -> None:
    name, number, make = case
    with tempfile.TemporaryDirectory(prefix="fuzz-") as base:
        tried = attempt(name, number, make, valid, Path(base))
        table.add(tried)
        if tried.wrong and keep and len(table.kinds[tried.wrong[0]]) <= 2:
            shutil.copytree(base, keep / str(number), dirs_exist_ok=True, symlinks=True)
    if tried.wrong:
        print(f"case {number}: {'; '.join(tried.wrong)}"[:200], file=sys.stderr)


def main() -> int:
    """Run the cases that the command line asks for; exit with 1 when one fails."""
    parse = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parse.add_argument("--cases", type=int, default=10_000)
    parse.add_argument("--first", type=int, default=0, help="number of the first case")
    parse.add_argument("--case", type=int, help="run only this one, and print what it says")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--group", choices=list(GROUPS), help="only cases of this group")
    parse.add_argument("--known", action="store_true", help="first all that went wrong once")
    parse.add_argument("--keep", type=Path, help="folder for the inputs that fail")
    parse.add_argument("--valid", type=Path, help="folder of valid files, made where not there")
    parse.add_argument("--few", action="store_true", help="runs of three methods, not of all")
    options = parse.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored, where in the background
    numbers = range(options.first, options.first + options.cases)
    tries = (drawn(n, options.seed) for n in numbers if options.group in (None, group_of(n)))
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        valid = subjects.make((options.valid or Path(made) / "valid").resolve(), options.few)
        if options.case is not None:
            return _show_one(options.case, options.seed, valid, options.keep)
        table = go(chain(rows() if options.known else (), tries), valid, options.keep)
    print(table.text())
    return int(bool(table.kinds))


def _show_one(number: int, seed: int, valid: Path, keep: Path | None) -> int:
    chosen = drawn(number, seed) if number >= 0 else list(rows())[-number - 1]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as base:
        tried = attempt(*chosen, valid, Path(base))
        if keep:
            shutil.copytree(base, keep / str(number), dirs_exist_ok=True, symlinks=True)
    done = tried.outcome
    print(f"{tried.group}: fontgan {' '.join(map(repr, tried.words))[:2000]}")
    print(f"exit {done.status} {done.signal}, {done.seconds:.1f} s, {done.memory / 2**20:.0f} MB")
    print(done.out[-2000:], done.err[-6000:], sep="\n")
    print("wrong:", "; ".join(tried.wrong) or "nothing")
    return int(bool(tried.wrong))


if __name__ == "__main__":
    sys.exit(main())
