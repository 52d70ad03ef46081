"""StarGAN v2: one generator for all hands, each in as many ways as there are codes or examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import images, latent
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import told
from fontgan.methods._domains import DomainMethod, Mixed, mixed
from fontgan.methods._tasks import check_halved
from fontgan.methods.base import CodedMethod, Count, Networks, Step, Weight
from fontgan.nn.domains import DomainHeads, MappingNetwork
from fontgan.nn.init import kaiming
from fontgan.nn.labels import Labels
from fontgan.nn.preactivated import BOTTLENECK, DomainDiscriminator, StyledGenerator, Trunk


@dataclass(frozen=True)
class StarGanV2(DomainMethod, CodedMethod):
    """StarGAN v2 with the defaults of its authors' code for animal faces, without masks.

    Print is a hand among the others. The generator is told a style: a mapping network makes one for
    a hand of a random code, a style encoder reads one off a written example. What is drawn should
    pass for real in the hand that was asked for, say the style that it was drawn in, differ from
    what another style draws, and turn back into what it was drawn from.

    A code is either z, for the mapping network, or what the style encoder finds in glyphs before
    the hand is chosen; the length says which. Without a code a glyph is drawn in the mean style of
    some random ones.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no mirrored
    images, and no parts of images; half of the images are prints, and all of these are turned into
    hands; what the discriminator sees beside drawings is in the hands that these should be in.

    Attributes:
        width: channels of the generator at the size of the image; they double up to ``max_width``.
        max_width: most channels of a level of any network.
        encoder_width: channels of the style encoder at the size of the image.
        encoded_size: length of the codes that the style encoder finds, other than that of z.
        style_size: length of a style.
        mapping_width: units of the mapping network's inner layers.
        style: weight of the L1 distance between a style and what is read off its drawing.
        diversity: weight of the L1 distance between drawings of two styles, which should be large;
            it falls to 0 over the run.
        cycle: weight of the L1 distance of what comes back from what went.
        weight_decay: of all networks.
        mapping_rate: initial learning rate of the mapping network.
    """

    paper: ClassVar[str] = (
        "Choi et al., StarGAN v2: Diverse Image Synthesis for Multiple Domains, CVPR 2020"
    )
    averaged: ClassVar[tuple[str, ...]] = ("generator", "mapping", "style_encoder", "style_heads")
    references: ClassVar[int] = 1
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/cycle",
        "generator/adversarial",
        "discriminator/drawn",
    )

    z_size: Count = 16
    width: Count = 64
    max_width: Count = 512
    encoder_width: Count = 64
    encoded_size: Count = 512
    style_size: Count = 64
    mapping_width: Count = 512
    kind: Kind = "vanilla"
    r1: Weight = 1.0
    style: Weight = 1.0
    diversity: Weight = 2.0
    cycle: Weight = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    mapping_rate: Annotated[float, Field(gt=0)] = 1e-6

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return generator, mapping network, style encoder, discriminator and labels."""
        self._check(task)
        labels, size, most = Labels(len(task.styles)), task.size, self.max_width
        domains = len(labels.rows)
        reading = Trunk(size, self.encoded_size, self.encoder_width, most)
        telling = Trunk(size, 0, self.discriminator_width, most)
        mapping = MappingNetwork(domains, self.z_size, self.style_size, self.mapping_width)
        return {
            "generator": StyledGenerator(size, self.style_size, self.width, most),
            "mapping": mapping,
            "style_encoder": reading.apply(kaiming),
            "style_heads": DomainHeads(domains, self.encoded_size, self.style_size),
            "discriminator": DomainDiscriminator(telling, domains),
            "labels": labels,
        }

    def steps(self) -> Sequence[Step]:
        """Return steps of discriminator and generator, each by codes and then by examples."""
        telling = partial(self._discriminator_losses, by="examples")
        drawing = {by: partial(self._generator_losses, by=by) for by in ("codes", "examples")}
        return [
            self.discriminator_step(self._first_discriminator_losses, "discriminator"),
            self.discriminator_step(telling, "discriminator", name="discriminator_by_examples"),
            Step("generator", self.averaged, drawing["codes"]),
            Step("generator_by_examples", ("generator",), drawing["examples"]),
        ]

    def weight_decay_of(self, network: str) -> float:  # noqa: ARG002
        """Return ``weight_decay``."""
        return self.weight_decay

    def learning_rate(self, network: str) -> float:
        """Return ``mapping_rate`` for the mapping network."""
        return self.mapping_rate if network == "mapping" else super().learning_rate(network)

    def betas(self, network: str) -> tuple[float, float]:  # noqa: ARG002
        """Return Adam's betas: no momentum."""
        return (0.0, 0.99)

    @property
    def code_sizes(self) -> tuple[int, ...]:
        """Lengths of z and of what the style encoder finds."""
        return (self.z_size, self.encoded_size)

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's sources in its hands by codes of either kind (B, Z)."""
        self.check_codes(z, len(batch))
        z, hand = z.to(batch.source), batch.target_style
        by_code = z.shape[1] == self.z_size
        style = nets["mapping" if by_code else "style_heads"](z, hand)
        return nets["generator"](batch.source, style)  # type: ignore[no-any-return]

    def encode(self, nets: Networks, glyphs: Tensor) -> Tensor:
        """Return what the style encoder finds in glyphs before the hand is chosen."""
        return nets["style_encoder"](glyphs)  # type: ignore[no-any-return]

    def _check(self, task: Task) -> None:
        self.check_kind(self.gradient_penalty)
        check_halved(task, BOTTLENECK)
        if self.z_size == self.encoded_size:
            raise ConfigError(
                "the length of a code says of which kind it is: set method.encoded_size to another "
                "number than method.z_size"
            )

    def _first_discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        shown = mixed(batch, nets["labels"])
        first, second = torch.randn(2, len(shown.images), self.z_size).to(batch.source)
        terms.shared["shown"] = shown
        terms.shared["codes"] = first, second
        others = torch.cat([batch.source.roll(1, 0), batch.references[:, 0]])
        terms.shared["examples"] = shown.images[shown.order], others[shown.order]
        self._discriminator_losses(nets, batch, terms, by="codes")

    def _discriminator_losses(
        self, nets: Networks, _batch: GlyphBatch, terms: Terms, by: str
    ) -> None:
        shown: Mixed = terms.shared["shown"]
        first, _ = terms.shared[by]
        with torch.no_grad():
            drawn = nets["generator"](shown.images, _style(nets, by, first, shown.wanted))
        see, real = told(nets["discriminator"], shown.wanted), shown.images[shown.order]
        self.discriminator_terms(terms, see, real, drawn, self.adversarial)

    def _generator_losses(self, nets: Networks, _batch: GlyphBatch, terms: Terms, by: str) -> None:
        shown: Mixed = terms.shared["shown"]
        first, second = terms.shared[by]
        style = _style(nets, by, first, shown.wanted)
        drawn = nets["generator"](shown.images, style)
        self.fool(terms, nets["discriminator"](drawn, shown.wanted))
        read = partial(_style, nets, "examples", domain=shown.wanted)
        terms.add("style", self.style, latent.read_l1, read, drawn, style)
        fading = self.diversity * (1 - terms.progress)
        terms.add("diversity", -fading, _apart, nets, drawn, shown, by, second)
        terms.add("cycle", self.cycle, _back, nets, drawn, shown)


def _style(nets: Networks, by: str, what: Tensor, domain: Tensor) -> Tensor:
    """Return the styles of domains (2 B,), of codes (2 B, Z) or of examples (2 B, 1, S, S)."""
    if by == "codes":
        return nets["mapping"](what, domain)  # type: ignore[no-any-return]
    return nets["style_heads"](nets["style_encoder"](what), domain)  # type: ignore[no-any-return]


def _apart(nets: Networks, drawn: Tensor, shown: Mixed, by: str, second: Tensor) -> Tensor:
    with torch.no_grad():
        other = nets["generator"](shown.images, _style(nets, by, second, shown.wanted))
    return images.l1(drawn, other)


def _back(nets: Networks, drawn: Tensor, shown: Mixed) -> Tensor:
    style = _style(nets, "examples", shown.images, shown.domain)
    return images.l1(nets["generator"](drawn, style), shown.images)
