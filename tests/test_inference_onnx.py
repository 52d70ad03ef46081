from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from fontgan.cli.app import main
from PIL import Image
from tiny_codes import train_coded
from tiny_family import CHAR_READERS, FAMILY, FEW
from tiny_runs import hidden, tensors, train

from fontgan import methods, workflows
from fontgan.data.stroke_table import strokes_of_store
from fontgan.errors import CheckpointError, ConfigError, MissingDependencyError
from fontgan.inference.model import Model
from fontgan.inference.onnx_model import OnnxModel, takes_codes
from fontgan.runs.checkpoint import Checkpoint
from fontgan.store.store import GlyphStore
from fontgan.workflows.exporting import export_onnx, export_weights

pytestmark = pytest.mark.xdist_group("family")  # one process exports all of them

STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")

CHARS = "永和九年天"
CODED = ("bicyclegan", "munit", "drit")  # beside a source
STROKE_READERS = {"capggan"}  # see test_methods_guided.py
METHODS = [name for name in methods.available() if name not in {*CHAR_READERS, *STROKE_READERS}]


@pytest.fixture(scope="module")
def runs(family: dict[str, Path]) -> dict[str, Path]:
    return {name: family[name] for name in METHODS}


@pytest.fixture(scope="module")
def exported(runs: dict[str, Path]) -> dict[str, Path]:
    pytest.importorskip("onnx", reason="onnx is not installed: pip install 'fontgan[onnx]'")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    return {name: export_onnx(run).path for name, run in runs.items()}


@pytest.fixture
def cli(monkeypatch, capsys):
    def call(*arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fontgan", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, *capsys.readouterr()

    return call


def close(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.abs(one.astype(int) - other.astype(int)).max() <= 1


@pytest.mark.parametrize("name", CHAR_READERS)
def test_what_draws_by_characters_is_not_exported(data: Path, family, name: str) -> None:
    run = family[name]
    with pytest.raises(ConfigError, match="draws by the numbers of characters"):
        export_onnx(run)
    assert export_weights(run).path.exists()
    assert workflows.infer(run, ["all"], "text:永和", samples=2).images.shape[-1] == 32
    with pytest.raises(ConfigError, match="has no encoder"):
        workflows.infer(run, ["all"], "text:永和", encode=[f"{data}:xiaolai"])


@pytest.mark.parametrize("name", METHODS)
def test_an_onnx_file_draws_what_torch_draws(runs, exported, name: str) -> None:
    torch_, onnx = (
        workflows.infer(runs[name], ["all"], "text:永和九年天", batch_size=3, runtime=runtime)
        for runtime in ("torch", "onnx")
    )
    assert (onnx.checkpoint, onnx.notes) == (exported[name], [])
    assert close(torch_.images, onnx.images)


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize("name", ["ae", "munit", "pix2pix"])
def test_a_model_of_one_style_which_has_no_code_is_exported(data, tmp_path, name: str) -> None:
    words = [*FEW, *FAMILY[name], *(["style_code=0"] if name == "pix2pix" else [])]
    how = {"method": name, "settings": words, "styles": ["xiaolai"], "device": "cpu"}
    workflows.train(data, tmp_path / "run", **how)
    export_onnx(tmp_path / "run")
    torch_, onnx = (
        workflows.infer(tmp_path / "run", ["all"], "text:永和九", runtime=runtime)
        for runtime in ("torch", "onnx")
    )
    assert close(torch_.images, onnx.images)


@pytest.mark.parametrize("size", [64, 128])
def test_an_onnx_file_draws_strokes_of_any_size_as_torch_does(runs, exported, size: int) -> None:
    torch_, onnx = (
        workflows.infer(runs["penstroke"], ["xiaolai"], "text:永和九", size=size, runtime=runtime)
        for runtime in ("torch", "onnx")
    )
    assert onnx.checkpoint == exported["penstroke"]
    assert torch_.images.shape[-1] == size
    assert close(torch_.images, onnx.images)


@pytest.mark.parametrize("name", METHODS)
def test_an_onnx_file_is_enough_for_other_programs(data: Path, runs, exported, name: str) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(exported[name]))
    header = json.loads(session.get_modelmeta().custom_metadata_map["fontgan"])["checkpoint"]
    assert (header["method"], header["task"]["size"]) == (name, 32)
    assert header["task"]["styles"] == list(STYLES)
    assert header["canvas"] == GlyphStore.open(data).canvas.to_dict()
    assert all(style["licence"] for style in header["styles"])
    sources = GlyphStore.open(data).source.images[:5].copy()
    mix = torch.tensor([[0.2, 0.5, 0.3]]).expand(5, -1)
    model = Model.load(runs[name] / "best.safetensors", torch.device("cpu"))
    z = torch.randn(5, model.method.z_size) if takes_codes(model.method) else None
    inputs = {"source": sources[:, None] / np.float32(127.5) - 1, "style": mix.numpy()}
    inputs |= {} if z is None else {"z": z.numpy()}
    if name == "penstroke":
        table = strokes_of_store(model.method.stroke_input, GlyphStore.open(data))
        given = table.of(torch.tensor([ord(char) for char in CHARS]))
        inputs = {"strokes": given.points.numpy(), "mask": given.mask.numpy()}
        inputs |= {"style": mix.numpy()}
    (drawn,) = session.run(["glyph"], inputs)
    wanted = model.draw(sources, mix, list(CHARS), z=z)
    assert close(((drawn[:, 0] + 1) * 127.5).round(), wanted)


@pytest.mark.usefixtures("exported")
def test_square_ends_are_drawn_without_torch_too(data: Path, runs, tmp_path: Path) -> None:
    checkpoint = Checkpoint.read(runs["penstroke"] / "best.safetensors")
    square = {"variation/square": torch.tensor([0.0, 1.0, 0.6])}
    path = tmp_path / "squared.safetensors"
    replace(checkpoint, tensors=checkpoint.tensors | square).write(path)
    model, other = Model.load(path, torch.device("cpu")), OnnxModel.open(export_onnx(path).path)
    sources = GlyphStore.open(data).source.images[:5].copy()
    mix = torch.tensor([[0.2, 0.5, 0.3]]).expand(5, -1)
    for size in (None, 64):
        wanted = model.draw(sources, mix, list(CHARS), size=size)
        assert close(other.draw(sources, mix, list(CHARS), size=size), wanted)
    strokes = other.strokes(sources, mix, list(CHARS))
    assert max(float(one.square.max()) for one in strokes) == pytest.approx(0.5 + 0.3 * 0.6)


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize("name", ["ae", "vae"])
def test_autoencoders_reconstruct_blend_and_sample(runs, tmp_path, name: str) -> None:
    ways = {"samples": 2}, {"encode": [f"{data_of(runs[name])}:xiaolai"]}
    for way in ways:
        drawn = workflows.infer(runs[name], ["xiaolai"], "text:永和", **way)
        assert drawn.images.shape[-2:] == (32, 32)
    made = workflows.interpolate(runs[name], ["xiaolai"], tmp_path, steps=2, samples=2)
    assert made[0].exists()
    with pytest.raises(ConfigError, match="draws sources and takes no codes"):
        workflows.infer(runs[name], ["xiaolai"], "text:永", samples=2, runtime="onnx")


@pytest.mark.usefixtures("exported")
def test_examples_of_a_hand_are_codes_of_another_length(runs, tmp_path: Path) -> None:
    run = runs["starganv2"]
    asked = {"styles": ["xiaolai"], "chars": "text:永"}
    found = workflows.infer(run, out=tmp_path, encode=[f"{data_of(run)}:xiaolai"], **asked)
    assert found.codes.z.shape == (1, 6)
    again = workflows.infer(run, code_from=found.codes_file, **asked)
    assert close(np.asarray(Image.open(found.files[0])), again.images[0, 0, 0])
    assert workflows.infer(run, samples=2, **asked).codes.z.shape == (2, 5)
    with pytest.raises(ConfigError, match="codes of 5 numbers; with those that an encoder finds"):
        workflows.infer(run, code_from=found.codes_file, runtime="onnx", **asked)


def test_labels_blend_as_styles_of_a_table_do(runs, tmp_path: Path) -> None:
    made = workflows.interpolate(
        runs["stargan"], list(STYLES[:2]), tmp_path, steps=2, chars="text:永"
    )
    assert made[0].exists()


def data_of(run: Path) -> str:
    return Checkpoint.read(run / "best.safetensors").header.data.path


def test_drawing_leaves_the_trained_weights_alone(runs) -> None:
    for run in runs.values():
        fresh, drawn = (Model.load(run / "best.safetensors", torch.device("cpu")) for _ in "ab")
        drawn.draw(np.full((2, 32, 32), 255, np.uint8), STYLES[:2], list("永和"))
        assert drawn.fingerprint == fresh.fingerprint
        for name, network in fresh.networks.items():
            theirs = drawn.networks[name].state_dict()
            for key, tensor in network.state_dict().items():
                assert torch.equal(tensor, theirs[key])
                assert theirs[key].is_contiguous()


@pytest.mark.parametrize("name", METHODS)
def test_a_batch_drawn_in_parts_is_the_same(data: Path, runs, monkeypatch, name: str) -> None:
    sources = GlyphStore.open(data).source.images[:5].copy()
    styles, chars = [STYLES[place] for place in (0, 1, 2, 0, 1)], list(CHARS)
    codes = torch.randn(5, 8) if name in CODED else None
    model = Model.load(runs[name] / "best.safetensors", torch.device("cpu"))

    def drawings() -> list[np.ndarray]:
        return [
            model.draw(sources, styles, chars, z=codes),
            *model.draw_styles(sources, [STYLES[2], STYLES[0]], chars),
        ]

    whole = drawings()
    monkeypatch.setattr("fontgan.inference.model.AT_ONCE", 2 * 32 * 32)
    monkeypatch.setattr("fontgan.inference.model.FEWEST", 1)
    for one, other in zip(whole, drawings(), strict=True):
        assert close(one, other)


@pytest.mark.parametrize(("name", "passes"), [("zi2zi", 2), ("inkflow", 3)])
def test_a_source_is_encoded_once_for_its_styles(
    data: Path, exported, monkeypatch, name: str, passes: int
) -> None:
    sources = GlyphStore.open(data).source.images[:2].copy()
    model = OnnxModel.open(exported[name], "cpu")
    run, seen = model.run, []

    def counted(inputs: dict[str, np.ndarray]) -> np.ndarray:
        seen.append(len(inputs["source"]))
        return run(inputs)

    monkeypatch.setattr(model, "run", counted)
    drawn = list(model.draw_styles(sources, [*reversed(STYLES)], list("ab")))
    assert len(seen) == passes
    for style, images in zip(reversed(STYLES), drawn, strict=True):
        assert close(images, model.draw(sources, [style] * 2, list("ab")))


def test_a_file_of_an_earlier_version_still_draws(runs, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("onnxruntime")
    as_it_was = "fontgan.inference.onnx_export.for_drawing"
    monkeypatch.setattr(as_it_was, lambda network, runtime: network)  # noqa: ARG005
    old = export_onnx(runs["zi2zi"], tmp_path / "old.onnx").path
    import onnx

    proto = onnx.load(str(old))
    about = json.loads(proto.metadata_props[0].value)
    assert about.pop("shares") is False
    onnx.helper.set_model_props(proto, {"fontgan": json.dumps(about)})
    onnx.save(proto, str(old))
    one, other = (workflows.infer(it, ["all"], "text:永和").images for it in (old, runs["zi2zi"]))
    assert close(one, other)


def test_wide_layers_are_exported_as_they_draw(runs, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr("fontgan.nn.fast.layers.SMALL_WEIGHTS", 0)
    path = export_onnx(runs["zi2zi"], tmp_path / "wide.onnx").path
    one, other = (workflows.infer(it, ["all"], "text:永和").images for it in (path, runs["zi2zi"]))
    assert close(one, other)


def test_codes_go_from_torch_to_onnx(runs, exported, tmp_path: Path) -> None:
    asked = {"styles": ["xiaolai"], "chars": "text:永和"}
    first = workflows.infer(runs["bicyclegan"], out=tmp_path / "a", samples=2, **asked)
    again = workflows.infer(
        exported["bicyclegan"], out=tmp_path / "b", code_from=first.codes_file, **asked
    )
    names = [file.relative_to(tmp_path / "a") for file in first.files]
    assert [file.relative_to(tmp_path / "b") for file in again.files] == names
    for name in names:
        one, other = (np.asarray(Image.open(tmp_path / home / name)) for home in "ab")
        assert close(one, other)
    manifests = [json.loads((tmp_path / home / "manifest.json").read_text()) for home in "ab"]
    assert manifests[0].pop("checkpoint") != manifests[1].pop("checkpoint")
    assert manifests[0] == manifests[1]
    with pytest.raises(ConfigError, match="give its folder with --code-from"):
        workflows.infer(exported["bicyclegan"], encode=["xiaolai"], **asked)


def test_half_precision_is_stored_and_drawn_alike(runs, exported, tmp_path: Path) -> None:
    for name, run in runs.items():
        half = export_onnx(run, tmp_path / f"{name}.onnx", half=True)
        whole = exported[name].stat().st_size
        assert half.after < whole - 0.4 * sum(
            tensor.numel() * 4
            for key, tensor in tensors(run, "networks/", "best").items()
            if key.split("/")[1] in ("decoder", "generator")
        )
        one, other = (
            workflows.infer(path, ["all"], "text:永和").images.astype(int)
            for path in (exported[name], half.path)
        )
        assert np.abs(one - other).max() < 8


def test_a_model_with_noise_says_that_it_draws_without(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    train(data, tmp_path / "run", "iterations=2", "dropout=0.5", "dropout_at_inference=true")
    (note,) = export_onnx(tmp_path / "run").notes
    assert "without that noise" in note
    assert note in workflows.infer(tmp_path / "run", runtime="onnx").notes


def test_a_file_that_draws_otherwise_is_refused(exported, tmp_path: Path) -> None:
    import onnx

    proto = onnx.load(str(exported["inkflow"]))
    weight = next(one for one in proto.graph.initializer if len(one.dims) == 4)
    values = onnx.numpy_helper.to_array(weight) + 0.1
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
    onnx.save(proto, str(tmp_path / "other.onnx"))
    with pytest.raises(CheckpointError, match="draws other pixels than torch did"):
        workflows.infer(tmp_path / "other.onnx")
    onnx.helper.set_model_props(proto, {"fontgan": "{}"})
    onnx.save(proto, str(tmp_path / "foreign.onnx"))
    with pytest.raises(CheckpointError, match="not one of `fontgan export onnx`"):
        workflows.infer(tmp_path / "foreign.onnx")


def test_the_run_has_gone_on_since(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    train(data, tmp_path / "run", "iterations=2")
    export_onnx(tmp_path / "run")
    workflows.resume(tmp_path / "run", settings=["iterations=4"], device="cpu")
    checkpoint = tmp_path / "run" / "best.safetensors"
    if Checkpoint.read(checkpoint).header.iteration == 2:  # it was better before
        (tmp_path / "run" / "latest.safetensors").replace(checkpoint)
    notes = workflows.infer(tmp_path / "run", runtime="onnx").notes
    assert any("exported at iteration 2, and best.safetensors is at 4" in note for note in notes)


def test_without_the_runtime_one_line_says_what_to_install(runs, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'fontgan\[onnx\]'"):
        workflows.infer(runs["zi2zi"], runtime="onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'fontgan\[onnx\]'"):
        export_onnx(runs["zi2zi"])


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("infer", "nowhere.onnx"), 1, "nowhere.onnx: no such file"),
        (("infer", "foreign.onnx"), 1, "not a readable ONNX file"),
        (("infer", "foreign.onnx", "--runtime", "torch"), 2, "is for --runtime onnx"),
        (("infer", "foreign.onnx", "--device", "mps"), 2, "does not draw on it"),
        (("infer", "foreign.onnx", "--device", "gpu"), 2, "use auto, cpu, cuda"),
        (("infer", "run", "--runtime", "onnx"), 1, "`fontgan export onnx` writes it"),
        (("export", "onnx", "run", "-o", "model.bin"), 2, "with .onnx at its end"),
        (("export", "onnx", "nowhere"), 1, "nowhere: no such run"),
        (("export", "weights", "run", "-o", "run/latest.safetensors"), 2, "the checkpoint itself"),
    ],
)
def test_bad_input_is_one_line(cli, runs, tmp_path: Path, monkeypatch, words, code, says) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    Path("foreign.onnx").write_text("no")
    Path("run").mkdir()
    Path("run/latest.safetensors").write_bytes((runs["zi2zi"] / "latest.safetensors").read_bytes())
    before = sorted(tmp_path.rglob("*"))
    status, out, err = cli(*words)
    assert (status, out, err.count("\n")) == (code, "", 1)
    assert err.startswith("fontgan: ")
    assert says in err
    assert sorted(tmp_path.rglob("*")) == before


# --- weights ---


@pytest.mark.parametrize("half", [False, True])
def test_weights_draw_and_are_smaller(cli, runs, tmp_path: Path, half: bool) -> None:
    for name, run in runs.items():
        path = tmp_path / f"{name}.safetensors"
        words = ("export", "weights", run, "-o", path, *(["--half"] if half else []))
        code, out, err = cli(*words)
        assert (code, out) == (0, f"{path}\n")
        assert f"{run / 'best.safetensors'} has " in err
        more = 0 if half or name not in ("ae", "vae") else 1024  # all of these draws
        assert path.stat().st_size < (run / "best.safetensors").stat().st_size + more
        one, other = (workflows.infer(it, ["all"], "text:永和").images for it in (run, path))
        assert close(one, other) if half else np.array_equal(one, other)
    assert hidden(tmp_path) == []


def test_weights_in_half_precision_score_train_on_and_take_codes(
    data: Path, runs, tmp_path: Path
) -> None:
    half = export_weights(runs["bicyclegan"], tmp_path / "w.safetensors", half=True)
    assert half.after < half.before
    kinds = {tensor.dtype for tensor in Checkpoint.read(half.path).tensors.values()}
    assert kinds == {torch.float16}
    one, other = (workflows.evaluate(it, data).mean["l1"] for it in (runs["bicyclegan"], half.path))
    assert one == pytest.approx(other, abs=1e-3)
    drawn = workflows.infer(runs["bicyclegan"], out=tmp_path / "a", samples=1)
    assert workflows.infer(half.path, code_from=drawn.codes_file).codes is not None
    more = train_coded(data, tmp_path / "more", "iterations=1", "rate=1e-9", start=half.path)
    ours, theirs = tensors(more, "networks/generator"), Checkpoint.read(half.path).tensors
    for name, tensor in ours.items():
        assert tensor.dtype == torch.float32
        assert torch.allclose(tensor, theirs[name].float(), atol=1e-6)
    with pytest.raises(CheckpointError, match="weights only"):
        path = tmp_path / "r" / "latest.safetensors"
        Checkpoint.read(half.path).write(path)
        workflows.resume(path.parent, device="cpu")
