"""Blends: the way from style to style, or from code to code in one style."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from fontgan.devices.device import pick_device
from fontgan.errors import ConfigError
from fontgan.files import atomic_write, check_folder
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.sheet import Sheet
from fontgan.inference.latents import Codes
from fontgan.inference.latents_wanted import CodesWanted
from fontgan.inference.model import Model
from fontgan.inference.sources import Sources
from fontgan.runs.folder import Run

Images = NDArray[np.uint8]
DEFAULT_GLYPHS = 8


def interpolate(
    run: str | Path | None,
    styles: Sequence[str],
    out: str | Path,
    *,
    steps: int = 10,
    chars: str | Charset | None = None,
    gif: bool = False,
    source: str | Path | None = None,
    device: str = "auto",
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    samples: int | None = None,
    encode: Sequence[str | Path] = (),
    code_from: str | Path | None = None,
    seed: int = 0,
) -> list[Path]:
    """Draw the way from style to style and back to the first; write ``sheet.png`` and ``loop.gif``.

    With two or more codes, of any one of samples, encode and code_from, the way goes from code to
    code, in one style.

    Args:
        run: as for `infer`.
        styles: two or more styles; or, with codes, one, which a model of one style needs not name.
        out: folder for the pictures.
        steps: drawings from one style, or code, to the next.
        chars: what to draw; default eight characters.
        gif: also write the animated loop.
        source: as for `infer`.
        device: as for `infer`.
        say: hears what the user should know.
        samples: so many random codes.
        encode: the codes of given handwriting, as for `infer`.
        code_from: the codes of an earlier drawing, as for `infer`.
        seed: of random codes.

    Returns:
        The files written.

    Raises:
        ConfigError: too few styles or codes, or a method whose styles cannot be mixed.
        FontganError: as for `infer`.
    """
    wanted = CodesWanted(samples, None, tuple(encode), code_from, seed)
    if steps < 1:
        raise ConfigError(f"steps must be 1 or more, not {steps}")
    check_folder(out)
    model = Model.load(Run.to_draw(run, styles).checkpoint, pick_device(device))
    chosen = model.styles_meant(styles)
    codes = wanted.find(model, (), chosen, source)
    if codes is None:
        way, names = _way_of_styles(model, chosen, steps)
    else:
        way, names = _way_of_codes(model, chosen, codes, steps)
    sources = Sources.of(model.header, chars, source, model.stroke_sets)
    missing = [f"not in the source font: {''.join(sources.missing)}"] * bool(sources.missing)
    for note in sources.notes + missing:
        say(note)
    drawn = sources.chars[:DEFAULT_GLYPHS] if chars is None else sources.chars
    frames = _frames(model, sources.draw(drawn), drawn, way)
    return _write(frames, names, steps, Path(out), gif)


def blend_weights(indices: Sequence[int], styles: int, steps: int) -> Tensor:
    """Return (steps * len(indices) + 1, N) weights: a closed way over the given styles.

    >>> blend_weights([0, 1], 2, 2).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    corners = torch.eye(styles)[[*indices, indices[0]]]
    shares = torch.arange(steps)[:, None] / steps
    legs = [(1 - shares) * start + shares * end for start, end in pairwise(corners)]
    return torch.cat([*legs, corners[-1:]])


Way = list[tuple[Tensor, Tensor | None]]  # a style, (1,) or weights (1, N), and a code (1, Z)


def _way_of_styles(model: Model, styles: list[str], steps: int) -> tuple[Way, list[str]]:
    if len(styles) < 2:
        raise ConfigError(
            "interpolation needs two styles or more; name them with --styles, or codes in one "
            "style with --samples 2, of a model that has any"
        )
    if not model.method.mixes_styles:
        raise ConfigError("this model's method has no style table, so its styles cannot be mixed")
    indices = model.weights_of(styles).tolist()
    weights = blend_weights(indices, len(model.task.styles), steps)
    return [(row[None], None) for row in weights], styles


def _way_of_codes(
    model: Model, styles: list[str], codes: Codes, steps: int
) -> tuple[Way, list[str]]:
    styles = styles or model.styles_meant(["all"])
    if len(styles) != 1:
        raise ConfigError(
            f"the way from code to code goes in one style, not in {len(styles)}; name it with "
            "--styles"
        )
    if len(codes) < 2:
        raise ConfigError(
            "interpolation needs two codes or more: --samples 2, --encode twice, or a --code-from "
            "with several"
        )
    z = blend_weights(range(len(codes)), len(codes), steps) @ codes.z
    style = model.weights_of(styles)
    return [(style, row[None]) for row in z], codes.labels


def _frames(model: Model, glyphs: Images, chars: list[str], way: Way) -> list[Images]:
    """Draw source glyphs (C, S, S) at every point of the way: as many frames (C, S, S)."""
    frames = []
    for style, z in way:
        styles = style.expand(len(chars), *style.shape[1:])
        codes = None if z is None else z.expand(len(chars), -1)
        frames.append(np.concatenate(list(model.draw_batches(glyphs, styles, chars, z=codes))))
    return frames


def _write(
    frames: list[Images], names: list[str], steps: int, folder: Path, gif: bool
) -> list[Path]:
    labels = ["" for _ in frames]
    for leg, name in enumerate([*names, names[0]]):
        labels[leg * steps] = name
    sheet = folder / "sheet.png"
    Sheet([list(frame) for frame in frames], labels).save(sheet)
    if not gif:
        return [sheet]
    loop = folder / "loop.gif"
    pictures = [Image.fromarray(np.concatenate(list(frame), axis=1)) for frame in frames[:-1]]
    with atomic_write(loop) as beside:
        pictures[0].save(beside, save_all=True, append_images=pictures[1:], duration=100, loop=0)
    return [sheet, loop]
