"""GlyphReader: the network that reads glyphs, whose character it is and in whose hand.

It is trained by tools/train_reader.py and shipped as ``fontgan/nn/eyes/reader.safetensors``, with
what it was trained on, and how well it reads real glyphs, as JSON beside its weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import Tensor, nn

from fontgan.nn.meta import without_memory
from fontgan.untrusted import checked, parse_json

SIZE = 64  # pixels of the side that it looks at; other images are scaled to it
WEIGHTS = "reader.safetensors"


@dataclass(frozen=True)
class Look:
    """What the reader sees in a batch.

    Attributes:
        features: from shallow to deep, each (B, C, H, W), not negative: the means of perception.
        content, style: (B, D) unit vectors, which character it is and how it is written.
        chars, faces: (B, N) logits, of the classes of characters and of the faces it was taught.
    """

    features: tuple[Tensor, ...]
    content: Tensor
    style: Tensor
    chars: Tensor
    faces: Tensor


class GlyphReader(nn.Module):
    """Four stages of convolutions that halve; content is where things are, style how they look.

    The first stage is one 6 x 6 convolution of stride 2 (3 x 3 over blocks of 2 x 2 pixels), the
    others a 3 x 3 one that halves and a residual one; batch norm and ReLU after each. Content is a
    linear map of the last stage. Style is seen in the means and deviations of the second and third
    stage, which know no place (Gatys et al. 2016); its logits are scaled cosines (Wang et al. 2017,
    NormFace), so that glyphs of one hand lie together.

    Args:
        chars: classes of characters.
        faces: known faces.
        width: channels of the first stage; they double from stage to stage.
        content, style: length D of the two embeddings.
    """

    sharpness = 16.0  # of the faces' cosines

    def __init__(
        self, chars: int, faces: int, width: int = 16, content: int = 128, style: int = 64
    ) -> None:
        super().__init__()
        widths = [width << stage for stage in range(4)]
        self.halve = nn.ModuleList(
            _conv(inputs, outputs, stride=2 if inputs > 4 else 1)
            for inputs, outputs in zip([4, *widths], widths, strict=False)
        )
        self.refine = nn.ModuleList(
            [nn.Identity(), *(_conv(channels, channels) for channels in widths[1:])]
        )
        self.to_content = nn.Sequential(
            nn.Flatten(),
            nn.Linear(widths[-1] * (SIZE // 16) ** 2, content, bias=False),
            nn.BatchNorm1d(content),
        )
        self.to_style = nn.Sequential(
            nn.Linear(2 * sum(widths[1:3]), 2 * style, bias=False),
            nn.BatchNorm1d(2 * style),
            nn.ReLU(),
            nn.Linear(2 * style, style),
        )
        self.chars = nn.Linear(content, chars)
        self.faces = nn.Linear(style, faces, bias=False)

    def forward(self, images: Tensor) -> Look:
        """Look at glyphs (B, 1, S, S) in [-1, 1], ink -1, of any side S."""
        features = self.features(images)
        content = self.to_content(features[-1])
        style = F.normalize(self.to_style(_statistics(features[1:3])))
        faces = self.sharpness * F.linear(style, F.normalize(self.faces.weight))
        return Look(features, F.normalize(content), style, self.chars(content), faces)

    def features(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the stages' features of glyphs (B, 1, S, S) in [-1, 1], ink -1."""
        x = F.pixel_unshuffle((1 - fit(images)) / 2, 2)  # paper is 0, as the padding is
        found = []
        for halve, refine in zip(self.halve, self.refine, strict=True):
            x = F.relu(halve(x))
            if not isinstance(refine, nn.Identity):
                x = F.relu(x + refine(x))
            found.append(x)
        return tuple(found)


def fit(images: Tensor, size: int = SIZE) -> Tensor:
    """Scale (B, 1, S, S) to the side ``size``: larger ones by area, smaller ones bilinearly."""
    side = images.shape[-1]
    if side == size:
        return images
    if side > size:
        return F.interpolate(images, size=(size, size), mode="area")
    return F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)


def perceptual_distance(drawn: tuple[Tensor, ...], truth: tuple[Tensor, ...]) -> Tensor:
    """Return how far features lie apart, (B,), at least 0: glyph-LPIPS.

    At each place the features are scaled to unit length; their squared differences are summed over
    channels and stages and averaged over places. Source: Zhang et al. 2018, equation 1, all w = 1.

    >>> one, other = torch.tensor([[1.0, 0.0], [0.0, 3.0]]).view(2, 1, 2, 1, 1)
    >>> perceptual_distance((one, one), (other, one)).tolist()
    [2.0]
    """
    layers = [
        (F.normalize(one, eps=1e-6) - F.normalize(other, eps=1e-6)).square().sum(dim=1)
        for one, other in zip(drawn, truth, strict=True)
    ]
    return torch.stack([layer.mean(dim=(1, 2)) for layer in layers]).sum(dim=0)


def load_reader(path: str | Path | None = None) -> tuple[GlyphReader, dict[str, Any]]:
    """Return the shipped reader, ready to read and without gradients of its own, and its facts.

    Args:
        path: other weights that tools/train_reader.py wrote.

    Returns:
        The network, and the facts: ``classes`` (the characters of each class; some look alike),
        ``faces``, ``network`` (its sizes) and, measured on real glyphs, ``accuracy``.

    Raises:
        KeyError, ValueError, TypeError, RuntimeError: the facts or the weights are of no reader.
    """
    file = path or str(resources.files("fontgan.nn.eyes") / WEIGHTS)
    with safe_open(file, framework="pt") as opened:
        facts = checked(dict[str, Any], parse_json(opened.metadata()["facts"]))
        _check_accuracy(facts.get("accuracy", {}))
        weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    if path:
        with without_memory():
            _made(facts).load_state_dict(weights)
    # The weights it is made with are not kept: drawing them must not move the caller's generator,
    # or a training that has read goes on otherwise than one that has not yet.
    with torch.random.fork_rng(devices=[]):
        reader = _made(facts)
    reader.load_state_dict(weights)  # in half precision on disk
    reader.eval().requires_grad_(False)
    reader.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return reader, facts


def _check_accuracy(accuracy: Any) -> None:
    """Refuse what is no share of contents and of hands read right, by sort of character."""
    for sort, shares in checked(dict[str, dict[str, float]], accuracy).items():
        if missing := {"content", "style"} - shares.keys():
            raise ValueError(f"accuracy.{sort} says nothing of {missing.pop()}")


def _made(facts: dict[str, Any]) -> GlyphReader:
    classes, faces = (checked(list[str], facts[key]) for key in ("classes", "faces"))
    return GlyphReader(len(classes), len(faces), **checked(dict[str, int], facts["network"]))


def _conv(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outputs)
    )


def _statistics(features: tuple[Tensor, ...]) -> Tensor:
    """Return the means and deviations over all places, (B, 2 C)."""
    means = torch.cat([x.mean(dim=(2, 3)) for x in features], 1)
    squares = torch.cat([x.square().mean(dim=(2, 3)) for x in features], 1)
    return torch.cat([means, (squares - means.square()).clamp(min=1e-6).sqrt()], 1)
