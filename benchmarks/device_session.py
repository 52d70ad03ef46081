"""All that should be learned in one sitting at a GPU, in order of worth, within so many minutes.

    python benchmarks/device_session.py --minutes 9 --out session

The suite of tests that only a GPU can run; what the device can do at most; how fast zi2zi's `paper`
preset trains at 256 px, by batch, layout of memory, compiler and place of the data, and which share
of the measured rate in bf16 that is; what its kernels are; other presets. `session.json` is written
after every step, so a sitting that is cut short leaves what it had; a table is printed last. With
``--tiny`` everything runs small, on a CPU too, which only shows that the script works.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Shuffle
from fontgan.devices import compiling
from fontgan.devices.device import free_memory, peak_memory, pick_device
from fontgan.errors import FontganError
from fontgan.training.settings import RunSettings, load_settings
from fontgan.training.trainer import Trainer
from fontgan.workflows import benching_ceilings as ceilings
from fontgan.workflows.building import build

SOURCE, STYLES = "noto-sans-sc", ("long-cang", "ma-shan-zheng", "xiaolai", "zcool-kuaile")
SMALL = ("method.width=4", "method.max_width=8", "method.discriminator_width=4")
OTHERS = (("zi2zi", "small", 128), ("inkflow", "small", 128), ("bicyclegan", "small", 128))
COMPILING = 180.0  # seconds that must be left to try the compiler


@dataclass(frozen=True)
class Variant:
    """A way to train."""

    batch: int
    channels_last: bool = True
    compile: bool = False
    resident: bool = True
    precision: str = "auto"

    @property
    def name(self) -> str:
        """Say which it is."""
        return " ".join(
            [
                f"batch {self.batch:>3}",
                "compiled" if self.compile else "eager   ",
                "channels last" if self.channels_last else "plain layout ",
                "resident" if self.resident else "from host",
                *([] if self.precision == "auto" else [self.precision]),
            ]
        )


VARIANTS = (
    Variant(64),
    Variant(64, compile=True),
    Variant(64, channels_last=False),
    Variant(64, resident=False),
    Variant(16),
    Variant(128),
    Variant(16, compile=True),
    Variant(128, compile=True),
    Variant(64, channels_last=False, compile=True),
    Variant(16, resident=False),
    Variant(128, resident=False),
    Variant(16, channels_last=False),
    Variant(64, precision="fp32", channels_last=False),
)


class Sitting:
    """The time, the device, and what was found so far."""

    def __init__(self, minutes: float, out: Path, device: torch.device, tiny: bool) -> None:
        self.end = time.monotonic() + 60 * minutes
        self.out, self.device, self.tiny = out, device, tiny
        self.found: dict[str, Any] = {"machine": _machine(device), "errors": {}, "skipped": []}
        out.mkdir(parents=True, exist_ok=True)

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return self.end - time.monotonic()

    def step(self, name: str, needs: float, work: Callable[[], object]) -> None:
        """Do something if its seconds are left; what goes wrong is noted, and the next is tried."""
        began = time.monotonic()
        if self.left < needs:
            self.found["skipped"].append(name)
            return
        print(f"[{self.left:6.0f} s left] {name}", flush=True)
        try:
            self.found[name] = work()
        except (FontganError, RuntimeError, OSError, subprocess.SubprocessError) as error:
            self.found["errors"][name] = f"{type(error).__name__}: {error}"[:500]
        self.found.setdefault("seconds", {})[name] = round(time.monotonic() - began, 1)
        gc.collect()
        if "torch._dynamo" in sys.modules:
            torch._dynamo.reset()  # what is compiled holds its networks
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        (self.out / "session.json").write_text(json.dumps(self.found, indent=1))


def main() -> None:
    """Run what there is time for, and print a table."""
    args = _arguments()
    device = pick_device(args.device)
    sitting = Sitting(args.minutes, args.out, device, args.tiny)
    if args.tiny:
        compiling.BACKEND = "eager"
    settings = load_settings("zi2zi", "paper", None, SMALL if args.tiny else ())
    size = 32 if args.tiny else 256
    with tempfile.TemporaryDirectory(prefix="fontgan-session-") as folder:
        quick = "augmentation" if args.tiny else "not compiled"
        sitting.step("tests", 30, lambda: run_tests(sitting, quick))
        sitting.step("ceilings", 10, lambda: measure_ceilings(sitting))
        pairs = make_pairs(Path(folder), size, args.tiny)
        for number, variant in enumerate(_variants(sitting)):
            needs = COMPILING if variant.compile and not args.tiny else 20
            name = f"train {variant.name}"
            sitting.step(name, needs, lambda v=variant: train(sitting, settings, pairs, v))
            if number == 0:
                sitting.step(
                    "profile", 20, lambda v=variant: take_profile(sitting, settings, pairs, v)
                )
        for method, preset, side in OTHERS[: 1 if args.tiny else None]:
            other = load_settings(method, preset, None, SMALL if args.tiny else ())
            some = make_pairs(Path(folder), 32 if args.tiny else side, args.tiny)
            variant = replace(_variants(sitting)[0], batch=other.training.batch_size)
            what = f"train {method} {preset}"
            sitting.step(what, 30, lambda o=other, p=some, v=variant: train(sitting, o, p, v))
        if not args.tiny:
            sitting.step("tests of the compiler", 60, lambda: run_tests(sitting, "compiled"))
    for line in table(sitting.found):
        print(line)


def run_tests(sitting: Sitting, which: str) -> dict[str, Any]:
    """Run tests of the suite for GPUs in a process of its own; at most half of the time."""
    root = Path(__file__).resolve().parent.parent
    words = ["-m", "pytest", "tests/test_cuda.py", "-q", "--durations=15", "-k", which]
    words += ["-p", "no:logging", "-p", "no:cacheprovider"]
    log = sitting.out / f"tests-{which.replace(' ', '-')}.txt"
    with log.open("w") as file, suppress(subprocess.TimeoutExpired):
        ended = subprocess.run(
            [sys.executable, *words],
            cwd=root,
            stdout=file,
            stderr=subprocess.STDOUT,
            timeout=sitting.left / 2,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
        ).returncode
        lines = log.read_text().splitlines()
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        return {"status": ended, "said": lines[-1] if lines else "", "failed": failed}
    return {"status": "out of time", "said": log.read_text()[-300:], "failed": []}


def measure_ceilings(sitting: Sitting) -> dict[str, float]:
    """Return operations and bytes a second: matrix products on random numbers, copies."""
    seconds, device = 0.05 if sitting.tiny else 1.0, sitting.device
    found = {
        "fp32": ceilings.matrix_product(device, torch.float32, seconds),
        "copy": ceilings.memory_copy(device, seconds),
    }
    if device.type == "cuda":
        found["bf16"] = ceilings.matrix_product(device, torch.bfloat16, seconds)
        found["free memory"] = float(free_memory(device) or 0)
    return found


def make_pairs(folder: Path, size: int, tiny: bool) -> PairDataset:
    """Build a data set of four hands, as the paper's preset wants it."""
    chars = "common-100" if tiny else "common-500"
    jobs = min(8, os.cpu_count() or 1)
    out = folder / str(size)
    return PairDataset.of(
        build(SOURCE, list(STYLES), chars, out, size=size, margin=0.207, jobs=jobs)
    )


@cache
def count_flops(settings: RunSettings, size: int) -> float:
    """Return the operations of an iteration, an image, by torch's count, without computing any."""
    batch, meta = 2, torch.device("meta")
    training = replace(settings.training, batch_size=batch, precision="fp32")
    trainer = Trainer(settings.method, Task(size, STYLES), training, meta)
    pixels = torch.empty(batch, size, size, dtype=torch.uint8, device=meta)
    index = torch.empty(batch, dtype=torch.long, device=meta)
    with FlopCounterMode(display=False) as counter:
        trainer.iterate(GlyphBatch.of_pixels(pixels, pixels, index, index, pixels[:, None, :0]))
    return counter.get_total_flops() / batch


def make_trainer(sitting: Sitting, settings: RunSettings, size: int, variant: Variant) -> Trainer:
    """Make a trainer that works as the variant says."""
    training = replace(
        settings.training,
        batch_size=variant.batch,
        iterations=1_000_000,
        resident=variant.resident,
        compile=variant.compile,
        precision=variant.precision,
    )
    layout = variant.channels_last and variant.precision != "fp32" and sitting.device.type == "cuda"
    with mock.patch("fontgan.training.trainer.prefers_channels_last", lambda *_: layout):
        return Trainer(settings.method, Task(size, STYLES), training, sitting.device)


def train(
    sitting: Sitting, settings: RunSettings, pairs: PairDataset, variant: Variant
) -> dict[str, Any]:
    """Measure images a second, with data and on one batch that is always there."""
    device, size = sitting.device, pairs.store.size
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    trainer = make_trainer(sitting, settings, size, variant)
    began = time.monotonic()
    running = trainer.run(pairs, settings.augment)
    next(running)
    ceilings.wait(device)
    first = time.monotonic() - began
    seconds = 0.2 if sitting.tiny else 4.0
    fed = _rate(device, lambda: next(running), seconds) * variant.batch
    order = Shuffle(len(pairs), variant.batch, 0)
    batch = pairs.batch(order.batch(0)).to(device)
    batch = settings.augment.apply(batch, torch.Generator().manual_seed(0))
    alone = _rate(device, lambda: trainer.iterate(batch), seconds) * variant.batch
    running.close()
    found = {
        "images a second": fed,
        "without data": alone,
        "waiting for data": max(0.0, 1 - fed / alone),
        "first iteration, s": first,
        "peak memory, GiB": peak_memory(device) / 2**30,
        "notes": trainer.notes,
    }
    most = sitting.found.get("ceilings", {})
    kind = "fp32" if variant.precision == "fp32" else "bf16"
    if kind in most:
        found["operations an image"] = count_flops(settings, size)
        found[f"share of {kind}"] = fed * found["operations an image"] / most[kind]
    return found


def take_profile(
    sitting: Sitting, settings: RunSettings, pairs: PairDataset, variant: Variant
) -> dict[str, Any]:
    """Say which kernels take the time of three iterations, and how long the device is idle."""
    device = sitting.device
    trainer = make_trainer(sitting, settings, pairs.store.size, variant)
    running = trainer.run(pairs, settings.augment)
    for _ in range(1 if sitting.tiny else 5):
        next(running)
    ceilings.wait(device)
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
    began = time.perf_counter()
    with profile(activities=kinds) as profiler:
        for _ in range(3):
            next(running)
        ceilings.wait(device)
        wall = time.perf_counter() - began
    running.close()
    on = "device" if device.type == "cuda" else "cpu"
    events = profiler.key_averages()
    kernels = events.table(f"self_{on}_time_total", row_limit=40, max_name_column_width=100)
    (sitting.out / "profile.txt").write_text(kernels)
    times = [(getattr(e, f"self_{on}_time_total") / 1e6, e.count, e.key) for e in events]
    if device.type == "cuda":  # the kernels themselves, not the operators that start them
        times = [t for t, e in zip(times, events, strict=True) if "CUDA" in str(e.device_type)]
    times.sort(reverse=True)
    busy = sum(seconds for seconds, _, _ in times)
    return {
        "wall, s": wall,
        "busy, s": busy,
        "busy share": busy / wall,
        "kernels an iteration": sum(count for _, count, _ in times) / 3,
        "top": [
            {"share": seconds / max(busy, 1e-9), "calls": count, "name": name[:120]}
            for seconds, count, name in times[:20]
        ],
    }


def table(found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a short table."""
    for name in ("tests", "tests of the compiler"):
        yield f"{name}: {found.get(name)}"
    for name, value in found.get("ceilings", {}).items():
        yield f"{name}: {value / 1e12:.3f} T"
    for line in found.get("profile", {}).get("top", [])[:12]:
        yield f"  {line['share']:6.1%} {line['calls']:>6} x {line['name'][:90]}"
    profile_ = found.get("profile", {})
    if profile_:
        yield f"busy {profile_['busy share']:.0%}, {profile_['kernels an iteration']:.0f} kernels"
    yield f"{'':55} img/s  no data  waits  share   GiB  first s"
    for name, value in found.items():
        if name.startswith("train "):
            share = next((v for k, v in value.items() if k.startswith("share of")), float("nan"))
            yield (
                f"{name[6:]:55} {value['images a second']:6.0f} {value['without data']:7.0f} "
                f"{value['waiting for data']:6.1%} {share:6.1%} {value['peak memory, GiB']:6.1f} "
                f"{value['first iteration, s']:7.1f}"
            )
    for name, error in found["errors"].items():
        yield f"ERROR {name}: {error[:200]}"
    if found["skipped"]:
        yield f"no time for: {'; '.join(found['skipped'])}"


def _rate(device: torch.device, work: Callable[[], object], seconds: float) -> float:
    """Return how often a second work is done; the device is waited for at the end alone."""
    for _ in range(3):
        work()
    ceilings.wait(device)
    done, began, rounds = 0, time.perf_counter(), 5
    while (passed := time.perf_counter() - began) < seconds:
        for _ in range(rounds):
            work()
        ceilings.wait(device)
        done += rounds
        rounds = max(rounds, int(done / max(passed, 1e-3) * seconds / 4))
    return done / passed


def _variants(sitting: Sitting) -> Sequence[Variant]:
    if not sitting.tiny:
        return VARIANTS
    tiny = [replace(variant, batch=4) for variant in VARIANTS[:4]]
    return [replace(variant, precision="fp32") for variant in tiny]


def _machine(device: torch.device) -> dict[str, str]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": name,
        "torch": torch.__version__,
        "cuda": str(torch.version.cuda),
        "cudnn": str(torch.backends.cudnn.version()),
        "python": platform.python_version(),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--out", type=Path, default=Path("session"))
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--tiny", action="store_true", help="small and on any device: a rehearsal")
    return parser.parse_args()


if __name__ == "__main__":
    main()
