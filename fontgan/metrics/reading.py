"""What a reader sees in drawn glyphs: which character, in whose hand, how far from the truth.

The reader is the project's glyph network (`fontgan.nn.eyes.reader`). It makes mistakes on true
glyphs too: its own accuracy stands beside whatever it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor

from fontgan.errors import CheckpointError
from fontgan.glyphs.evenly import evenly
from fontgan.metrics.hands import Hands
from fontgan.metrics.judge import Known
from fontgan.metrics.pixels import INK, grey
from fontgan.nn.eyes.reader import GlyphReader, Look, load_reader, perceptual_distance
from fontgan.store.store import FaceImages, GlyphStore

EXAMPLES = 128  # true glyphs of a style, evenly spread over it, that its mean is taken of
FEW = 2  # glyphs for each number of an embedding: fewer make a poor Fréchet distance

# Sorts of real glyphs that tools/reader_accuracy.py measures the network on.
HANZI = ("held-out hanzi of hands it knows", "hanzi of hands it does not know")
LETTERS = ("held-out letters of hands it knows", "letters of hands it does not know")


@dataclass(frozen=True)
class Read:
    """What the reader says of some drawn glyphs.

    Attributes:
        drawn: of each glyph its measures; ``content`` only where the reader knows the character.
        truth: ``content`` and ``style`` of the true glyphs in the same way: what it says of the
            best drawing that can be.
        embeddings: (2, B, D) of the drawn glyphs and of the true ones.
    """

    drawn: list[Known]
    truth: list[Known]
    embeddings: Tensor


class Reader:
    """The glyph network, and the hands of a data set.

    Args:
        network: reads glyphs.
        facts: what is known of the network.
        device: where it reads.
        name: what the network is called in notes.
    """

    def __init__(
        self,
        network: GlyphReader,
        facts: dict[str, Any],
        device: torch.device,
        name: str = "the glyph network",
    ) -> None:
        self.network, self.facts, self.device = network.to(device), facts, device
        self.name = name
        self.hands = Hands((), torch.zeros(0), ())
        self._class = {char: n for n, alike in enumerate(facts["classes"]) for char in alike}

    @classmethod
    def of(
        cls,
        store: GlyphStore,
        device: torch.device | None = None,
        weights: str | Path | None = None,
    ) -> Reader:
        """Load a network and show it the true glyphs of a data set.

        Args:
            store: of the true glyphs.
            device: where it reads.
            weights: what tools/train_reader.py wrote; default the shipped network.

        Raises:
            CheckpointError: the weights cannot be read, or are of something else.
        """
        where = device or torch.device("cpu")
        if weights is None:
            reader = cls(*load_reader(), where)
        else:
            reader = cls(*_other_reader(weights), where, f"the glyph network {weights}")
        same = store.source.spec in {style.spec for style in store.styles}
        faces = [*store.styles] if same else [*store.styles, store.source]
        reader.learn([face for face in faces if len(face)])
        return reader

    @torch.no_grad()
    def learn(self, faces: Sequence[FaceImages], rows: Sequence[Sequence[int]] = ()) -> None:
        """Learn hands from their true glyphs, those at ``rows`` or some evenly spread ones."""
        chosen = rows or [evenly(len(face), EXAMPLES).tolist() for face in faces]
        images = [face.images[list(some)] for face, some in zip(faces, chosen, strict=True)]
        sums = [self.network(self._tensor(image)).style.sum(dim=0) for image in images]
        chars = [
            frozenset(face.chars[row] for row in some)
            for face, some in zip(faces, chosen, strict=True)
        ]
        self.hands = Hands(tuple(face.name for face in faces), torch.stack(sums), tuple(chars))

    def knows(self, char: str) -> bool:
        """Tell whether the network was taught the character."""
        return char in self._class

    @torch.no_grad()
    def read(self, style: Sequence[str], char: Sequence[str], drawn: Tensor, truth: Tensor) -> Read:
        """Read glyphs of known hands and their truths.

        Args:
            style: the hand of each glyph.
            char: the character of each glyph.
            drawn: (B, 1, S, S) in [-1, 1], ink -1; without ink it is no character of any hand.
            truth: the same.
        """
        drawn, truth = drawn.to(self.device).float(), truth.to(self.device).float()
        look, own = self.network(drawn), self.network(truth)
        said = self._say(look, own.style, drawn, style, char)
        for one, far in zip(said, perceptual_distance(look.features, own.features), strict=True):
            one["lpips_glyph"] = far.item()
        return Read(
            said,
            self._say(own, own.style, truth, style, char),
            torch.stack([_whole(look), _whole(own)]),
        )

    def accuracy(self, chars: Sequence[str]) -> str:
        """Say how well the network reads real glyphs of such characters, not taught to it."""
        known = {char.isascii() for char in chars if self.knows(char)}
        sorts = [sort for letters in sorted(known) for sort in (HANZI, LETTERS)[letters]]
        measured = self.facts.get("accuracy", {})
        found = [(sort, measured[sort]) for sort in sorts or HANZI if sort in measured]
        if not found:
            return (
                f"content and hand are read by {self.name}, accuracy not measured: "
                "tools/reader_accuracy.py measures it"
            )
        parts = [f"{one['content']:.2f} and {one['style']:.2f} of {sort}" for sort, one in found]
        return f"{self.name} reads content and hand right in " + ", ".join(parts)

    def notes(self, chars: Sequence[str]) -> list[str]:
        """Say what the user should know of the network's word on glyphs of these characters."""
        unknown = [char for char in chars if not self.knows(char)]
        length = self.network.chars.in_features + self.network.faces.in_features
        notes = [self.accuracy(chars)]
        if unknown:
            shown = "".join(sorted(set(unknown)))[:40]
            notes.append(f"content leaves out {len(unknown)} glyphs it was never taught: {shown}")
        if len(chars) < FEW * length:
            notes.append(
                f"glyph-FID of {len(chars)} glyphs says little: compare it only with that of as "
                f"many glyphs, or take {FEW * length} and more"
            )
        return notes

    def _say(
        self, look: Look, own: Tensor, images: Tensor, style: Sequence[str], char: Sequence[str]
    ) -> list[Known]:
        """Return ``content`` and ``style`` of glyphs, whose truths have the embeddings ``own``."""
        inked = (grey(images) < INK).flatten(1).any(dim=1).tolist()
        hands = self.hands.right(look.style, own, style, char)
        classes = look.chars.argmax(dim=1).tolist()
        said = [{"style": float(ink and hand)} for ink, hand in zip(inked, hands, strict=True)]
        for one, letter, read, ink in zip(said, char, classes, inked, strict=True):
            if letter in self._class:
                one["content"] = float(ink and read == self._class[letter])
        return said

    def _tensor(self, images: np.ndarray) -> Tensor:
        return torch.from_numpy(images).to(self.device).unsqueeze(1).float() / 127.5 - 1


def _other_reader(weights: str | Path) -> tuple[GlyphReader, dict[str, Any]]:
    try:
        return load_reader(weights)
    except FileNotFoundError:
        raise CheckpointError(f"{weights}: no such file") from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError):
        raise CheckpointError(
            f"{weights} holds no glyph reader; it is what tools/train_reader.py writes"
        ) from None


def _whole(look: Look) -> Tensor:
    return torch.cat([look.content, look.style], dim=1)
