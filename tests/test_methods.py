"""One table of promises, kept by every method. A new method is one row more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import torch
from made_headers import header
from tiny_strokes import stroked_pairs
from torch import nn

from fontgan import methods
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, StrokeBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Sampling, Shuffle
from fontgan.errors import ConfigError
from fontgan.methods.base import Method, Weight
from fontgan.nn.blocks import noise
from fontgan.nn.folded.unet_drawing import Runtime, for_drawing
from fontgan.runs.checkpoint import Checkpoint
from fontgan.training.state import restore, training_state
from fontgan.training.trainer import Losses, Trainer, TrainingSettings

SMALL_ZI2ZI = {"width": 4, "max_width": 8, "code_size": 3, "discriminator_width": 4}
EVERYTHING = {
    "codes": "trained",
    "encoder_norm": "instance",
    "decoder_norm": "conditional",
    "total_variation": 1e-3,
    "binary": 0.1,
    "label_shuffling": True,
    "dropout_at_inference": False,
}

SMALL_BICYCLEGAN = {
    "width": 4,
    "max_width": 8,
    "encoder_width": 4,
    "discriminator_width": 4,
    "discriminator_layers": 2,
    "style_code": 3,
    "rate": 2e-3,
}
EVERY_BICYCLE = {
    "full_width": 2,
    "z_at": "input",
    "conditional_discriminator": True,
    "kind": "hinge",
    "gradient_penalty": 1.0,
    "mode_seeking": 0.1,
    "feature_matching": 1.0,
    "classifier": 0.5,
}

SMALL_INKFLOW = {
    "full_width": 2,
    "width": 4,
    "max_width": 8,
    "code_size": 3,
    "discriminator_width": 4,
}
EVERY_INK = {
    "flow_levels": 3,
    "upsampling": "resized",
    "blocks": 2,
    "attention": "cross",
    "projection": True,
    "r1": 1.0,
    "centre_lines": 5.0,
    "distance_maps": 1.0,
    "bending": 1.0,
    "classifier": 0.5,
    "feature_matching": 1.0,
}
FLOWLESS_INK = {"flow_levels": 0, "style_at": "bottleneck", "attention": "self", "kind": "hinge"}

SMALL_PENSTROKE = {
    "width": 16,
    "layers": 2,
    "heads": 2,
    "points": 4,
    "fitted": (),
    "coarse": 0.5,
    "rate": 5e-3,
}
SMALL_PIX2PIX = {
    "width": 4,
    "max_width": 8,
    "style_code": 3,
    "discriminator_width": 4,
    "discriminator_layers": 2,
    "rate": 2e-3,
}
EVERY_PIX = {
    "full_width": 2,
    "norm": "conditional",
    "dropout_at_inference": False,
    "kind": "wgan-gp",
    "gradient_penalty": 10.0,
    "feature_matching": 1.0,
}
CLIPPED_PIX = {"kind": "wgan", "weight_clip": 0.1, "conditional_discriminator": False}
SMALL_CYCLEGAN = {
    "width": 4,
    "blocks": 1,
    "style_norms": True,
    "pool": 0,
    "discriminator_width": 4,
    "discriminator_layers": 2,
}
SMALL_STARGAN = {
    "width": 4,
    "blocks": 1,
    "discriminator_width": 4,
    "discriminator_layers": 3,
    "discriminator_steps": 1,
    "rate": 2e-3,
}
SMALL_SIDES = {
    "width": 2,
    "blocks": 1,
    "discriminator_width": 2,
    "discriminator_layers": 2,
    "discriminator_scales": 2,
    "rate": 2e-3,
    "discriminator_rate": 2e-3,
}
SMALL_UNIT = SMALL_SIDES | {"style_norms": True}
SMALL_MUNIT = SMALL_SIDES | {"z_size": 3, "style_code": 3, "units": 8, "cycle": 5.0}
SMALL_STARGANV2 = {
    **dict.fromkeys(("width", "encoder_width", "discriminator_width"), 2),
    "max_width": 8,
    "z_size": 4,
    "encoded_size": 6,
    "style_size": 3,
    "mapping_width": 6,
    "rate": 2e-2,
}
SMALL_DRIT = SMALL_SIDES | {
    "z_size": 3,
    "style_code": 3,
    "attribute_width": 2,
    "content_steps": 1,
    "rate": 1e-2,
}
SMALL_COMBOGAN = {
    "width": 2,
    "blocks": 2,
    "pool": 3,
    "discriminator_width": 2,
    "discriminator_layers": 2,
    "identity": 1.0,
    "latent": 1.0,
    "rate": 2e-3,
}
SMALL_GENEGAN = {"width": 4, "discriminator_width": 2, "exemplars": 2, "rate": 5e-3}
SMALL_DCGAN = {
    "width": 4,
    "style_code": 3,
    "char_code": 4,
    "z_size": 5,
    "discriminator_width": 4,
    "discriminator_norm": "layer",
    "rate": 2e-2,
}
EVERY_DCGAN = {
    "kind": "wgan-gp",
    "gradient_penalty": 10.0,
    "discriminator_steps": 2,
    "momentum": 0.0,
}
SMALL_ICGAN = {
    "width": 4,
    "discriminator_width": 4,
    "encoder_width": 4,
    "encoder_dense": 6,
    "z_size": 5,
    "rate": 2e-2,
}
SMALL_ALI = {"width": 3, "discriminator_width": 3, "z_size": 5, "rate": 0.1}
SMALL_STACKGAN = {
    "width": 8,
    "discriminator_width": 4,
    "blocks": 1,
    "condition": 8,
    "glance": 8,
    "style_code": 3,
    "z_size": 5,
    "alone": 0.0,
    "rate": 2e-2,
}
SMALL_AE = {"width": 4, "z_size": 6, "style_code": 3, "rate": 5e-3}
EVERY_AE = {
    "norm": "batch",
    "activation": "sigmoid",
    "denoising": 0.2,
    "corruption": "salt-and-pepper",
    "sparse": 0.01,
    "contractive": 0.01,
}
SMALL_MULTISCALE = {
    "width": 4,
    "features": 4,
    "norm": "conditional",
    "discriminator_width": 4,
    "discriminator_layers": 2,
    "points": 4,
    "rate": 1e-2,
}
SMALL_TPGAN = {
    "part_width": 2,
    "noise": 3,
    "style_code": 2,
    "windows": "components",
    "generator_steps": 1,
}
SMALL_GROWN = {
    "z_size": 5,
    "width": 32,
    "discriminator_width": 32,
    "max_width": 4,
    "style_code": 3,
    "char_code": 4,
    "rate": 1e-2,
}
SMALL_STYLEGAN = {"mapping_width": 5, "mapping_layers": 2, "r1": 1.0}

# name of the row -> method, settings
TABLE = {
    "zi2zi": ("zi2zi", SMALL_ZI2ZI),
    "zi2zi with everything": ("zi2zi", SMALL_ZI2ZI | EVERYTHING),
    "bicyclegan": ("bicyclegan", SMALL_BICYCLEGAN),
    "bicyclegan with everything": ("bicyclegan", SMALL_BICYCLEGAN | EVERY_BICYCLE),
    "bicyclegan with an LSTM": ("bicyclegan", SMALL_BICYCLEGAN | {"lstm_width": 4}),
    "inkflow": ("inkflow", SMALL_INKFLOW),
    "inkflow with everything": ("inkflow", SMALL_INKFLOW | EVERY_INK),
    "inkflow without a flow": ("inkflow", SMALL_INKFLOW | FLOWLESS_INK),
    "inkflow without a critic": ("inkflow", SMALL_INKFLOW | {"adversarial": 0.0}),
    "penstroke": ("penstroke", SMALL_PENSTROKE),
    "penstroke by relative places": ("penstroke", SMALL_PENSTROKE | {"relative": True}),
    "pix2pix": ("pix2pix", SMALL_PIX2PIX),
    "pix2pix with everything": ("pix2pix", SMALL_PIX2PIX | EVERY_PIX),
    "pix2pix by clipped weights": ("pix2pix", SMALL_PIX2PIX | CLIPPED_PIX),
    "cyclegan": ("cyclegan", SMALL_CYCLEGAN),
    "stargan": ("stargan", SMALL_STARGAN),
    "unit": ("unit", SMALL_UNIT),
    "munit": ("munit", SMALL_MUNIT),
    "drit": ("drit", SMALL_DRIT),
    "combogan": ("combogan", SMALL_COMBOGAN),
    "genegan": ("genegan", SMALL_GENEGAN),
    "dcgan": ("dcgan", SMALL_DCGAN | {"discriminator_norm": "batch"}),
    "dcgan by slopes": ("dcgan", SMALL_DCGAN | EVERY_DCGAN),
    "tpgan": ("tpgan", SMALL_MULTISCALE | SMALL_TPGAN),
    "capggan": ("capggan", SMALL_MULTISCALE),
    "pggan": ("pggan", SMALL_GROWN),
    "stylegan": ("stylegan", SMALL_GROWN | SMALL_STYLEGAN),
    "starganv2": ("starganv2", SMALL_STARGANV2),
    "icgan": ("icgan", SMALL_ICGAN),
    "ali": ("ali", SMALL_ALI),
    "stackgan": ("stackgan", SMALL_STACKGAN),
    "ae": ("ae", SMALL_AE),
    "ae with everything": ("ae", SMALL_AE | EVERY_AE),
    "vae": ("vae", SMALL_AE),
}
# By what is seen that a method learns, where it is not the L1 distance to the target.
DISTANCES = {
    "cyclegan": "generator/cycle",
    "stargan": "generator/reconstruction",
    "unit": "generator/cycle_written",
    "munit": "generator/cycle_written",
    "starganv2": "generator/cycle",
    "drit": "generator/reconstruction_written",
    "combogan": "generator/cycle_written",
    "genegan": "generator/reconstruction_written",
    "ae": "autoencoder/reconstruction",
    "vae": "autoencoder/reconstruction",
}
# Losses of players alone, none of which has to fall.
PLAYED = {"dcgan", "pggan", "stylegan", "icgan", "ali", "stackgan"}
# Iterations after which slower ones show it.
SOON = {
    **{"stargan": 40, "starganv2": 20},
    **{"unit": 40, "munit": 40, "drit": 24, "combogan": 40, "genegan": 60},
    **{"tpgan": 20, "capggan": 24},
}
GOLDEN = {"starganv2": 8, "drit": 8}  # iterations of the gold curve, of slower ones
# And what differs there: rates, where those by which rows learn in a few iterations make training
# chaotic; widths, as of two channels some drawings are alike in all styles, but for rounding, and
# the L1 distance between them, which StarGAN v2 takes, hands on the signs of that.
CALM: dict[str, dict[str, object]] = {
    "starganv2": {"rate": 1e-4, "width": 4, "mapping_width": 16},
    "pggan": {"rate": 1e-5},
}
TASK = Task(32, ("long-cang", "ma-shan-zheng", "xiaolai"))
SETTINGS = TrainingSettings(batch_size=4, iterations=6, schedule="linear", seed=3)
CPU = torch.device("cpu")
GOLD = Path(__file__).parent / "gold" / "losses.json"


@pytest.fixture(params=TABLE, name="row")
def _row(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make(row: str, **more: object) -> Method:
    name, settings = TABLE[row]
    return fill(methods.find(name), settings | more)


def make_trainer(row: str, iterations: int = 6, **more: object) -> Trainer:
    return Trainer(make(row, **more), TASK, replace(SETTINGS, iterations=iterations), CPU)


def golden_trainer(row: str) -> Trainer:
    """Return what makes the gold curve of a row."""
    method = TABLE[row][0]
    return make_trainer(row, GOLDEN.get(method, 20), **CALM.get(method, {}))


def sampled(method: Method, pairs: PairDataset) -> GlyphBatch:
    """Return the first batch that a method is trained on."""
    return pairs.batch(Sampling(pairs, 4, 0, method.pairing, method.references).batch(0))


def in_double(batch: GlyphBatch) -> GlyphBatch:
    images = ("source", "target", "references")
    strokes = replace(batch.strokes, points=batch.strokes.points.double())
    doubled = {name: getattr(batch, name).double() for name in images}
    return replace(batch, **doubled, strokes=strokes)


def train(trainer: Trainer, pairs: PairDataset, until: int = 10**9) -> Iterator[Losses]:
    """Train in double precision; dropout draws alike on every processor (see `noise`)."""
    iterate = trainer.iterate
    trainer.iterate = lambda batch: iterate(in_double(batch))  # type: ignore[method-assign]
    generator = torch.Generator().manual_seed(0)
    with ExitStack() as stack:
        for network in trainer.networks.values():
            stack.enter_context(noise(network, generator))
        for losses in trainer.run(pairs, Augment()):
            yield losses
            if trainer.iteration == until:
                break
    trainer.iterate = iterate  # type: ignore[method-assign]


def gradients(network: nn.Module) -> dict[str, float]:
    """Return the largest gradient of each weight that has one."""
    weights = network.named_parameters()
    return {n: w.grad.abs().max().item() for n, w in weights if w.grad is not None}


def state(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in training_state(trainer).items()}


def test_every_method_is_in_the_table() -> None:
    assert {name for name, _ in TABLE.values()} == set(methods.available())


def test_what_methods_share_is_no_method() -> None:
    beside = {path.stem for path in Path(methods.__file__).parent.glob("*.py")}
    shared = {name for name in beside if name == "base" or name.startswith("_")}
    assert "_adversarial" in shared
    assert set(methods.available()) == beside - shared


def test_has_a_paper_and_a_docstring(row: str) -> None:
    method = make(row)
    assert any(year in method.paper for year in map(str, range(2014, 2030)))
    assert type(method).__doc__ and "Attributes:" in type(method).__doc__


def test_draws_images_of_the_right_shape_and_range(row: str) -> None:
    method, task = make(row), Task(32, ("a", "b", "c"))
    torch.manual_seed(0)
    nets = {name: net.eval() for name, net in method.networks(task).items()}
    source = torch.rand(5, 1, 32, 32) * 2 - 1
    batch = GlyphBatch.of_sources(source, torch.tensor([0, 1, 2, 0, 1]), torch.arange(5))
    strokes = StrokeBatch(torch.rand(5, 1, 3, 4, 2), torch.rand(5, 3) < 0.7)
    batch = replace(batch, strokes=strokes)
    with torch.no_grad():
        first = method.translate(nets, batch, torch.Generator().manual_seed(1))
        again = method.translate(nets, batch, torch.Generator().manual_seed(1))
    assert first.shape == (5, 1, 32, 32)
    assert first.abs().max() <= 1
    assert torch.equal(first, again)


def test_many_styles_at_once_are_the_same_drawings(row: str, data: Path) -> None:
    trainer = make_trainer(row)
    batch = stroked_pairs(data).batch(Shuffle(48, 4, 0).batch(0))
    styles = [torch.full((4,), 1), torch.tensor([0, 2, 1, 0]), torch.full((4, 3), 1 / 3)]
    method = trainer.method
    with trainer.drawing() as nets:
        noise = torch.Generator().manual_seed(1)
        drawn = list(method.translate_styles(nets, batch, styles, noise))
        noise.manual_seed(1)
        for style, images in zip(styles, drawn, strict=True):
            alone = method.translate(nets, replace(batch, target_style=style), noise)
            assert torch.allclose(images, alone, atol=1e-5)


@pytest.mark.parametrize("runtime", ["cpu", "gpu", "onnx"])
def test_made_ready_to_draw_it_draws_the_same(row: str, data: Path, runtime: Runtime) -> None:
    trainer = make_trainer(row, iterations=2)
    pairs = stroked_pairs(data)
    for _ in trainer.run(pairs, Augment()):
        pass
    batch = pairs.batch(Shuffle(48, 4, 0).batch(0))
    with trainer.drawing() as nets:
        quick = {name: for_drawing(net, runtime) for name, net in nets.items()}
        drawn, quickly = (
            trainer.method.translate(some, batch, torch.Generator().manual_seed(1))
            for some in (nets, quick)
        )
        assert drawn.std() > 2e-4  # far more than it may differ by
        assert torch.allclose(quickly, drawn, atol=1e-5)


def test_each_step_moves_exactly_the_networks_it_names(row: str, data: Path) -> None:
    trainer = make_trainer(row)
    batch = sampled(trainer.method, stroked_pairs(data))
    for network in trainer.networks.values():
        network.train()
    shared: dict[str, object] = {}
    for step in trainer.method.steps():
        before = weights(trainer)
        trainer.update(step, batch, shared)
        after = weights(trainer)
        moved = {name for name in before if any(map(differs, before[name], after[name]))}
        trainable = {name for name in step.trains if name in trainer.optimisers}
        assert moved == trainable, step.name


def test_stopping_and_going_on_equals_not_stopping(row: str, data: Path, tmp_path: Path) -> None:
    pairs = stroked_pairs(data)
    augment = Augment(enlarge=1.1, rotate=3)
    straight = make_trainer(row)
    for _ in straight.run(pairs, augment):
        pass

    stopped = make_trainer(row)
    for _ in stopped.run(pairs, augment):
        if stopped.iteration == 3:
            break
    Checkpoint(header(iteration=stopped.iteration), training_state(stopped)).write(
        tmp_path / "c.safetensors"
    )

    torch.manual_seed(99)  # whatever happened in between
    resumed = make_trainer(row)
    restore(resumed, Checkpoint.read(tmp_path / "c.safetensors"))
    for _ in resumed.run(pairs, augment):
        pass
    assert resumed.iteration == straight.iteration == 6
    wanted, got = state(straight), state(resumed)
    assert wanted.keys() == got.keys()
    assert [name for name in wanted if not torch.equal(wanted[name], got[name])] == []


@pytest.mark.usefixtures("double")
def test_losses_follow_the_golden_curve(
    row: str, data: Path, request: pytest.FixtureRequest
) -> None:
    """The mathematics did not change; regenerate with ``pytest --regenerate-gold``.

    In double precision, in which no processor's rounding reaches the digits that are compared, as
    long as training is not chaotic: ``python -m tests.perturb`` says how far a row is from that.
    """
    trainer = golden_trainer(row)
    pairs = stroked_pairs(data)
    curve: dict[str, list[float]] = {}
    for losses in train(trainer, pairs):
        for name, values in losses.items():
            curve.setdefault(name, []).append(float(f"{values[-1].item():.9g}"))
    gold = json.loads(GOLD.read_text()) if GOLD.exists() else {}
    if request.config.getoption("--regenerate-gold"):
        gold[row] = curve
        GOLD.parent.mkdir(exist_ok=True)
        GOLD.write_text(json.dumps(gold, indent=1, sort_keys=True) + "\n")
    assert curve.keys() == gold[row].keys()
    for name, values in curve.items():
        assert values == pytest.approx(gold[row][name], rel=1e-5, abs=1e-9), name


@pytest.mark.usefixtures("double")
def test_no_gradient_is_rounding_alone(row: str, data: Path) -> None:
    """Of such gradients Adam would make whole steps, other ones on every processor.

    In double precision rounding lies 16 digits below what is added up. A gradient of exactly 0,
    behind a ReLU that lets nothing through, moves nothing.
    """
    trainer = make_trainer(row)
    pairs = stroked_pairs(data)
    for _ in train(trainer, pairs, until=3):  # gates and flows that begin at 0 are open now
        pass
    batch = in_double(sampled(trainer.method, pairs))
    shared: dict[str, Any] = {}
    rounding = []
    for step in trainer.method.steps():
        trainer.update(step, batch, shared)
        for name in set(step.trains) & trainer.optimisers.keys():
            sizes = gradients(trainer.networks[name])
            largest = max(sizes.values())
            rounding += [f"{name}.{key}" for key, g in sizes.items() if 0 < g < 1e-10 * largest]
    assert rounding == []


def lowered(distance: list[float]) -> bool:
    return sum(distance[-10:]) < 0.8 * sum(distance[:10])


@pytest.mark.parametrize("row", [row for row, (name, _) in TABLE.items() if name not in PLAYED])
def test_training_lowers_the_distance_to_the_target(row: str, data: Path) -> None:
    trainer = make_trainer(row, iterations=SOON.get(TABLE[row][0], 120))
    pairs = stroked_pairs(data)
    name = DISTANCES.get(TABLE[row][0], "generator/l1")
    distance: list[float] = []
    for losses in trainer.run(pairs, Augment()):
        distance.append(losses[name][-1].item())
        if len(distance) >= 30 and lowered(distance):  # most rows need no more
            break
    assert lowered(distance)


def test_a_loss_of_weight_zero_is_never_computed(row: str, data: Path) -> None:
    batch = sampled(make(row), stroked_pairs(data))
    everything = make_trainer(row).iterate(batch).keys()
    hints = get_type_hints(type(make(row)), include_extras=True)
    weights = [n for n, hint in hints.items() if hint == Weight and getattr(make(row), n)]
    assert weights
    for name in weights:
        try:
            trainer = Trainer(replace(make(row), **{name: 0.0}), TASK, SETTINGS, CPU)
        except ConfigError:  # what goes with the weight has to go first
            continue
        left = trainer.iterate(batch).keys()
        assert left < everything, name


def weights(trainer: Trainer) -> dict[str, list[torch.Tensor]]:
    return {
        name: [weight.detach().clone() for weight in network.parameters()]
        for name, network in trainer.networks.items()
    }


def differs(one: torch.Tensor, other: torch.Tensor) -> bool:
    return not torch.equal(one, other)
