"""A hand of one's own added to a trained model: what `adapt` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from fontgan.box.models import NAMES, boxed
from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset, Part
from fontgan.data.stroke_table import strokes_of_store
from fontgan.devices.device import pick_device
from fontgan.errors import ConfigError, DataError
from fontgan.evaluation.nearest import nearest_style
from fontgan.faces.face import FontFace
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.scans import ImageFolder
from fontgan.inference.model import Model
from fontgan.methods import find
from fontgan.methods.base import VectorMethod
from fontgan.metrics.tally import score
from fontgan.runs.folder import Run
from fontgan.runs.header import Header
from fontgan.store import split
from fontgan.store.store import GlyphStore
from fontgan.training.pace import Event
from fontgan.training.request import TrainingOptions
from fontgan.untrusted import style_name_fault
from fontgan.workflows.building import build
from fontgan.workflows.estimating import fitting
from fontgan.workflows.training import check_fresh, train

FEWEST = 5  # characters: a hand's size, weight and slant are seen in no fewer
DEFAULT_CHARS = "common-500+alnum62"  # of a font, which is a hand that has written thousands
MEASURES = ("missing", "ssim", "l1")
# Only the hand's own numbers move, everything that all hands share rests: docs/adapting.md.
RECIPE = (
    "method.rate=0.03",
    "method.own=true",
    "method.coarse=0.5",
    "method.lone=0",
    "method.lost=1",
    "training.iterations=150",
    "training.batch_size=32",
    "training.schedule=cosine",
    "training.warm_up=0.05",
    "training.moving_average=0.9",
    "watch.check=150",
)


@dataclass(frozen=True)
class Adapted:
    """A hand that was added to a model.

    Attributes:
        run: its folder.
        style: what the hand is called in it.
        learned: characters that it was learned from.
        held_out: those kept back, on which it is scored; none if so asked.
        like: the hand of the model that the new one began as.
        scores: of the held-out characters, by measure; empty where there are none.
        before: the same of that hand, unadapted.
        ended: how the training ended, see `TrainingResult`.
    """

    run: Path
    style: str
    learned: tuple[str, ...]
    held_out: tuple[str, ...]
    like: str
    scores: dict[str, float]
    before: dict[str, float]
    ended: str


def adapt(
    hand: str | Path,
    out: str | Path = "runs/my-hand",
    *,
    start: str | Path | None = None,
    name: str | None = None,
    chars: str | Charset | None = None,
    minutes: float = 5.0,
    holdout: float = 0.1,
    settings: Sequence[str] = (),
    device: str = "auto",
    jobs: int = 1,
    force: bool = False,
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> Adapted:
    """Add a hand to a model that moves a pen; what the model draws in its own stays, bit for bit.

    Beside the run, in ``OUT-data``, lies the data set of the hand.

    Args:
        hand: folder of images named by their characters, as `scan` writes it, or a font.
        out: folder of the run.
        start: run or checkpoint with the model; default the one in the box that has seen most of
            the characters: hanzi or letters.
        name: what the hand is called; default the name of the folder or font.
        chars: take only these of its characters; of a font by default `DEFAULT_CHARS`.
        minutes: at most so long, of training; on a slow machine it has fewer iterations.
        holdout: share of the characters that is kept back to check the hand; 0 keeps none.
        settings: ``key=value`` words over those of the adaptation.
        device: as for `train`.
        jobs: processes that draw.
        force: replace a run and a data set that are there.
        say: hears what begins.
        tell: hears how the training goes.

    Raises:
        FontganError: of the kind that fits.
    """
    if not 0 < minutes < float("inf"):
        raise ConfigError(f"--minutes {minutes:g}: give more than 0")
    split.held_out((), holdout)  # refuses nonsense before anything is drawn
    folder = Path(out)
    check_fresh(folder, force)
    wanted = _Hand.of(hand, name, chars)
    found = Run.find(start or wanted.box())
    wanted.check(found.header)
    say(f"drawing {len(wanted.chars)} characters of {wanted.name} and of the print")
    beside = folder.with_name(f"{folder.name}-data")
    data = wanted.build(found.header, beside, holdout, jobs, force)
    model = Model.load(found.checkpoint, pick_device(device))
    parts = _parts(model, data, wanted.name)
    like = nearest_style(model, parts[0]).style
    say(f"{wanted.name} is nearest to {like} of {len(model.task.styles)} hands, and begins as that")
    options = TrainingOptions(
        start=found.checkpoint,
        add_styles=[wanted.name],
        like=like,
        settings=[*RECIPE, *settings],
        device=device,
        max_minutes=minutes,
    )
    fits = fitting(data.path, say=say, **options)
    result = train(data.path, folder, force=force, tell=tell, **fits)
    before = _scores(model, parts[1:], like)
    after = _scores(Model.load(Run.find(folder).checkpoint, model.device), parts[1:], wanted.name)
    learned, kept = wanted.divided(data)
    return Adapted(folder, wanted.name, learned, kept, like, after, before, result.ended)


@dataclass(frozen=True)
class _Hand:
    """Somebody's characters.

    Attributes:
        name: what the hand is called.
        face: a font, or ``images:FOLDER``.
        chars: the characters to learn from.
    """

    name: str
    face: str
    chars: tuple[str, ...]

    @classmethod
    def of(cls, hand: str | Path, name: str | None, chars: str | Charset | None) -> _Hand:
        """Open the images or the font.

        Raises:
            FontError: there is neither.
            DataError: too few characters.
        """
        face = ImageFolder(hand) if Path(hand).is_dir() else FontFace.open(str(hand))
        if isinstance(face, ImageFolder):
            asked = Charset.wanted(chars).chars if chars is not None else sorted(face.files)
        else:
            asked = Charset.wanted(DEFAULT_CHARS if chars is None else chars).chars
        found = tuple(char for char in asked if face.has(char))
        if len(found) < FEWEST:
            raise DataError(
                f"{hand} has {len(found) or 'none'} of the characters asked for: a hand is learned "
                f"from {FEWEST} or more, well from 100 (fontgan form --count 100)"
            )
        return cls(name or face.id, face.spec, found)

    def box(self) -> Path:
        """Return the model in the box that has seen most of the characters, and little else."""

        def seen(path: Path) -> tuple[int, int]:
            known = Run(path).header.trained_chars
            return len(set(self.chars).intersection(known)), -len(known)

        return max(map(boxed, NAMES), key=seen)

    def check(self, header: Header) -> None:
        """Refuse a name that is taken, and a model that cannot take a hand.

        Raises:
            ConfigError: it says what to do.
        """
        if fault := style_name_fault(self.name):
            raise ConfigError(f"{fault}; name the hand with --name")
        if self.name in header.task.styles:
            raise ConfigError(f"the model has a hand called {self.name}; choose another --name")
        if not issubclass(find(header.method), VectorMethod):
            raise ConfigError(
                f"adapt is for models that move a pen, and this is of {header.method}: "
                "use fontgan train --from RUN --add-style"
            )

    def build(
        self, header: Header, out: Path, holdout: float, jobs: int, force: bool
    ) -> GlyphStore:
        """Draw the data set of the hand, on the canvas of the model."""
        canvas = header.canvas
        return build(
            header.source.spec,
            [f"{self.name}={self.face}"],
            f"text:{''.join(self.chars)}",
            out,
            size=canvas.size,
            fit=canvas.fit,
            margin=canvas.margin,
            holdout=holdout,
            jobs=jobs,
            force=force,
        )

    def divided(self, data: GlyphStore) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the characters learned from, and those kept back."""
        drawn = data.style(self.name).chars
        kept = tuple(char for char in drawn if char in data.held_out_chars)
        return tuple(char for char in drawn if char not in data.held_out_chars), kept


def _parts(model: Model, data: GlyphStore, style: str) -> list[PairDataset]:
    """Return the pairs to learn from, and those kept back where there are any."""
    strokes = strokes_of_store(model.vector.stroke_input, data)
    parts: tuple[Part, ...] = ("train", "held-out") if data.holds_out else ("train",)
    return [PairDataset.of(data, part, [style], None, strokes) for part in parts]


def _scores(model: Model, held_out: list[PairDataset], style: str) -> dict[str, float]:
    """Score the characters kept back as one of the model's hands draws them."""
    number = model.task.styles.index(style)

    def translate(batch: GlyphBatch) -> Tensor:
        meant = torch.full_like(batch.target_style, number)
        noise = torch.Generator(model.device).manual_seed(0)
        return model.method.translate(model.drawing, replace(batch, target_style=meant), noise)

    return dict(score(translate, held_out[0], model.device, 64, MEASURES).mean) if held_out else {}
