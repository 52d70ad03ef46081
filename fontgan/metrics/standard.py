"""Standard LPIPS and FID, with weights that the user has: no package ships them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from fontgan.errors import CheckpointError
from fontgan.metrics.frechet import frechet
from fontgan.metrics.judge import Judge, Known, Said
from fontgan.metrics.pixels import grey
from fontgan.nn.eyes.inception import LENGTH, Inception
from fontgan.nn.eyes.lpips import Lpips

AT_ONCE = 16  # images that Inception sees together; more need much memory and are no faster
_Net = TypeVar("_Net", bound=nn.Module)


class LpipsJudge(Judge):
    """Says ``lpips`` of each drawn glyph.

    Args:
        path: safetensors with ``features.N.weight`` and ``.bias`` of torchvision's AlexNet or
            VGG16 and ``linN.model.1.weight`` of the package lpips for it.
        device: where to compare.

    Raises:
        CheckpointError: it is no such file.
    """

    def __init__(self, path: str | Path, device: torch.device) -> None:
        self._net = _load(path, Lpips.of, "LPIPS (AlexNet or VGG16 with linear heads)", device)
        self._device, self._path = device, path

    @torch.no_grad()
    def look(self, char: Sequence[str], drawn: Tensor, truth: Tensor) -> Said:  # noqa: ARG002
        """Compare each drawn glyph with its truth."""
        far = self._net(grey(drawn.to(self._device)), grey(truth.to(self._device)))
        return Said([{"lpips": value} for value in far.tolist()], [])

    def notes(self, chars: Sequence[str]) -> list[str]:  # noqa: ARG002
        """Say whose weights these are."""
        return [f"LPIPS is {self._net.trunk} with the weights {self._path}, not taught on glyphs"]


class FidJudge(Judge):
    """Says ``fid`` of all glyphs at once.

    Args:
        path: safetensors with the weights of pytorch-fid's Inception v3.
        device: where to look.

    Raises:
        CheckpointError: it is no such file.
    """

    def __init__(self, path: str | Path, device: torch.device) -> None:
        self._net = _load(path, Inception.of, "FID (Inception v3 of pytorch-fid)", device)
        self._device, self._path = device, path
        self._drawn: list[Tensor] = []
        self._truth: list[Tensor] = []

    @torch.no_grad()
    def look(self, char: Sequence[str], drawn: Tensor, truth: Tensor) -> Said:
        """Keep the embeddings of a batch; nothing is said of single glyphs."""
        for images, kept in ((drawn, self._drawn), (truth, self._truth)):
            some = grey(images.to(self._device)).split(AT_ONCE)
            kept += [self._net(part).cpu() for part in some]
        return Said([{} for _ in char], [])

    def whole(self) -> Known:
        """Return the distance of all drawn glyphs from all true ones."""
        return {"fid": frechet(torch.cat(self._drawn), torch.cat(self._truth))}

    def notes(self, chars: Sequence[str]) -> list[str]:
        """Say whose weights these are, and whether there are enough glyphs."""
        notes = [f"FID is Inception v3 with the weights {self._path}, not taught on glyphs"]
        if len(chars) < 2 * LENGTH:
            notes.append(
                f"FID of {len(chars)} glyphs says little (published ones are of 10,000 and more): "
                "compare it only with that of as many glyphs"
            )
        return notes


def _load(
    path: str | Path, build: Callable[[dict[str, Tensor]], _Net], what: str, device: torch.device
) -> _Net:
    try:
        weights = load_file(path)
        if not all(value.isfinite().all() for value in weights.values()):
            raise CheckpointError(f"{path} has weights that are not finite; it is damaged")
        return build(weights).to(device)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file") from None
    except (OSError, SafetensorError):
        raise CheckpointError(
            f"{path} is no safetensors file; docs/measures.md says how to make one for {what}"
        ) from None
    except (KeyError, RuntimeError) as error:
        lacks = f"; it lacks {error.args[0]}" if isinstance(error, KeyError) else ""
        raise CheckpointError(
            f"{path} has not the weights of {what}{lacks}; docs/measures.md says how to make them"
        ) from None
