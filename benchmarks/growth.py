"""How cost grows with styles, characters, image size and batch, measured on stand-in faces.

    python benchmarks/growth.py                     # all curves, about ten minutes on an idle core
    python benchmarks/growth.py build open          # some of them
    python benchmarks/growth.py build --styles 10,100,1000 --chars 6763 --work /tmp/growth

Each measurement is a process of its own on one thread: seconds are its processor time, memory is
its peak and includes pages of mapped files. One JSON line each as it comes, a table at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standins import make_faces, some_chars

Case = dict[str, Any]
PLAIN: Case = {"method": "zi2zi", "styles": 10, "chars": 1_000, "size": 32, "batch": 16}
STEPS, BATCHES = 4, 200
Measured = tuple[float, int, str]  # processor time when the counted part began, work, its unit
COLUMNS = (
    "curve", "method", "styles", "chars", "size", "batch",
    "seconds", "rate", "unit", "peak_mb", "disk_mb",
)  # fmt: skip


def cases(curve: str, wanted: dict[str, list[Any]]) -> list[Case]:
    """Return what is measured: from a plain case, one thing is varied at a time."""
    varied = {
        "build": {"styles": [10, 100], "chars": [1_000, 6_763, 70_000], "size": [64, 128, 256]},
        "open": {"styles": [10, 100, 1_000], "chars": [1_000, 6_763, 70_000]},
        "train": {"styles": [10, 100, 1_000], "size": [64, 128], "batch": [4, 64]},
        "infer": {"styles": [10, 100, 1_000], "chars": [100, 1_000, 10_000], "size": [64, 128]},
    }[curve]
    plain = {
        "build": {"styles": 1},
        "open": {"styles": 100, "chars": 6_763},
        "train": {"chars": 100},
        "infer": {"styles": 1, "chars": 10},
    }[curve]
    plain = {**PLAIN, **plain, **{key: some[0] for key, some in wanted.items()}}
    varied = {**varied, **{key: some for key, some in wanted.items() if key != "method"}}
    methods = wanted.get("method") or (["zi2zi", "inkflow"] if curve == "train" else ["zi2zi"])
    found = [{**plain, key: value} for key, values in varied.items() for value in values]
    found = [{**case, "method": method} for method in methods for case in found]
    return [
        {"curve": curve, **case} for place, case in enumerate(found) if case not in found[:place]
    ]


def build(case: Case, work: Path) -> Measured:
    """Draw a data set: glyphs."""
    from fontgan import workflows

    files = _faces(case, work)
    text, began = f"text:{some_chars(case['chars'])}", time.process_time()
    workflows.build(files[0], files[1:], text, work / "data", size=case["size"])
    return began, (case["styles"] + 1) * case["chars"], "glyphs"


def open_(case: Case, work: Path) -> Measured:
    """Open a data set of any size and fetch pairs at random from all over it."""
    from fontgan.data.pairs import PairDataset
    from fontgan.data.sampling import Shuffle
    from fontgan.store.store import GlyphStore

    began = time.process_time()
    pairs = PairDataset.of(GlyphStore.open(work / "data"))
    order = Shuffle(len(pairs), case["batch"], 0)
    for number in range(BATCHES):
        pairs.batch(order.batch(number))
    return began, BATCHES * case["batch"], "pairs"


def infer(case: Case, work: Path) -> Measured:
    """Draw all characters in all styles into a folder."""
    from fontgan import workflows

    text, began = f"text:{some_chars(case['chars'])}", time.process_time()
    workflows.infer(work / "run", chars=text, out=work / "drawn", batch_size=case["batch"])
    return began, case["styles"] * case["chars"], "glyphs"


def train(case: Case, work: Path) -> Measured:
    """Take training steps, after one that is not counted."""
    import torch

    from fontgan.data.batch import Task
    from fontgan.data.pairs import PairDataset
    from fontgan.data.sampling import Shuffle
    from fontgan.store.store import GlyphStore
    from fontgan.training.settings import load_settings
    from fontgan.training.trainer import Trainer

    words = [f"training.batch_size={case['batch']}"]
    settings = load_settings(case["method"], "compact", None, words)
    pairs = PairDataset.of(GlyphStore.open(work / "data"))
    task = Task(case["size"], pairs.style_names)
    trainer = Trainer(settings.method, task, settings.training, torch.device("cpu"))
    order = Shuffle(len(pairs), case["batch"], 0)
    trainer.iterate(pairs.batch(order.batch(0)))
    began = time.process_time()
    for number in range(STEPS):
        trainer.iterate(pairs.batch(order.batch(1 + number)))
    return began, STEPS * case["batch"], "pairs"


def _faces(case: Case, work: Path) -> list[Path]:
    return make_faces(work.parent / f"faces-{case['chars']}", case["styles"] + 1, case["chars"])


def _lay_out(case: Case, work: Path) -> None:
    """Make a data set as `build` does, with holes in its files for images: it takes no disk."""
    from fontgan.store.face_images import write_header
    from fontgan.store.folder import write_json
    from fontgan.store.plan import make_plan
    from fontgan.store.request import DataRequest
    from fontgan.store.shared_texts import pack

    text, files = some_chars(case["chars"]), list(map(str, _faces(case, work)))
    plan = make_plan(DataRequest(files[0], tuple(files[1:]), tuple(text), size=case["size"]))
    (work / "data" / "faces").mkdir(parents=True)
    for face in plan.faces():
        face.update(chars=text, missing={})
        with open(work / "data" / face["file"], "wb") as file:
            start = write_header(file, len(text), case["size"])
            file.truncate(start + len(text) * case["size"] ** 2)
    write_json(work / "data" / "manifest.json", pack(plan.manifest()))


def _prepare(case: Case, work: Path) -> None:
    """Make what a measurement needs, in a process that is not measured."""
    _faces(case, work)
    if case["curve"] != "build":
        _lay_out(case, work)
    if case["curve"] == "infer":
        from fontgan import workflows

        workflows.train(
            work / "data", work / "run", method=case["method"], preset="compact",
            settings=["training.iterations=1"],
        )  # fmt: skip


MEASURED: dict[str, Callable[[Case, Path], Measured]] = {
    "build": build, "open": open_, "train": train, "infer": infer,
}  # fmt: skip


def measure(case: Case, work: Path) -> Case:
    """Run one case in fresh processes, in a folder of its own that is removed."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        _process("prepare", case, folder)
        return _process("measure", case, folder)


def _process(what: str, case: Case, folder: str) -> Case:
    words = [sys.executable, __file__, "--process", what, json.dumps(case), folder]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout or "{}")


def _in_process(what: str, case: Case, folder: Path) -> None:
    if what == "prepare":
        _prepare(case, folder)
        return
    if case["curve"] != "build":
        import torch  # beforehand: its import is not what we measure

        torch.set_num_threads(1)
    began, work, unit = MEASURED[case["curve"]](case, folder)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # macOS counts in bytes
    made = folder / ("drawn" if case["curve"] == "infer" else "data")
    disk = sum(file.stat().st_blocks for file in made.rglob("*")) * 512 / 2**20
    numbers = {"seconds": round(seconds, 2), "rate": round(work / seconds, 1), "unit": unit}
    print(json.dumps({**case, **numbers, "peak_mb": round(peak), "disk_mb": round(disk, 1)}))


def table(found: list[Case]) -> str:
    """Return the results as Markdown."""
    head = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    rows = ["| " + " | ".join(str(case[key]) for key in COLUMNS) + " |" for case in found]
    return "\n".join([*head, *rows])


def main() -> None:
    """Measure the curves asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("curves", nargs="*", help=f"of {', '.join(MEASURED)}; default all")
    for key in ("styles", "chars", "size", "batch"):
        parser.add_argument(f"--{key}", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--method", type=lambda text: text.split(","), help="zi2zi,inkflow")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--process", nargs=3, help=argparse.SUPPRESS)
    asked = vars(parser.parse_args())
    if asked["process"]:
        what, case, folder = asked["process"]
        _in_process(what, json.loads(case), Path(folder))
        return
    for curve in asked["curves"]:
        if curve not in MEASURED:
            parser.error(f"no curve {curve}: {', '.join(MEASURED)}")
    wanted = {key: asked[key] for key in PLAIN if asked[key]}
    found = []
    with tempfile.TemporaryDirectory(prefix="growth-", dir=asked["work"]) as work:
        for case in (c for curve in asked["curves"] or MEASURED for c in cases(curve, wanted)):
            found.append(measure(case, Path(work)))
            print(json.dumps(found[-1]), flush=True)
    print(table(found))


if __name__ == "__main__":
    main()
