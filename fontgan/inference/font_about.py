"""The names and licences of a font: whose hand, whose strokes, which model."""

from __future__ import annotations

from collections.abc import Iterable

from fontgan.faces import catalogue
from fontgan.fontmaking.naming import About, check_family, reserved_names
from fontgan.inference.model import Model
from fontgan.inference.origins import Origins
from fontgan.inference.sources import Sources
from fontgan.methods.base import VectorMethod


def about_images(family: str, checked: bool) -> About:
    """Return what a font of traced images says of itself.

    Raises:
        FontError: the name is checked, and not free.
    """
    if checked:
        check_family(family, (), (entry.family for entry in catalogue.entries()))
    text = "The copyright of the handwriting is its writer's."
    return About(family, text, text, "", f"Handwriting traced by fontgan: {family}")


def about_model(
    model: Model, style: str, sources: Sources, family: str, checked: bool
) -> tuple[About, list[str]]:
    """Return what a font that a model drew says of itself, and what the user should know.

    Args:
        model: what drew it.
        style: in which hand.
        sources: from which font.
        family: the name wanted.
        checked: refuse it where it is not free.

    Raises:
        FontError: the name is checked, and not free.
    """
    header, face = model.header, sources.face
    record = header.styles[model.task.styles.index(style)]
    notices, notes, url = [record.copyright, face.copyright], [], record.licence_url
    if checked:
        _check_name(family, (record.family, face.family), notices)
    licences = [f"The hand: {record.name}, {record.licence or 'licence unknown'}."]
    if isinstance(model.method, VectorMethod):
        origins = Origins.of(model.method, face, sources.chars)
        told, notes = origins.manifest["strokes"], origins.notes
        licences += [f"Outlines: {note}." for note in notes]
        notices += [one["notice"] for one in told]
        url = next((one["licence_url"] for one in told), url)
    else:
        licences.append(f"Drawn after {face.family}, {face.licence or 'licence unknown'}.")
    drew = f"a {header.method} model of fontgan {header.fontgan}, iteration {header.iteration}"
    about = About(
        family,
        copyright=_line(notices),
        licence=" ".join([*licences, "Embedding is not restricted."]),
        licence_url=url,
        description=f"In the hand {record.name}, drawn by {drew}.",
    )
    return about, notes


def _check_name(family: str, origins: tuple[str, ...], notices: Iterable[str]) -> None:
    """Refuse names that the fonts it starts from reserve, and those of other fonts."""
    entries = catalogue.entries()
    listed = {name for one in entries if one.family in origins for name in one.reserved_names}
    taken = {one.family for one in entries} | {*origins}
    check_family(family, listed | reserved_names(notices), filter(None, taken))


def _line(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(" ".join(text.split()) for text in texts if text))
