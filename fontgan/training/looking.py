"""How a training run looks at its model: fixed choices of glyphs are drawn, scored and shown."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.glyphs.sheet import Sheet
from fontgan.methods.base import CodedMethod
from fontgan.metrics.diversity import diversity
from fontgan.metrics.measures import LIVE, MEASURES
from fontgan.metrics.sheets import codes_sheet, comparison_sheet
from fontgan.metrics.tally import Scores, score
from fontgan.store.shard import Shard
from fontgan.training.trainer import Trainer

CHECKED_GLYPHS = 256
SAMPLED_STYLES, SAMPLED_CHARS = 12, 6
CODED_GLYPHS = 64


class Looking:
    """What is looked at in a run; the same glyphs from the first check to the last.

    Args:
        trainer: whose drawing networks are looked at.
        pairs: training pairs.
        held_out: pairs of held-out characters, or None.
    """

    def __init__(self, trainer: Trainer, pairs: PairDataset, held_out: PairDataset | None) -> None:
        self.trainer = trainer
        self.checked = _at_most(held_out, CHECKED_GLYPHS) if held_out else None
        self.sampled = (held_out or pairs).spread(SAMPLED_CHARS)
        self.coded = _at_most(held_out or pairs, CODED_GLYPHS)

    def scores(self) -> Scores | None:
        """Score held-out characters; None where there are none."""
        if self.checked is None:
            return None
        return score(self._translate, self.checked, self.trainer.device, measures=LIVE)

    def sheet(self) -> Sheet:
        """Draw some pairs beside their truths."""
        return comparison_sheet(self.sampled, self._translate, self.trainer.device, SAMPLED_STYLES)

    def codes(self, method: CodedMethod) -> tuple[dict[str, float], Sheet]:
        """Draw glyphs with several codes: return how far the drawings differ, and a sheet."""
        batch = self.coded.batch(np.arange(len(self.coded))).to(self.trainer.device)
        with self.trainer.drawing() as nets:
            values = diversity(method, nets, batch).values()
            return values, codes_sheet(self.sampled, method, nets, self.trainer.device)

    def _translate(self, batch: GlyphBatch) -> Tensor:
        with self.trainer.drawing() as nets:
            noise = torch.Generator(self.trainer.device).manual_seed(0)
            return self.trainer.method.translate(nets, batch, noise)


def is_better(measure: str, scores: Mapping[str, float], best: Mapping[str, float]) -> bool:
    """Tell whether scores are better by a measure than the best so far, which may be none.

    >>> is_better("ssim", {"ssim": 0.5}, {}), is_better("l1", {"l1": 0.5}, {"l1": 0.4})
    (True, False)
    >>> is_better("ssim", {"ssim": float("nan")}, {})
    False
    """
    value = scores[measure]
    if not math.isfinite(value):
        return False
    if measure not in best:
        return True
    return value > best[measure] if MEASURES[measure].higher else value < best[measure]


def _at_most(pairs: PairDataset, glyphs: int) -> PairDataset:
    if len(pairs.styles) > glyphs:
        return pairs.share(Shard(1, -(-len(pairs) // glyphs)))
    return pairs.spread(glyphs // len(pairs.styles))
