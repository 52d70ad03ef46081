from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from fontgan.errors import FormError
from fontgan.forms.form import Form
from fontgan.forms.layout import Layout
from fontgan.glyphs.names import glyph_filename
from fontgan.glyphs.scans import ImageFolder

cv2 = pytest.importorskip("cv2")
for package in ("reportlab", "segno", "pypdfium2", "zxingcpp"):
    pytest.importorskip(package)

import photographs as ph  # noqa: E402  needs the packages of the extra

CHARS = "天地玄黄宇宙洪荒日月盈永AaGgij。,"
DPI = 180


def save(path, photo, **how):
    how = {"compress_level": 1, **how} if path.suffix == ".png" else how  # quick, not small
    Image.fromarray(np.ascontiguousarray(photo)).save(path, **how)
    return path


@pytest.fixture(scope="module")
def filled():
    """A page of which every cell is filled."""
    return ph.fill(Form(CHARS), "long-cang", dpi=DPI)[0]


@pytest.fixture(scope="module")
def pages():
    """A form of two pages, the cell of 黄 left empty, two copies of each character."""
    return ph.fill(Form("天地玄黄宇宙洪荒日月", Layout(cell=40), 2), "long-cang", "黄", dpi=DPI)


@pytest.fixture
def clean(filled, tmp_path):
    return save(tmp_path / "page.png", ph.lit(filled.picture()))


def read_right(folder, filled):
    """Return the share of written characters that were read as they were written."""
    right = 0
    for (char, copy), truth in filled.truth.items():
        file = (folder if copy == 1 else folder / f"copy-{copy}") / glyph_filename(char)
        if file.exists():
            iou, shares = ph.agreement(np.asarray(Image.open(file)), truth)
            right += iou > 0.7 and shares > 0.97
    return right / len(filled.truth)


@pytest.mark.parametrize("condition", ph.CONDITIONS)
def test_what_was_written_is_read(run, filled, tmp_path, condition):
    photo = save(tmp_path / "page.png", ph.CONDITIONS[condition](filled))
    code, out, err = run("scan", photo, "-o", tmp_path / "hand", "--size", 192)
    assert (code, out) == (0, f"{tmp_path / 'hand'}\n"), err
    assert f"{len(CHARS)} good" in err
    assert read_right(tmp_path / "hand", filled) == 1


def test_pages_come_in_any_order_and_as_a_pdf(run, pages, tmp_path):
    photos = [Image.fromarray(np.ascontiguousarray(ph.lit(page.picture()))) for page in pages]
    photos[1].save(tmp_path / "a.pdf", save_all=True, append_images=photos[:1], resolution=DPI)
    code, out, err = run("scan", tmp_path / "a.pdf", "-o", tmp_path / "hand", "--json")
    assert code == 0, err
    said = json.loads(out)
    assert said["form"] == pages[0].page.form
    assert [cell["char"] for cell in said["cells"]] == [
        c for c in "天地玄黄宇宙洪荒日月" for _ in "12"
    ]
    empty = {cell["char"] for cell in said["cells"] if cell["verdict"] == "empty"}
    assert empty == {"黄"}
    assert all(read_right(tmp_path / "hand", page) == 1 for page in pages)
    assert "黄" not in ImageFolder(tmp_path / "hand").files
    assert len(list((tmp_path / "hand" / "copy-2").iterdir())) == 9


def test_a_page_that_is_missing_is_named_and_one_seen_twice_is_read_once(run, pages, tmp_path):
    blank, full = (ph.lit(picture) for picture in (pages[0].print, pages[0].picture()))
    photos = [save(tmp_path / f"{n}.png", one) for n, one in enumerate((blank, full, full))]
    code, out, err = run("scan", *photos, "-o", tmp_path / "hand", "--json")
    assert code == 0
    assert "page 2 of 2 is not among the photographs" in err
    assert len(json.loads(out)["cells"]) == len(pages[0].page.cells)
    assert read_right(tmp_path / "hand", pages[0]) == 1


def test_bad_cells_are_named_and_left_out(run, filled, tmp_path):
    page = ph.Filled(filled.page, filled.print, filled.ink.copy())
    side, slots = ph.SIDE, {char: slot for slot, char in enumerate(CHARS)}
    cross = np.zeros((side, side), np.float32)
    cv2.line(cross, (6, 10), (248, 246), 1, 7, cv2.LINE_AA)
    cv2.line(cross, (244, 5), (8, 250), 1, 7, cv2.LINE_AA)
    ph.put(page, slots["天"], cross)
    long = np.zeros((side + 64, side + 64), np.float32)
    cv2.line(long, (180, 160), (318, 150), 1, 9, cv2.LINE_AA)
    ph.put(page, slots["地"], long)
    picture = page.picture()
    box, dots = filled.page.layout.cell_box(slots["玄"]).grown(1), DPI / 25.4
    part = tuple(
        slice(int(low * dots), int(high * dots))
        for low, high in ((box.top, box.bottom), (box.left, box.right))
    )
    picture[part] = cv2.GaussianBlur(picture[part], (0, 0), 0.5 * dots)
    photo = save(tmp_path / "p.png", ph.lit(picture))
    code, out, err = run("scan", photo, "-o", tmp_path / "hand", "--json", "--accept", "text:地")
    assert code == 0
    bad = {c["char"]: c["verdict"] for c in json.loads(out)["cells"] if c["verdict"] != "good"}
    assert bad == {"天": "crossed out", "地": "over the border", "玄": "blurred"}
    assert "1 blurred: 玄" in err
    assert set(ImageFolder(tmp_path / "hand").files) == set(CHARS) - set("天玄")
    review = (tmp_path / "hand" / "review.html").read_text(encoding="utf-8")
    assert review.count("<figure>") == len(CHARS)
    assert "crossed out: 1" in review


def test_a_corrected_page_replaces_what_is_asked_for(run, filled, tmp_path):
    half = ph.fill(filled.page_form, "long-cang", leave="天地", dpi=DPI)[0]
    first = save(tmp_path / "1.png", ph.lit(half.picture()))
    assert run("scan", first, "-o", tmp_path / "hand")[0] == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "hand").glob("U+*")}
    again = ph.fill(filled.page_form, "long-cang", leave="地", dpi=DPI, seed=1)[0]
    second = save(tmp_path / "2.png", ph.lit(again.picture()))
    code, _, err = run("scan", second, "-o", tmp_path / "hand", "--redo", "text:天地玄")
    assert code == 0
    assert "no good new cell of 地: left as before" in err
    after = {file.name: file.read_bytes() for file in (tmp_path / "hand").glob("U+*")}
    changed = {name for name, data in after.items() if before.get(name) != data}
    assert changed == {glyph_filename("天"), glyph_filename("玄")}
    said = json.loads((tmp_path / "hand" / "scan.json").read_text(encoding="utf-8"))
    assert {c["char"] for c in said["cells"] if c["verdict"] == "empty"} == {"地"}
    assert len(said["cells"]) == len(CHARS)


def test_small_writing_is_noticed_and_levelled_on_demand(run, tmp_path):
    form = Form("天地玄黄宇宙洪荒")
    small = ph.fill(form, "noto-sans-sc", dpi=DPI, scale=0.6)[0]
    photo = save(tmp_path / "p.png", ph.lit(small.picture()))
    code, out, err = run("scan", photo, "-o", tmp_path / "a", "--json")
    assert code == 0
    assert "--level evens this out" in err
    assert json.loads(out)["hand"]["size"] == pytest.approx(0.6 * 0.8 / 0.9, rel=0.05)
    assert run("scan", photo, "-o", tmp_path / "b", "--level")[0] == 0
    plain, level = (
        np.asarray(Image.open(tmp_path / name / glyph_filename("黄"))) < 128 for name in "ab"
    )
    before = (tmp_path / "b" / glyph_filename("黄")).read_bytes()
    assert run("scan", photo, "-o", tmp_path / "b", "--redo", "text:黄")[0] == 0
    assert (tmp_path / "b" / glyph_filename("黄")).read_bytes() == before
    assert np.ptp(np.flatnonzero(level.any(axis=1))) > 1.6 * np.ptp(
        np.flatnonzero(plain.any(axis=1))
    )


def test_a_form_whose_code_is_hidden_is_named(run, filled, tmp_path):
    form = filled.page_form.save(tmp_path / "form.json")
    picture = filled.picture()
    code, dots = filled.page.layout.code, DPI / 25.4
    picture[: int(code.bottom * dots), int(code.left * dots) : int(code.right * dots)] = 1
    photo = save(tmp_path / "p.png", ph.lit(picture))
    status, _, err = run("scan", photo, "-o", tmp_path / "hand")
    assert status == 1
    assert "code at the top cannot be read" in err
    assert run("scan", photo, "-o", tmp_path / "hand", "--form", form)[0] == 0
    assert read_right(tmp_path / "hand", filled) == 1


def wrong(filled, tmp_path, kind):
    """Return the arguments of a scan that must be refused."""
    page = ph.lit(filled.picture())
    generator = np.random.default_rng(3)
    if kind == "a natural picture":
        noises = (generator.normal(0, 1, (900 // s, 1200 // s, 3)) for s in (1, 4, 15, 60, 150))
        soft = sum(cv2.resize(n, (1200, 900), interpolation=cv2.INTER_CUBIC) for n in noises)
        return [save(tmp_path / "p.jpg", (128 + 40 * soft).clip(0, 255).astype(np.uint8))]
    if kind == "a cropped page":
        return [save(tmp_path / "p.jpg", page[: int(len(page) * 0.8)])]
    if kind == "two pages at once":
        two = ph.fill(Form(CHARS, Layout(cell=40)), "long-cang", dpi=DPI)
        return [save(tmp_path / "p.png", np.hstack([ph.lit(one.print) for one in two]))]
    if kind == "few pixels":
        return [save(tmp_path / "p.png", cv2.resize(page, None, fx=0.6, fy=0.6))]
    if kind == "two forms":
        other = ph.lit(ph.fill(Form("天地"), "long-cang", dpi=DPI)[0].picture())
        return [save(tmp_path / "p.png", page), save(tmp_path / "q.png", other)]
    if kind == "another form":
        form = Form("天地").save(tmp_path / "other.json")
        return [save(tmp_path / "p.png", page), "--form", form]
    if kind == "nothing written":
        return [save(tmp_path / "p.png", ph.lit(filled.print))]
    assert kind == "no picture"
    (tmp_path / "p.png").write_text("hello")
    return [tmp_path / "p.png"]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("a natural picture", "shows no page of a form"),
        ("a cropped page", "no corner mark found at the lower right and lower left of page 1"),
        ("two pages at once", "photograph one at a time"),
        ("few pixels", "dpi, where 130 are the least"),
        ("two forms", "scan one form at a time"),
        ("another form", "give its own --form"),
        ("nothing written", "no cell can be used (20 empty)"),
        ("no picture", "damaged image"),
    ],
)
def test_wrong_pictures_are_refused(run, filled, tmp_path, kind, says):
    arguments = wrong(filled, tmp_path, kind)
    there = sorted(tmp_path.iterdir())
    code, out, err = run("scan", *arguments, "-o", tmp_path / "hand")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert says in err
    assert sorted(tmp_path.iterdir()) == there


def test_a_folder_that_is_there_is_left_alone(run, clean, tmp_path):
    (tmp_path / "hand").mkdir()
    (tmp_path / "hand" / "mine.txt").write_text("mine")
    for more in ([], ["--force"]):
        code, _, err = run("scan", clean, "-o", tmp_path / "hand", *more)
        assert (code, err.count("\n")) == (1, 1)
        assert "already holds other files" in err
    assert [file.name for file in (tmp_path / "hand").iterdir()] == ["mine.txt"]
    assert run("scan", clean, "-o", tmp_path / "new")[0] == 0
    assert "--force replaces it" in run("scan", clean, "-o", tmp_path / "new")[2]
    assert run("scan", clean, "-o", tmp_path / "new", "--force")[0] == 0
    assert "is no scan" in run("scan", clean, "-o", tmp_path / "x", "--redo", "text:天")[2]


def test_a_damaged_record_is_refused(run, clean, tmp_path):
    assert run("scan", clean, "-o", tmp_path / "hand")[0] == 0
    record = tmp_path / "hand" / "scan.json"
    said = json.loads(record.read_text(encoding="utf-8"))
    for change in ({"size": 10**9}, {"cells": [{**said["cells"][0], "char": "../x"}]}, {"scan": 2}):
        record.write_text(json.dumps({**said, **change}), encoding="utf-8")
        code, _, err = run("scan", clean, "-o", tmp_path / "hand", "--redo", "text:天")
        assert (code, err.count("\n")) == (1, 1)
        assert "is damaged" in err


def pdf_bomb(kind):
    """Return a PDF that is broken, or asks for more than it should."""
    if kind == "broken":
        return b"%PDF-1.7\n" + b"\0" * 500
    kids = b" ".join(b"3 0 R" for _ in range(500 if kind == "many pages" else 1))
    side = 14_400_000 if kind == "huge" else 100
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids.split()) // 3, kids),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] >>" % (side, side),
    ]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 4\n0000000000 65535 f \n" + table
    return out + b"trailer << /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("broken", "cannot be read as a PDF"),
        ("many pages", "where 60 are the most"),
        ("huge", "shows no page of a form"),
    ],
)
def test_hostile_pdfs_end_in_one_line(run, tmp_path, kind, says):
    (tmp_path / "p.pdf").write_bytes(pdf_bomb(kind))
    code, _, err = run("scan", tmp_path / "p.pdf", "-o", tmp_path / "hand")
    assert (code, err.count("\n")) == (1, 1)
    assert says in err
    assert [file.name for file in tmp_path.iterdir()] == ["p.pdf"]


def test_a_pdf_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    from fontgan.forms import photos

    (tmp_path / "p.pdf").write_bytes(pdf_bomb("huge"))
    monkeypatch.setattr(photos, "PDF_SECONDS", 0.001)
    with pytest.raises(FormError, match="takes longer than"):
        list(photos.open_photos([tmp_path / "p.pdf"]))


def test_without_the_extra_one_line_says_what_to_install(run, clean, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cv2", None)
    code, _, err = run("scan", clean, "-o", tmp_path / "hand")
    assert (code, err.count("\n")) == (1, 1)
    assert "pip install 'fontgan[scan]'" in err
    assert not (tmp_path / "hand").exists()


def written_lines(lines, hand, pitch, close):
    """Write lines of text on plain paper: in even steps, or letter close to letter."""
    generator = np.random.default_rng(0)
    ink = np.zeros((200 + pitch * len(lines), 200 + pitch * max(map(len, lines))), np.float32)
    truth = []
    for row, line in enumerate(lines):
        x = 100
        for char in line:
            glyph = ph.written(ph.opened(hand), char, generator)
            scale = 0.85 * pitch / ph.SIDE
            one = cv2.resize(glyph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            if close:
                columns = np.flatnonzero((one > 0.3).any(axis=0))
                one = one[:, columns[0] : columns[-1] + 1]
            y = 100 + row * pitch
            place = ink[y : y + one.shape[0], x : x + one.shape[1]]
            np.maximum(place, one, out=place)
            x += one.shape[1] + pitch // 8 if close else pitch
            truth.append((char, glyph > 0.5))
    light = ph.ramp(0.5, 1.0)
    return ph.lit(1 - 0.85 * ink, light)[20:-20, 20:-20], truth


def alike(image, truth):
    """Return the IoU of two inks, each in its own box."""
    boxes = []
    for ink in (image < 128, truth):
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
        boxes.append(cv2.resize(box, (64, 64), interpolation=cv2.INTER_AREA) > 0.5)
    first, second = boxes
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize(
    ("hand", "lines", "close", "options"),
    [
        ("long-cang", ["天地玄黄宇", "洪荒日月盈"], False, ["--grid", "2x5", "--chars"]),
        ("long-cang", ["天地玄黄宇", "洪荒日月"], False, ["--text"]),
        ("caveat", ["Hamburg", "quickly", "jixz"], True, ["--text"]),
    ],
)
def test_writing_without_a_form_is_read(run, tmp_path, hand, lines, close, options):
    photo, truth = written_lines(lines, hand, 170, close)
    what = "text:" + ("" if "--grid" in options else r"\n").join(lines)
    options = [*options, what, "-o", tmp_path / "hand"]
    code, _, err = run("scan", save(tmp_path / "p.jpg", photo, quality=90), *options)
    assert code == 0, err
    images = ImageFolder(tmp_path / "hand").files
    first = dict(reversed(truth))
    assert set(images) == set(first)
    for char, glyph in first.items():
        assert alike(np.asarray(Image.open(images[char])), glyph) > 0.75, char


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--grid", "2x5"], 2, "--grid needs --chars"),
        (["--grid", "0x5", "--chars", "text:天"], 2, "write ROWSxCOLUMNS"),
        (["--chars", "text:天"], 2, "--chars goes with --grid"),
        (["--grid", "1x1", "--text", "天"], 2, "give one of"),
        (["--grid", "1x1", "--chars", "text:天地"], 1, "do not go into 1 x 1 cells"),
        (["--grid", "90x90", "--chars", "text:天地"], 1, "no cell can be used"),
        (["--text", "天地\\n玄黄\\n洪荒\\n日月"], 1, "2 lines of writing are seen"),
        (["--text", "天地玄黄宇宙洪荒日月天地玄黄宇宙洪荒日月\\n荒"], 1, "separate characters"),
        (["--text", " "], 1, "no text"),
        (["--size", "9000"], 2, "size must be 64 to 512"),
        (["--redo", "text:天", "--level"], 2, "--level needs all"),
    ],
)
def test_odd_requests_are_refused(run, tmp_path, monkeypatch, options, status, says):
    monkeypatch.setenv("COLUMNS", "300")
    photo, _ = written_lines(["天地玄", "洪荒日"], "long-cang", 120, False)
    save(tmp_path / "p.png", photo)
    code, out, err = run("scan", tmp_path / "p.png", *options, "-o", tmp_path / "hand")
    assert (code, out) == (status, "")
    assert says in " ".join(err.split())
    assert [file.name for file in tmp_path.iterdir()] == ["p.png"]


def test_a_photograph_held_sideways_says_so_itself(run, filled, tmp_path):
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(ph.lit(filled.picture()))))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "p.jpg", quality=90, exif=exif)
    assert run("scan", tmp_path / "p.jpg", "-o", tmp_path / "hand")[0] == 0
    assert read_right(tmp_path / "hand", filled) == 1


def test_a_telephones_heic_is_opened(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    from fontgan.forms.photos import open_photos

    heif.from_pillow(Image.new("RGB", (64, 96), (200, 200, 200))).save(tmp_path / "p.heic")
    (photo,) = open_photos([tmp_path / "p.heic"])
    assert photo.grey.shape == (96, 64)
    assert abs(int(photo.grey.mean()) - 200) < 4


def test_paper_that_does_not_lie_flat_is_followed(run, filled, tmp_path):
    photo = save(tmp_path / "p.png", ph.curled(ph.lit(filled.picture()), 1.5))
    assert run("scan", photo, "-o", tmp_path / "hand")[0] == 0
    assert read_right(tmp_path / "hand", filled) == 1


def test_the_images_are_read_by_build(run, clean, tmp_path):
    assert run("scan", clean, "-o", tmp_path / "hand")[0] == 0
    options = ["-s", "noto-sans-sc", "--images", tmp_path / "hand", "-c", f"text:{CHARS}"]
    code, _, err = run("build", *options, "-o", tmp_path / "data")
    assert code == 0, err


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_a_page_written_on_a_tablet_is_read(run, tmp_path, paper):
    form = Form("天地玄黄AgQ", Layout(paper, 20), 2)
    page = ph.fill(form, "long-cang", dpi=DPI)[0]
    picture = (page.picture(1.0) * 255).round().astype(np.uint8)
    clear = np.dstack([picture * 0] * 3 + [255 - picture])  # black ink on nothing
    assert run("scan", save(tmp_path / "p.png", clear), "-o", tmp_path / "hand")[0] == 0
    assert read_right(tmp_path / "hand", page) == 1
