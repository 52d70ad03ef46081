"""The ``#2,wght=700`` after a font's name: a face of a collection, a place on variation axes."""

from __future__ import annotations

from dataclasses import dataclass

import freetype

from fontgan.errors import FontError, nearest
from fontgan.faces.raster import FontFile


@dataclass(frozen=True)
class Fragment:
    """A face index and axis values.

    >>> Fragment.parse("2,wght=700")
    Fragment(index=2, values=(('wght', 700.0),))
    """

    index: int = 0
    values: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, text: str, spec: str = "") -> Fragment:
        """Read the text after ``#``.

        Raises:
            FontError: neither an index nor ``axis=value``.

        """
        index, values = 0, {}
        for part in filter(None, text.split(",")):
            tag, is_axis, value = part.partition("=")
            try:
                if is_axis:
                    values[tag.strip()] = float(value)
                else:
                    index = _index(part)
            except ValueError:
                raise FontError(
                    f"{spec or text}: after # write a face number (#2) or axes (#wght=700)"
                ) from None
        return cls(index, tuple(sorted(values.items())))

    @property
    def text(self) -> str:
        """Return the fragment as it is written, with its ``#``; empty for the plain face."""
        parts = [str(self.index)] if self.index else []
        parts += [f"{tag}={value:g}" for tag, value in self.values]
        return "#" + ",".join(parts) if parts else ""

    @property
    def slug(self) -> str:
        """Return the fragment as a part of a name, such as ``-2-wght700``."""
        return self.text.replace("#", "-").replace(",", "-").replace("=", "").lower()


def _index(text: str) -> int:
    """Read a face's number; FreeType would take others for named instances or for a question."""
    index = int(text)
    if not 0 <= index < 65_536:
        raise ValueError
    return index


def axes_of(file: FontFile) -> dict[str, tuple[float, float, float]]:
    """Return tag -> (least, default, greatest) of a variable font's axes; else nothing."""
    try:
        axes = file.face.get_variation_info().axes
    except (freetype.FT_Exception, ValueError):  # a name that is no ASCII is a ValueError
        return {}
    return {axis.tag: (axis.minimum, axis.default, axis.maximum) for axis in axes}


def apply(fragment: Fragment, file: FontFile) -> None:
    """Set a font's axes as the fragment says.

    Raises:
        FontError: no such axis, or a value outside its range.

    """
    if not fragment.values:
        return
    axes, asked = axes_of(file), dict(fragment.values)
    for tag, value in asked.items():
        if not axes:
            raise FontError(f"{file.path} is not a variable font; leave out #{tag}={value:g}")
        if tag not in axes:
            raise FontError(f"{file.path} has no axis {tag!r}: {nearest(tag, axes)}")
        least, _, greatest = axes[tag]
        if not least <= value <= greatest:
            raise FontError(
                f"{file.path}: {tag} goes from {least:g} to {greatest:g}, not {value:g}"
            )
    try:
        file.face.set_var_design_coords([asked.get(tag, axis[1]) for tag, axis in axes.items()])
    except freetype.FT_Exception:
        raise FontError(f"{file.path}: its variations are damaged; get it again") from None
