"""Discriminators that judge an image in parts: patches at several scales, rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import halving, norm, takes_bias


@dataclass(frozen=True)
class Verdict:
    """What a critic says of a batch at one scale.

    Attributes:
        logits: (B, 1, H, W), one a patch.
        features: what each layer before found, from shallow to deep, each (B, C, H, W).
        style: (B, N) style logits; N may be 0.
    """

    logits: Tensor
    features: tuple[Tensor, ...]
    style: Tensor


class PatchCritic(nn.Module):
    """Judge overlapping patches: with three halvings, 70 x 70 pixels each.

    4 x 4 convolutions: ``layers`` that halve, one of stride 1, one of stride 1 to a single channel;
    LeakyReLU(.2) between, norm on all but the first and the last. Style logits come from the
    largest value of each of the deepest features: their means say little after an instance norm
    (three hands in 250 steps: cross-entropy .31 against .59, where chance is .64).
    Source: Isola et al. 2017, section 6.1.2, as BicycleGAN's authors have it.

    Args:
        width: channels of the first layer; they double up to eightfold.
        layers: that halve the image.
        styles: N, or 0 for a critic that does not name styles.
        images: channels of the judged image.
        norm_kind: as for `fontgan.nn.blocks.norm`.
        projected: N of a critic that judges in sight of the style, or 0
            (Miyato and Koyama 2018, equation 4).
    """

    def __init__(
        self,
        width: int,
        layers: int = 3,
        styles: int = 0,
        images: int = 1,
        norm_kind: str = "instance",
        projected: int = 0,
    ) -> None:
        super().__init__()
        widths = [images, *(width * min(2**level, 8) for level in range(layers + 1))]
        kinds = ["none", *[norm_kind] * layers]
        self.convs = nn.ModuleList(
            halving(
                widths[level],
                widths[level + 1],
                4,
                stride=2 if level < layers else 1,
                bias=takes_bias(kind),
            )
            for level, kind in enumerate(kinds)
        )
        self.norms = nn.ModuleList(
            norm(kind, outputs) for kind, outputs in zip(kinds, widths[1:], strict=True)
        )
        self.real = halving(widths[-1], 1, 4, stride=1)
        self.style = nn.Linear(widths[-1], styles) if styles else None
        self.projection = nn.Linear(projected, widths[-1], bias=False) if projected else None

    def forward(self, image: Tensor, target_style: Tensor | None = None) -> Verdict:
        """Judge (B, C, S, S) images, in sight of the styles (B,) asked for if ``projected``."""
        features = []
        x = image
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(normalise(conv(x)), 0.2)
            features.append(x)
        style = self.style(x.amax(dim=(2, 3))) if self.style else x.new_zeros(len(x), 0)
        logits = self.real(x)
        if self.projection is not None and target_style is not None:
            wanted = self.projection.weight.T[target_style][..., None, None]
            logits = logits + (wanted * x).mean(dim=(1, 2, 3), keepdim=True)
        return Verdict(logits, tuple(features), style)


class MultiScaleCritic(nn.Module):
    """Patch critics on the image and on ever smaller copies of it, each of half the width.

    A smaller copy is a 3 x 3 mean of stride 2 that leaves the padding out.

    Args:
        width: channels of the first critic's first layer.
        layers: that halve, in each critic.
        scales: number of critics.
        styles: as for `PatchCritic`.
        images: channels of the judged image.
        projected: as for `PatchCritic`.
    """

    def __init__(
        self,
        width: int = 64,
        layers: int = 3,
        scales: int = 2,
        styles: int = 0,
        images: int = 1,
        projected: int = 0,
    ) -> None:
        super().__init__()
        self.critics = nn.ModuleList(
            PatchCritic(max(1, width >> scale), layers, styles, images, projected=projected)
            for scale in range(scales)
        )

    @staticmethod
    def smallest_size(layers: int, scales: int) -> int:
        """Return the smallest image side that leaves every norm more than one pixel.

        >>> MultiScaleCritic.smallest_size(layers=3, scales=2)
        64
        """
        return 4 << (layers + scales - 1)

    def forward(self, image: Tensor, target_style: Tensor | None = None) -> list[Verdict]:
        """Judge (B, C, S, S) images at every scale, the largest first."""
        verdicts = [self.critics[0](image, target_style)]
        for critic in self.critics[1:]:
            image = F.avg_pool2d(image, 3, stride=2, padding=1, count_include_pad=False)
            verdicts.append(critic(image, target_style))
        return verdicts


class SequenceCritic(nn.Module):
    """Judge an image as two sequences, of its rows and of its columns, each by an LSTM.

    A bidirectional LSTM reads the lines; every line gets a logit, in sight of all others. Style
    logits come from the largest value of each hidden unit. Two verdicts: rows, then columns.
    Source: Hochreiter and Schmidhuber 1997 for the LSTM; as a judge of handwriting it is one of
    fontgan's options against lost strokes.

    Args:
        size: image side S.
        width: hidden units, half of them a direction; even.
        styles: as for `PatchCritic`.
        images: channels of the judged image.
    """

    def __init__(self, size: int, width: int, styles: int = 0, images: int = 1) -> None:
        super().__init__()
        self.readers = nn.ModuleList(
            nn.LSTM(images * size, max(1, width // 2), batch_first=True, bidirectional=True)
            for _ in range(2)
        )
        hidden = 2 * max(1, width // 2)
        self.reals = nn.ModuleList(nn.Linear(hidden, 1) for _ in range(2))
        self.styles = nn.ModuleList(nn.Linear(hidden, styles) for _ in range(2 if styles else 0))

    def forward(self, image: Tensor) -> list[Verdict]:
        """Judge (B, C, S, S) images; logits (B, 1, S, 1), features (B, D, S, 1)."""
        verdicts = []
        for place, lines in enumerate((image, image.transpose(2, 3))):
            read, _ = self.readers[place](lines.transpose(1, 2).flatten(2))
            logits = self.reals[place](read).transpose(1, 2).unsqueeze(3)
            style = (
                self.styles[place](read.amax(dim=1))
                if self.styles
                else read.new_zeros(len(image), 0)
            )
            verdicts.append(Verdict(logits, (read.transpose(1, 2).unsqueeze(3),), style))
        return verdicts


class Jury(nn.Module):
    """Several critics, each of which gives a list of verdicts, as one that gives them all."""

    def __init__(self, critics: Sequence[nn.Module]) -> None:
        super().__init__()
        self.critics = nn.ModuleList(critics)

    def forward(self, image: Tensor) -> list[Verdict]:
        """Judge (B, C, S, S) images."""
        return [verdict for critic in self.critics for verdict in critic(image)]
