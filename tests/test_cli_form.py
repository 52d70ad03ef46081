from __future__ import annotations

import io
import json

import numpy as np
import pytest

from fontgan.errors import CharsetError, FormError
from fontgan.forms.form import Form, join, load_form, read_code, write_code
from fontgan.forms.layout import Layout

pytest.importorskip("reportlab")
pytest.importorskip("segno")
pdfium = pytest.importorskip("pypdfium2")
zxing = pytest.importorskip("zxingcpp")

CHARS = "天地玄黄宇宙洪荒AaGgQ1,。"


def pictures(path, dpi=150):
    document = pdfium.PdfDocument(path)
    return [np.asarray(page.render(scale=dpi / 72, grayscale=True).to_pil()) for page in document]


def test_a_form_is_a_pdf_and_its_description(run, tmp_path):
    code, out, err = run("form", "-c", f"text:{CHARS}", "-o", tmp_path / "f.pdf")
    assert code == 0
    assert out.split() == [str(tmp_path / "f.pdf"), str(tmp_path / "f.json")]
    form = load_form(tmp_path / "f.json")
    assert form == Form(CHARS)
    assert form.id in err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["f.json", "f.pdf"]


def test_the_code_on_each_page_says_all_that_a_scan_needs(run, tmp_path):
    options = ("--copies", 3, "--cell", 30, "--paper", "letter")
    assert run("form", "-c", f"text:{CHARS}", "-o", tmp_path / "f.pdf", *options)[0] == 0
    codes = [zxing.read_barcodes(image)[0].text for image in pictures(tmp_path / "f.pdf")]
    form = load_form(tmp_path / "f.json")
    pages = [read_code(code) for code in codes]
    assert tuple(pages) == form.pages
    assert len(pages) > 1
    assert join(pages[::-1]) == form
    assert join(pages[:1]) is None


def test_the_same_form_is_the_same_bytes(run, tmp_path):
    for name in "ab":
        assert run("form", "-c", "text:天地", "-o", tmp_path / f"{name}.pdf")[0] == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_nothing_is_printed_where_the_pen_writes(run, tmp_path):
    assert run("form", "-c", f"text:{CHARS}", "-o", tmp_path / "f.pdf", "--cell", 20)[0] == 0
    (image,) = pictures(tmp_path / "f.pdf")
    form = load_form(tmp_path / "f.json")
    dots = image.shape[1] / form.layout.width
    for cell in form.pages[0].cells:
        box = form.layout.cell_box(cell.slot)
        rows = slice(int(box.top * dots), int(box.bottom * dots))
        columns = slice(int(box.left * dots), int(box.right * dots))
        assert image[rows, columns].min() == 255, cell
        above = form.layout.help_box(cell.slot)
        beside = slice(int(above.left * dots), int(above.right * dots))
        assert image[int(above.top * dots) : int(above.bottom * dots), beside].min() < 64, cell


def test_a_full_page_stays_within_its_margins():
    for paper in ("a4", "letter"):
        layout = Layout(paper, 8)
        for slot in (0, layout.columns - 1, layout.capacity - 1):
            for line in layout.ticks(slot):
                assert layout.markers[0].bottom < line.box.top
                assert line.box.bottom < layout.markers[2].top
                assert line.box.left >= 11
                assert line.box.right <= layout.width - 11


def test_characters_are_chosen_as_charset_choose_does(run, tmp_path):
    options = ("--count", 5, "--for", "common-20", "--json", "--png")
    code, out, _ = run("form", *options, "-o", tmp_path / "f.pdf")
    assert code == 0
    said = json.loads(out)
    chosen = run("charset", "choose", "--count", 5, "--for", "common-20")[1].strip()
    assert said["chars"] == chosen
    assert said["files"][2:] == [str(tmp_path / "f-1.png")]


def test_a_character_without_a_drawing_is_printed_as_its_code_point(run, tmp_path):
    code, _, err = run("form", "-c", "text:天あ", "-o", tmp_path / "f.pdf")
    assert code == 0
    assert "draws no あ" in err


def test_the_pages_for_a_tablet_are_those_of_the_pdf(run, tmp_path):
    assert run("form", "-c", "text:天", "-o", tmp_path / "f.pdf", "--png")[0] == 0
    from PIL import Image

    page = np.asarray(Image.open(io.BytesIO((tmp_path / "f-1.png").read_bytes())))
    assert np.array_equal(page, pictures(tmp_path / "f.pdf", 200)[0])


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["-c", "text:天", "-o", "f.txt"], 2, "a form is a PDF"),
        (["-c", "text:天", "--paper", "a5"], 2, "no paper 'a5'"),
        (["-c", "text:天", "--cell", "41"], 2, "8 to 40 mm"),
        (["-c", "text:天", "--copies", "0"], 2, "copies must be 1 to 5"),
        (["-c", "gb2312", "--cell", "40"], 1, "where 250 are the most"),
        (["--count", "9999"], 1, "cannot choose 9999"),
        (["-c", "text:天", "--source", "no-such-font"], 1, "no-such-font"),
        (["-c", "text:天", "-o", "old.pdf"], 1, "already there"),
    ],
)
def test_bad_input(run, tmp_path, monkeypatch, arguments, status, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.pdf").write_text("mine")
    code, out, err = run("form", *arguments)
    assert (code, out, err.count("\n")) == (status, "", 1)
    assert says in err
    assert [file.name for file in tmp_path.iterdir()] == ["old.pdf"]
    assert (tmp_path / "old.pdf").read_text() == "mine"


def test_force_replaces_a_form(run, tmp_path):
    (tmp_path / "f.pdf").write_text("mine")
    assert run("form", "-c", "text:天", "-o", tmp_path / "f.pdf", "--force")[0] == 0
    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org",
        "fontgan-form 1;0123456789;01234567;1/1;a4;16;1;",
        "fontgan-form 1;0123456789;01234567;2/1;a4;16;1;天",
        "fontgan-form 1;0123456789;01234567;1/1;a3;16;1;天",
        "fontgan-form 1;0123456789;01234567;1/1;a4;0;1;天",
        "fontgan-form 1;0123456789;01234567;1/999999999;a4;16;1;天",
        "fontgan-form 1;0123456789;01234567;1/1;a4;16;1;天\n地",
        "fontgan-form 1;../../../x;01234567;1/1;a4;16;1;天",
        "fontgan-form 2;0123456789;01234567;1/1;a4;16;1;天",
        "fontgan-form 1;0123456789;01234567;1/1;a4;40;5;"
        + "".join(map(chr, range(0x4E00, 0x4F00))),
    ],
)
def test_a_foreign_code_is_refused(text):
    with pytest.raises(FormError, match="not that of a form"):
        read_code(text)


def test_codes_carry_any_visible_character():
    page = Form("a;b𠀀；").pages[0]
    assert read_code(write_code(page)) == page


@pytest.mark.parametrize("change", [{"cell": 17}, {"form": 9}, {"chars": "天天"}, {"copies": "x"}])
def test_a_changed_description_is_refused(tmp_path, change):
    path = Form("天地").save(tmp_path / "f.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(FormError, match="no form's description"):
        load_form(path)


def test_a_form_needs_visible_characters():
    with pytest.raises(CharsetError):
        Form("天 地")
