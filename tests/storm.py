"""Kill commands (-9) at random moments, and run them again: ``python -m tests.storm`` (see --help).

Every file under its final name must be whole, the same command must go on and end as if nothing had
been, and nothing may stay behind: no temporary file, no process. Then every command is started
twice at once on one folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from fontgan.glyphs.charset import Charset

if __package__:
    from .fuzz.subjects import tiny, written_page
    from .fuzz.verdict import PARTS, is_whole
else:  # as pytest imports it
    from fuzz.subjects import tiny, written_page
    from fuzz.verdict import PARTS, is_whole

FONTGAN = str(Path(sys.executable).with_name("fontgan"))
CHARS = "common-1000"
SETTINGS = (
    "width=4", "max_width=8", "critic_width=4", "full_width=0", "code_size=3", "batch_size=4",
    "moving_average=0", "training.iterations=40", "every.save=2", "every.check=4", "every.log=1",
)  # fmt: skip
SET = [word for line in SETTINGS for word in ("--set", line)]
SAME = (".png", ".npy", ".onnx")  # equal byte for byte to those of an undisturbed run
TIMES = ("log.jsonl", "settings.toml")


@dataclass(frozen=True)
class Stage:
    """A command to kill.

    Attributes:
        name: in the table.
        words: after ``fontgan``.
        out: what it writes.
        again: what goes on after a kill, where that is another command once ``begun`` is there.
        begun: a file in ``out``.
    """

    name: str
    words: tuple[str, ...]
    out: str = "out"
    again: tuple[str, ...] = ()
    begun: str = "latest.safetensors"


BUILD = ("build", "-s", "noto-sans-sc", "-t", "long-cang", "xiaolai", "-c", CHARS, "--size", "64")
FEW = "text:" + "".join(Charset.parse("common-500"))[:63]  # as many as a form's page has
STROKED = ("--chars", FEW, "--format", "animated-svg", "--jobs", "1", "-o", "out")
STAGES = (
    Stage("render", ("render", "long-cang", "-c", CHARS, "--jobs", "1", "-o", "out")),
    Stage("build, 1 process", (*BUILD, "-o", "out", "--jobs", "1")),
    Stage("build, 2 processes", (*BUILD, "-o", "out", "--jobs", "2")),
    Stage(
        "train",
        ("train", "data", *SET, "--device", "cpu", "-o", "out"),
        again=("train", "--resume", "--device", "cpu", "-o", "out"),
    ),
    Stage("infer", ("infer", "run", "--chars", "common-500", "-o", "out", "--batch-size", "8")),
    Stage("infer strokes", ("infer", "pen", *STROKED)),
    Stage(
        "scan",
        ("scan", "page.png", "-o", "out"),
        again=("scan", "page.png", "-o", "out", "--force"),
        begun="scan.json",
    ),
    Stage(
        "evaluate",
        ("evaluate", "run", "--report", "out/report.html", "--sheet", "out/sheet.png"),
    ),
    Stage("export onnx", ("export", "onnx", "run", "-o", "out/model.onnx")),
    Stage("export weights", ("export", "weights", "run", "-o", "out/weights.safetensors")),
)


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody killed: for how long it wrote, in seconds, until its end, and what."""

    wrote: float
    folder: Path


def start(words: tuple[str, ...], folder: Path) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own; what it says goes to a file."""
    surroundings = os.environ | {"OMP_NUM_THREADS": "1", "FONTGAN_CACHE": str(folder / "cache")}
    with open(folder / f"said-{time.monotonic_ns()}.txt", "wb") as said:
        return subprocess.Popen(
            [FONTGAN, *words],
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def materials(folder: Path) -> None:
    """Make what the stages read."""
    small = "text:永和九年天地人大小中国水火木金土日月山川"
    data = ("build", "-s", "noto-sans-sc", "-t", "long-cang", "xiaolai", "-c", small)
    _must(start((*data, "--size", "32", "--holdout", "0.2", "-o", "data"), folder), folder)
    _must(start(("train", "data", *SET, "--device", "cpu", "-o", "run"), folder), folder)
    pen = ("train", "data", "--method", "penstroke", *tiny("penstroke"), "--device", "cpu")
    _must(start((*pen, "-o", "pen"), folder), folder)
    _must(start(("form", "--chars", FEW, "-o", "form.pdf"), folder), folder)
    written_page(folder / "form.json", folder / "page.png")


def _must(process: subprocess.Popen[bytes], folder: Path) -> None:
    if process.wait() != 0:
        said = "\n".join(file.read_text() for file in sorted(folder.glob("said-*")))
        raise RuntimeError(f"{process.args} ended with {process.returncode}:\n{said}")


def workplace(folder: Path, made: Path) -> Path:
    """Make a folder with the materials in it."""
    folder.mkdir(parents=True)
    for name in ("data", "run", "pen", "cache"):
        if (made / name).exists():
            shutil.copytree(made / name, folder / name)
    shutil.copy(made / "page.png", folder)
    return folder


def undisturbed(stage: Stage, folder: Path) -> Undisturbed:
    """Run a stage and note for how long it writes."""
    out = folder / stage.out
    process = start(stage.words, folder)
    _wait_for_writing(process, out)
    began = time.monotonic()
    _must(process, folder)
    return Undisturbed(time.monotonic() - began, out)


def _wait_for_writing(process: subprocess.Popen[bytes], out: Path) -> None:
    """Wait until a process begins to write, or ends."""
    while process.poll() is None:
        if out.exists() or any(out.parent.glob(f".{out.name}*")):
            return
        time.sleep(0.001)


def kill_once(stage: Stage, rng: Random, folder: Path, whole: Undisturbed) -> Counter[str]:
    """Kill a stage at a random moment of its writing, run it again; count what is wrong."""
    seen = Counter(kills=1)
    process = start(stage.words, folder)
    _wait_for_writing(process, folder / stage.out)
    time.sleep(rng.uniform(0.0, whole.wrote))
    seen["in the middle"] += process.poll() is None
    process.kill()  # which does nothing where it has just ended
    process.wait()
    seen["processes left"] += _processes_left(process.pid)
    out = folder / stage.out
    seen["damaged"] += sum(1 for file in _finals(out) if not is_whole(file))
    seen["temporary"] += sum(1 for _ in _temporary(folder))
    words = stage.again if stage.again and (out / stage.begun).exists() else stage.words
    if words[0] == "train" and words != stage.again:
        words = (*words, "--force")
    seen["goes on"] += start(words, folder).wait() == 0
    seen["damaged"] += sum(1 for file in _finals(out) if not is_whole(file))
    seen["still temporary"] += sum(1 for _ in _temporary(folder))
    seen["differs"] += bool(differences(out, whole.folder))
    return seen


def _finals(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith(".") and not PARTS.search(path.name):
            yield path


def _temporary(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if PARTS.search(path.name))


def differences(one: Path, other: Path) -> list[str]:
    """Return the files that are in one folder only, or differ where they should be equal."""
    names = [{str(f.relative_to(place)) for f in _finals(place)} for place in (one, other)]
    same = [name for name in names[0] & names[1] if name.endswith(SAME)]
    differ = [n for n in same if (one / n).read_bytes() != (other / n).read_bytes()]
    return sorted(names[0] ^ names[1]) + differ


def _processes_left(session: int) -> int:
    """Count what lives of a session some seconds after its leader was killed; end it."""
    for _ in range(60):
        left = _living(session)
        if not left:
            return 0
        time.sleep(0.1)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return len(left)


def _living(session: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(stat.parent.name))
    return found


def twice_at_once(stage: Stage, folder: Path, whole: Undisturbed) -> str:
    """Start a stage twice on one folder; say how both ended, and whether the folder is whole."""
    both = [start(stage.words, folder) for _ in range(2)]
    ends = sorted(process.wait() for process in both)
    said = [file.read_text() for file in sorted(folder.glob("said-*"))]
    damaged = [file for file in _finals(folder / stage.out) if not is_whole(file)]
    odd = any("Traceback" in text for text in said) or ends not in ([0, 0], [0, 1])
    wrong = odd or damaged or differences(folder / stage.out, whole.folder)
    refusal = next((text.strip() for text in said if text.startswith("fontgan: ")), "")
    state = "WRONG" if wrong else "one refused" if ends == [0, 1] else "both succeed, alike"
    return f"| {stage.name} | {ends} | {state} | {refusal.splitlines()[-1] if refusal else ''} |"


COLUMNS = (
    "kills", "in the middle", "goes on", "damaged", "temporary", "still temporary",
    "processes left", "differs",
)  # fmt: skip


def is_good(seen: Counter[str]) -> bool:
    """Tell whether all went on and nothing was wrong."""
    wrong = ("damaged", "still temporary", "processes left", "differs")
    return seen["goes on"] == seen["kills"] and not any(seen[name] for name in wrong)


def main() -> int:
    """Kill, print the tables; exit with 1 when anything was wrong."""
    parse = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parse.add_argument("--kills", type=int, default=100)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--stage", choices=[stage.name for stage in STAGES])
    options = parse.parse_args()
    stages = [stage for stage in STAGES if options.stage in (None, stage.name)]
    rng, counts, writers = Random(options.seed), {s.name: Counter() for s in stages}, []
    with tempfile.TemporaryDirectory(prefix="storm-") as place:
        base = Path(place)
        made = base / "materials"
        made.mkdir()
        materials(made)
        whole = {s.name: undisturbed(s, workplace(base / s.name, made)) for s in stages}
        for number in range(options.kills):
            stage = stages[number % len(stages)]
            folder = workplace(base / f"kill-{number}", made)
            seen = kill_once(stage, rng, folder, whole[stage.name])
            shutil.rmtree(folder)
            counts[stage.name].update(seen)
            print(f"{number + 1} {stage.name}: {dict(+seen)}", file=sys.stderr, flush=True)
        for stage in stages:
            folder = workplace(base / f"{stage.name} twice", made)
            writers.append(twice_at_once(stage, folder, whole[stage.name]))
    print(f"| command | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}")
    for name, seen in counts.items():
        print(f"| {name} | {' | '.join(str(seen[column]) for column in COLUMNS)} |")
    print("\n| two writers | exit statuses | |  |\n|---|---|---|---|", *writers, sep="\n")
    good = all(map(is_good, counts.values())) and not any("WRONG" in line for line in writers)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
