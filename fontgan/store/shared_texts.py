"""The texts of a manifest, each kept once: most faces draw, and lack, the same characters.

In version 1 every face has its characters written out; a thousand faces of 70,000 characters were
210 MB of text. In version 2 they stand once in ``texts``, and a face gives their place there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

FORMAT, VERSION = "fontgan-data", 2

Manifest = Mapping[str, Any]


def pack(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest of version 2 that says what this one says, its texts written out.

    >>> face = {"chars": "ab", "missing": {"blank": ""}}
    >>> packed = pack({"source": face, "styles": [face]})
    >>> packed["texts"], packed["styles"]
    (['', 'ab'], [{'chars': 1, 'missing': {'blank': 0}}])
    """
    places: dict[str, int] = {}
    packed = _replaced(manifest, lambda text: places.setdefault(text, len(places)))
    return {"format": FORMAT, "version": VERSION, **packed, "texts": list(places)}


def unpack(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest of either version with its texts written out; equal ones are one object.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: damaged.
    """
    known: dict[str, str] = {}
    texts = manifest.get("texts", [])

    def text_of(value: Any) -> str:
        if manifest["version"] > 1:
            if value < 0:
                raise ValueError(f"no text {value}")
            value = texts[value]
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a text")
        return known.setdefault(value, value)

    unpacked = _replaced(manifest, text_of)
    unpacked.pop("texts", None)
    return unpacked


def _replaced(manifest: Manifest, change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the manifest with every face's texts changed."""

    def face(record: Manifest) -> dict[str, Any]:
        lacks = {lack: change(text) for lack, text in record.get("missing", {}).items()}
        return {**record, "chars": change(record["chars"]), "missing": lacks}

    styles = [face(style) for style in manifest["styles"]]
    return {**manifest, "source": face(manifest["source"]), "styles": styles}
