"""How fast this installation is: rates of every stage, beside what the machine could do at most."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

import fontgan
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Shuffle
from fontgan.devices.device import peak_memory, pick_device
from fontgan.errors import ConfigError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.inference.model import Model
from fontgan.runs.header import Header
from fontgan.store.store import GlyphStore
from fontgan.training.settings import RunSettings, load_settings
from fontgan.training.trainer import Trainer
from fontgan.workflows import benching_ceilings as ceilings
from fontgan.workflows.benching_measures import measuring
from fontgan.workflows.building import build

Stage = Literal["render", "data", "train", "infer", "evaluate"]
SOURCE, STYLES = "noto-sans-sc", ("long-cang", "ma-shan-zheng", "xiaolai", "zcool-kuaile")
CHARS = "common-500"
MANY_STYLES = 16


@dataclass(frozen=True)
class Rate:
    """How fast one thing is done.

    Attributes:
        stage: of the work.
        what: is counted, and how it was done.
        rate: a second.
        ceiling: what bounds it: of the machine, or the ``step alone`` without its data; or an
            empty text.
        share: of that bound that is reached, or None.
    """

    stage: str
    what: str
    rate: float
    ceiling: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Bench:
    """What `bench` measured.

    Attributes:
        machine: processor, threads, versions.
        ceilings: what the machine could do at most, a second: ``fp32`` and ``bf16`` operations of a
            matrix product, ``copy`` bytes, ``rasterizer`` glyphs.
        rates: of each stage.
        peak_memory: bytes used at most, in all.
    """

    machine: dict[str, str | int]
    ceilings: dict[str, float]
    rates: list[Rate]
    peak_memory: int


def bench(
    stages: Sequence[str] = ("all",),
    *,
    size: int = 64,
    method: str = "zi2zi",
    preset: str = "compact",
    settings: Sequence[str] = (),
    jobs: int = 2,
    seconds: float = 2.0,
    device: str = "auto",
    tell: Callable[[Rate], None] = lambda rate: None,  # noqa: ARG005
) -> Bench:
    """Measure rates on embedded fonts: three rounds each, the median, nothing else running.

    Args:
        stages: some of ``render``, ``data``, ``train`` and ``infer``, or ``all``.
        size: side of the images in pixels.
        method: to train and to draw with.
        preset: of the method.
        settings: ``key=value`` words over it.
        jobs: processes of the parallel build.
        seconds: of each round.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        tell: hears every rate as soon as it is measured.

    Raises:
        ConfigError: an unknown stage, or settings that make no sense.
    """
    wanted = _stages(stages)
    run_settings = load_settings(method, preset, None, settings)
    where = pick_device(device)
    Canvas(size)  # what makes no sense is told before anything is measured
    with tempfile.TemporaryDirectory(prefix="fontgan-bench-") as folder:
        desk = _Desk(
            Path(folder), size, run_settings, jobs, seconds, where, _ceilings(where, size, seconds)
        )
        rates = []
        for stage in wanted:
            for rate in _MEASURING[stage](desk):
                rates.append(rate)
                tell(rate)
    return Bench(_machine(where), desk.ceilings, rates, peak_memory(where))


@dataclass(frozen=True)
class _Desk:
    """What the measurements share."""

    folder: Path
    size: int
    settings: RunSettings
    jobs: int
    seconds: float
    device: torch.device
    ceilings: dict[str, float]

    def rate(
        self, stage: str, what: str, work: Callable[[], float], ceiling: str = "", each: float = 1.0
    ) -> Rate:
        """Measure some work; ``each`` unit of it takes so much of the ceiling."""
        found = ceilings.rate(work, self.seconds)
        share = found * each / self.ceilings[ceiling] if ceiling else None
        return Rate(stage, what, found, ceiling, share)

    def data(self) -> GlyphStore:
        """Return the data set that is trained on."""
        return _build(self, self.folder / "data", 1)

    def trainer(self) -> Trainer:
        """Return a fresh trainer that does not come to an end."""
        settings = replace(self.settings.training, iterations=10**9)
        return Trainer(self.settings.method, Task(self.size, STYLES), settings, self.device)


def _stages(names: Sequence[str]) -> list[Stage]:
    known = get_args(Stage)
    for name in names:
        if name not in (*known, "all"):
            raise ConfigError(f"stage {name}: it is one of {', '.join(known)}, or all")
    return [stage for stage in known if stage in names or "all" in names]


def _ceilings(device: torch.device, size: int, seconds: float) -> dict[str, float]:
    return {
        "fp32": ceilings.matrix_product(device, torch.float32, seconds),
        "copy": ceilings.memory_copy(device, seconds),
        "bf16": ceilings.matrix_product(device, torch.bfloat16, seconds),
        "rasterizer": ceilings.rasterizer(SOURCE, _chars(), size, seconds),
    }


def _render(desk: _Desk) -> Iterator[Rate]:
    face, canvas = FontFace.open(SOURCE), Canvas(desk.size)
    image = np.empty((desk.size, desk.size), np.uint8)

    def draw() -> float:
        for char in _chars():
            canvas.draw_into(image, face, char)
        return float(len(_chars()))

    yield desk.rate("render", f"glyphs, {desk.size} px, one process", draw, "rasterizer")


def _data(desk: _Desk) -> Iterator[Rate]:
    numbers = count()
    for jobs in dict.fromkeys((1, desk.jobs)):

        def pairs(jobs: int = jobs) -> float:
            store = _build(desk, desk.folder / f"build-{next(numbers)}", jobs)
            return float(sum(len(style) for style in store.styles))

        what = f"pairs built, {desk.size} px, {jobs} process{'es' * (jobs > 1)} with their start"
        yield desk.rate("data", what, pairs)
    yield from _feed(desk)


def _feed(desk: _Desk) -> Iterator[Rate]:
    pairs, size = PairDataset.of(desk.data()), desk.settings.training.batch_size
    order, iterations = Shuffle(len(pairs), size, 0), count()
    for what, augment in (("plain", Augment()), ("shifted and enlarged", Augment(1.1, 3.0, 0.03))):

        def feed(augment: Augment = augment) -> float:
            batch = pairs.batch(order.batch(next(iterations))).to(desk.device)
            augment.apply(batch, torch.Generator().manual_seed(0))
            ceilings.wait(desk.device)
            return float(size)

        yield desk.rate("data", f"pairs fed, {desk.size} px, batch {size}, {what}", feed)


def _train(desk: _Desk) -> Iterator[Rate]:
    pairs, size = PairDataset.of(desk.data()), desk.settings.training.batch_size
    trainer, order = desk.trainer(), Shuffle(len(pairs), size, 0)
    batch = pairs.batch(order.batch(0)).to(desk.device)
    with FlopCounterMode(display=False) as counter:
        trainer.iterate(batch)

    def train() -> float:
        trainer.iterate(batch)
        ceilings.wait(desk.device)
        return float(size)

    ceiling = "bf16" if trainer._autocast is torch.bfloat16 else "fp32"
    what = f"images, {_what(desk)}, batch {size}"
    alone = desk.rate("train", what, train, ceiling, counter.get_total_flops() / size)
    yield alone
    fed = trainer.run(pairs, desk.settings.augment)

    def train_fed() -> float:
        next(fed)
        ceilings.wait(desk.device)
        return float(size)

    rate = ceilings.rate(train_fed, desk.seconds)
    yield Rate("train", f"{what}, fed and augmented", rate, "step alone", rate / alone.rate)


def _infer(desk: _Desk) -> Iterator[Rate]:
    trainer, method = desk.trainer(), desk.settings.method
    with trainer.drawing() as nets:
        header = Header.of(desk.data(), desk.settings.name, desk.settings.tables(), STYLES)
        model = Model(method, trainer.task, dict(nets), header, desk.device)
    pairs = PairDataset.of(desk.data())
    batch = pairs.batch(np.arange(desk.settings.training.batch_size)).to(desk.device)
    styles = [
        torch.full((len(batch),), n % len(STYLES)).to(desk.device) for n in range(MANY_STYLES)
    ]
    for chosen, what in (
        (styles[:1], "one style"),
        (styles, f"{MANY_STYLES} styles of a character"),
    ):

        @torch.no_grad()
        def draw(chosen: Sequence[torch.Tensor] = chosen) -> float:
            drawn = list(method.translate_styles(model.drawing, batch, chosen, _noise(desk)))
            ceilings.wait(desk.device)
            return float(len(drawn) * len(batch))

        flops = _flops(desk, trainer, batch)
        yield desk.rate("infer", f"glyphs, {_what(desk)}, {what}", draw, "fp32", flops)


def _flops(desk: _Desk, trainer: Trainer, batch: GlyphBatch) -> float:
    """Return the operations of a glyph drawn alone."""
    with trainer.drawing() as nets, FlopCounterMode(display=False) as counter:
        desk.settings.method.translate(nets, batch, _noise(desk))
    return float(counter.get_total_flops()) / len(batch)


def _evaluate(desk: _Desk) -> Iterator[Rate]:
    for what, work in measuring(desk.data(), desk.device):
        yield desk.rate("evaluate", f"glyphs, {desk.size} px, {what}", work)


_MEASURING: dict[Stage, Callable[[_Desk], Iterator[Rate]]] = {
    "render": _render,
    "data": _data,
    "train": _train,
    "infer": _infer,
    "evaluate": _evaluate,
}


def _build(desk: _Desk, out: Path, jobs: int) -> GlyphStore:
    return build(SOURCE, list(STYLES), CHARS, out, size=desk.size, jobs=jobs)


def _chars() -> str:
    return "".join(Charset.parse(CHARS))


def _noise(desk: _Desk) -> torch.Generator:
    return torch.Generator(desk.device).manual_seed(0)


def _what(desk: _Desk) -> str:
    return f"{desk.settings.name} at {desk.size} px"


def _machine(device: torch.device) -> dict[str, Any]:
    return {
        "processor": platform.processor() or platform.machine(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "fontgan": fontgan.__version__,
    }
