"""Kerning of glyphs added to a font: among themselves, its maker's own stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.ttLib import TTFont

from fontgan.fontmaking.features import Features

_KERN = "kern"  # the name of the feature, and of the table that older fonts have instead


def extend_kerning(font: Any, kerns: Mapping[tuple[str, str], int]) -> None:
    """Kern glyphs that were added to a font, where that switches nothing off.

    They get a lookup of their own, after those that the font's feature ``kern`` has already. A font
    that kerns by a table ``kern``, or positions without kerning, is left as it is: a feature
    ``kern`` would switch the table off.

    Args:
        font: a fontTools TTFont that has these glyphs.
        kerns: of two added glyphs the kerning, in its units.
    """
    if not kerns:
        return
    if "GPOS" not in font:
        if _KERN not in font:
            addOpenTypeFeaturesFromString(font, _text(kerns), tables=["GPOS"])
        return
    table = font["GPOS"].table
    records = table.FeatureList.FeatureRecord if table.FeatureList else ()
    features = [record.Feature for record in records if record.FeatureTag == _KERN]
    if not features:
        return
    first, added = len(table.LookupList.Lookup), _lookups(font.getGlyphOrder(), kerns)
    table.LookupList.Lookup.extend(added)
    for feature in features:
        own = set(feature.LookupListIndex)
        feature.LookupListIndex = sorted(own.union(range(first, first + len(added))))


def _lookups(glyphs: list[str], kerns: Mapping[tuple[str, str], int]) -> list[Any]:
    """Return the lookups of this kerning, made in a font of the same glyphs and nothing else."""
    alone = TTFont()
    alone.setGlyphOrder(glyphs)
    addOpenTypeFeaturesFromString(alone, _text(kerns), tables=["GPOS"])
    return list(alone["GPOS"].table.LookupList.Lookup)


def _text(kerns: Mapping[tuple[str, str], int]) -> str:
    return Features({}, {}, kerns).text()
