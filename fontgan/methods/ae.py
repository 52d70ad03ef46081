"""An autoencoder, plain or denoising, sparse, contractive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import images, latent
from fontgan.losses.terms import Terms
from fontgan.methods._deep import AutoencodingMethod
from fontgan.methods.base import Count, Networks, Weight


@dataclass(frozen=True)
class Ae(AutoencodingMethod):
    """An autoencoder, told the style, in all the kinds that came before the VAE.

    Its codes have no distribution that they should be of: it can encode a glyph, draw its code in
    another hand and the way from code to code; random codes draw what nobody has asked for.

    Deviations from the papers, also with the ``paper`` preset: convolutions for dense layers; the
    style is told; the source's code shall draw the target, too (``translation = 0`` leaves that
    out); the contractive term is estimated by one random product.

    Attributes:
        activation: of the code: ``none`` or ``sigmoid``.
        denoising: share of the pixels of a written glyph that are spoilt before it is encoded, or
            with ``gaussian`` how far all are, in steps from ink to paper of 2; 0 spoils none.
        corruption: what ``denoising`` does to pixels: ``mask`` (middle grey), ``salt-and-pepper``
            or ``gaussian``.
        sparse: weight of the divergence of the units' mean activations from ``active``, for codes
            that are mostly off; 3 is usual.
        active: share of the glyphs for which a unit should be on.
        contractive: weight of the squared slope of codes along their images; .1 is usual.
    """

    paper: ClassVar[str] = (
        "Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks, "
        "Science 2006; denoising: Vincent et al. 2008; sparse: Ng 2011; contractive: Rifai et al. "
        "2011; with convolutions as in Radford et al. 2016"
    )

    z_size: Count = 128
    activation: Literal["none", "sigmoid"] = "none"
    denoising: Annotated[float, Field(ge=0, lt=1)] = 0.0
    corruption: Literal["mask", "salt-and-pepper", "gaussian"] = "mask"
    sparse: Weight = 0.0
    active: Annotated[float, Field(gt=0, lt=1)] = 0.05
    contractive: Weight = 0.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder and styles."""
        if self.sparse and self.activation == "none":
            raise ConfigError(
                "sparse counts how often units are on, in (0, 1): set method.activation=sigmoid"
            )
        return self.autoencoder(task, self.z_size)

    def encode(self, nets: Networks, glyphs: Tensor) -> Tensor:
        """Return the codes (B, Z) of glyphs (B, 1, S, S)."""
        code: Tensor = nets["encoder"](glyphs)
        return code.sigmoid() if self.activation == "sigmoid" else code

    def losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        """Draw the loss terms."""
        written = self.spoilt(batch.target) if self.denoising else batch.target
        if self.contractive:
            written = written.detach().requires_grad_()
        code = self.encode(nets, written)
        terms.add("reconstruction", self.reconstruction, self._distance, nets, batch, code)
        terms.add("sparse", self.sparse, latent.sparsity, code, self.active)
        terms.add("contractive", self.contractive, latent.contraction, code, written)
        terms.add("translation", self.translation, self._translated, nets, batch)

    def spoilt(self, glyphs: Tensor) -> Tensor:
        """Return glyphs (B, 1, S, S) with some pixels spoilt, as ``corruption`` says."""
        if self.corruption == "gaussian":
            return glyphs + 2 * self.denoising * torch.randn_like(glyphs)
        hit = torch.rand_like(glyphs) < self.denoising
        if self.corruption == "mask":
            return glyphs.masked_fill(hit, 0.0)
        return torch.where(hit, torch.rand_like(glyphs).round() * 2 - 1, glyphs)

    def _distance(self, nets: Networks, batch: GlyphBatch, code: Tensor) -> Tensor:
        return images.squared(self.draw(nets, batch, code), batch.target)

    def _translated(self, nets: Networks, batch: GlyphBatch) -> Tensor:
        return self._distance(nets, batch, self.encode(nets, batch.source))
