"""Charset: an ordered set of characters, by name, text, file or standard input."""

from __future__ import annotations

import codecs
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, TextIO

from fontgan.errors import CharsetError, nearest
from fontgan.files import read_bytes
from fontgan.limits import TEXT_BYTES

CJK_PUNCT = "，。、；：？！…—·～‘’“”（）〈〉《》「」『』【】〔〕〖〗々〆〇￥％＋－＝／＆＠＃＊"


@dataclass(frozen=True)
class Charset:
    """Characters in a fixed order, each once.

    >>> Charset.parse("digits+text:ab+a").chars[-4:]
    ('9', 'a', 'b', '+')
    """

    name: str
    chars: tuple[str, ...]

    @classmethod
    def of(cls, name: str, chars: Iterable[str]) -> Charset:
        """Make a charset of any characters: white space and control characters are dropped."""
        return cls(name, tuple(filter(visible, dict.fromkeys(chars))))

    @classmethod
    def wanted(cls, chars: str | Charset) -> Charset:
        """Return a charset as it is, or the one that a specification means (see `parse`)."""
        return chars if isinstance(chars, Charset) else cls.parse(chars)

    @classmethod
    def parse(cls, spec: str, stdin: TextIO | None = None) -> Charset:
        """Read a specification: names, ``text:...``, files and ``-``, joined by ``+``.

        Everything after ``text:`` is text, plus signs too. ``-`` reads ``stdin`` (default: the
        process's own) and bears a last character that was cut in the middle.

        Raises:
            CharsetError: an unknown name (the nearest is named), an unreadable file, no character.

        """
        head, plus, text = f"+{spec}".partition("+text:")
        charset = cls("", ())
        for part in filter(None, _split(head[1:])):
            charset += _part(part, stdin)
        if plus:
            charset += cls.of("text", text)
        if not charset.chars:
            raise CharsetError(f"character set {spec!r} holds no visible character")
        return cls(spec, charset.chars)

    def __len__(self) -> int:
        return len(self.chars)

    def __iter__(self) -> Iterator[str]:
        return iter(self.chars)

    def __contains__(self, char: object) -> bool:
        return char in self._members

    def __add__(self, other: Charset) -> Charset:
        name = "+".join(filter(None, (self.name, other.name)))
        return Charset(name, tuple(dict.fromkeys(self.chars + other.chars)))

    @cached_property
    def _members(self) -> frozenset[str]:
        return frozenset(self.chars)


def names() -> dict[str, str]:
    """Return the named sets, each with a one-line description."""
    described = {name: text for name, (text, _) in _NAMED.items()}
    return {**described, "common-N": "the N most frequent hanzi, for example common-1000"}


def _split(head: str) -> list[str]:
    """Split at plus signs, unless the whole is the name of a file."""
    return [head] if head and _is_file(head) else head.split("+")


def _part(part: str, stdin: TextIO | None) -> Charset:
    if part in _NAMED:
        return _named(part)
    if part.startswith("common-") and part[7:].isdecimal():
        return _common(int(part[7:]))
    if part == "-":
        return Charset.of("-", _read_stdin(stdin or sys.stdin))
    if _is_file(part):
        return Charset.of(part, _read_file(Path(part)))
    raise CharsetError(
        f"no character set or file {part[:60]!r}: {nearest(part, names())} "
        "(write text:... for the characters themselves)"
    )


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a name, or holds a null character
        return False


def _read_file(path: Path) -> str:
    try:
        return read_bytes(path, TEXT_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CharsetError(f"{path} is not UTF-8 text (byte {error.start}); convert it") from None


def _read_stdin(stdin: TextIO | None) -> str:
    """Read all of a stream; `head -c` may have cut its last character, which is dropped."""
    if stdin is None:
        raise CharsetError("standard input is closed; name a set or a file")
    raw = getattr(stdin, "buffer", None)
    text: Any = (raw or stdin).read(TEXT_BYTES + 1)
    if len(text) > TEXT_BYTES:
        raise CharsetError(f"standard input is more than {TEXT_BYTES // 2**20} MiB")
    if raw is None:
        return str(text)
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(text, final=False)
    except UnicodeDecodeError as error:
        raise CharsetError(f"standard input is not UTF-8 text (byte {error.start})") from None


def visible(char: str) -> bool:
    """Tell whether a character can be seen: no white space, no control."""
    return not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf", "Cs")


def _common(count: int) -> Charset:
    known = _frequent()
    if not 1 <= count <= len(known):
        raise CharsetError(f"common-{count}: give a number from 1 to {len(known)}")
    return Charset(f"common-{count}", known[:count])


@cache
def _frequent() -> tuple[str, ...]:
    """Return the hanzi of the shipped list, the most frequent first."""
    file = resources.files("fontgan.fonts") / "charsets" / "common.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return Charset.of("common", "".join(s for s in lines if not s.startswith("#"))).chars


@cache
def _named(name: str) -> Charset:
    return Charset.of(name, _NAMED[name][1]())


def _rows(codec: str, first: int, last: int, low: Iterable[int] = range(0xA1, 0xFF)) -> str:
    """Return the characters of a double-byte code, lead bytes first to last, in code order."""
    pairs = (bytes((high, low_)) for high in range(first, last + 1) for low_ in low)
    return "".join(pair.decode(codec, errors="ignore") for pair in pairs)


def _big5_level_1() -> str:
    low = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    # A440 to C67E: the last row is full only in its first half.
    return _rows("big5", 0xA4, 0xC5, low) + _rows("big5", 0xC6, 0xC6, range(0x40, 0x7F))


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


def _latin() -> str:
    letters = (c for c in _range(0xC0, 0x17F) if unicodedata.category(c)[0] == "L")
    return _range(0x41, 0x5A) + _range(0x61, 0x7A) + "".join(letters)


def _alnum() -> str:
    return _range(0x30, 0x39) + _range(0x41, 0x5A) + _range(0x61, 0x7A)


_NAMED: dict[str, tuple[str, Callable[[], str]]] = {
    "gb2312-1": ("simplified Chinese, level 1, by reading", lambda: _rows("gb2312", 0xB0, 0xD7)),
    "gb2312": ("simplified Chinese, levels 1 and 2", lambda: _rows("gb2312", 0xB0, 0xF7)),
    "big5-1": ("traditional Chinese, level 1, by strokes", _big5_level_1),
    "jisx0208-1": ("Japanese kanji, level 1", lambda: _rows("euc_jp", 0xB0, 0xCF)),
    "ksx1001": ("Korean hangul syllables in use", lambda: _rows("euc_kr", 0xB0, 0xC8)),
    "kana": (
        "hiragana and katakana",
        lambda: _range(0x3041, 0x3096) + _range(0x30A1, 0x30FA) + "ー",
    ),
    "latin": ("A-Z, a-z and the accented letters of European languages", _latin),
    "digits": ("0-9", lambda: _range(0x30, 0x39)),
    "alnum62": ("0-9, A-Z, a-z", _alnum),
    "ascii": ("the printable ASCII characters without space", lambda: _range(0x21, 0x7E)),
    "cjk-punct": ("Chinese and Japanese punctuation", lambda: CJK_PUNCT),
}
