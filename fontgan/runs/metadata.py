"""The one JSON text in a model file's metadata: written from a dataclass, and read back strictly.

A checkpoint and an ONNX file each hold one entry, ``fontgan``: a JSON object with ``format``,
``version`` and the fields of a dataclass. Types are not coerced and limits are kept, as the file
may be anybody's. Fields that this version does not know are left out, so that a newer one may add
a fact without shutting older ones out; whatever an older one would misread raises the version.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from fontgan.errors import CheckpointError, FontganError
from fontgan.untrusted import fault, parse_json, printable

KEY = "fontgan"
T = TypeVar("T")


@dataclass(frozen=True)
class Format(Generic[T]):
    """A kind of metadata.

    Attributes:
        name: of the format.
        version: newest one that is read here, and the one written.
        kind: the dataclass that it holds.
        otherwise: what a file is that is not of this format, for messages.
    """

    name: str
    version: int
    kind: type[T]
    otherwise: str

    def write(self, value: T) -> dict[str, str]:
        """Return the metadata that hold a value."""
        fields = dataclasses.asdict(value)  # type: ignore[call-overload]
        about = {"format": self.name, "version": self.version, **fields}
        return {KEY: json.dumps(about, ensure_ascii=False)}

    def read(self, path: Path, metadata: Mapping[str, str] | None) -> T:
        """Return what a file's metadata hold.

        Args:
            path: of the file, for messages.
            metadata: of the file.

        Raises:
            CheckpointError: another format, a newer version, or values that cannot be.
        """
        text = (metadata or {}).get(KEY, "")
        self._check_version(path, text)
        try:
            value: T = self._adapter.validate_json(text, strict=True)
            return value
        except ValidationError as error:
            why = fault(error)
        except FontganError as error:  # of a dataclass within, where pydantic lets it through
            why = printable(str(error))
        raise CheckpointError(f"{path}: what it says of itself does not fit: {why}")

    def _check_version(self, path: Path, text: str) -> None:
        try:
            about = parse_json(text)
            form, version = about["format"], about["version"]
        except (KeyError, TypeError, ValueError):
            form, version = None, 0
        if form != self.name or type(version) is not int:
            raise CheckpointError(f"{path}: {self.otherwise}")
        if version > self.version:
            raise CheckpointError(
                f"{path}: written by a newer fontgan (version {version}); upgrade fontgan to read "
                "it"
            )

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.kind)
