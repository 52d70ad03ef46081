from __future__ import annotations

import io

import pytest

from fontgan.errors import CharsetError
from fontgan.glyphs.charset import Charset, names


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("gb2312-1", 3755, "啊", "座"),
        ("gb2312", 6763, "啊", "齄"),
        ("big5-1", 5401, "一", "籲"),
        ("jisx0208-1", 2965, "亜", "腕"),
        ("ksx1001", 2350, "가", "힝"),
        ("digits", 10, "0", "9"),
        ("alnum62", 62, "0", "z"),
        ("ascii", 94, "!", "~"),
        ("common-100", 100, None, None),
    ],
)
def test_named_sets(name, count, first, last):
    chars = Charset.parse(name).chars
    assert len(chars) == count
    assert first is None or (chars[0], chars[-1]) == (first, last)


def test_every_named_set_is_described_and_can_be_read():
    for name, text in names().items():
        assert text
        assert len(Charset.parse(name.replace("-N", "-7"))) > 0


def test_common_is_ordered_by_frequency():
    assert Charset.parse("common-50").chars == Charset.parse("common-500").chars[:50]
    assert set("的一是") <= set(Charset.parse("common-50"))


def test_sums_keep_the_order_and_drop_repetitions():
    assert "".join(Charset.parse("digits+text:b1a+b")) == "0123456789ba+"
    assert "".join(Charset.parse("text:ab") + Charset.parse("text:bc")) == "abc"


def test_text_may_hold_anything():
    assert "".join(Charset.parse("text:text:a +\n")) == "tex:a+"


def test_a_file_is_read_and_white_space_dropped(tmp_path):
    file = tmp_path / "a+b.txt"
    file.write_text("\ufeff天地\n 玄黄\t天", encoding="utf-8")
    assert "".join(Charset.parse(str(file))) == "天地玄黄"
    plain = tmp_path / "plain.txt"
    plain.write_text("天")
    assert "".join(Charset.parse(f"{plain}+digits")) == "天0123456789"


def test_stdin_cut_in_a_character():
    class Cut(io.StringIO):
        buffer = io.BytesIO("天地玄".encode()[:-1])

    assert "".join(Charset.parse("-", Cut())) == "天地"
    assert "".join(Charset.parse("digits+-", io.StringIO("天\n"))) == "0123456789天"


def test_membership():
    charset = Charset.parse("alnum62")
    assert "z" in charset
    assert "一" not in charset
    assert 5 not in charset


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("gb2312-2", "did you mean gb2312-1"),
        ("common-999999", "from 1 to"),
        ("common-0", "from 1 to"),
        ("text: \n", "no visible character"),
        ("", "no visible character"),
        ("x" * 5000, "no character set or file"),
        ("a\0b", "no character set or file"),
    ],
)
def test_errors_say_what_to_do(spec, says):
    with pytest.raises(CharsetError, match=says) as caught:
        Charset.parse(spec)
    assert len(str(caught.value)) < 400


def test_a_file_of_another_encoding(tmp_path):
    file = tmp_path / "gbk.txt"
    file.write_bytes("天地".encode("gbk"))
    with pytest.raises(CharsetError, match="not UTF-8"):
        Charset.parse(str(file))
