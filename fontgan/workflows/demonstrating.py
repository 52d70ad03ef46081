"""The main job on the embedded fonts, from nothing to handwriting no one has written."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fontgan.devices.device import pick_device
from fontgan.files import check_folder
from fontgan.metrics.tally import Scores
from fontgan.training.pace import Event
from fontgan.training.request import TrainingOptions, TrainingRequest
from fontgan.workflows.building import build
from fontgan.workflows.estimating import fitting
from fontgan.workflows.evaluating import evaluate
from fontgan.workflows.training import TrainingResult, train

SOURCE = "noto-sans-sc"
STYLES = (
    "long-cang",
    "ma-shan-zheng",
    "zhi-mang-xing",
    "liu-jian-mao-cao",
    "xiaolai",
    "lxgw-wenkai-tc",
    "lxgw-marker-gothic",
    "zcool-kuaile",
    "zcool-xiaowei",
    "zcool-qingke-huangyou",
)


@dataclass(frozen=True)
class Demo:
    """What the demo made.

    Attributes:
        sheet: source | generated | truth, one row a style, characters never seen in training.
        scores: over all held-out characters in all styles.
        training: how the training went.
        seconds: of building, training and scoring.
    """

    sheet: Path
    scores: Scores
    training: TrainingResult
    seconds: dict[str, float]


def demo(
    out: str | Path = "demo",
    *,
    chars: str = "common-1000",
    settings: tuple[str, ...] = ("iterations=2100",),
    max_minutes: float = 5.0,
    jobs: int = 1,
    device: str = "auto",
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> Demo:
    """Render and pair the embedded fonts, train a compact penstroke, draw held-out characters.

    Args:
        out: folder for the data set, the run and the sheet.
        chars: the characters; one in ten is held out.
        settings: of the training, over the compact preset.
        max_minutes: most time for training.
        jobs: processes for rendering.
        device: as for `train`.
        say: hears what begins.
        progress: is told how many glyphs are scored, and of how many.
        tell: hears how the training goes.
    """
    folder = Path(out)
    TrainingRequest(device=device, max_minutes=max_minutes)  # nonsense is told before the data set
    pick_device(device)
    check_folder(folder)
    clock = [time.monotonic()]
    say(f"drawing {len(STYLES)} styles and their source ({chars}, 64 px)")
    data = build(SOURCE, list(STYLES), chars, folder / "data", size=64, jobs=jobs, force=True)
    clock.append(time.monotonic())
    say(f"training penstroke (compact), at most {max_minutes:g} minutes")
    options = TrainingOptions(
        method="penstroke",
        preset="compact",
        settings=settings,
        device=device,
        max_minutes=max_minutes,
    )
    fits = fitting(data.path, say=say, **options)
    run = train(data.path, folder / "run", force=True, tell=tell, **fits)
    if run.ended.startswith("SIG"):
        raise KeyboardInterrupt(run.ended)
    clock.append(time.monotonic())
    say(f"drawing {len(data.held_out_chars)} characters it has never seen, in every style")
    sheet = folder / "sheet.png"
    scores = evaluate(run.folder, sheet=sheet, device=device, progress=progress)
    clock.append(time.monotonic())
    names = ("build", "train", "draw and score")
    seconds = {name: round(clock[i + 1] - clock[i], 1) for i, name in enumerate(names)}
    return Demo(sheet, scores, run, seconds)
