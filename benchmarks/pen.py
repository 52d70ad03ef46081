"""The pen beside the plain way to draw strokes: every pixel by every segment, by autograd.

    python benchmarks/pen.py --sizes 32,64,128 --threads 2

Both draw the same strokes of hanzi, compare them with the same images and step; they take turns,
A, B, A, B. One line of JSON a size: the best rates (other work on a machine only slows) in glyphs a
second, the median of the ratios of neighbours, and how far the drawings and gradients differ: the
plain way has no end of a stroke's reach. With one thread time is that of the processor, so that
other work on the machine counts little; with more it is what the clock says.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

import torch
import torch.nn.functional as F
from torch import Tensor

from fontgan.glyphs.charset import Charset
from fontgan.nn.pen import draw
from fontgan.strokes import catalogue

SOFTNESS = 0.5
Draw = Callable[[Tensor, Tensor, Tensor, int, int], Tensor]


def main() -> None:
    """Print a line for each size."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    points, glyph = some_strokes(args.glyphs, args.points)
    for size in map(int, args.sizes.split(",")):
        print(
            json.dumps(
                {"size": size, "strokes": len(points), **beside(points, glyph, size, args.rounds)}
            )
        )


def plain(points: Tensor, radii: Tensor, glyph: Tensor, glyphs: int, size: int) -> Tensor:
    """Draw every pixel by every segment; arguments as of `fontgan.nn.pen.draw`."""
    places = (torch.arange(size) + 0.5) / size
    pixels = torch.stack([places.repeat(size), places.repeat_interleave(size)])  # (2, S^2)
    start, way = points[:, :-1], points[:, 1:] - points[:, :-1]
    square = way.square().sum(dim=-1).clamp(min=1e-8)
    along = (way @ pixels - (start * way).sum(dim=-1)[..., None]) / square[..., None]
    along = along.clamp(0, 1)
    away = [start[..., axis, None] + along * way[..., axis, None] - pixels[axis] for axis in (0, 1)]
    radius = radii[:, :-1, None] + along * (radii[:, 1:] - radii[:, :-1])[..., None]
    distance = (away[0].square() + away[1].square() + 1e-10).sqrt() - radius
    free = F.logsigmoid(distance.amin(dim=1) * (size / SOFTNESS))
    sums = torch.zeros(glyphs, size**2).index_add(0, glyph, free)
    return (1 - sums.exp()).view(glyphs, size, size)


def ours(points: Tensor, radii: Tensor, glyph: Tensor, glyphs: int, size: int) -> Tensor:
    """Draw with the pen."""
    return draw(points, radii, glyph, glyphs, size, SOFTNESS)


def beside(points: Tensor, glyph: Tensor, size: int, rounds: int) -> dict[str, float]:
    """Return rates of both, their ratio, and the greatest differences of drawing and gradient."""
    glyphs, radii = int(glyph[-1]) + 1, torch.full(points.shape[:2], 0.028)
    target = ours(points + 0.02 * torch.randn(points.shape), radii, glyph, glyphs, size)
    ways: tuple[Draw, Draw] = (ours, plain)
    results = [_step(way, points, radii, glyph, target) for way in ways]
    times: list[list[float]] = [[], []]
    clock = time.perf_counter if torch.get_num_threads() > 1 else time.thread_time
    for _ in range(rounds):
        for way, taken in zip(ways, times, strict=True):
            start = clock()
            _step(way, points, radii, glyph, target)
            taken.append(clock() - start)
    differences = [(a - b).abs().max() / b.abs().max() for a, b in zip(*results, strict=True)]
    return {
        "ours": round(glyphs / min(times[0])),
        "plain": round(glyphs / min(times[1])),
        "ratio": round(median(b / a for a, b in zip(*times, strict=True)), 1),
        "drawing differs": round(differences[0].item(), 6),
        "gradient differs": round(differences[1].item(), 6),
    }


def some_strokes(glyphs: int, points: int) -> tuple[Tensor, Tensor]:
    """Return strokes (T, P, 2) of frequent hanzi and the glyph (T,) of each."""
    strokes, chars = catalogue.find("hanzi-writer"), list(Charset.parse("common-2000"))[-glyphs:]
    lines = [torch.from_numpy(strokes[char].resampled(points)) for char in chars]
    glyph = torch.arange(glyphs).repeat_interleave(torch.tensor([len(one) for one in lines]))
    return torch.cat(lines), glyph


def _step(
    way: Draw, points: Tensor, radii: Tensor, glyph: Tensor, target: Tensor
) -> tuple[Tensor, Tensor]:
    points, radii = (x.clone().requires_grad_() for x in (points, radii))
    step = torch.optim.AdamW([points, radii], lr=1e-4)
    drawn = way(points, radii, glyph, len(target), target.shape[-1])
    (drawn - target).square().mean().backward()  # type: ignore[no-untyped-call]
    step.step()
    assert points.grad is not None
    return drawn.detach(), points.grad


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="32,64,128")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--glyphs", type=int, default=32)
    parser.add_argument("--points", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=10)
    return parser.parse_args()


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
