from __future__ import annotations

import unicodedata

import pytest

from fontgan.glyphs.charset import Charset
from fontgan.glyphs.names import char_of_filename, glyph_filename


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("一", "U+4E00_一.png"),
        ("A", "U+0041_A.png"),
        ("/", "U+002F.png"),
        (":", "U+003A.png"),
        (".", "U+002E.png"),
        (" ", "U+0020.png"),
        ("\u0301", "U+0301.png"),  # combining
        ("\u200b", "U+200B.png"),  # invisible
        ("é", "U+00E9.png"),  # some file systems take it apart
        ("\ufa0a", "U+FA0A.png"),  # a compatibility ideograph would become another character
        ("𠀀", "U+20000_𠀀.png"),
    ],
)
def test_file_names(char, name):
    assert glyph_filename(char) == name


def test_every_name_leads_back_to_its_character():
    for char in Charset.parse("gb2312-1+latin+ascii+kana+cjk-punct+ksx1001"):
        stem = glyph_filename(char).removesuffix(".png")
        assert char_of_filename(stem) == char
        assert char_of_filename(unicodedata.normalize("NFD", stem)) == char


def test_names_do_not_collide_where_case_does_not_count():
    names = [glyph_filename(char).lower() for char in Charset.parse("latin+ascii")]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("stem", ["一", "U+4E00", "u+4e00", "uni4E00", "4e00", "U+4E00_x"])
def test_other_forms_are_read(stem):
    assert char_of_filename(stem) == "一"


@pytest.mark.parametrize("stem", ["", "page", "一二", "U+110000", "uniD800", "4E00.alt", "\t"])
def test_other_stems_name_nothing(stem):
    assert char_of_filename(stem) is None


def test_a_decomposed_letter_is_one_character():
    assert char_of_filename("e\u0301") == "é"
