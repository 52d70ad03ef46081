"""Overview pictures of images, data sets and runs: what `sheet` does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fontgan.errors import DataError
from fontgan.evaluation.subject import open_run, translating
from fontgan.glyphs.image_files import read_grey
from fontgan.glyphs.scans import ImageFolder
from fontgan.glyphs.sheet import Sheet, grid
from fontgan.metrics.sheets import comparison_sheet
from fontgan.runs.folder import Run, is_run
from fontgan.workflows.building import data_preview

COLUMNS, MOST_GLYPHS = 16, 1024
LONGEST = 512  # pixels of a shown image's side: the largest that glyphs are drawn at


def make_sheet(what: str | Path, out: str | Path | None = None, device: str = "auto") -> Path:
    """Make an overview picture of images, a data set or a run.

    Args:
        what: a folder of glyph images (or of such folders, one a style), a data set, a run or a
            checkpoint.
        out: the picture; default ``sheet.png`` in the folder.
        device: where a run's model draws.

    Returns:
        The picture's path.

    Raises:
        FontganError: nothing to show there.
    """
    path = Path(what)
    home = path if path.is_dir() else path.parent
    picture = Path(out) if out else home / "sheet.png"
    if path.is_file() or is_run(path):
        model, pairs = open_run(Run.find(path), None, None, (), device)
        sheet = comparison_sheet(pairs.spread(6), translating(model), model.device, styles=32)
        return sheet.save(picture)
    if (path / "plan.json").exists():
        return data_preview(path, picture)
    return _images_sheet(path).save(picture)


def _images_sheet(folder: Path) -> Sheet:
    """Show the images of a folder, or those of each folder in it under its name."""
    homes = [home for home in sorted(folder.glob("*/")) if any(home.glob("*.png"))]
    rows: list[list[np.ndarray | None]] = []
    groups: list[tuple[int, str]] = []
    for home in homes or [folder]:
        groups.append((len(rows), home.name))
        files = list(ImageFolder(home).files.values())[: MOST_GLYPHS // max(1, len(homes))]
        rows += grid([read_grey(file, DataError, LONGEST) for file in files], COLUMNS)
    return Sheet(rows, groups=groups)
