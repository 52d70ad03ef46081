"""The network that moves strokes: attention over the strokes of a character, in a hand's style."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BANDS = 3  # of Fourier features of a coordinate: 1/2, 1 and 2 waves a side
GROWTH = 3  # of a token inside a layer
MODULATIONS = 4  # times the width: scale and shift of both norms of a layer
BETWEEN = 32  # of what is made of the ways from a stroke to another
MARKS = 3  # of a stroke: its start, middle and end
PLACES = 64  # in the order of strokes; later ones share the last


class StrokeWriter(nn.Module):
    """A transformer over strokes: where each goes, and how hard the pen is pressed on the way.

    A token is a stroke: the points of all its layouts, and its place in the order. The style's code
    is added to every token and scales and shifts every norm (Peebles and Xie 2023, section 3.2).
    A fresh network moves nothing.

    Args:
        points: P of a stroke.
        layouts: K of a character.
        width: of a token.
        layers: of attention.
        heads: of a layer.
        dropout: probability, of what a layer adds to a token.
        relative: whether strokes look at each other by where they stand to each other, and see
            their own shape wherever they stand: a component is the same in any corner.
    """

    def __init__(
        self,
        points: int,
        layouts: int,
        width: int = 128,
        layers: int = 4,
        heads: int = 4,
        dropout: float = 0.0,
        relative: bool = False,
    ) -> None:
        super().__init__()
        self.points = points
        self.shape = nn.Linear(layouts * points * 2 * (1 + 2 * BANDS), width) if relative else None
        self.between = Between(layouts, layers, heads) if relative else None
        self.entry = nn.Linear(layouts * points * 2 * (1 + 2 * BANDS), width)
        self.places = nn.Embedding(PLACES, width)
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(layers))
        self.exit = nn.Linear(width, points * 3)
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(self.exit.bias)

    def forward(
        self, points: Tensor, mask: Tensor, code: Tensor, own: Tensor | None = None
    ) -> Tensor:
        """Return moves in x and y, and logarithms of widths.

        Args:
            points: (B, K, L, P, 2) in sides.
            mask: (B, L) bool, which strokes there are.
            code: (B, width) of the style.
            own: (B, layers x 4 x width), what the style adds to its modulations, if anything.

        Returns:
            (B, L, P, 3).
        """
        order = torch.arange(points.shape[2], device=points.device).clamp(max=PLACES - 1)
        rows = Rows(mask)
        tokens = self.entry(waves(rows.pick(points.transpose(1, 2).flatten(2))))
        tokens = tokens + rows.along(self.places(order)) + rows.own(code)
        sights: Sequence[Tensor] = [rows.seen] * len(self.layers)
        if self.shape is not None and self.between is not None:
            shapes = points - points.mean(dim=3, keepdim=True)
            tokens = tokens + self.shape(waves(rows.pick(shapes.transpose(1, 2).flatten(2))))
            sights = [sight.where(rows.seen, -torch.inf) for sight in self.between(points)]
        added = [None] * len(self.layers) if own is None else own.chunk(len(self.layers), dim=1)
        for layer, sight, more in zip(self.layers, sights, added, strict=True):
            tokens = layer(tokens, rows, sight, code, more)
        moves = rows.spread(self.exit(tokens))
        return moves.view(*moves.shape[:2], self.points, 3)


class Rows:
    """The tokens of a batch's strokes, in one row each where that pays, else with the gaps.

    On a CPU gaps cost what strokes do, and half of a batch may be gaps; elsewhere finding the
    strokes would wait for the device.

    Attributes:
        mask: (B, L) bool, which strokes there are.
        seen: (B, 1, 1, L) bool, which a stroke looks at: one without strokes looks at gaps.
        glyph: (T,) and ``place``: (T,), where the tokens stand; None where gaps are kept.
    """

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask
        self.seen = (mask | ~mask.any(dim=1, keepdim=True))[:, None, None]  # else 0/0
        self.glyph: Tensor | None = None
        self.place: Tensor | None = None
        fixed = torch.compiler.is_compiling() or torch.onnx.is_in_onnx_export()
        if mask.device.type == "cpu" and not fixed:
            self.glyph, self.place = mask.nonzero(as_tuple=True)

    def pick(self, values: Tensor) -> Tensor:
        """Return values (B, L, D) of tokens: (T, D)."""
        return values if self.glyph is None else values[self.glyph, self.place]

    def spread(self, tokens: Tensor) -> Tensor:
        """Return the tokens' values (T, D) at their places (B, L, D), zeros in the gaps."""
        if self.glyph is None or self.place is None:
            return tokens
        wide = tokens.new_zeros(*self.mask.shape, tokens.shape[-1])
        return wide.index_put((self.glyph, self.place), tokens)

    def own(self, values: Tensor) -> Tensor:
        """Return values (B, D) of glyphs, for each of their tokens."""
        return values[:, None] if self.glyph is None else values[self.glyph]

    def along(self, values: Tensor) -> Tensor:
        """Return values (L, D) of places in the order, for the tokens there."""
        return values if self.place is None else values[self.place]


class Between(nn.Module):
    """How much strokes look at each other by where they stand to each other, in every layer.

    It sees the ways from the start, middle and end of one to those of the other. A bias of
    attention by relative places: Shaw et al. 2018, "Self-Attention with Relative Position
    Representations", and Raffel et al. 2020 (T5), section 2.1. A fresh one adds nothing.

    Args:
        layouts: K of a character.
        layers: of attention.
        heads: of a layer.
    """

    def __init__(self, layouts: int, layers: int, heads: int) -> None:
        super().__init__()
        self.layers = layers
        ways = layouts * MARKS * MARKS * 2
        self.entry = nn.Linear(3 * ways, BETWEEN)
        self.exit = nn.Linear(BETWEEN, layers * heads, bias=False)  # softmax would take it away
        nn.init.zeros_(self.exit.weight)

    def forward(self, points: Tensor) -> Sequence[Tensor]:
        """Return what is added in each layer, (B, H, L, L), of points (B, K, L, P, 2)."""
        last = points.shape[3] - 1
        marks = torch.stack([points[:, :, :, at] for at in (0, last // 2, last)], dim=-2)
        marks = marks.transpose(1, 2)  # (B, L, K, 3, 2)
        ways = (marks[:, :, None, :, :, None] - marks[:, None, :, :, None]).flatten(3)
        turned = 2 * math.pi * ways
        seen = torch.cat([ways, torch.sin(turned), torch.cos(turned)], dim=-1)
        added: Tensor = self.exit(F.gelu(self.entry(seen)))
        return added.permute(0, 3, 1, 2).chunk(self.layers, dim=1)


class Layer(nn.Module):
    """Attention, then a small network a token; the code modulates the norms before both."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(width, MODULATIONS * width)
        self.norms = nn.ModuleList(nn.LayerNorm(width, elementwise_affine=False) for _ in range(2))
        # No bias: what a key's adds is the same for all tokens, and softmax takes it away.
        self.sight = nn.Linear(width, 3 * width, bias=False)
        self.gather = nn.Linear(width, width)
        self.think = nn.Sequential(
            nn.Linear(width, GROWTH * width), nn.GELU(), nn.Linear(GROWTH * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, tokens: Tensor, rows: Rows, sight: Tensor, code: Tensor, own: Tensor | None
    ) -> Tensor:
        """Return the tokens, having looked at those of the same glyph.

        Args:
            tokens: as rows has them.
            rows: where they stand.
            sight: which a stroke looks at, or what is added to how much; (B, H or 1, L or 1, L).
            code: (B, D) of the style.
            own: (B, 4D), what the style adds to its modulations, if anything.
        """
        wanted = self.modulation(code)
        wanted = wanted if own is None else wanted + own
        scale, shift, scale_2, shift_2 = rows.own(wanted).chunk(MODULATIONS, dim=-1)
        normed = self.norms[0](tokens) * (1 + scale) + shift
        heads = rows.spread(self.sight(normed)).unflatten(2, (3, self.heads, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        looked = F.scaled_dot_product_attention(query, key, value, attn_mask=sight)
        looked = rows.pick(looked.transpose(1, 2).flatten(2))
        tokens = tokens + self.dropout(self.gather(looked))
        normed = self.norms[1](tokens) * (1 + scale_2) + shift_2
        return tokens + self.dropout(self.think(normed))  # type: ignore[no-any-return]


def waves(values: Tensor) -> Tensor:
    """Return values (..., D), and their sines and cosines of doubling frequency, (..., D x 7).

    Source: Tancik et al. 2020, positional encoding.
    """
    turned = [math.pi * 2**band * values for band in range(BANDS)]
    return torch.cat(
        [values, *(wave(turn) for turn in turned for wave in (torch.sin, torch.cos))], -1
    )
