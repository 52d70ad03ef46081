"""A tiny run of every method, for the tests that walk all of them."""

from __future__ import annotations

from pathlib import Path

from tiny_codes import train_coded
from tiny_runs import train

from fontgan import workflows

FEW = ("batch_size=4", "moving_average=0", "shift=0", "iterations=4")
SIDES = ("discriminator_width=2", "discriminator_layers=2", "discriminator_scales=1")
GUIDED = ("width=4", "features=4", "discriminator_width=4", "discriminator_layers=2")
GROWN = ("width=32", "discriminator_width=32", "max_width=4", "z_size=5", "growing=0")
CHAR_READERS = {
    "dcgan": ("width=4", "z_size=5", "discriminator_width=4"),
    "pggan": GROWN,
    "stylegan": (*GROWN, "mapping_width=5", "mapping_layers=2"),
}
FAMILY = {
    "inkflow": ("width=4", "max_width=8", "code_size=3", "full_width=4", "attention=cross"),
    "penstroke": (
        *("width=8", "layers=1", "heads=2", "points=4"),
        *("moving_average=0.5", "relative=true"),
    ),
    "ae": ("width=4", "z_size=5"),
    "cyclegan": ("width=4", "blocks=1", "discriminator_width=4"),
    "stargan": ("width=4", "blocks=1", "discriminator_width=4", "discriminator_layers=3"),
    "combogan": ("width=2", "blocks=2", *SIDES[:2]),
    "drit": ("width=2", "blocks=1", "attribute_width=2", *SIDES),
    "genegan": ("width=2", "discriminator_width=2"),
    "munit": ("width=2", "blocks=1", *SIDES),
    "unit": ("width=2", "blocks=1", "style_norms=true", *SIDES),
    "starganv2": (
        *("width=8", "max_width=16", "encoder_width=4", "discriminator_width=4"),
        *("z_size=5", "encoded_size=6", "style_size=4", "mapping_width=6"),
    ),
    "icgan": ("width=4", "discriminator_width=4", "encoder_dense=5", "z_size=5"),
    "ali": ("width=4", "discriminator_width=4", "z_size=5"),
    "stackgan": (
        *("width=4", "discriminator_width=4", "glance=8", "z_size=5", "condition=4"),
        "method.alone=0",
    ),
    "tpgan": (*GUIDED, "part_width=2", "noise=3", "windows=fixed"),
    "capggan": GUIDED,
    "vae": ("width=4", "z_size=5"),
    "pix2pix": ("full_width=4", "width=4", "max_width=8", "style_code=3", "norm=conditional"),
    **CHAR_READERS,
}


def train_tiny(name: str, data: Path, home: Path) -> Path:
    """Train a method for four iterations and return the run's folder."""
    if name == "zi2zi":
        train(data, home, "iterations=4", "dropout_at_inference=false")
    elif name == "bicyclegan":
        train_coded(data, home, "iterations=4")
    else:
        words = [*FEW, *FAMILY[name]]
        workflows.train(data, home, method=name, settings=words, device="cpu")
    return home
