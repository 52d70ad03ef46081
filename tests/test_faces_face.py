from __future__ import annotations

import pickle
import random
import struct

import brotli
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from made_fonts import NOTDEF, collection, save, some_glyphs, variable

from fontgan.errors import FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas

BOX = ((100, 0, 900, 800),)
CANVAS = Canvas(64)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FONTGAN_CACHE", str(tmp_path / "cache"))


def ink(face: FontFace, char: str) -> int:
    return int((255 - CANVAS.draw(face, char).astype(int)).sum())


def test_only_ink_that_is_not_the_notdef_box_counts_as_drawn(tmp_path):
    flat, line = ((100, 0, 100, 800),), ((100, 300, 900, 300),)
    glyphs = {"a": BOX, "b": (), "c": (NOTDEF,), "d": flat, "e": line}
    face = FontFace.open(save(tmp_path / "a.ttf", glyphs))
    found = {char: face.status(char) for char in "abcdex"}
    assert found == {
        "a": "drawn", "b": "blank", "c": "tofu", "d": "blank", "e": "blank", "x": "missing",
    }  # fmt: skip
    assert [char for char in "abcdex" if face.has(char)] == ["a"]
    assert face.claimed() == frozenset("abcde")


def test_an_empty_notdef_makes_no_tofu(tmp_path):
    face = FontFace.open(save(tmp_path / "a.ttf", {"a": BOX, "b": ()}, notdef=()))
    assert (face.status("a"), face.status("b")) == ("drawn", "blank")


def test_loops_of_opposite_direction_are_ink(tmp_path):
    """Two equal squares whose signed areas cancel are drawn nevertheless."""
    backwards = (800, 0, 600, 200)  # left and right exchanged: runs the other way round
    face = FontFace.open(save(tmp_path / "a.ttf", {"a": ((100, 0, 300, 200), backwards)}))
    assert face.status("a") == "drawn"


def test_names_and_identity(tmp_path):
    face = FontFace.open(save(tmp_path / "My Font [v2].ttf", {"a": BOX}))
    assert (face.id, face.family, face.subfamily) == ("my-font-v2", "Made", "Regular")
    assert (face.copyright, face.licence, face.licence_url) == ("nobody", "free as air", "")
    assert len(face.sha256) == 64
    assert face.axes == {}


def test_a_folder_of_pieces_equals_the_whole_font(tmp_path):
    chars = "天地玄黄宇宙洪荒abc"
    glyphs = some_glyphs(chars)
    whole = FontFace.open(save(tmp_path / "whole.ttf", glyphs))
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    for number, part in enumerate((chars[:4], chars[4:8], chars[8:])):
        save(pieces / f"{number}.ttf", {char: glyphs[char] for char in part})
    folder = FontFace.open(pieces)
    assert len(folder.pieces) == 3
    assert folder.claimed() == whole.claimed()
    for char in chars:
        assert np.array_equal(CANVAS.draw(folder, char), CANVAS.draw(whole, char))


def test_the_first_piece_that_draws_a_character_wins(tmp_path):
    save(tmp_path / "0.ttf", {"a": (), "b": BOX})
    save(tmp_path / "1.ttf", {"a": BOX, "b": ((0, 0, 10, 10),)})
    face = FontFace.open(tmp_path)
    assert face.has("a")
    assert ink(face, "b") == ink(face, "a")


def test_a_folder_of_several_fonts_is_refused(tmp_path):
    save(tmp_path / "0.ttf", {"a": BOX}, family="One")
    save(tmp_path / "1.ttf", {"b": BOX}, family="Two")
    with pytest.raises(FontError, match="several families"):
        FontFace.open(tmp_path)


def test_a_face_of_a_collection(tmp_path):
    path = collection(tmp_path / "c.ttc", {"a": BOX}, {"b": BOX})
    assert [FontFace.open(f"{path}{end}").has("b") for end in ("", "#0", "#1")] == [0, 0, 1]
    assert FontFace.open(f"{path}#1").id == "c-1"
    with pytest.raises(FontError, match="#2"):
        FontFace.open(f"{path}#2")


def test_a_place_on_a_variation_axis(tmp_path):
    path = variable(tmp_path / "v.ttf")
    thin, bold = FontFace.open(path), FontFace.open(f"{path}#wght=900")
    assert thin.axes == {"wght": (100.0, 400.0, 900.0)}
    assert ink(bold, "一") == pytest.approx(3 * ink(thin, "一"), rel=0.01)
    assert bold.id == "v-wght900"
    for end, says in (("wgth=5", "did you mean wght"), ("wght=1000", "from 100 to 900")):
        with pytest.raises(FontError, match=says):
            FontFace.open(f"{path}#{end}")
    with pytest.raises(FontError, match="not a variable font"):
        FontFace.open(f"{save(tmp_path / 'plain.ttf', {'a': BOX})}#wght=500")


def test_a_place_on_an_axis_may_be_named_in_any_languages(tmp_path):
    path = variable(tmp_path / "v.ttf", bold={"de": "Fett", "fr": "Gras"})
    assert FontFace.open(f"{path}#wght=900").axes == {"wght": (100.0, 400.0, 900.0)}


def test_a_number_sign_in_a_file_name(tmp_path):
    assert FontFace.open(save(tmp_path / "a#1.ttf", {"a": BOX})).has("a")


@pytest.mark.parametrize("flavour", ["woff", "woff2", "woff2 plain"])
def test_web_fonts_draw_as_the_font_they_pack(tmp_path, flavour):
    chars = "天地玄黄"
    path = save(tmp_path / "a.ttf", some_glyphs(chars))
    packed = pack(path, flavour)
    plain, web = FontFace.open(path), FontFace.open(packed)
    for char in chars:
        assert np.array_equal(CANVAS.draw(plain, char), CANVAS.draw(web, char))
    # Outlines packed by point are slow to unpack: kept, and used the next time.
    kept = list((tmp_path / "cache").rglob("*.ttf"))
    assert len(kept) == (1 if flavour == "woff2" else 0)
    assert FontFace.open(packed).has("天")


def test_web_fonts_are_read_without_a_writable_cache(tmp_path, monkeypatch):
    packed = pack(save(tmp_path / "a.ttf", {"a": BOX}), "woff2")
    (tmp_path / "file").touch()
    monkeypatch.setenv("FONTGAN_CACHE", str(tmp_path / "file"))
    assert FontFace.open(packed).has("a")


def pack(path, flavour):
    font = TTFont(path)
    font.flavor = flavour.split()[0]
    if flavour.endswith("plain"):
        from fontTools.ttLib.woff2 import WOFF2FlavorData

        font.flavorData = WOFF2FlavorData(transformedTables=[])
    packed = path.with_suffix(f".{font.flavor}")
    font.save(packed)
    return packed


def test_a_face_crosses_to_another_process_by_its_name(tmp_path):
    face = FontFace.open(f"{variable(tmp_path / 'v.ttf')}#wght=900")
    data = pickle.dumps(face)
    assert len(data) < 1000
    assert ink(pickle.loads(data), "一") == ink(face, "一")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n", "not a font"),
        (b"\0\1\0\0", "damaged"),
        (b"ttcf" + b"\xff" * 40, "damaged|cut short"),
        (b"wOFF" + b"\xff" * 60, "damaged"),
        (b"wOF2" + b"\xff" * 60, "damaged"),
        (random.Random(3).randbytes(5000), "not a font"),
        (b"\0\1\0\0\0\0\0\0\0\0\0\0", "cannot be read as a font"),
    ],
)
def test_what_is_no_font(tmp_path, content, says):
    path = tmp_path / "a.ttf"
    path.write_bytes(content)
    with pytest.raises(FontError, match=says) as caught:
        FontFace.open(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["ttf", "woff", "woff2"])
def test_a_font_cut_short(tmp_path, suffix):
    path = save(tmp_path / "a.ttf", some_glyphs("天地玄黄"))
    data = (path if suffix == "ttf" else pack(path, suffix)).read_bytes()
    for share in (0.1, 0.5, 0.9, 0.98):
        short = tmp_path / f"short.{suffix}"
        short.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(FontError):
            FontFace.open(short)


def test_damaged_bytes_never_do_worse_than_an_error(tmp_path):
    data = bytearray(save(tmp_path / "a.ttf", some_glyphs("天地玄黄")).read_bytes())
    dice = random.Random(1)
    for _ in range(150):
        copy = bytearray(data)
        for _ in range(8):
            copy[dice.randrange(len(copy))] = dice.randrange(256)
        (tmp_path / "bad.ttf").write_bytes(copy)
        try:
            face = FontFace.open(tmp_path / "bad.ttf")
            for char in "天地玄黄":
                if face.has(char):
                    CANVAS.draw(face, char)
        except FontError:
            pass


def test_a_small_file_cannot_unpack_to_gigabytes(tmp_path):
    """The packed stream holds far more than the table directory claims."""
    packed = brotli.compress(bytes(200_000_000), quality=1)
    head = b"wOF2\0\1\0\0" + struct.pack(">IHHIIHHIIIII", 0, 1, 0, 200, len(packed), *[0] * 7)
    path = tmp_path / "bomb.woff2"
    path.write_bytes(head + bytes([0, 100]) + packed)
    with pytest.raises(FontError, match="damaged"):
        FontFace.open(path)


def test_bitmap_fonts_are_refused(tmp_path):
    lines = [
        "STARTFONT 2.1", "FONT a", "SIZE 8 75 75", "FONTBOUNDINGBOX 8 8 0 0", "CHARS 1",
        "STARTCHAR a", "ENCODING 97", "SWIDTH 500 0", "DWIDTH 8 0", "BBX 8 1 0 0", "BITMAP", "FF",
        "ENDCHAR", "ENDFONT",
    ]  # fmt: skip
    path = tmp_path / "a.ttf"
    path.write_text("\n".join(lines))
    with pytest.raises(FontError, match="not a font"):
        FontFace.open(path)
    font = TTFont(save(tmp_path / "b.ttf", {"a": BOX}))
    for tag in ("glyf", "loca"):
        del font[tag]
    font.save(tmp_path / "none.ttf")
    with pytest.raises(FontError):
        FontFace.open(tmp_path / "none.ttf").has("a")


def test_what_cannot_be_found():
    with pytest.raises(FontError, match="did you mean long-cang"):
        FontFace.open("long-cag")
    with pytest.raises(FontError, match="no such font file"):
        FontFace.open("nowhere/a.ttf")
    with pytest.raises(FontError):
        FontFace.open("x" * 5000)


def test_an_embedded_face():
    face = FontFace.open("noto-sans-sc")
    assert (face.id, face.spec, face.licence) == ("noto-sans-sc", "noto-sans-sc", "OFL-1.1")
    assert face.has("永")
    assert face.em_middle == pytest.approx(0.38)
