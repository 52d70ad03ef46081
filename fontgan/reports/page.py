"""A page of results: one HTML file that needs nothing else, made from a template."""

from __future__ import annotations

import base64
import io
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image

from fontgan.files import atomic_write


def write_page(path: str | Path, template: str, **values: Any) -> Path:
    """Fill a template of this package and write the page, whole or not at all; return its path.

    Whatever is filled in is text and is escaped: names from files cannot become markup.

    Args:
        path: the HTML file.
        template: name of a file in ``templates/``.
        values: what the template asks for.
    """
    page = _templates().get_template(template).render(values)
    with atomic_write(path) as beside:
        beside.write_text(page, encoding="utf-8")
    return Path(path)


def picture(image: Image.Image) -> str:
    """Return an image as the address of a PNG that the page itself holds."""
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("fontgan.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
