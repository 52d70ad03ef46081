"""Paper in, font out: a form is filled, photographed, scanned and learned, and a font is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

pytest.importorskip("cv2")
for package in ("reportlab", "segno", "pypdfium2", "zxingcpp", "uharfbuzz"):
    pytest.importorskip(package)

import photographs  # noqa: E402
from PIL import Image  # noqa: E402

from fontgan.forms.form import load_form  # noqa: E402

Command = Callable[..., tuple[int, str, str]]
WRITTEN, WANTED = "天地玄黄宇宙洪荒日月", "永和九年天地日月"


def test_a_filled_form_becomes_a_font_that_keeps_what_was_written(
    run: Command, pen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("form", "--chars", f"text:{WRITTEN}", "-o", "form.pdf")[0] == 0
    page = photographs.fill(load_form(Path("form.json")), "lxgw-wenkai-tc", dpi=150)[0]
    photo = photographs.tilted(photographs.lit(page.picture()), 3)
    Image.fromarray(photo).save("photo.jpg", quality=80)
    status, printed, said = run("scan", "photo.jpg", "-o", "mine", "--json")
    assert status == 0, said
    verdicts = {cell["char"]: cell["verdict"] for cell in json.loads(printed)["cells"]}
    assert verdicts == dict.fromkeys(WRITTEN, "good")
    brief = ("--set", "iterations=2", "--set", "batch_size=4", "--device", "cpu")
    status, _, said = run("adapt", "mine", "-o", "run", "--from", pen, *brief)
    assert status == 0, said
    words = ("--chars", f"text:{WANTED}", "--family", "My Hand", "--jobs", "1", "--device", "cpu")
    status, printed, said = run("font", "run", *words, "-o", "hand.ttf", "--json")
    assert status == 0, said
    assert set(json.loads(printed)["written"]) == set(WRITTEN) & set(WANTED)
    font = TTFont("hand.ttf")
    assert {ord(char) for char in WANTED} <= font.getBestCmap().keys()
    assert font["name"].getDebugName(1) == "My Hand"
