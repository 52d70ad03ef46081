"""fontgan beside the usual PyTorch port of zi2zi, in turn, on the same machine and settings.

The port is not part of this project; clone it yourself:

    git clone https://github.com/EuphoriaYan/zi2zi-pytorch port
    python benchmarks/beside_port.py port train infer feed build --threads 2

Every case runs A, B, A, B ...; printed are the median rates and the median of the ratios. On CPU
wall time nothing else may be running, least of all with several threads. The port needs an old
Pillow and torchvision; what it uses of them is put in their place here. "Equal maths" is fontgan's
`paper` preset with the port's 4 x 4 kernels; `paper` itself has the original's 5 x 5.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image

from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Shuffle
from fontgan.glyphs.canvas import Canvas
from fontgan.inference.model import Model
from fontgan.inference.onnx_export import write_onnx
from fontgan.inference.onnx_model import OnnxModel
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.header import DataRecord, FaceRecord, Header
from fontgan.store.store import GlyphStore
from fontgan.training.settings import load_settings
from fontgan.training.state import drawing_state
from fontgan.training.trainer import Trainer

CPU = torch.device("cpu")
STYLES, MANY = 40, 16
EQUAL = ("method.kernel=4",)
CASES = {"train": ((64, 16), (128, 16), (256, 4)), "infer": ((256, 16),)}
SOURCE, TARGET, CHARS, COPIES = "noto-sans-sc", "ma-shan-zheng", "common-2000", 12

Work = Callable[[], float]


def main() -> None:
    """Run the wanted comparisons and print one JSON line for each."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    stand_in_for_torchvision()
    sys.path.insert(0, str(args.port.resolve()))
    for part in args.parts:
        for case in _PARTS[part](args):
            print(json.dumps(case | {"threads": args.threads}), flush=True)


def train(args: argparse.Namespace) -> Any:
    """Yield whole training iterations: one discriminator and two generator updates."""
    for size, batch in CASES["train"]:
        if args.sizes and size not in args.sizes:
            continue
        ours = {"equal maths": EQUAL, **({"as published": ()} if args.published else {})}
        works = {"port": _port_trains(size, batch)}
        works |= {name: _we_train(size, batch, words) for name, words in ours.items()}
        yield {"what": "train", "size": size, "batch": batch, **in_turn(works, args)}


def infer(args: argparse.Namespace) -> Any:
    """Yield drawings: one style, many styles of a character, and by ONNX Runtime."""
    for size, batch in CASES["infer"]:
        with tempfile.TemporaryDirectory() as folder:
            for name, words in (("equal maths", EQUAL), ("as published", ())):
                if name == "equal maths" or args.published:
                    works = {"port": _port_draws(size, batch)}
                    works |= _we_draw(size, batch, words, Path(folder))
                    found = in_turn(works, args)
                    yield {"what": f"infer, {name}", "size": size, "batch": batch, **found}


def feed(args: argparse.Namespace) -> Any:
    """Yield training pairs, augmented, as batches of 16."""
    for size in args.sizes or (256, 128):
        with tempfile.TemporaryDirectory() as folder:
            works = {
                "port": _port_feeds(args.port, size, Path(folder)),
                "fontgan": _we_feed(size, Path(folder), Augment(enlarge=1.2)),
                "fontgan, turned too": _we_feed(size, Path(folder), Augment(1.2, 0.05, 3.0)),
            }
            yield {"what": "feed", "size": size, "batch": 16, **in_turn(works, args)}


def build(args: argparse.Namespace) -> Any:
    """Yield pairs drawn from two fonts onto the disk, as whole processes with their start."""
    for size in args.sizes or (256, 128):
        with tempfile.TemporaryDirectory() as folder:
            works = {"port": _port_builds(args.port, size, Path(folder))}
            for jobs in (1, 2):
                works[f"{jobs} process{'es' * (jobs > 1)}"] = _we_build(size, Path(folder), jobs)
            yield {"what": "build", "size": size, **in_turn(works, args)}


def in_turn(works: dict[str, Work], args: argparse.Namespace) -> dict[str, Any]:
    """Run works in turn after one round that warms up; rates by wall time, ratios to the first."""
    clock = time.process_time if args.processor_time else time.perf_counter
    rates: dict[str, list[float]] = {name: [] for name in works}
    for number in range(args.rounds + 1):
        for name, work in works.items():
            began = clock()
            done = work()
            if number:
                rates[name].append(done / (clock() - began))
    first = rates[next(iter(works))]
    ratios = {
        name: round(median(a / b for a, b in zip(found, first, strict=True)), 2)
        for name, found in rates.items()
    }
    shown = {name: round(median(found), 2) for name, found in rates.items()}
    return {"rate": shown, "ratio": ratios, "rounds": args.rounds}


def stand_in_for_torchvision() -> None:
    """Give the port the few functions that it takes from elsewhere."""

    class ToTensor:
        def __call__(self, image: Image.Image) -> torch.Tensor:
            pixels = np.array(image)
            pixels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
            return torch.from_numpy(np.ascontiguousarray(pixels)).float().div(255)

    class ToPILImage:
        def __call__(self, image: torch.Tensor) -> Image.Image:
            return Image.fromarray((image[0] * 255).byte().numpy())

    class Normalize:
        def __init__(self, mean: float, std: float) -> None:
            self.mean, self.std = mean, std

        def __call__(self, image: torch.Tensor) -> torch.Tensor:
            return (image - self.mean) / self.std

    names = ("torchvision", "torchvision.transforms", "torchvision.utils", "matplotlib")
    modules = {name: types.ModuleType(name) for name in (*names, "matplotlib.pyplot")}
    for kind in (ToTensor, ToPILImage, Normalize):
        setattr(modules["torchvision.transforms"], kind.__name__, kind)
    modules["torchvision"].transforms = modules["torchvision.transforms"]  # type: ignore[attr-defined]
    modules["torchvision"].utils = modules["torchvision.utils"]  # type: ignore[attr-defined]
    sys.modules.update(modules)
    Image.ANTIALIAS = Image.LANCZOS  # type: ignore[attr-defined]


def _port_model(size: int, trains: bool) -> Any:
    from model import model as port  # type: ignore[import-not-found]
    from model.generators import UNetGenerator  # type: ignore[import-not-found]

    def generator(**settings: Any) -> Any:
        return UNetGenerator(num_downs=size.bit_length() - 1, **settings)

    port.UNetGenerator = generator  # its own has eight halvings, whatever the size
    made = port.Zi2ZiModel(
        input_nc=1, embedding_num=STYLES, image_size=size, is_training=trains, gpu_ids=[]
    )
    with open(os.devnull, "w") as nowhere:
        spoken, sys.stdout = sys.stdout, nowhere
        try:
            made.setup()
        finally:
            sys.stdout = spoken
    return made


def _inputs(size: int, batch: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    ink = torch.rand(2, batch, 1, size, size, generator=generator) < 0.2
    source, target = 1 - 2 * ink.float()
    return source, target, torch.randint(STYLES, (batch,), generator=generator)


def _port_trains(size: int, batch: int) -> Work:
    made = _port_model(size, trains=True)
    source, target, style = _inputs(size, batch)

    def work() -> float:
        made.set_input(style, source, target)
        made.optimize_parameters()
        return float(batch)

    return work


def _we_train(size: int, batch: int, words: Sequence[str]) -> Work:
    trainer = _trainer(size, words)
    source, target, style = _inputs(size, batch)
    pairs = GlyphBatch(source, target, style * 0, style, style, source.new_zeros(batch, 0))

    def work() -> float:
        trainer.iterate(pairs)
        return float(batch)

    return work


def _trainer(size: int, words: Sequence[str]) -> Trainer:
    settings = load_settings("zi2zi", "paper", None, words)
    task = Task(size, tuple(f"hand-{number}" for number in range(STYLES)))
    return Trainer(settings.method, task, settings.training, CPU)


def _port_draws(size: int, batch: int) -> Work:
    made = _port_model(size, trains=False)
    source, target, style = _inputs(size, batch)

    @torch.no_grad()
    def work() -> float:
        made.set_input(style, source, target)
        made.forward()
        return float(batch)

    return work


def _we_draw(size: int, batch: int, words: Sequence[str], folder: Path) -> dict[str, Work]:
    model = _model(size, words, folder)
    write_onnx(_model(size, words, folder), folder / "model.onnx")
    exported = OnnxModel.open(folder / "model.onnx", "cpu")
    source = ((_inputs(size, batch)[0][:, 0] + 1) * 127.5).byte().numpy()
    chars = ["永"] * batch

    def draws(which: Model, styles: int) -> Work:
        def work() -> float:
            drawn = which.draw_styles(source, which.task.styles[:styles], chars)
            return float(sum(len(images) for images in drawn))

        return work

    return {
        "one style": draws(model, 1),
        f"{MANY} styles of a character": draws(model, MANY),
        "ONNX, one style": draws(exported, 1),
        f"ONNX, {MANY} styles of a character": draws(exported, MANY),
    }


def _model(size: int, words: Sequence[str], folder: Path) -> Model:
    settings = load_settings("zi2zi", "paper", None, words)
    names = tuple(f"hand-{number}" for number in range(STYLES))
    header = Header(
        method="zi2zi",
        settings=settings.tables(),
        task=Task(size, names),
        styles=tuple(FaceRecord(name, name) for name in names),
        source=FaceRecord("print", "print"),
        canvas=Canvas(size),
        trained_chars="",
        held_out_chars="",
        data=DataRecord("", ""),
    )
    path = folder / "model.safetensors"
    Checkpoint(header, drawing_state(_trainer(size, words))).write(path)
    return Model.load(path, CPU)


def _port_feeds(port: Path, size: int, folder: Path) -> Work:
    from data.dataset import DatasetFromObj  # type: ignore[import-not-found]
    from torch.utils.data import DataLoader

    _port_builds(port, size, folder, 500)()
    package = [sys.executable, __file__, str(port), "package", "--folder", str(folder)]
    subprocess.run(package, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pairs = DatasetFromObj(str(folder / "train.obj"), input_nc=1, augment=True)
    loader = DataLoader(pairs, batch_size=16, shuffle=True)

    def work() -> float:
        return float(sum(len(batch[0]) for batch in loader))

    return work


def _we_feed(size: int, folder: Path, augment: Augment) -> Work:
    if not (folder / "ours").exists():
        _we_build(size, folder, 1, folder / "ours")()
    pairs = PairDataset.of(GlyphStore.open(folder / "ours"))
    order = Shuffle(len(pairs), 16, 0)

    def work() -> float:
        for iteration in range(125):
            batch = pairs.batch(order.batch(iteration))
            augment.apply(batch, torch.Generator().manual_seed(iteration))
        return 125.0 * 16

    return work


def _port_builds(port: Path, size: int, folder: Path, count: int = 2000) -> Work:
    from fontTools.ttLib import TTFont

    from fontgan.faces.finding import locate, pieces_of
    from fontgan.glyphs.charset import Charset

    fonts = []
    for name in (SOURCE, TARGET):
        file = TTFont(pieces_of(locate(name)[1])[0])
        file.flavor = None
        fonts.append(folder / f"{name}.ttf")
        file.save(fonts[-1])
    drawn = set(TTFont(fonts[0]).getBestCmap()) & set(TTFont(fonts[1]).getBestCmap())
    chars = [char for char in Charset.parse(CHARS) if ord(char) in drawn][:count]
    (folder / "chars.txt").write_text("".join(chars), encoding="utf-8")
    out = folder / "port-pairs"
    words = ["--mode", "font2font", "--src_font", fonts[0], "--dst_font", fonts[1], "--charset"]
    words += [folder / "chars.txt", "--char_size", size, "--canvas_size", size]
    words += ["--sample_count", len(chars), "--sample_dir", out]
    command = [sys.executable, __file__, str(port), "font2img", "--words", *map(str, words)]

    def work() -> float:
        out.mkdir(exist_ok=True)
        for old in out.iterdir():
            old.unlink()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return float(len(list(out.iterdir())))

    return work


def _we_build(size: int, folder: Path, jobs: int, out: Path | None = None) -> Work:
    out = out or folder / f"built-{jobs}"
    targets = [f"hand-{number}={TARGET}" for number in range(COPIES)]
    command = [str(Path(sys.executable).parent / "fontgan"), "build", "--source", SOURCE]
    command += ["--targets", *targets, "--chars", CHARS, "--size", str(size)]
    command += ["--jobs", str(jobs), "-o", str(out), "--force"]

    def work() -> float:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return float(sum(len(style) for style in GlyphStore.open(out).styles))

    return work


def _run_of_the_port(script: str, words: Sequence[str], port: Path) -> None:
    """Run a script of the port as its user would, in its folder."""
    import runpy

    stand_in_for_torchvision()
    os.chdir(port)
    sys.path.insert(0, str(port))
    sys.argv = [script, *words]
    runpy.run_path(script, run_name="__main__")


_PARTS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "train": train,
    "infer": infer,
    "feed": feed,
    "build": build,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=Path, help="folder of the clone")
    parser.add_argument("parts", nargs="+", choices=[*_PARTS, "font2img", "package"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=[])
    parser.add_argument("--published", action="store_true", help="5 x 5 kernels too")
    parser.add_argument("--processor-time", action="store_true", help="not wall time: shared cores")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    args = parser.parse_args()
    port = args.port.resolve()
    if not (port / "font2img.py").exists():
        parser.error(f"{args.port} is no clone of the port")
    if args.parts == ["font2img"]:
        _run_of_the_port("font2img.py", args.words, port)
    elif args.parts == ["package"]:
        folder = args.folder.resolve()
        words = ["--dir", str(folder / "port-pairs"), "--save_dir", str(folder)]
        _run_of_the_port("package.py", [*words, "--split_ratio", "0.1"], port)
    else:
        return args
    raise SystemExit(0)


if __name__ == "__main__":
    main()
