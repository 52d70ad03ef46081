"""VAE: a variational autoencoder; with ``kl`` above 1, beta-VAE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses import images, latent
from fontgan.losses.terms import Terms
from fontgan.methods._deep import AutoencodingMethod
from fontgan.methods.base import Count, Networks, Weight
from fontgan.nn.blocks import at_least_float


@dataclass(frozen=True)
class Vae(AutoencodingMethod):
    """A variational autoencoder, told the style: codes from N(0, 1) draw glyphs of the hand.

    The distances are sums over the pixels, as the bound on the likelihood has them.

    Deviations from the paper, also with the ``paper`` preset: convolutions for dense layers; the
    style is told; the source's code shall draw the target, too (``translation = 0`` leaves that
    out).

    Attributes:
        kl: weight of the divergence of a written glyph's codes from N(0, 1): beta-VAE's beta
            (Higgins et al. 2017; 4 is usual).
    """

    paper: ClassVar[str] = "Kingma and Welling, Auto-Encoding Variational Bayes, ICLR 2014"

    z_size: Count = 32
    kl: Weight = 1.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder and styles."""
        return self.autoencoder(task, 2 * self.z_size)

    def posterior(self, nets: Networks, glyphs: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance (B, Z) of the codes of glyphs (B, 1, S, S)."""
        mean, log_variance = at_least_float(nets["encoder"](glyphs)).chunk(2, dim=1)
        return mean, log_variance

    def losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        """Draw the loss terms."""
        found = self.posterior(nets, batch.target)
        terms.add("reconstruction", self.reconstruction, self._distance, nets, batch, found)
        terms.add("kl", self.kl, latent.mean_kl, *found)
        terms.add("translation", self.translation, self._translated, nets, batch)

    def _distance(self, nets: Networks, batch: GlyphBatch, found: tuple[Tensor, Tensor]) -> Tensor:
        drawn = self.draw(nets, batch, latent.sample(*found))
        return images.squared_sum(drawn, batch.target)

    def _translated(self, nets: Networks, batch: GlyphBatch) -> Tensor:
        return self._distance(nets, batch, self.posterior(nets, batch.source))
