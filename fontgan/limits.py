"""How much a file may claim before anything is made for it, all in one place.

A few bytes can ask for gigabytes: a size, a count, a depth or a ratio that a file declares is held
against these before it is believed. Each is far above what honest files reach.
"""

from __future__ import annotations

MIB = 2**20

JSON_BYTES = 256 * MIB  # a data set of a thousand faces takes a few
MANIFEST_BYTES = 16 * 1024 * MIB  # a line a drawn glyph, and there may be a hundred million
TOML_BYTES = 4 * MIB
TEXT_BYTES = 64 * MIB  # a character set: all of Unicode is 4

FONT_FILE = 512 * MIB  # bytes of a font file; the largest known are near 200 MiB
FONT_UNPACKED = 256 * MIB  # bytes of an unpacked WOFF or WOFF2
FONT_RATIO, FONT_ANYWAY = (
    32,
    16 * MIB,
)  # unpacked to packed (a font of glyphs: 1.5 to 4), or so much
COMPOSITE_DEPTH = 32  # composites of composites; FreeType follows them by recursion, fonts use 2
COMPONENTS = 500_000  # of all composites of a font: all of Hangul by parts is 33,000

LEAST_SIDE, SIDE = 32, 512  # pixels of the side of glyph images that we make
COUNT = 65_536  # the largest whole number of a setting that sizes a network or repeats a step
ITERATIONS = 10**9  # of a run, or its epochs: thirty years, at one a second
BATCH = 8_192  # pairs of a batch: the largest known to have trained a GAN is 2,048

IMAGE_FILE = 256 * MIB  # bytes of an image file
IMAGE_PIXELS = 64_000_000  # a page at 600 dpi is 35 million
IMAGE_SIDE = 65_535  # the most that JPEG can have; each row of pixels takes memory of its own
