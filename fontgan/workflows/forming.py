"""A form to print and to write on: what `form` does; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fontgan.errors import ConfigError
from fontgan.faces.face import FontFace
from fontgan.files import atomic_write, check_free
from fontgan.forms.form import Form
from fontgan.forms.help_chars import outline
from fontgan.forms.layout import Layout
from fontgan.forms.printing import pdf_of, write_pages
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.choosing import choose

TABLET_DPI = 200


@dataclass(frozen=True)
class FormFiles:
    """A form that was written.

    Attributes:
        form: what it is.
        pdf: the file to print.
        description: what `scan --form` reads.
        pictures: the pages for a tablet, when asked for.
        notes: what the user should know.
    """

    form: Form
    pdf: Path
    description: Path
    pictures: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def make_form(
    out: str | Path,
    chars: str | Charset | None = None,
    *,
    count: int = 100,
    target: str | Charset = "gb2312-1",
    source: str = "noto-sans-sc",
    layout: Layout | None = None,
    copies: int = 1,
    pictures: bool = False,
    force: bool = False,
    seed: int = 0,
) -> FormFiles:
    """Write a form as a PDF, its description beside it, and on demand a picture of each page.

    Args:
        out: the PDF.
        chars: the characters; default: those that `charset choose` takes.
        count: how many to choose.
        target: the set to be covered by the choice.
        source: the font of the help characters, whose drawings the choice looks at.
        layout: paper and size of the cells.
        copies: how often each character is written.
        pictures: also write ``OUT-1.png`` and so on, to be written on with a tablet.
        force: replace files that are there.
        seed: of the choice.

    Raises:
        FontganError: no such characters or font, too many pages, or files that are there.
    """
    path = Path(out)
    if path.suffix.lower() != ".pdf":
        raise ConfigError(f"{path}: a form is a PDF; give -o NAME.pdf")
    notes: tuple[str, ...] = ()
    if chars is None:
        chosen = choose(Charset.wanted(target), count, source, seed=seed)
        wanted, notes = "".join(chosen.chars), chosen.notes
    else:
        wanted = "".join(Charset.wanted(chars))
    form = Form(wanted, layout or Layout(), copies)
    _check_free(path, form, pictures, force)
    face = FontFace.open(source)
    outlines = {char: outline(face, char) for char in form.chars}
    lacking = [char for char, drawn in outlines.items() if drawn is None]
    pdf = pdf_of(form, outlines)
    images = write_pages(pdf, form, path, TABLET_DPI) if pictures else []
    description = form.save(path.with_suffix(".json"))
    with atomic_write(path) as part:
        part.write_bytes(pdf)
    return FormFiles(form, path, description, tuple(images), notes + _unshown(source, lacking))


def _check_free(path: Path, form: Form, pictures: bool, force: bool) -> None:
    files = [path, path.with_suffix(".json")]
    if pictures:
        files += [path.with_name(f"{path.stem}-{page.number}.png") for page in form.pages]
    check_free(files, force)


def _unshown(source: str, lacking: list[str]) -> tuple[str, ...]:
    if not lacking:
        return ()
    return (
        f"{source} draws no {''.join(lacking[:12])}{'...' if len(lacking) > 12 else ''}: printed "
        "as code points (--source names a font that does)",
    )
