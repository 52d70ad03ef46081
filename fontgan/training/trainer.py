"""The trainer: the only object that changes. It runs any method's steps and names no method."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Sampling
from fontgan.devices.compiling import Compiled, explained
from fontgan.devices.device import is_out_of_memory, tried_convolutions
from fontgan.devices.group import ALONE, Group
from fontgan.devices.layout import (
    CHANNELS_LAST,
    prefers_channels_last,
    put_channels_last,
)
from fontgan.errors import TrainingError
from fontgan.limits import BATCH, ITERATIONS
from fontgan.losses.terms import Terms
from fontgan.methods.base import Method, Networks, Step
from fontgan.nn.blocks import clamp_weights, frozen
from fontgan.nn.shares import share_norms
from fontgan.nn.style import StyleTable
from fontgan.training.averages import Averages, move_averages, start_averages
from fontgan.training.checks import (
    autocast_type,
    check_batch_size,
    check_compile,
    check_finite,
    frozen_networks,
)
from fontgan.training.feeding import Feed, Resident
from fontgan.training.optimisers import make_optimisers

Losses = dict[str, list[Tensor]]


@dataclass(frozen=True)
class TrainingSettings:
    """How a method is trained.

    Attributes:
        batch_size: pairs in an iteration, on all devices together.
        epochs: passes over the training pairs; ``iterations``, where given, decides instead.
        iterations: number of iterations, or 0.
        schedule: ``constant``; ``halving`` every ``halve_every`` epochs down to ``floor`` (zi2zi);
            ``linear`` to 0 over the last half; ``cosine``, half a wave down to 0.
        warm_up: share of the iterations over which rates grow to those of the schedule.
        halve_every: epochs.
        floor: smallest learning rate of ``halving``.
        precision: ``fp32``, or autocast to ``bf16`` or ``fp16`` on CUDA; ``auto`` is bf16 there,
            else fp32.
        moving_average: decay of the average of the drawing networks, or 0 for none.
        seed: of weights, data order, augmentation and dropout.
        resident: hold the data set, 8 bits a pixel, in the memory of the device; ``"auto"`` does on
            GPUs where half of the free memory is enough. Where it does not fit, batches come from
            the host as without it.
        compile: let torch.compile make kernels for the networks in training; the first iteration
            takes minutes then.
    """

    batch_size: Annotated[int, Field(ge=1, le=BATCH)] = 16
    epochs: Annotated[float, Field(gt=0, le=ITERATIONS)] = 100
    iterations: Annotated[int, Field(ge=0, le=ITERATIONS)] = 0
    schedule: Literal["constant", "halving", "linear", "cosine"] = "halving"
    warm_up: Annotated[float, Field(ge=0, lt=1)] = 0.0
    halve_every: Annotated[float, Field(gt=0)] = 10
    floor: Annotated[float, Field(ge=0)] = 2e-4
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    moving_average: Annotated[float, Field(ge=0, lt=1)] = 0.999
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    resident: Resident = "auto"
    compile: bool = False

    def total(self, pairs: int) -> int:
        """Return the number of iterations for a number of pairs."""
        return self.iterations or max(1, round(self.epochs * pairs / self.batch_size))

    def rate(self, base: float, epoch: float, progress: float) -> float:
        """Return the learning rate at an epoch and a progress in [0, 1]."""
        if progress < self.warm_up:
            base *= progress / self.warm_up
        if self.schedule == "halving":
            return max(base * 0.5 ** int(epoch / self.halve_every), min(base, self.floor))
        if self.schedule == "linear":
            return base * min(1.0, 2 * (1 - progress))
        if self.schedule == "cosine":
            return base * (1 + math.cos(math.pi * progress)) / 2
        return base


class Trainer:
    """Networks, optimisers, averages and the iteration of one training run.

    Args:
        method: what to train.
        task: image size and styles.
        settings: how.
        device: where.
        freeze: networks that do not move; their norms keep their statistics.
        protect: style rows that do not move; then everything that draws is frozen but the other
            rows, so that the protected styles keep drawing what they drew, bit for bit.
        group: the processes that train together, each with a trainer like this one.

    Attributes:
        iteration: number of finished iterations.
        progress: the same as a share of those of the run, in [0, 1).
        notes: what the user should know; whoever tells it takes it away.

    Raises:
        ConfigError: settings that do not go with the method, the task or the device.
    """

    def __init__(
        self,
        method: Method,
        task: Task,
        settings: TrainingSettings,
        device: torch.device,
        freeze: Sequence[str] = (),
        protect: Sequence[int] = (),
        group: Group = ALONE,
    ) -> None:
        check_batch_size(method, settings.batch_size, group.size)
        check_compile(settings.compile, group.size)
        torch.manual_seed(settings.seed)
        self.method = method
        self.task = task
        self.settings = settings
        self.device = device
        self.group = group
        self.iteration = 0
        self.progress = 0.0
        self.notes: list[str] = []
        self.networks = {name: net.to(device) for name, net in method.networks(task).items()}
        self.frozen = frozen_networks(method, self.networks, freeze, protect)
        if protect:
            table = self.networks[str(method.style_table)]
            assert isinstance(table, StyleTable)
            table.protect(protect)
        if group.size > 1:
            self.networks = {name: share_norms(net) for name, net in self.networks.items()}
        self._autocast = autocast_type(settings.precision, device)
        self._channels_last = prefers_channels_last(device, self._autocast is not None)
        if self._channels_last:
            put_channels_last(self.networks.values())
        self._called = {
            name: Compiled(net) if settings.compile else net for name, net in self.networks.items()
        }
        whole = group.size > 1 or self._autocast is torch.float16
        self.optimisers = make_optimisers(method, self.networks, self.frozen, device, whole)
        self.averages = self.average_now()
        self.scaler = torch.amp.GradScaler(device.type, enabled=self._autocast is torch.float16)

    def run(self, pairs: PairDataset, augment: Augment) -> Iterator[Losses]:
        """Train from the current iteration to the last; yield each iteration's losses by name.

        A group takes the batches that one process would take; each process has its share of them.
        Values are unweighted scalars on the device: reading them makes a GPU wait. The caller
        decides on logging, sampling and saving, and may stop at any iteration.

        Raises:
            TrainingError: a loss is not finite (on the CPU at once; elsewhere the log finds it).
        """
        every = sum(map(len, pairs.both))
        total, seed = self.settings.total(every), self.settings.seed
        self.group.begin_alike([t for n in self.networks.values() for t in n.state_dict().values()])
        settled = False
        with ExitStack() as stack:
            feeds = [stack.enter_context(feed) for feed in self._feeds(pairs, total)]
            cycle = max(step.every for step in self.method.steps())
            while self.iteration < total:
                epoch = self.iteration * self.settings.batch_size / every
                self.progress = self.iteration / total
                self._set_rates(epoch, self.progress)
                generator = torch.Generator().manual_seed(seed << 32 | self.iteration)
                self.group.seed(seed, self.iteration)
                place, number = self._turn(len(feeds), cycle)
                batch = feeds[place].batch(number)
                batch = augment.apply(batch, generator, self.settings.batch_size, self.group.share)
                losses = self.iterate(batch)
                if not settled:  # now an iteration has taken the memory that it needs
                    settled = True
                    for feed in feeds:
                        self._note(feed.settle(self.settings.resident, self.iteration))
                yield losses

    def sampling(self, pairs: PairDataset) -> Sampling:
        """Return the rule by which batches of a data set are chosen.

        Raises:
            DataError: it has fewer characters than the method needs.
        """
        rule = self.method.pairing, self.method.references
        return Sampling(pairs, self.settings.batch_size, self.settings.seed, *rule)

    def _feeds(self, pairs: PairDataset, total: int) -> list[Feed]:
        """Return the batches of each data set."""

        def feed(some: PairDataset) -> Feed:
            order, share = self.sampling(some), self.group.share
            return Feed(some, lambda n: order.batch(n).share(share), total, self.device)

        return [feed(some) for some in pairs.both]

    def _turn(self, sets: int, cycle: int) -> tuple[int, int]:
        """Return which data set's turn it is, and the number of its batch.

        A turn lasts a cycle, until every step has run: so none is always of the same data set.
        """
        turn, place = divmod(self.iteration, cycle)
        return turn % sets, turn // sets * cycle + place

    def iterate(self, batch: GlyphBatch) -> Losses:
        """Run one iteration on a batch, or on this process's share of one.

        Raises:
            TrainingError: a loss is not finite (on the CPU), or the GPU's memory is full.
        """
        try:
            with tried_convolutions(self.device):
                return self._iterate(batch)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise TrainingError(
                f"{self.device} has no memory left in iteration {self.iteration + 1}; set a "
                f"training.batch_size below {self.settings.batch_size}, or training.resident=false"
            ) from error

    def _iterate(self, batch: GlyphBatch) -> Losses:
        if self._channels_last:
            batch = batch.in_format(CHANNELS_LAST)
        for name, network in self.networks.items():
            network.train(name not in self.frozen)
        losses: Losses = {}
        shared: dict[str, Any] = {}
        for step in self.method.steps():
            if self.iteration % step.every == 0:
                for name, value in self.update(step, batch, shared).items():
                    losses.setdefault(f"{step.name}/{name}", []).append(value)
        self.iteration += 1
        # A young average forgets faster, so that the first samples are not those of random weights.
        decay = min(self.settings.moving_average, (1 + self.iteration) / (10 + self.iteration))
        move_averages(self.averages, self.networks, decay)
        return losses

    def update(self, step: Step, batch: GlyphBatch, shared: dict[str, Any]) -> dict[str, Tensor]:
        """Run one step of an iteration, whether or not it is the step's turn.

        Args:
            step: one of the method's.
            batch: as for `iterate`, where networks were put into training mode.
            shared: what the iteration's earlier steps have left, and where this one leaves its own.

        Returns:
            The unweighted value of every loss term, by name.

        Raises:
            TrainingError: a loss is not finite (on the CPU).
        """
        moving = [name for name in step.trains if name in self.optimisers]
        terms = Terms(self.iteration, shared, self.progress)
        resting = [net for name, net in self.networks.items() if name not in moving]
        compiling = explained() if self.settings.compile else nullcontext()
        with compiling, frozen(*resting):
            with self._reduced_precision():
                step.losses(self._called, batch, terms)
            moving = moving if terms.values else []
            for name in moving:
                self.optimisers[name].zero_grad(set_to_none=True)
            if moving:
                self.scaler.scale(terms.total).backward()
        values = self._average(terms.values, moving)
        if self.device.type == "cpu":
            check_finite(values, step.name, self.iteration)
        if not moving:
            return values
        for name in moving:
            if step.clip is not None:
                self.scaler.unscale_(self.optimisers[name])
                nn.utils.clip_grad_norm_(self.networks[name].parameters(), step.clip)
            self.scaler.step(self.optimisers[name])
            if step.clamp is not None:
                clamp_weights(self.networks[name], step.clamp)
        self.scaler.update()
        return values

    def _reduced_precision(self) -> AbstractContextManager[object]:
        if self._autocast is None:
            return nullcontext()
        return torch.autocast(self.device.type, self._autocast)

    def _note(self, note: str | None) -> None:
        if note:
            self.notes.append(note)

    def _average(self, values: dict[str, Tensor], moving: Sequence[str]) -> dict[str, Tensor]:
        """Average losses, and the gradients of the moving networks, over the group."""
        if self.group.size == 1:
            return values
        means = {name: value.clone() for name, value in values.items()}
        weights = [weight for name in moving for weight in self.networks[name].parameters()]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        self.group.average([*gradients, *means.values()])
        return means

    def _set_rates(self, epoch: float, progress: float) -> None:
        for name, optimiser in self.optimisers.items():
            base = self.method.learning_rate(name)
            optimiser.param_groups[0]["lr"] = self.settings.rate(base, epoch, progress)

    def average_now(self) -> Averages:
        """Return copies of the drawing networks, from which the moving average starts."""
        names = self.method.averaged if self.settings.moving_average else ()
        return start_averages(self.networks, names)

    @contextmanager
    def drawing(self) -> Iterator[Networks]:
        """Give the networks that draw, in evaluation mode: the averages where there are any."""
        nets = {**self.networks, **self.averages}
        for network in nets.values():
            network.eval()
        with torch.no_grad():
            yield nets
