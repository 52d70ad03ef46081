"""What a face lacks of the wanted characters, and how to say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LACKS = ("missing", "blank", "tofu")


def lacks(chars: Sequence[str], statuses: Sequence[str]) -> dict[str, str]:
    """Gather what is not drawn: missing, blank and tofu, each with its characters."""
    pairs = list(zip(chars, statuses, strict=True))
    return {lack: "".join(c for c, status in pairs if status == lack) for lack in LACKS}


def in_words(name: str, missing: Mapping[str, str], shown: int = 12) -> str:
    """Return one line on what a face lacks, empty when nothing.

    >>> in_words("xiaolai", {"missing": "鬱", "blank": "", "tofu": ""})
    'xiaolai: 1 missing (鬱)'
    """
    parts = [
        f"{len(chars)} {lack} ({chars[:shown]}{'...' if len(chars) > shown else ''})"
        for lack, chars in missing.items()
        if chars
    ]
    return f"{name}: {', '.join(parts)}" if parts else ""
