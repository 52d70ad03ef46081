"""How deep pixels lie in the segments of a pen's strokes, and what that says of its gradients.

A segment is a row of numbers, in softnesses: start x, y, direction x, y, length, radius there and
its slope; and where ends are square two more, how square the one before it is and the one after.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

SHAPE = 7  # numbers of a segment, without its ends


class Depth:
    """How deep m pixels about a centre each lie in n segments: (n, m), negative outside.

    Attributes:
        along: (n, m), place along the segment, within it.
        beyond: how far before (negative) or after its ends.
        across: how far to its side.
        away: from the segment's line; ``value``: the depth.
    """

    def __init__(self, rows: Tensor, centre: Tensor, offset: Tensor) -> None:
        """Measure segments (7 or more, n) about centres (2, n), offsets (2, m)."""
        x, y = offset
        self.middle = centre - rows[:2]
        (right, below), (east, south) = self.middle, rows[2:4]
        forth, aside = east * right + south * below, east * below - south * right
        east, south, end, radius, slope = rows[2:SHAPE].unsqueeze(2)
        self.beyond = (east * x).add_(forth[:, None]).addcmul_(south, y)
        self.across = (east * y).add_(aside[:, None]).addcmul_(south, x, value=-1)
        self.along = torch.minimum(self.beyond.clamp(min=0), end)
        self.beyond.sub_(self.along)
        self.away = self.beyond.square().addcmul_(self.across, self.across).add_(1e-10).sqrt_()
        self.value = (slope * self.along).add_(radius).sub_(self.away)

    def backward(self, grad: Tensor, rows: Tensor, offset: Tensor) -> Tensor:
        """Return the gradient (7, n) of the segments from that (n, m) of the value."""
        (right, below), (east, south), slope = self.middle, rows[2:4], rows[6]
        forth, aside = self.pulls(grad)
        after = kept_where(torch.gt, self.beyond, grad).sum(dim=1)
        length = slope * after - kept_where(torch.gt, self.beyond, forth).sum(dim=1)
        inside = kept_where(torch.eq, self.beyond, grad)
        f, fx, fy = _moments(forth.addcmul_(inside, slope[:, None]), offset)
        a, ax, ay = _moments(aside, offset)
        turn_east, turn_south = fx + f * right + ay + a * below, fy + f * below - ax - a * right
        start = (south * a - east * f, -south * f - east * a)
        widening = (self.along * grad).sum(dim=1)
        return torch.stack([*start, turn_east, turn_south, length, grad.sum(dim=1), widening])

    def pulls(self, grad: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients (n, m) of ``beyond`` and ``across`` from that of the value."""
        pull = (grad / self.away).neg_()
        return pull * self.beyond, pull.mul_(self.across)


class CappedDepth(Depth):
    """Depths in segments that say in two rows more how square they end.

    The measure beyond an end is 1-Lipschitz, whatever the end: `_near` may count on it.

    Attributes:
        square: (n, m), of the end that a pixel is beyond; 0 alongside, and at joints.
        gain: how much deeper it lies in an end all square.
    """

    def __init__(self, rows: Tensor, centre: Tensor, offset: Tensor) -> None:
        super().__init__(rows, centre, offset)
        before, after = rows[SHAPE:].unsqueeze(2)
        self.square = kept_where(torch.lt, self.beyond, before)
        self.square.add_(kept_where(torch.gt, self.beyond, after))
        self.gain = self.away - torch.maximum(self.beyond.abs(), self.across.abs())
        self.value.addcmul_(self.square, self.gain)

    def backward(self, grad: Tensor, rows: Tensor, offset: Tensor) -> Tensor:
        """Return the gradient (9, n) of the segments from that (n, m) of the value."""
        gained = grad * self.gain
        ends = [kept_where(side, self.beyond, gained).sum(dim=1) for side in (torch.lt, torch.gt)]
        return torch.cat([super().backward(grad, rows, offset), torch.stack(ends)])

    def pulls(self, grad: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of ``beyond`` and ``across``: of Chebyshev's, the longer's alone."""
        held = grad * self.square
        forth, aside = super().pulls(grad - held)
        ahead = kept_where(torch.ge, self.beyond.abs() - self.across.abs(), held)
        forth.addcmul_(ahead, self.beyond.sign(), value=-1)
        return forth, aside.addcmul_(held - ahead, self.across.sign(), value=-1)


def depth_of(rows: Tensor, centre: Tensor, offset: Tensor) -> Depth:
    """Measure segments as rows of 7, all of whose ends are round, or of 9."""
    kind = Depth if len(rows) == SHAPE else CappedDepth
    return kind(rows, centre, offset)


def kept_where(compare: Callable[..., Tensor], values: Tensor, grad: Tensor) -> Tensor:
    """Return the gradient where values compare so with 0; by numbers, which is fastest."""
    return compare(values, 0, out=torch.empty_like(values)).mul_(grad)


def _moments(values: Tensor, offset: Tensor) -> tuple[Tensor, ...]:
    """Return (n,) each: the sums of values (n, m), and of values times x and y."""
    return values.sum(dim=1), *((values * place).sum(dim=1) for place in offset)
