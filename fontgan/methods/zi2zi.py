"""zi2zi: a U-Net with category embeddings and L1, constant, category and adversarial losses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import adversarial, images, latent
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import AdversarialMethod
from fontgan.methods._unet import DroppingUNetMethod
from fontgan.methods.base import Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.discriminators import DenseDiscriminator, Verdict
from fontgan.nn.init import dcgan
from fontgan.nn.unet import UNetDecoder, UNetEncoder


@dataclass(frozen=True)
class Zi2Zi(DroppingUNetMethod, AdversarialMethod):
    """zi2zi with all of its options; the defaults are the original recipe.

    Deviations from the original, also with the ``paper`` preset: one grey channel instead of three
    equal ones; "same" padding is symmetric (TensorFlow pads one pixel more at the bottom and right:
    the same network on mirrored images). Three options are ours: ``binary``, ``instance`` encoder
    norms, and ``full_width``: at 64 px a stroke is as thin as the halved levels' pixels, and
    wobbles without it.

    Attributes:
        kernel: side of the generator's kernels.
        code_size: length of a style code.
        codes: ``fixed`` random codes as in the original, or ``trained``.
        encoder_norm: ``batch``, or ``instance``, which behaves alike in training and inference.
        decoder_norm: ``batch``, or ``conditional``: one scale and shift per style and channel.
        discriminator_pool: side of the map from which the discriminator names the style, or 0 for
            all of what it finds, as in the original; with a thousand styles at 256 px that alone is
            half a billion weights.
        constant: weight of the distance between the codes of source and drawn glyph.
        category: weight of the style classification terms.
        total_variation: weight of the total variation of the drawn glyph.
        binary: weight of the term that pushes pixels to black or white.
        label_shuffling: also train on the same sources in permuted styles, which have no target.
        generator_steps: generator updates per discriminator update.
    """

    paper: ClassVar[str] = "Tian, zi2zi: Master Chinese Calligraphy with Conditional GANs, 2017"

    kernel: Literal[3, 4, 5] = 5
    code_size: Count = 128
    codes: Literal["fixed", "trained"] = "fixed"
    encoder_norm: Literal["batch", "instance"] = "batch"
    decoder_norm: Literal["batch", "conditional"] = "batch"
    discriminator_pool: CountOrNone = 0
    kind: Kind = "vanilla"
    constant: Weight = 15.0
    category: Weight = 1.0
    total_variation: Weight = 0.0
    binary: Weight = 0.0
    label_shuffling: bool = False
    generator_steps: Count = 2
    rate: Annotated[float, Field(gt=0)] = 1e-3
    discriminator_rate: Annotated[float, Field(gt=0)] = 1e-3

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder, styles and discriminator."""
        self.check_kind()
        if not math.log2(task.size).is_integer():
            raise ConfigError(
                f"zi2zi halves the image down to one pixel, which {task.size} px does not allow; "
                "build the data with --size 32, 64, 128, 256 or 512"
            )
        channels, styles = self.channels(task), len(task.styles)
        full = self.full_width > 0
        conditional = self.decoder_norm == "conditional"
        nets = {
            "encoder": UNetEncoder(channels, self.kernel, self.encoder_norm, full),
            "decoder": UNetDecoder(
                channels, self.code_size, self.kernel, self.decoder_norm, self.dropout, full
            ),
            "styles": self.styles(task, self.code_size, conditional, self.codes == "trained"),
            "discriminator": DenseDiscriminator(
                task.size, styles, self.discriminator_width, pool=self.discriminator_pool
            ),
        }
        for network in nets.values():
            network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one discriminator step, then the same generator step ``generator_steps`` times."""
        discriminator = self.discriminator_step(self._discriminator_losses, "discriminator")
        generator = Step("generator", ("encoder", "decoder", "styles"), self._generator_losses)
        return [discriminator, *[generator] * self.generator_steps]

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        with torch.no_grad():
            drawn = {"drawn": (batch, self.generate(nets, batch)[1])}
            if self.label_shuffling:
                shuffled = _shuffle_styles(batch)
                drawn["shuffled"] = (shuffled, self.generate(nets, shuffled)[1])
        images_by_name = {"real": (batch, batch.target), **drawn}
        # The original divides its category terms by their number: 2, or 3 with label shuffling.
        share = self.category / (3 if self.label_shuffling else 2)
        for name, (pairs, image) in images_by_name.items():
            verdicts = _verdicts(nets, pairs, image)
            loss, real = adversarial.discriminator_loss, name == "real"
            terms.add(name, self.adversarial, loss, verdicts, self.kind, real)
            # With shuffling the original classifies real, shuffled and drawn images alike.
            classification = adversarial.classification
            terms.add(f"category_{name}", share, classification, verdicts, pairs.target_style)

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn = self._targetless(nets, batch, terms, "", 0.5 if self.label_shuffling else 1.0)
        terms.add("l1", self.l1, images.l1, drawn, batch.target)
        terms.add("total_variation", self.total_variation, images.total_variation, drawn)
        terms.add("binary", self.binary, images.binary, drawn)
        if self.label_shuffling:
            self._targetless(nets, _shuffle_styles(batch), terms, "_shuffled", 0.5)

    def _targetless(
        self, nets: Networks, batch: GlyphBatch, terms: Terms, suffix: str, share: float
    ) -> Tensor:
        """Add the terms that need no target, and return the drawn images."""
        code, drawn = self.generate(nets, batch)
        verdicts = _verdicts(nets, batch, drawn)

        def add(name: str, weight: float, function: Callable[..., Tensor], *args: object) -> None:
            terms.add(f"{name}{suffix}", share * weight, function, *args)

        add("adversarial", self.adversarial, adversarial.generator_loss, verdicts, self.kind)
        style = batch.target_style
        add("category", self.category, adversarial.classification, verdicts, style)
        add("constant", self.constant, _constant, nets["encoder"], drawn, code)
        return drawn


def _verdicts(nets: Networks, batch: GlyphBatch, image: Tensor) -> list[Verdict]:
    return nets["discriminator"](torch.cat([batch.source, image], dim=1))  # type: ignore[no-any-return]


def _constant(encoder: nn.Module, drawn: Tensor, code: Tensor) -> Tensor:
    return latent.constant(encoder(drawn)[-1], code)


def _shuffle_styles(batch: GlyphBatch) -> GlyphBatch:
    """Return the same sources with the batch's styles permuted; their targets are unknown."""
    order = torch.randperm(len(batch), device=batch.target_style.device)
    return replace(
        batch,
        target_style=batch.target_style[order],
        target=torch.zeros_like(batch.target),
    )
