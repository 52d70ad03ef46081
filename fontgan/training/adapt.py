"""Start a training run from a trained model, with more styles than it had."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.errors import CheckpointError, nearest
from fontgan.nn.several import OnePerStyle
from fontgan.nn.style import StyleTable
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.migration import without_biases
from fontgan.training.trainer import Trainer


def start_from(trainer: Trainer, checkpoint: Checkpoint, like: str = "") -> None:
    """Give a fresh trainer the weights of a checkpoint whose styles come first in its own.

    The drawing networks start from the averages, since these are what the model draws with. New
    rows of the style table start from the mean of the known ones, or as the known style ``like``.
    Networks of a new style alone, and all else that is new, keep their fresh values, and so does
    what judges where the checkpoint has only what draws.

    Raises:
        CheckpointError: the checkpoint is of another model, or has no such style.
    """
    styles = checkpoint.header.task.styles
    if like and like not in styles:
        raise CheckpointError(f"--like {like}: not in the model; {nearest(like, styles)}")
    known = len(styles)
    total = len(trainer.task.styles)
    for name, network in trainer.networks.items():
        state = checkpoint.under(f"averages/{name}") or checkpoint.under(f"networks/{name}")
        if state or name in trainer.method.averaged:
            _load_grown(network, without_biases(network, state), known, total, name)
    table = trainer.networks.get(trainer.method.style_table or "")
    if total > known and isinstance(table, StyleTable):
        table.start_from_mean(range(known, total), [styles.index(like)] if like else range(known))
    trainer.averages = trainer.average_now()


@torch.no_grad()
def _load_grown(
    network: nn.Module, state: dict[str, Tensor], known: int, total: int, name: str
) -> None:
    anew = "; where these are the same, it has no place for more styles: train anew on all of them"
    more_styles = anew if total > known else ""
    own = network.state_dict()
    if isinstance(network, OnePerStyle):
        own = {key: value for key, value in own.items() if network.style_of(key) < known}
    if own.keys() != state.keys():
        raise CheckpointError(
            f"the checkpoint's {name} has other weights than this method's; use the settings it "
            f"was trained with{more_styles}"
        )
    for key, old in state.items():
        new = own[key]
        if new.shape == old.shape:
            new.copy_(old)
        elif new.shape[1:] == old.shape[1:] and (len(old), len(new)) == (known, total):
            new[:known].copy_(old)  # one row a style: the known styles come first
        elif isinstance(network, StyleTable) and _wider(new, old) and len(new) == total:
            more = new.shape[1] - old.shape[1]
            new[:known] = F.pad(old, (0, more))  # what known styles know nothing of does nothing
        else:
            raise CheckpointError(
                f"the checkpoint's {name} has {key} of shape {list(old.shape)}, this model of "
                f"{list(new.shape)}; use the settings and image size it was trained with"
                f"{more_styles}"
            )


def _wider(new: Tensor, old: Tensor) -> bool:
    """Tell whether a table of codes has more numbers a style."""
    return new.ndim == old.ndim == 2 and new.shape[1] > old.shape[1]
