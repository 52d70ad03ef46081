"""Networks of a kind, one for each style, of which every glyph takes its style's."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class OnePerStyle(nn.Module):
    """Networks for N styles.

    Args:
        parts: the N networks, alike in shape.
    """

    def __init__(self, parts: Iterable[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    @staticmethod
    def style_of(key: str) -> int:
        """Return the number of the style that a key of the state belongs to.

        >>> OnePerStyle.style_of("parts.12.convs.0.weight")
        12
        """
        return int(key.split(".")[1])

    def forward(self, x: Tensor, style: Tensor | int) -> Tensor:
        """Return what the networks make of (B, C, H, W).

        Args:
            x: what they see.
            style: of all glyphs, which may be seen by any kind of network; or (B,) of each; or
                (B, N) weights, by which the results of all networks are mixed.
        """
        if isinstance(style, int):
            return self.parts[style](x)  # type: ignore[no-any-return]
        if style.is_floating_point():
            shares = style.to(x)[..., None, None, None].unbind(dim=1)
            mixed = [share * part(x) for share, part in zip(shares, self.parts, strict=True)]
            return torch.stack(mixed).sum(dim=0)
        wanted = style.tolist()
        made = {number: self.parts[number](x[style == number]) for number in sorted(set(wanted))}
        rows = {number: iter(images) for number, images in made.items()}
        return torch.stack([next(rows[number]) for number in wanted])
