from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny_codes import train_coded
from tiny_runs import hidden, train

from fontgan import workflows
from fontgan.errors import CheckpointError, ConfigError, DataError, FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.names import glyph_filename
from fontgan.glyphs.png import encode
from fontgan.inference.glyph_folder import GlyphFolder
from fontgan.inference.latents import Codes
from fontgan.inference.model import Model
from fontgan.inference.overview import overview
from fontgan.inference.sources import Sources
from fontgan.runs.folder import Run
from fontgan.store.store import GlyphStore
from fontgan.workflows import Drawing

TEXT = "text:永和九年天"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run of a method with codes; tests must not change it."""
    return train_coded(data, tmp_path_factory.mktemp("runs") / "run")


def draw(run: Path, chars: str = TEXT, style: str = "xiaolai", **asked) -> Drawing:
    return workflows.infer(run, [style], chars, device="cpu", **asked)


def images(run: Path, chars: str = TEXT, style: str = "xiaolai", **asked) -> NDArray[np.int64]:
    """Draw one style: (samples, chars, S, S)."""
    drawn = draw(run, chars, style, **asked).images
    assert drawn is not None
    return drawn[0].astype(int)


def codes(run: Path, **asked) -> torch.Tensor:
    found = draw(run, "text:永", **asked).codes
    assert found is not None
    return found.z


def glyphs_of(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("U+*.png"))


def written(data: Path, folder: Path, style: str = "xiaolai") -> Path:
    """Write a style of the data set as a folder of images."""
    face = GlyphStore.open(data).style(style)
    folder.mkdir(parents=True)
    for char, image in zip(face.chars, face.images, strict=True):
        Image.fromarray(np.asarray(image)).save(folder / glyph_filename(char))
    return folder


# --- random codes ---


def test_samples_are_other_drawings_of_the_same_characters(run: Path) -> None:
    drawing = workflows.infer(run, ["xiaolai", "0"], TEXT, samples=3, device="cpu")
    assert drawing.images is not None
    assert drawing.images.shape == (2, 3, 5, 32, 32)
    assert drawing.images.dtype == np.uint8
    for style in drawing.images:
        assert not np.array_equal(style[0], style[1])
    assert draw(run).images.shape == (1, 5, 32, 32)  # type: ignore[union-attr]


def test_samples_repeat_for_a_seed_whatever_the_batch(run: Path) -> None:
    one, same = (images(run, samples=3, seed=7) for _ in range(2))
    assert np.array_equal(one, same)
    assert np.abs(one - images(run, samples=3, seed=7, batch_size=2)).max() <= 1  # rounding
    assert not np.array_equal(one, images(run, samples=3, seed=8))


@pytest.mark.parametrize("vary", [False, True])
def test_a_sample_does_not_depend_on_what_else_is_drawn(run: Path, vary: bool) -> None:
    many = images(run, samples=3, vary=vary)
    few = images(run, "text:九永", samples=2, vary=vary)
    assert np.abs(few - many[:2, [2, 0]]).max() <= 1
    other = images(run, style="long-cang", samples=3, vary=vary)
    both = workflows.infer(run, chars=TEXT, samples=3, vary=vary, device="cpu").images
    assert np.abs(other - both[0]).max() <= 1  # type: ignore[index]


def test_a_sample_is_one_code_for_all_unless_varied(run: Path) -> None:
    shared, varied = draw(run, samples=2).codes, draw(run, vary=True).codes
    assert shared is not None
    assert varied is not None
    assert shared.z.shape == (2, 8)
    assert varied.z.shape == (1, 5, 8)
    assert len({tuple(code) for code in varied.z[0].tolist()}) == 5
    assert shared.z.std() > 0.5


def test_every_code_is_used(run: Path) -> None:
    """What is drawn with a code is what the model draws with it, a glyph at a time."""
    model = Model.load(Run.find(run).checkpoint, CPU)
    canvas = model.header.canvas
    drawing = draw(run, samples=2, vary=True)
    plain = draw(run).images
    for sample in range(2):
        for place, char in enumerate("永和九年天"):
            z = drawing.codes.z[sample, place][None]  # type: ignore[union-attr]
            glyph = canvas.draw(FontFace.open("noto-sans-sc"), char)[None]
            alone = model.draw(glyph, ["xiaolai"], [char], z=z)[0].astype(int)
            drawn = drawing.images[0, sample, place]  # type: ignore[index]
            assert np.abs(alone - drawn).max() <= 1
            assert not np.array_equal(drawn, plain[0, place])  # type: ignore[index]


# --- codes of handwriting ---


def test_the_code_of_a_style_is_the_mean_of_its_glyphs(run: Path, data: Path) -> None:
    model = Model.load(Run.find(run).checkpoint, CPU)
    face = GlyphStore.open(data).style("xiaolai")
    mean = model.encode(np.array(face.images)).mean(0)
    assert torch.allclose(codes(run, encode=["xiaolai"])[0], mean, atol=1e-4)
    both = codes(run, encode=["long-cang", f"{data}:xiaolai"])
    assert torch.allclose(both[1], mean, atol=1e-4)
    assert not torch.allclose(both[0], mean, atol=0.02)


def test_handwriting_comes_as_images_too(run: Path, data: Path, tmp_path: Path) -> None:
    folder = written(data, tmp_path / "mine")
    assert torch.allclose(codes(run, encode=[folder]), codes(run, encode=["xiaolai"]), atol=1e-4)
    one = codes(run, encode=[folder / glyph_filename("永")])
    model = Model.load(Run.find(run).checkpoint, CPU)
    face = GlyphStore.open(data).style("xiaolai")
    image = np.asarray(face.images)[[face.row("永")]]
    assert torch.allclose(one, model.encode(image), atol=1e-4)


def test_handwriting_of_another_size_is_brought_to_the_model(
    run: Path, data: Path, tmp_path: Path
) -> None:
    chars = "text:" + "".join(GlyphStore.open(data).chars)
    workflows.build("noto-sans-sc", ["xiaolai"], chars, tmp_path / "large", size=64)
    same = codes(run, encode=[f"{tmp_path / 'large'}:xiaolai"])
    assert torch.allclose(same, codes(run, encode=["xiaolai"]), atol=1e-4)
    page = Image.new("L", (100, 60), 200)  # a scan: grey paper, not square
    page.paste(0, (40, 20, 50, 50))
    page.save(tmp_path / "page 1.jpg")
    drawing = draw(run, encode=[tmp_path / "page 1.jpg"])
    assert drawing.images is not None
    assert drawing.images.shape == (1, 1, 5, 32, 32)


def test_a_style_s_name_is_not_taken_by_a_folder(
    run: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(data, tmp_path / "xiaolai", "long-cang")
    monkeypatch.chdir(tmp_path)
    style, folder = codes(run, encode=["xiaolai"]), codes(run, encode=["./xiaolai"])
    assert torch.equal(codes(run, encode=[f"{data}:xiaolai"]), style)
    assert torch.allclose(codes(run, encode=["long-cang"]), folder, atol=1e-4)


def test_handwriting_that_is_not_there(run: Path, data: Path, tmp_path: Path) -> None:
    Image.new("L", (32, 32), 255).save(tmp_path / "blank.png")
    for what, error, says in (
        ("xiaolay", DataError, "did you mean xiaolai?"),
        (f"{data}:xiaolay", DataError, "did you mean xiaolai?"),
        (data, DataError, "is a data set: name one of its styles"),
        (f"{tmp_path}:xiaolai", DataError, "no data set"),
        (tmp_path, FontError, "no image named by its character"),
        (tmp_path / "blank.png", FontError, "no ink"),
        (run / "settings.toml", FontError, "damaged image"),
    ):
        with pytest.raises(error, match=says) as raised:
            draw(run, encode=[what])
        assert "\n" not in str(raised.value)


# --- folders ---


def test_samples_have_folders(run: Path, tmp_path: Path) -> None:
    one = draw(run, "text:永A", out=tmp_path / "one", samples=2)
    names = [f"sample-{k}/{name}" for k in (1, 2) for name in ("U+6C38_永.png", "U+0041_A.png")]
    assert [file.relative_to(tmp_path / "one").as_posix() for file in one.files] == names
    two = workflows.infer(
        run, ["xiaolai", "0"], "text:永A", tmp_path / "two", samples=2, device="cpu"
    )
    assert [file.relative_to(tmp_path / "two").as_posix() for file in two.files] == [
        f"{style}/{name}" for style in ("xiaolai", "long-cang") for name in names
    ]
    expected = workflows.infer(run, ["xiaolai", "0"], "text:永A", samples=2, device="cpu").images
    found = np.stack([np.asarray(Image.open(file)) for file in two.files])
    assert np.array_equal(found, expected.reshape(8, 32, 32))  # type: ignore[union-attr]
    assert hidden(tmp_path) == []
    sheet = Image.open(two.sheet)  # type: ignore[arg-type]
    assert sheet.size[1] > 2 * 3 * 32  # for each style its source and two samples


@pytest.mark.parametrize("vary", [False, True])
def test_the_manifest_says_which_code_drew_what(run: Path, tmp_path: Path, vary: bool) -> None:
    drawing = draw(run, "text:永和", out=tmp_path, samples=2, vary=vary)
    assert drawing.codes is not None
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "unfinished" not in manifest
    glyphs = manifest["glyphs"]
    assert [(glyph["sample"], glyph["char"]) for glyph in glyphs] == [
        (1, "永"), (1, "和"), (2, "永"), (2, "和"),
    ]  # fmt: skip
    holders = glyphs if vary else manifest["samples"]
    found = torch.tensor([holder["code"] for holder in holders])
    assert torch.equal(found, drawing.codes.z.reshape(-1, 8))
    assert (drawing.codes_file is None) == vary
    assert (tmp_path / "codes.safetensors").exists() != vary


def test_a_folder_never_mixes_two_drawings(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    draw(run, out=out, samples=3)
    own = [out / "sample-3" / name for name in ("U+4E00_一.png", "notes.txt")] + [out / "一.png"]
    for file in own:
        file.write_bytes(b"mine")
    outside = tmp_path / "U+4E00_一.png"
    outside.write_bytes(b"mine")
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["glyphs"] += [{"file": name} for name in (f"../{outside.name}", "sample-3/notes.txt")]
    (out / "manifest.json").write_text(json.dumps(manifest))
    drawing = draw(run, "text:永和月", out=out, samples=2)
    assert glyphs_of(out) == sorted(
        [f"sample-{k}/{name}" for k in (1, 2) for name in map(glyph_filename, "永和月")]
        + ["sample-3/U+4E00_一.png"]
    )
    assert all(file.read_bytes() == b"mine" for file in [*own, outside])
    assert any("11 glyphs of an earlier drawing removed" in note for note in drawing.notes)
    assert draw(run, "text:永和月", out=out, samples=2).notes == []


@pytest.mark.parametrize(
    ("styles", "samples", "notes"),
    [
        (2, 450, ["room for 1 of 2 styles", "room for 401 of 450 samples"]),
        (450, None, ["room for 401 of 450 styles"]),
        (2, 3, []),
    ],
)
def test_a_sheet_is_never_too_tall_to_be_looked_at(
    tmp_path: Path, styles: int, samples: int | None, notes: list[str]
) -> None:
    names = [f"style-{number}" for number in range(styles)]
    codes = Codes(torch.zeros(samples, 8), ("",) * samples) if samples else None
    drawn = GlyphFolder(tmp_path, names, ["永"], codes)
    paper = encode(np.full((32, 32), 255, np.uint8))
    for style in range(styles):
        for sample in range(samples or 1):
            drawn.write(style, sample, [0], [paper])
    sources = Sources(FontFace.open("noto-sans-sc"), Canvas(32), ["永"], [], [])
    sheet, said = overview(drawn, sources)
    assert [note.removeprefix("the sheet has ") for note in said] == notes
    assert sheet.image().size[1] < 30_000


def test_an_interrupted_drawing_is_cleared_away_too(run: Path, tmp_path: Path) -> None:
    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw(run, out=tmp_path, samples=3, batch_size=2, progress=stop)
    assert len(glyphs_of(tmp_path)) == 2
    draw(run, "text:月", out=tmp_path)
    assert glyphs_of(tmp_path) == ["U+6708_月.png"]


def test_what_else_has_a_manifest_is_left_alone(run: Path, data: Path, tmp_path: Path) -> None:
    for text in ((data / "manifest.json").read_text(), "[]", "{"):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(DataError, match="not of drawn glyphs"):
            draw(run, out=tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]
        assert (tmp_path / "manifest.json").read_text() == text


# --- codes of an earlier drawing ---


@pytest.mark.parametrize("asked", [{"samples": 3, "seed": 5}, {"encode": ["xiaolai"]}])
def test_codes_are_drawn_with_again(run: Path, tmp_path: Path, asked) -> None:
    first = draw(run, out=tmp_path / "a", **asked)
    again = draw(run, out=tmp_path / "b", code_from=tmp_path / "a")
    for one, other in zip(first.files, again.files, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert torch.equal(codes(run, code_from=again.codes_file), first.codes.z)  # type: ignore[union-attr]


def test_codes_stay_good_for_a_model_with_one_more_style(
    run: Path, data: Path, tmp_path: Path
) -> None:
    parent = train_coded(data, tmp_path / "parent", styles=["long-cang", "xiaolai"])
    child = train_coded(data, tmp_path / "child", start=parent, add_styles=["ma-shan-zheng"])
    draw(parent, out=tmp_path / "g", samples=2)
    assert np.array_equal(
        images(parent, code_from=tmp_path / "g"), images(child, code_from=tmp_path / "g")
    )
    with pytest.raises(CheckpointError, match="codes of other weights"):
        draw(run, code_from=tmp_path / "g")


def test_codes_of_something_else_are_refused(run: Path, tmp_path: Path) -> None:
    draw(run, out=tmp_path / "good", samples=2)
    good = tmp_path / "good" / "codes.safetensors"
    with safe_open(good, framework="pt") as file:
        about = json.loads(file.metadata()["fontgan"])
    changed = {
        "size": {"z_size": 5},
        "method": {"method": "other"},
        "version": {"version": 99},
        "weights": {"model": "0" * 64},
        "names": {"names": ["one"]},
    }
    for name, change in changed.items():
        text = json.dumps(about | change)
        save_file(load_file(good), tmp_path / name, metadata={"fontgan": text})
    save_file(load_file(good), tmp_path / "plain")
    (tmp_path / "cut").write_bytes(good.read_bytes()[:50])
    draw(run, out=tmp_path / "varied", vary=True)
    draw(run, out=tmp_path / "good", samples=2)
    draw(run, out=tmp_path / "good")  # without codes; the old file is still there
    assert good.exists()
    for name, says in (
        ("size", "codes of 5 numbers; this model's have 8"),
        ("method", "codes of a other model"),
        ("version", "newer fontgan"),
        ("weights", "codes of other weights"),
        ("names", "damaged codes file"),
        ("plain", "not a codes file"),
        ("cut", "not a codes file"),
        ("none", "no such codes file"),
        ("varied", "not drawn with shared codes"),
        ("good", "not drawn with shared codes"),
        (run / "best.safetensors", "not a codes file"),
    ):
        with pytest.raises(CheckpointError, match=says) as raised:
            draw(run, code_from=tmp_path / name)
        assert "\n" not in str(raised.value)


def test_codes_are_not_asked_for_twice_or_of_a_method_without(
    run: Path, data: Path, tmp_path: Path
) -> None:
    for asked in (
        {"samples": 2, "encode": ["xiaolai"]},
        {"samples": 2, "code_from": "x"},
        {"encode": ["xiaolai"], "code_from": "x"},
        {"vary": True, "encode": ["xiaolai"]},
        {"vary": True, "code_from": "x"},
        {"samples": 0},
    ):
        with pytest.raises(ConfigError):
            draw(run, **asked)
    plain = train(data, tmp_path / "plain", "iterations=1").folder
    for asked in ({"samples": 2}, {"vary": True}, {"encode": ["nothing"]}, {"code_from": "none"}):
        with pytest.raises(ConfigError, match="need a model with codes, such as bicyclegan"):
            draw(plain, **asked)


# --- blends ---


def test_a_blend_goes_from_code_to_code_and_back(run: Path, tmp_path: Path) -> None:
    _, loop = workflows.interpolate(
        run, ["xiaolai"], tmp_path, steps=2, chars="text:永和", gif=True, samples=3, seed=3,
        device="cpu",
    )  # fmt: skip
    film = Image.open(loop)
    assert (film.n_frames, film.size) == (6, (64, 32))
    corners = images(run, "text:永和", samples=3, seed=3)
    for sample in range(3):
        film.seek(2 * sample)
        frame = np.asarray(film.convert("L")).astype(int)
        corner = np.concatenate(list(corners[sample]), axis=1)
        assert np.abs(frame - corner).mean() < 1  # a GIF has 256 colours
        assert np.abs(frame - corner).mean() < np.abs(frame - corner.mean()).mean()


def test_blends_take_codes_as_drawings_do(run: Path, tmp_path: Path) -> None:
    draw(run, out=tmp_path / "g", encode=["xiaolai", "long-cang"])
    ways = [{"encode": ["xiaolai", "long-cang"]}, {"code_from": tmp_path / "g"}]
    one, same = (
        workflows.interpolate(
            run, ["0"], tmp_path / str(k), steps=2, chars=TEXT, device="cpu", **way
        )[0].read_bytes()
        for k, way in enumerate(ways)
    )
    assert one == same
    with pytest.raises(ConfigError, match="two codes or more"):
        workflows.interpolate(run, ["0"], tmp_path, samples=1, device="cpu")
    with pytest.raises(ConfigError, match="in one style"):
        workflows.interpolate(run, ["0", "1"], tmp_path, samples=2, device="cpu")
