"""What programs will say of a font file: read, sanitised, shaped, checked, weighed."""

from __future__ import annotations

import importlib
import io
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fontTools.ttLib import TTFont
from fontTools.ufoLib import UFOReader

from fontgan.errors import FontError
from fontgan.faces.unpack import readable
from fontgan.files import read_bytes
from fontgan.limits import FONT_FILE, MIB
from fontgan.untrusted import printable

State = Literal["passed", "failed", "skipped"]
_FONTBAKERY_SECONDS = 600
_EXTRA = "pip install 'fontgan[font]'"


@dataclass(frozen=True)
class Check:
    """What came of one check.

    Attributes:
        name: of the check.
        state: passed, failed, or skipped where the program for it is not installed.
        detail: what was found.
    """

    name: str
    state: State
    detail: str


def check_font(path: Path, fontbakery: bool = True) -> list[Check]:
    """Check a font file, or a UFO.

    Args:
        path: TTF, OTF, WOFF2, or the folder of a UFO.
        fontbakery: let fontbakery's opentype profile look at it too, where that is installed.

    Raises:
        FontError: it is no font.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return [_ufo(path)]
    data = read_bytes(path, FONT_FILE)
    readable(path)  # holds what it claims to unpack to against the limits
    font = _opened(data, path)
    checks = [_round_trip(data), _sanitised(path)]
    for name, check in (("HarfBuzz", _shaped), ("names and rights", _tables)):
        try:
            checks.append(check(name, font))
        except Exception as error:  # fontTools fails in any way on a hostile file
            checks.append(Check(name, "failed", _line(error)))
    if fontbakery:
        checks.append(_fontbakery(path))
    glyphs = len(font.getGlyphOrder())
    size = (
        f"{len(data) / MIB:.2f} MiB, {glyphs} glyphs, {len(data) / max(glyphs, 1):.0f} bytes each"
    )
    return [*checks, Check("size", "passed", size)]


def _opened(data: bytes, path: Path) -> Any:
    try:
        font = TTFont(io.BytesIO(data))
        font.getGlyphOrder(), font.getBestCmap()
    except Exception as error:  # fontTools fails in any way on a hostile file
        raise FontError(f"{path} is no font that can be read ({_line(error)})") from None
    return font


def _round_trip(data: bytes) -> Check:
    """Read all, write all, and compare every table, then read and write it once more."""
    name = "fontTools round trip"
    try:
        first = _rewritten(data)
        again = _rewritten(first)
    except Exception as error:
        return Check(name, "failed", _line(error))
    before, after = TTFont(io.BytesIO(first)).reader, TTFont(io.BytesIO(again)).reader
    differ = [tag for tag in before.keys() if before[tag] != after[tag]]  # noqa: SIM118
    if differ:
        return Check(name, "failed", f"tables change: {', '.join(differ)}")
    return Check(name, "passed", f"{len(before.keys())} tables stay as they are")


def _rewritten(data: bytes) -> bytes:
    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    font.flavor = None
    for tag in font.keys():  # noqa: SIM118
        _ = font[tag]
    if "glyf" in font:
        for name in font.getGlyphOrder():
            font["glyf"][name].expand(font["glyf"])
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _sanitised(path: Path) -> Check:
    """Let OTS look, which browsers let look at every font of a page."""
    name = "OpenType Sanitizer"
    try:
        ots = importlib.import_module("ots")
    except ImportError:
        return Check(name, "skipped", _EXTRA)
    with tempfile.TemporaryDirectory() as folder:
        done = ots.sanitize(str(path), str(Path(folder) / "out.ttf"), capture_output=True)
    said = " ".join((done.stderr or b"").decode(errors="replace").split())
    if done.returncode:
        return Check(name, "failed", printable(said[:200]) or f"exit status {done.returncode}")
    return Check(name, "passed", printable(said[:200]) or "no remark")


def _shaped(name: str, font: Any) -> Check:
    """Let HarfBuzz, which browsers and office programs shape with, look for every character."""
    try:
        hb = importlib.import_module("uharfbuzz")
    except ImportError:
        return Check(name, "skipped", _EXTRA)
    font.flavor = None
    out = io.BytesIO()
    font.save(out)
    shaper = hb.Font(hb.Face(out.getvalue()))
    lost = []
    for code in sorted(font.getBestCmap()):
        buffer = hb.Buffer()
        buffer.add_str(chr(code))
        buffer.guess_segment_properties()
        hb.shape(shaper, buffer)
        if not buffer.glyph_infos or any(not info.codepoint for info in buffer.glyph_infos):
            lost.append(f"U+{code:04X}")
    if lost:
        return Check(name, "failed", f"{len(lost)} characters have no glyph: {', '.join(lost[:8])}")
    return Check(name, "passed", f"shapes all {len(font.getBestCmap())} characters")


def _tables(name: str, font: Any) -> Check:
    """See that a font may be embedded, and says its name and licence."""
    if "OS/2" not in font or font["OS/2"].fsType:
        return Check(name, "failed", "embedding is restricted (OS/2 fsType is not 0)")
    names = font.get("name")
    wanted = ((1, "family name"), (6, "PostScript name"), (13, "licence"))
    lost = [what for number, what in wanted if names is None or not names.getDebugName(number)]
    told = f"no {', no '.join(lost)} in the name table" if lost else "fine"
    return Check(name, "failed" if lost and lost != ["licence"] else "passed", told)


def _fontbakery(path: Path) -> Check:
    """Let fontbakery look: as a program of its own, since it wants an older freetype-py."""
    name = "fontbakery opentype"
    program = shutil.which("fontbakery")
    if program is None:
        return Check(name, "skipped", "pipx install fontbakery")
    if path.suffix.lower() == ".woff2":
        return Check(name, "skipped", "it looks at TTF and OTF")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [program, "check-opentype", "-q", "--json", str(report), str(path.absolute())]
        try:
            subprocess.run(command, capture_output=True, timeout=_FONTBAKERY_SECONDS, check=False)
            counts = json.loads(report.read_text("utf-8"))["result"]
        except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
            return Check(name, "failed", f"it did not end well ({_line(error)})")
    bad = counts.get("FAIL", 0) + counts.get("ERROR", 0) + counts.get("FATAL", 0)
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return Check(name, "failed" if bad else "passed", told)


def _ufo(path: Path) -> Check:
    try:
        glyphs = UFOReader(path, validate=True).getGlyphSet()
        for name in glyphs.keys():  # noqa: SIM118
            glyphs.readGlyph(name, type("Glyph", (), {})())
    except Exception as error:
        raise FontError(f"{path} is no UFO that can be read ({_line(error)})") from None
    return Check("UFO", "passed", f"reads, {len(glyphs)} glyphs")


def _line(error: Exception) -> str:
    return printable(" ".join(str(error).split())[:160]) or type(error).__name__
