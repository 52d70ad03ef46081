"""What rounding may come to in the golden curves: ``python -m tests.perturb`` (see --help).

Every row of the table of methods is trained twice in double precision, once from weights that are
off by a trillionth. What that grows to within the curve says how much of another processor's
rounding (a ten-thousandth of it) would be seen. Where it grows too far, the row's learning rate is
too great for the size of its weights: training is chaotic then, each iteration parts it further.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from conftest import CHARS
from made_data import build
from test_methods import TABLE, golden_trainer, train
from tiny_strokes import stroked_pairs

from fontgan.data.pairs import PairDataset
from fontgan.glyphs.canvas import Canvas
from fontgan.training.trainer import Trainer

SIZE = 1e-12
MOST = 1e8  # of rounding (1e-16) that leaves 1e-8; curves are compared to 1e-5
SMALL = 1e-6  # values below are compared to it


@dataclass(frozen=True)
class Grown:
    """What grew most: its name, and how many times the perturbation it moved by."""

    name: str
    times: float


def perturb(trainer: Trainer, size: float) -> Trainer:
    """Multiply all weights by 1 and a little noise; what is constant stays so."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for network in trainer.networks.values():
            for weight in network.parameters():
                constant = weight.numel() > 0 and bool(weight.min() == weight.max())
                shape = () if constant else weight.shape
                noise = torch.randn(shape, generator=generator, dtype=weight.dtype)
                weight.mul_(1 + size * noise)
    return trainer


def followed(trainer: Trainer, pairs: PairDataset) -> dict[str, torch.Tensor]:
    """Return each loss in the iterations that had it."""
    found: dict[str, list[float]] = {}
    for losses in train(trainer, pairs):
        for name, values in losses.items():
            found.setdefault(name, []).append(float(values[-1]))
    return {name: torch.tensor(values) for name, values in found.items()}


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Return all weights by the names of their networks and their own."""
    return {
        f"{name}.{key}": weight.detach()
        for name, network in trainer.networks.items()
        for key, weight in network.named_parameters()
        if weight.numel()
    }


def grown(row: str, pairs: PairDataset) -> tuple[Grown, Grown]:
    """Return which loss and which parameter of a row grew most."""
    one = golden_trainer(row)  # which seeds all that is drawn in training
    curve = followed(one, pairs)
    other = perturb(golden_trainer(row), SIZE)
    moved = followed(other, pairs)
    times = {
        name: ((values - moved[name]).abs() / values.abs().clamp_min(SMALL)).max().item()
        for name, values in curve.items()
    }
    pair = weights(one), weights(other)
    shares = {
        name: ((weight - pair[1][name]).abs().max() / weight.abs().max().clamp_min(SMALL)).item()
        for name, weight in pair[0].items()
    }
    return most(times), most(shares)


def most(moved: dict[str, float]) -> Grown:
    """Return what moved most."""
    name = max(moved, key=lambda key: moved[key])
    return Grown(name, moved[name] / SIZE)


def main() -> int:
    """Print a table; exit with 1 where a loss of a row grew too far."""
    parse = argparse.ArgumentParser(prog="python -m tests.perturb", description=__doc__)
    parse.add_argument("--row", choices=TABLE, action="append", help="only this row; repeatable")
    options = parse.parse_args()
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    too_far = False
    print("| row | loss | times | parameter | times |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        data, styles = Path(place) / "set", ["long-cang", "ma-shan-zheng", "xiaolai"]
        build("noto-sans-sc", styles, CHARS, data, Canvas(size=32), holdout=0.2)
        for row in options.row or TABLE:
            loss, weight = grown(row, stroked_pairs(data))
            cells = (row, loss.name, f"{loss.times:.0e}", weight.name, f"{weight.times:.0e}")
            print(f"| {' | '.join(cells)} |", flush=True)
            too_far |= loss.times > MOST
    return int(too_far)


if __name__ == "__main__":
    sys.exit(main())
