"""Judges that are asked for: OCR, standard LPIPS and FID; how they are built in, not their word."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from made_judges import fid_weights, lpips_weights, recogniser
from safetensors.torch import load_file, save_file

from fontgan.errors import CheckpointError, MissingDependencyError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.metrics import ocr as module
from fontgan.metrics.judges import Judges
from fontgan.metrics.ocr import Ocr
from fontgan.metrics.standard import FidJudge, LpipsJudge
from fontgan.metrics.tally import Compared, tally
from fontgan.nn.eyes.inception import Inception
from fontgan.nn.eyes.lpips import Lpips

CPU = torch.device("cpu")


def page(*greys: float, size: int = 48) -> torch.Tensor:
    """Return one glyph of bars of these greys in [0, 1], from left to right."""
    bars = (2 * torch.tensor(greys) - 1).repeat_interleave(size // len(greys))
    return bars.expand(1, 1, size, size)


BLACK, GREY, PAPER = page(0.0), page(0.5), page(1.0)
TWICE = page(0.0, 1.0, 0.0)


@pytest.fixture
def ocr(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ocr:
    file = recogniser(tmp_path)
    monkeypatch.setattr(module, "recogniser", lambda: file)
    return Ocr.open()


def test_it_reads_a_batch(ocr: Ocr) -> None:
    images = torch.cat([BLACK, GREY, PAPER, TWICE, BLACK * torch.nan])
    assert ocr.read(images) == ["永", "和", "", "永永", ""]
    assert ocr.read(page(0.0, size=96)) == ocr.read(page(0.0, size=24)) == ["永"]


def test_only_what_the_recogniser_knows_is_counted(ocr: Ocr) -> None:
    said = ocr.look("永和九", torch.cat([BLACK, BLACK, BLACK]), torch.cat([BLACK, GREY, GREY]))
    assert said.drawn == [{"ocr": 1.0}, {"ocr": 0.0}, {}]
    assert said.truth == [{"ocr": 1.0}, {"ocr": 1.0}, {}]
    notes = ocr.notes("永和九九")
    assert "bars_rec of rapidocr" in notes[0]
    assert notes[1] == "OCR leaves out 2 glyphs that it does not know: 九"


def test_scores_have_ocr_beside_that_of_the_truths(ocr: Ocr) -> None:
    drawn = torch.cat([BLACK, BLACK, TWICE, GREY])
    truth = torch.cat([BLACK, GREY, BLACK, PAPER])
    batch = Compared(["a", "a", "a", "b"], list("永和永永"), drawn, truth)
    scores = tally([batch], ("l1",), judges=[ocr])
    assert scores.mean["ocr"] == pytest.approx(1 / 4)
    assert scores.truth["mean"] == {"ocr": 3 / 4}
    assert scores.mean["ocr_relative"] == pytest.approx(1 / 3)
    assert scores.by_style["a"]["ocr_relative"] == pytest.approx(1 / 3)
    assert "ocr_relative" not in scores.by_style["b"]  # whose truth cannot be read
    assert scores.misses({"ocr": 0.2, "ocr_relative": 0.3}) == []
    assert len(scores.misses({"ocr": 0.3, "ocr_relative": 0.4})) == 2
    values = [*scores.mean.values(), *scores.by_style["b"].values()]
    assert all(math.isfinite(value) for value in values)


def test_look_alikes_are_one_and_longer_texts_are_not(
    ocr: Ocr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ocr.__dict__, "_known", frozenset("0OoK"))
    for text, right in (("o", 1), ("0", 1), ("K", 0), ("OO", 0), ("", 0)):
        monkeypatch.setattr(Ocr, "read", lambda *_, text=text: [text])
        assert ocr.look("O", PAPER, PAPER).drawn == [{"ocr": right}]


@pytest.mark.parametrize("there", ["nothing", "a package without models"])
def test_without_the_extra_it_says_what_to_install(monkeypatch, tmp_path, there: str) -> None:
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    found = None if there == "nothing" else spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    with pytest.raises(MissingDependencyError, match=r"pip install 'fontgan\[ocr\]'"):
        Judges(ocr=True).find(CPU)
    assert Judges().find(CPU) == []


@pytest.mark.skipif(not importlib.util.find_spec("rapidocr"), reason="needs the extra ocr")
def test_rapidocr_reads_print_and_not_its_mirror_image() -> None:
    canvas, face, chars = (
        Canvas(size=64),
        FontFace.open("noto-sans-sc"),
        "永和九年天地我你他们是的有",
    )
    images = np.stack([canvas.draw(face, char) for char in chars])
    glyphs = torch.from_numpy(images).unsqueeze(1) / 127.5 - 1
    ocr = Ocr.open()
    said = ocr.look(chars, glyphs.flip(3), glyphs)
    assert np.mean([one["ocr"] for one in said.truth]) >= 0.9
    assert np.mean([one["ocr"] for one in said.drawn]) <= 0.5
    assert {"ocr": 0.0} in ocr.look("永", torch.ones(1, 1, 64, 64), glyphs[:1]).drawn


@pytest.fixture(scope="module")
def lpips_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lpips_weights(tmp_path_factory.mktemp("lpips") / "alex.safetensors")


def test_lpips_is_a_distance(lpips_file: Path) -> None:
    net = Lpips.of(load_file(lpips_file))
    torch.manual_seed(0)
    x, y = torch.rand(2, 3, 1, 64, 64)
    assert net(x, x).tolist() == [0, 0, 0]
    assert (net(x, y) > 0).all()
    assert torch.allclose(net(x, y), net(y, x))
    assert torch.allclose(net(x, y)[1:2], net(x[1:2], y[1:2]), atol=1e-6)
    near = x + 0.1 * (y - x)
    assert (net(x, near) < net(x, y)).all()


def test_lpips_is_linear_in_its_heads(lpips_file: Path) -> None:
    """Equation 1 of the paper: sum over layers of w times squared differences."""
    weights = load_file(lpips_file)
    x, y = torch.rand(2, 2, 1, 64, 64)
    whole, parts = Lpips.of(weights)(x, y), []
    for layer in range(5):
        only = {
            name: value * (not name.startswith("lin") or name.startswith(f"lin{layer}."))
            for name, value in weights.items()
        }
        parts.append(Lpips.of(only)(x, y))
    assert torch.allclose(torch.stack(parts).sum(dim=0), whole, rtol=1e-4)
    assert all((part > 0).all() for part in parts)


def test_both_trunks_have_the_published_numbers_of_weights() -> None:
    """torchvision's AlexNet and VGG16 without classifier, and a head for each compared layer."""
    counts = {trunk: sum(w.numel() for w in Lpips(trunk).parameters()) for trunk in Lpips.trunks}
    assert counts == {
        "alex": 2469696 + 64 + 192 + 384 + 256 + 256,
        "vgg": 14714688 + 64 + 128 + 256 + 512 + 512,
    }


@pytest.mark.parametrize("size", [32, 100])
def test_lpips_of_glyphs_of_any_size_is_in_the_scores(lpips_file: Path, size: int) -> None:
    drawn, truth = page(0.0, 1.0, size=size), page(1.0, 0.0, size=size)
    judge = LpipsJudge(lpips_file, CPU)
    batch = Compared(["a", "a"], ["永", "和"], torch.cat([drawn, truth]), torch.cat([truth] * 2))
    scores = tally([batch], ("l1",), judges=[judge])
    each = [glyph.values["lpips"] for glyph in scores.each]
    assert each[0] > each[1] == 0
    assert scores.mean["lpips"] == pytest.approx(each[0] / 2)
    assert "alex with the weights" in judge.notes("永和")[0]


def test_inception_has_the_published_number_of_weights_and_names() -> None:
    """23,851,784 of Szegedy et al.'s 1000 classes less the last layer and its bias."""
    with torch.device("meta"):
        net = Inception()
    assert sum(w.numel() for w in net.parameters()) == 21785568
    names = set(net.state_dict())
    assert {"Conv2d_1a_3x3.conv.weight", "Mixed_7c.branch3x3dbl_3b.bn.running_var"} <= names
    assert len([name for name in names if name.endswith("conv.weight")]) == 94


def test_fid_of_all_glyphs_at_once(tmp_path: Path) -> None:
    judge = FidJudge(fid_weights(tmp_path / "fid.safetensors"), CPU)
    perfect, wrong = ([Compared(["a"], ["永"], drawn, TWICE)] for drawn in (TWICE, PAPER))
    scores = tally(perfect, ("l1",), judges=[judge])
    assert list(scores.mean) == ["l1"]
    assert scores.whole["fid"] == pytest.approx(0, abs=1e-9)
    assert tally(wrong, ("l1",), judges=[judge]).whole["fid"] > 1e-6  # of both glyphs
    assert "FID of 2 glyphs says little" in judge.notes("永和")[1]


@pytest.mark.parametrize("judge", [LpipsJudge, FidJudge])
def test_files_of_other_weights(judge: type, tmp_path: Path, lpips_file: Path) -> None:
    weights = load_file(lpips_file)
    lacking = {name: value for name, value in weights.items() if name != "lin3.model.1.weight"}
    damaged = weights | {"lin0.model.1.weight": torch.full((1, 64, 1, 1), math.nan)}
    bent = weights | {"features.3.weight": torch.zeros(1, 2, 3, 3)}
    for name, value in (("lacking", lacking), ("damaged", damaged), ("bent", bent)):
        save_file(value, tmp_path / name)
    (tmp_path / "garbage").write_bytes(b"PK no safetensors")
    (tmp_path / "folder").mkdir()
    said = {
        "nowhere": "no such file",
        "garbage": "no safetensors file; docs/measures.md",
        "folder": "no safetensors file; docs/measures.md",
        "lacking": "has not the weights of .*; it lacks .*; docs/measures.md",
        "damaged": "not finite; it is damaged",
        "bent": "has not the weights of",
    }
    for name, words in said.items():
        with pytest.raises(CheckpointError, match=words) as error:
            judge(tmp_path / name, CPU)
        assert str(tmp_path / name) in str(error.value)
        assert "\n" not in str(error.value)
