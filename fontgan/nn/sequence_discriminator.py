"""A discriminator that reads an image as sequences, and one made of several."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from fontgan.nn.discriminators import Verdict


class SequenceDiscriminator(nn.Module):
    """Tell of an image as two sequences, of its rows and of its columns, each by an LSTM.

    A bidirectional LSTM reads the lines; every line gets a logit, in sight of all others. Style
    logits come from the largest value of each hidden unit. Two verdicts: rows, then columns.
    Source: Hochreiter and Schmidhuber 1997 for the LSTM; for handwriting it is one of
    fontgan's options against lost strokes.

    Args:
        size: image side S.
        width: hidden units, half of them a direction; even.
        styles: as for `fontgan.nn.discriminators.PatchDiscriminator`.
        images: channels of the image that is shown.
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
        """Tell of (B, C, S, S) images; logits (B, 1, S, 1), features (B, D, S, 1)."""
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


class SeveralDiscriminators(nn.Module):
    """Several discriminators as one, which gives the verdicts of all."""

    def __init__(self, discriminators: Sequence[nn.Module]) -> None:
        super().__init__()
        self.critics = nn.ModuleList(discriminators)  # its name in checkpoints

    def forward(self, image: Tensor) -> list[Verdict]:
        """Tell of (B, C, S, S) images."""
        return [verdict for one in self.critics for verdict in one(image)]
