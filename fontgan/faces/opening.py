"""Open a font file for FreeType, and read the names it bears."""

from __future__ import annotations

import ctypes
import io
from pathlib import Path
from typing import NamedTuple

import freetype
from freetype import raw

from fontgan.errors import FontError
from fontgan.faces.unpack import readable

PPEM = 1_024  # pixels an em at which outlines are loaded
_SCALABLE = 1


_P = ctypes.c_void_p
_load_table = raw._lib["FT_Load_Sfnt_Table"]
_load_table.argtypes = (_P, ctypes.c_ulong, ctypes.c_long, _P, _P)


class Name(NamedTuple):
    """One entry of a font's name table."""

    id: int
    rank: int  # the lower the better
    text: str


def read_name(record: freetype.SfntName) -> Name:
    """Decode a name record: Windows English first, then any Windows name, then Mac Roman."""
    windows = record.platform_id in (0, 3)
    codec = "utf-16-be" if windows else "mac-roman"
    text = record.string.decode(codec, errors="replace").replace("\0", "").strip()
    english = record.language_id == (0x409 if record.platform_id == 3 else 0)
    return Name(record.name_id, 2 * (not english) + (not windows), text)


class _Face(freetype.Face):  # type: ignore[misc]
    """A face whose places on variation axes have no names: freetype-py stumbles over odd ones."""

    def get_best_name_string(self, *_: object) -> str:
        return ""


def open_face(path: Path, index: int) -> freetype.Face:
    """Open a face at 1,024 pixels an em, WOFF unpacked.

    Raises:
        FontError: no font, damaged, bitmaps only, no Unicode map, or no face of this number.

    """
    source = readable(path)
    try:
        face = _Face(str(source) if isinstance(source, Path) else io.BytesIO(source), index)
        if face.face_flags & _SCALABLE:
            face.set_char_size(PPEM * 64)
    except freetype.FT_Exception as error:
        if index:
            raise FontError(f"{path} has no face #{index}; the first is #0") from error
        raise FontError(
            f"{path} cannot be read as a font ({_reason(error)}); get it again"
        ) from error
    if not face.face_flags & _SCALABLE:
        raise FontError(f"{path} holds bitmaps only, no outlines; choose an outline font")
    charmap = face._FT_Face.contents.charmap
    if not charmap or charmap.contents.encoding != freetype.FT_ENCODING_UNICODE:
        raise FontError(f"{path} has no Unicode character map; choose another font")
    return face


def sfnt_table(face: freetype.Face, tag: str, size: int | None = None) -> bytes:
    """Return the first ``size`` bytes of a table, or all; empty when it is not there or shorter."""
    record = ctypes.cast(face._FT_Face, _P)
    code = ctypes.c_ulong(int.from_bytes(tag.encode("ascii"), "big"))
    length = ctypes.c_ulong(size or 0)
    if size is None and _load_table(record, code, 0, None, ctypes.byref(length)):
        return b""
    buffer = ctypes.create_string_buffer(length.value)
    failed = _load_table(record, code, 0, buffer, ctypes.byref(length))
    return b"" if failed else buffer.raw


def _reason(error: freetype.FT_Exception) -> str:
    return str(error).split("(", 1)[-1].strip("() ") or "FreeType refuses it"
