"""Methods by name: a module's name is its method's name.

``base`` and modules with a leading underscore hold what methods share.
"""

from __future__ import annotations

import importlib
import pkgutil

from fontgan.errors import ConfigError, nearest
from fontgan.methods.base import Method


def available() -> list[str]:
    """Return the names of all methods."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return [name for name in names if name != "base" and not name.startswith("_")]


def find(name: str) -> type[Method]:
    """Return the method called ``name``.

    Raises:
        ConfigError: there is none; the nearest is named.
    """
    if name not in available():
        raise ConfigError(f"{name}: no such method; {nearest(name, available())}")
    module = importlib.import_module(f"{__name__}.{name}")
    kinds = [kind for kind in vars(module).values() if _is_method(kind, module.__name__)]
    return kinds[0]  # type: ignore[no-any-return]


def _is_method(kind: object, module: str) -> bool:
    return isinstance(kind, type) and issubclass(kind, Method) and kind.__module__ == module
