"""zi2zi: a U-Net with category embeddings and L1, constant, category and adversarial losses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import adversarial, images, latent
from fontgan.losses.terms import Terms
from fontgan.methods.base import Count, Method, Networks, Step, Weight
from fontgan.nn.blocks import halving, noise
from fontgan.nn.folded.unet_drawing import UNetDrawer
from fontgan.nn.init import dcgan
from fontgan.nn.style import StyleTable
from fontgan.nn.unet import UNetDecoder, UNetEncoder, unet_channels


@dataclass(frozen=True)
class Zi2Zi(Method):
    """zi2zi with all of its options; the defaults are the original recipe.

    Deviations from the original, also with the ``paper`` preset: one grey channel instead of three
        equal
    ones; "same" padding is symmetric (TensorFlow pads one pixel more at the bottom and right: the
    same network on mirrored images). Three options are ours: ``binary``, ``instance`` encoder
    norms, and ``full_width``: at 64 px a stroke is as thin as the halved levels' pixels, and
    wobbles without it.

    Attributes:
        full_width: channels of an extra level of the image's own size, or 0 for none.
        width: channels of the first halved level; they double at each level up to ``max_width``.
        max_width: most channels of a level.
        kernel: side of the generator's kernels.
        code_size: length of a style code.
        codes: ``fixed`` random codes as in the original, or ``trained``.
        encoder_norm: ``batch``, or ``instance``, which behaves alike in training and inference.
        decoder_norm: ``batch``, or ``conditional``: one scale and shift per style and channel.
        dropout: probability on the three innermost decoder levels.
        dropout_at_inference: keep dropout on when drawing, as the original does.
        critic_width: channels of the discriminator's first level.
        critic_pool: side of the map from which the discriminator names the style, or 0 for all of
            what it finds, as in the original; with a thousand styles at 256 px that alone is half a
            billion weights.
        adversarial: weight of the adversarial term.
        l1: weight of the L1 distance to the target.
        constant: weight of the distance between the codes of source and drawn glyph.
        category: weight of the style classification terms.
        total_variation: weight of the total variation of the drawn glyph.
        binary: weight of the term that pushes pixels to black or white.
        label_shuffling: also train on the same sources in permuted styles, which have no target.
        generator_steps: generator updates per discriminator update.
        rate: initial learning rate of all that draws.
        critic_rate: initial learning rate of the discriminator.
    """

    paper: ClassVar[str] = "Tian, zi2zi: Master Chinese Calligraphy with Conditional GANs, 2017"
    averaged: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "styles")
    style_table: ClassVar[str | None] = "styles"

    full_width: Annotated[int, Field(ge=0)] = 0
    width: Count = 64
    max_width: Count = 512
    kernel: Literal[3, 4, 5] = 5
    code_size: Count = 128
    codes: Literal["fixed", "trained"] = "fixed"
    encoder_norm: Literal["batch", "instance"] = "batch"
    decoder_norm: Literal["batch", "conditional"] = "batch"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    dropout_at_inference: bool = True
    critic_width: Count = 64
    critic_pool: Annotated[int, Field(ge=0)] = 0
    adversarial: Weight = 1.0
    l1: Weight = 100.0
    constant: Weight = 15.0
    category: Weight = 1.0
    total_variation: Weight = 0.0
    binary: Weight = 0.0
    label_shuffling: bool = False
    generator_steps: Count = 2
    rate: Annotated[float, Field(gt=0)] = 1e-3
    critic_rate: Annotated[float, Field(gt=0)] = 1e-3

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder, styles and discriminator."""
        if not math.log2(task.size).is_integer():
            raise ConfigError(
                f"zi2zi halves the image down to one pixel, which {task.size} px does not allow; "
                "build the data with --size 32, 64, 128, 256 or 512"
            )
        channels = unet_channels(task.size, self.width, self.max_width, self.full_width)
        full = self.full_width > 0
        conditional = self.decoder_norm == "conditional"
        nets = {
            "encoder": UNetEncoder(channels, self.kernel, self.encoder_norm, full),
            "decoder": UNetDecoder(
                channels, self.code_size, self.kernel, self.decoder_norm, self.dropout, full
            ),
            "styles": StyleTable(
                len(task.styles),
                self.code_size,
                UNetDecoder.modulated(channels) if conditional else (),
                trained=self.codes == "trained",
            ),
            "discriminator": Discriminator(
                task.size, len(task.styles), self.critic_width, pool=self.critic_pool
            ),
        }
        for network in nets.values():
            network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one discriminator step, then the same generator step ``generator_steps`` times."""
        judge = Step("discriminator", ("discriminator",), self._judge)
        draw = Step("generator", ("encoder", "decoder", "styles"), self._draw)
        return [judge, *[draw] * self.generator_steps]

    def translate(
        self, nets: Networks, batch: GlyphBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw; the generator feeds the dropout that ``dropout_at_inference`` keeps on."""
        if not self.dropout_at_inference:
            generator = None
        with noise(nets["decoder"], generator):
            return self._generate(nets, batch)[1]

    def translate_styles(
        self,
        nets: Networks,
        source: GlyphBatch,
        styles: Sequence[Tensor],
        generator: torch.Generator | None = None,
    ) -> Iterator[Tensor]:
        """Draw the same sources in several styles: encoder and skips work once for all of them."""
        if not self.dropout_at_inference:
            generator = None
        decoder = nets["decoder"]
        if isinstance(decoder, UNetDecoder):
            decoder = UNetDrawer(decoder)
        assert isinstance(decoder, UNetDrawer)
        halves = decoder.skip_halves(nets["encoder"](source.source))
        for style in styles:
            with noise(decoder, generator):
                drawn = decoder.draw(halves, nets["styles"](style))
            yield drawn

    def learning_rate(self, network: str) -> float:
        """Return ``critic_rate`` for the discriminator, ``rate`` for the others."""
        return self.critic_rate if network == "discriminator" else self.rate

    def _generate(self, nets: Networks, batch: GlyphBatch) -> tuple[Tensor, Tensor]:
        levels = nets["encoder"](batch.source)
        return levels[-1], nets["decoder"](levels, nets["styles"](batch.target_style))

    def _judge(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        judge = nets["discriminator"]
        with torch.no_grad():
            drawn = {"drawn": (batch, self._generate(nets, batch)[1])}
            if self.label_shuffling:
                shuffled = _shuffle_styles(batch)
                drawn["shuffled"] = (shuffled, self._generate(nets, shuffled)[1])
        images_by_name = {"real": (batch, batch.target), **drawn}
        # The original divides its category terms by their number: 2, or 3 with label shuffling.
        share = self.category / (3 if self.label_shuffling else 2)
        for name, (pairs, image) in images_by_name.items():
            logit, styles = judge(pairs.source, image)
            terms.add(name, self.adversarial, adversarial.vanilla, logit, name == "real")
            # With shuffling the original classifies real, shuffled and drawn images alike.
            terms.add(f"category_{name}", share, adversarial.category, styles, pairs.target_style)

    def _draw(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn = self._draw_pairs(nets, batch, terms, "", 0.5 if self.label_shuffling else 1.0)
        terms.add("l1", self.l1, images.l1, drawn, batch.target)
        terms.add("total_variation", self.total_variation, images.total_variation, drawn)
        terms.add("binary", self.binary, images.binary, drawn)
        if self.label_shuffling:
            self._draw_pairs(nets, _shuffle_styles(batch), terms, "_shuffled", 0.5)

    def _draw_pairs(
        self, nets: Networks, batch: GlyphBatch, terms: Terms, suffix: str, share: float
    ) -> Tensor:
        """Add the terms that need no target, and return the drawn images."""
        code, drawn = self._generate(nets, batch)
        logit, styles = nets["discriminator"](batch.source, drawn)
        terms.add(
            f"adversarial{suffix}", share * self.adversarial, adversarial.vanilla, logit, True
        )
        terms.add(
            f"category{suffix}",
            share * self.category,
            adversarial.category,
            styles,
            batch.target_style,
        )
        terms.add(
            f"constant{suffix}",
            share * self.constant,
            lambda: latent.constant(nets["encoder"](drawn)[-1], code),
        )
        return drawn


def _shuffle_styles(batch: GlyphBatch) -> GlyphBatch:
    """Return the same sources with the batch's styles permuted; their targets are unknown."""
    order = torch.randperm(len(batch), device=batch.target_style.device)
    return replace(
        batch,
        target_style=batch.target_style[order],
        target=torch.zeros_like(batch.target),
    )


class Discriminator(nn.Module):
    """Judge a source and an image together: real or drawn, and in which style.

    Three halving convolutions and one of stride 1 (5 x 5), LeakyReLU(.2), batch norm but on the
    first; two dense heads on all that is left, or the style's on its means in ``pool`` x ``pool``
    places.
    """

    def __init__(
        self, size: int, styles: int, width: int = 64, images: int = 1, pool: int = 0
    ) -> None:
        super().__init__()
        self.pool = pool
        widths = [2 * images, width, 2 * width, 4 * width, 8 * width]
        self.convs = nn.ModuleList(
            halving(
                widths[level],
                widths[level + 1],
                kernel=5,
                stride=1 if level == 3 else 2,
                bias=level == 0,  # norms follow the others
            )
            for level in range(4)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in widths[2:])
        side = size // 8
        self.real = nn.Linear(8 * width * side**2, 1)
        self.style = nn.Linear(8 * width * (pool or side) ** 2, styles)

    def forward(self, source: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Judge (B, 1, S, S) pairs: real logits (B, 1) and style logits (B, N)."""
        x = F.leaky_relu(self.convs[0](torch.cat([source, image], dim=1)), 0.2)
        for conv, normalise in zip(self.convs[1:], self.norms, strict=True):
            x = F.leaky_relu(normalise(conv(x)), 0.2)
        seen = F.adaptive_avg_pool2d(x, self.pool) if self.pool else x
        return self.real(x.flatten(1)), self.style(seen.flatten(1))
