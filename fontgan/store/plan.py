"""What a build shall make: the request, its fingerprint, and what each face can give to it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fontgan.errors import DataError, nearest
from fontgan.faces.finding import slug
from fontgan.glyphs import painting as drawing
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.lacking import in_words, lacks
from fontgan.glyphs.painting import Workers, open_style
from fontgan.glyphs.scans import PREFIX
from fontgan.store.request import DataRequest
from fontgan.store.split import held_out, held_out_pairs
from fontgan.untrusted import check_utf8, style_name_fault

Record = dict[str, Any]  # what the manifest says of one face


@dataclass(frozen=True)
class Plan:
    """A request with every face described; plain values only, no open fonts.

    Attributes:
        asked: what was asked for.
        chars: the characters, each once.
        source: what the manifest says of the source face.
        styles: likewise of each style.
        held_out_styles: in the order of the styles.
        chars_of: styles that draw only these of the characters.

    """

    asked: DataRequest
    chars: tuple[str, ...]
    source: Record
    styles: tuple[Record, ...]
    held_out_styles: tuple[str, ...]
    chars_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def canvas(self) -> Canvas:
        """How glyphs are drawn."""
        return self.asked.canvas

    def request(self) -> dict[str, Any]:
        """Return what decides the result; two builds with the same request are the same."""
        faces = [{key: face[key] for key in ("name", "sha256", "face")} for face in self.faces()]
        request = {
            "canvas": self.canvas.to_dict(),
            "chars": "".join(self.chars),
            "source": faces[0],
            "styles": faces[1:],
            "holdout": self.asked.holdout,
            "held_out_styles": list(self.held_out_styles),
            "seed": self.asked.seed,
        }
        # What is not asked for is left out, so that older data sets keep their fingerprints.
        if self.asked.split != "character":
            request["split"] = self.asked.split
        if self.chars_of:
            request["chars_of"] = {name: "".join(some) for name, some in self.chars_of.items()}
        return request

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the request."""
        text = json.dumps(self.request(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def faces(self) -> tuple[Record, ...]:
        """Return the source and then the styles."""
        return (self.source, *self.styles)

    def manifest(self) -> dict[str, Any]:
        """Return the manifest, once ``survey`` has filled in what the faces draw."""
        request = self.request()
        drawn = self.source["chars"]
        split: dict[str, Any] = {"split": self.asked.split, "held_out_chars": ""}
        if self.asked.split == "pair":
            pairs = {style["name"]: style["chars"] for style in self.styles}
            chosen = held_out_pairs(pairs, self.asked.holdout, self.asked.seed)
            split["held_out_pairs"] = {name: "".join(sorted(some)) for name, some in chosen.items()}
        else:
            some = held_out(drawn, self.asked.holdout, self.asked.seed)
            split["held_out_chars"] = "".join(sorted(some))
        return {
            "canvas": request["canvas"],
            "source": self.source,
            "styles": list(self.styles),
            "chars": drawn,
            **split,
            "held_out_styles": request["held_out_styles"],
            "holdout": self.asked.holdout,
            "seed": self.asked.seed,
            "fingerprint": self.fingerprint,
        }


def make_plan(asked: DataRequest) -> Plan:
    """Return the plan of a request.

    Raises:
        FontError: a face that cannot be opened.
        DataError: a request that makes no sense.

    """
    source, styles = describe(asked.source, asked.targets, asked.images)
    held = check_styles(asked.held_out_styles, styles)
    wanted = tuple(dict.fromkeys(asked.chars))
    limits = check_chars_of(asked.chars_of, styles, wanted)
    return Plan(asked, wanted, source, styles, held, limits)


def describe(
    source: str, targets: Iterable[str], images: Iterable[str | Path] = ()
) -> tuple[Record, tuple[Record, ...]]:
    """Open every face once and say what it is.

    Raises:
        FontError: a face that cannot be opened.
        DataError: no target, or two styles of one name.

    """
    folders = [_as_images(str(folder)) for folder in images]
    styles = [_describe(target) for target in (*targets, *folders)]
    if not styles:
        raise DataError("give at least one target font (--targets) or image folder (--images)")
    taken: set[str] = set()
    for number, style in enumerate(styles):
        _check_name(style["name"], taken)
        taken.add(style["name"])
        style["file"] = f"faces/{number:03d}-{slug(style['name'])[:60]}.npy"
    return {**_describe(source), "file": "faces/source.npy"}, tuple(styles)


def check_styles(names: Sequence[str], styles: Sequence[Record]) -> tuple[str, ...]:
    """Return the styles to hold out, in the order of the styles; unknown ones are an error."""
    known = [style["name"] for style in styles]
    for name in names:
        if name not in known:
            raise DataError(f"cannot hold out style {name!r}: {nearest(name, known)}")
    if set(known) <= set(names):
        raise DataError("every style is held out; leave at least one to train on")
    return tuple(name for name in known if name in names)


def check_chars_of(
    chars_of: Mapping[str, Iterable[str]], styles: Sequence[Record], chars: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return for each style named which of the characters it draws, in the order of the styles.

    Raises:
        DataError: no such style, or none of its characters is among those of the data set.

    """
    known = [style["name"] for style in styles]
    for name in chars_of:
        if name not in known:
            raise DataError(f"--chars-of {name}: no such style; {nearest(name, known)}")
    limits: dict[str, tuple[str, ...]] = {}
    for name in filter(chars_of.__contains__, known):
        some = frozenset(chars_of[name])
        limits[name] = tuple(char for char in chars if char in some)
        if not limits[name]:
            raise DataError(f"--chars-of {name}: none of them is among the characters of --chars")
    return limits


def survey(plan: Plan, workers: Workers, only: Sequence[Record] | None = None) -> None:
    """Fill in what each face draws: the source of the request, the styles of the source.

    Args:
        plan: its records are filled in.
        workers: look at the fonts.
        only: these faces, after the source; default all.

    Raises:
        DataError: the source, or every style, draws nothing of it.

    """
    files = {face["file"] for face in (plan.styles if only is None else only)}
    styles = [face for face in plan.styles if face["file"] in files]
    faces = (plan.source, *styles)
    tasks = [(face["spec"], plan.chars) for face in faces]
    wanted = drawn = frozenset(plan.chars)
    texts: dict[str, str] = {}  # most faces draw, and lack, the same: kept once
    for face, statuses in zip(faces, workers.map(drawing.survey, tasks), strict=True):
        if face is not plan.source:
            wanted = drawn & frozenset(plan.chars_of.get(face["name"], drawn))
        pairs = [(c, s) for c, s in zip(plan.chars, statuses, strict=True) if c in wanted]
        text = "".join(char for char, status in pairs if status == "drawn")
        without = lacks(*zip(*pairs, strict=True)) if pairs else lacks((), ())
        face["chars"] = texts.setdefault(text, text)
        face["missing"] = {lack: texts.setdefault(some, some) for lack, some in without.items()}
        if face is plan.source:
            drawn = frozenset(face["chars"])
    if not drawn:
        raise DataError(f"{plan.source['name']} draws none of the characters; choose other --chars")
    if only is None:
        check_drawn(plan)


def check_drawn(plan: Plan) -> None:
    """Raise if no style draws anything.

    Raises:
        DataError: none does.

    """
    if not any(style["chars"] for style in plan.styles):
        raise DataError("no target draws any of the characters that the source draws")


def lacking(faces: Iterable[Record]) -> str:
    """Return one line on what surveyed faces lack, empty when they draw everything."""
    lines = (in_words(face["name"], face["missing"]) for face in faces)
    return "; ".join(filter(None, lines))


def _describe(spec: str) -> Record:
    name, spec = _split_name(spec)
    style = open_style(spec)
    check_utf8(style.spec, "the font")
    return {
        "name": name or style.id,
        "spec": style.spec,
        "face": style.spec.partition("#")[2],
        "family": style.family,
        "sha256": style.sha256,
        "licence": style.licence,
        "licence_url": style.licence_url,
        "copyright": style.copyright,
    }


def _split_name(spec: str) -> tuple[str, str]:
    """Split ``name=spec``; an equals sign in a path or after ``#`` belongs to the font."""
    match = re.fullmatch(r"([^=#/\\:]+)=(.+)", spec)
    if not match or Path(spec).exists():
        return "", spec
    return match[1].strip(), match[2]


def _as_images(folder: str) -> str:
    name, folder = _split_name(folder)
    return f"{name}={PREFIX}{folder}" if name else f"{PREFIX}{folder}"


def _check_name(name: str, taken: Collection[str]) -> None:
    if name in taken:
        raise DataError(f"two styles are named {name!r}; name one yourself: other-name=FONT")
    if fault := style_name_fault(name):
        raise DataError(f"{fault}; name it yourself: other-name=FONT")
