"""The state of a trainer as named tensors: taken, and put back."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fontgan.errors import CheckpointError
from fontgan.nn.muon import Muon
from fontgan.runs.checkpoint import Checkpoint, load_networks
from fontgan.runs.migration import biases_left_out, renumbered
from fontgan.training.trainer import Trainer


def training_state(trainer: Trainer) -> dict[str, Tensor]:
    """Return every tensor that training needs to go on as if it had never stopped."""
    tensors = {**drawing_state(trainer), **_optimiser_state(trainer)}
    tensors["rng/cpu"] = torch.get_rng_state()
    if trainer.device.type == "cuda":
        tensors["rng/cuda"] = torch.cuda.get_rng_state(trainer.device)
    scale = trainer.scaler.state_dict()
    tensors |= {f"scaler/{key}": torch.tensor(value) for key, value in scale.items()}
    return tensors


def drawing_state(trainer: Trainer) -> dict[str, Tensor]:
    """Return the weights of all networks, and their averages."""
    groups = {"networks": trainer.networks, "averages": trainer.averages}
    return {
        f"{group}/{name}/{key}": tensor.detach().contiguous().cpu()
        for group, nets in groups.items()
        for name, network in nets.items()
        for key, tensor in network.state_dict().items()
    }


def restore(trainer: Trainer, checkpoint: Checkpoint) -> None:
    """Put a trainer back where `training_state` took it.

    Raises:
        CheckpointError: the checkpoint is of another model, or holds weights only.
    """
    if "rng/cpu" not in checkpoint.tensors:
        raise CheckpointError(
            "the checkpoint holds weights only, no state of training; start a new run with --from"
        )
    trainer.notes += _notes(trainer.networks, checkpoint)
    load_networks(trainer.networks, checkpoint, "networks")
    load_networks(trainer.averages, checkpoint, "averages")
    trainer.iteration = checkpoint.header.iteration
    try:
        for name, optimiser in trainer.optimisers.items():
            _restore_optimiser(optimiser, trainer.networks[name], checkpoint, name)
        _restore_chance(trainer, checkpoint)
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        first = str(error).partition("\n")[0]
        raise CheckpointError(
            f"the checkpoint's state of training is damaged ({first}); start a new run with --from"
        ) from None


def _restore_optimiser(
    optimiser: torch.optim.Optimizer, network: nn.Module, checkpoint: Checkpoint, name: str
) -> None:
    state: dict[int, dict[str, Tensor | float]] = {}
    plain = isinstance(optimiser, torch.optim.SparseAdam)  # it counts with a plain number
    numbers = renumbered(network, checkpoint.under(f"networks/{name}"))
    for key, tensor in checkpoint.under(f"optimisers/{name}").items():
        number, value = key.split("/")
        kept = tensor.item() if plain and value == "step" else tensor
        if int(number) in numbers:
            state.setdefault(numbers[int(number)], {})[value] = kept
    _check_state(name, optimiser, state)
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def _check_state(
    name: str, optimiser: torch.optim.Optimizer, state: dict[int, dict[str, Tensor | float]]
) -> None:
    """Hold what an optimiser keeps of each parameter against the parameter's shape."""
    parameters = [one for group in optimiser.param_groups for one in group["params"]]
    kinds = {value for values in state.values() for value in values}
    for number, values in state.items():
        shape = parameters[number].shape
        own = Muon.kinds(parameters[number]) if isinstance(optimiser, Muon) else kinds
        for kind in own:
            kept = torch.as_tensor(values[kind])
            if kept.numel() != 1 if kind == "step" else kept.shape != shape:
                raise ValueError(f"{name}/{number}/{kind} has another shape than its parameter")


def _restore_chance(trainer: Trainer, checkpoint: Checkpoint) -> None:
    scale = {key: value.item() for key, value in checkpoint.under("scaler").items()}
    if scale and trainer.scaler.is_enabled():
        trainer.scaler.load_state_dict(scale)
    torch.set_rng_state(checkpoint.tensors["rng/cpu"])
    if trainer.device.type == "cuda" and "rng/cuda" in checkpoint.tensors:
        torch.cuda.set_rng_state(checkpoint.tensors["rng/cuda"], trainer.device)


def _notes(networks: dict[str, nn.Module], checkpoint: Checkpoint) -> list[str]:
    left_out = sum(
        len(biases_left_out(network, checkpoint.under(f"networks/{name}")))
        for name, network in networks.items()
    )
    if not left_out:
        return []
    return [
        f"the checkpoint is of an earlier fontgan: {left_out} biases that norms take away anyway "
        "are left out; what it draws stays the same"
    ]


def _optimiser_state(trainer: Trainer) -> dict[str, Tensor]:
    return {
        f"optimisers/{name}/{number}/{key}": torch.as_tensor(value).detach().contiguous().cpu()
        for name, optimiser in trainer.optimisers.items()
        for number, values in optimiser.state_dict()["state"].items()
        for key, value in values.items()
    }
