"""Networks whose passes in training are compiled by `torch.compile`.

The plain networks stay what is saved, averaged, optimised and drawn with; only the calls of a
training step go through `Compiled`. Each network is compiled once for every way in which the steps
call it (its weights moving or resting, with or without gradients), so in the first iteration.

It is torch's mode ``default``. Mode ``reduce-overhead`` replays CUDA graphs, whose outputs live in
memory that the next call of the same network writes over, while a step may call a network twice and
leave what it drew to the next step.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from fontgan.errors import TrainingError

BACKEND = "inductor"
WAYS = 64  # of calling one network, over all trainings of a process; torch gives up at 8


class Compiled(nn.Module):
    """A network, compiled when it is called; its weights are the network's own.

    A call whose slope at its input will be asked for (a gradient penalty, R1) is not compiled:
    torch cannot differentiate compiled code twice.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        config = torch._dynamo.config
        config.recompile_limit = max(WAYS, config.recompile_limit)
        self.fast = torch.compile(network, backend=BACKEND, dynamic=False)

    def forward(self, *inputs: Any) -> Any:
        """Call the network."""
        if any(_is_variable(value) for value in inputs):
            return self.network(*inputs)
        return self.fast(*inputs)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what the compiler cannot do into one line.

    Raises:
        TrainingError: it failed.
    """
    try:
        yield
    except torch._dynamo.exc.TorchDynamoException as error:
        why = " ".join(str(error).split("\n\n")[0].split())
        raise TrainingError(
            f"training.compile: torch.compile failed ({why}); leave the setting out"
        ) from error


def _is_variable(value: object) -> bool:
    return isinstance(value, Tensor) and value.requires_grad and value.is_leaf
