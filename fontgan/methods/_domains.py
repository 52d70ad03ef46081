"""What methods share to which print is one hand more: domains, of which all images are one kind."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.nn.labels import Labels


@dataclass(frozen=True)
class Mixed:
    """The prints and the written glyphs of a batch of B pairs, which are no pairs: 2 B images.

    Attributes:
        images: (2 B, 1, S, S), first the prints.
        domain: (2 B,) which hand each is in; print is one too, behind the hands.
        order: (2 B,) places of the images whose domains they shall be drawn in.
    """

    images: Tensor
    domain: Tensor
    order: Tensor

    @property
    def wanted(self) -> Tensor:
        """Return the domains (2 B,) that the images shall be drawn in."""
        return self.domain[self.order]


def mixed(batch: GlyphBatch, labels: Labels) -> Mixed:
    """Return all images of a batch, and what to draw of them.

    Prints are wanted in the hands of the batch, for that is what is drawn of them in the end; what
    is written in the hands of any image, print's too, each as often as it is among them.
    """
    count, device = len(batch), batch.source.device
    hands = count + torch.randperm(count, device=device)
    any_hand = torch.randperm(2 * count, device=device)[:count]
    domain = torch.cat([labels.prints[batch.target_style], batch.target_style])
    return Mixed(torch.cat([batch.source, batch.target]), domain, torch.cat([hands, any_hand]))
