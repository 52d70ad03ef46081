"""The floors of the house: an import only points down, and `fontgan` starts without torch."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def floors(page: Path) -> list[set[str]]:
    """Read the floors from the design: rooms on one floor do not import each other."""
    text = page.read_text(encoding="utf-8").split("## Floors")[1]
    block = next(part for part in text.split("\n\n") if part.startswith("    "))
    rooms = [{room.strip() for room in part.split(",")} for part in block.split("<")]
    return [{room.replace("/", ".") for room in floor} for floor in rooms]


FLOORS = [{"__init__", "fonts"}, *floors(ROOT / "docs" / "design.md")]
ROOMS = set().union(*FLOORS)
HEAVY = {"torch", "skimage", "tensorboard"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts if parts[0] == "fontgan" else ("fontgan", *parts)
    return ".".join(parts).removesuffix(".__init__")


MODULES = {
    module_name(path): path
    for folder in ("fontgan", "cli", "fonts")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def room(module: str) -> str:
    """Return the package that a module is in; the rooms of nn count by themselves."""
    parts = module.split(".")[1:3]
    inner = ".".join(parts)
    return inner if inner in ROOMS else parts[0] if parts else "__init__"


def floor(module: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room(module) in rooms)


def statements(tree: ast.AST, inside_functions: bool) -> Iterator[ast.AST]:
    """Yield a module's statements, without those that only a type checker runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not inside_functions:
            continue
        yield node
        yield from statements(node, inside_functions)


def imports(module: str, inside_functions: bool) -> set[str]:
    """Return the modules that a module imports, ours by their full names."""
    path = MODULES[module]
    found: set[str] = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), inside_functions):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module if path.stem == "__init__" else module.rpartition(".")[0]
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])] if node.level else [node.module])
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return found


def ours(module: str) -> set[str]:
    return {name for name in imports(module, True) if name in MODULES and name != "fontgan"}


@pytest.mark.parametrize("module", MODULES)
def test_an_import_only_points_down(module: str) -> None:
    for name in ours(module):
        if room(name) != room(module):
            assert floor(name) < floor(module) or floor(module) == 0, f"{module} imports {name}"


def test_methods_see_batches_only() -> None:
    for module in MODULES:
        if room(module) == "methods":
            data = {name for name in ours(module) if room(name) == "data"}
            assert data <= {"fontgan.data", "fontgan.data.batch", "fontgan.data.task"}, module


def test_quick_ways_are_behind_fences() -> None:
    """Blocks alone choose the faster layers, and only what draws takes folded networks."""
    for module in MODULES:
        inside = {room(name) for name in ours(module)} - {room(module)}
        assert (
            "nn.fast" not in inside or module == "fontgan.nn.blocks" or room(module) == "nn.folded"
        )
        assert "nn.folded" not in inside or room(module) == "inference"


def reachable(start: set[str]) -> set[str]:
    """Return all that importing some modules imports, at module level, with the packages above."""
    seen: set[str] = set()
    todo = set(start)
    while todo:
        module = todo.pop()
        seen.add(module)
        above = module.rpartition(".")[0]
        if module in MODULES:
            todo |= ({above} if above else set()) | imports(module, False)
        todo -= seen
    return seen


def test_the_command_line_loads_nothing_heavy() -> None:
    commands = {module for module in MODULES if room(module) == "cli"}
    assert commands
    loaded = {module.split(".")[0] for module in reachable(commands)}
    assert not loaded & HEAVY


def test_fonts_data_sets_and_requests_need_no_torch() -> None:
    light = {
        module
        for module in MODULES
        if room(module)
        in ("faces", "fontmaking", "forms", "glyphs", "outlines", "store", "strokes")
    }
    light |= {"fontgan.workflows.rendering", "fontgan.workflows.building", "fontgan.runs.folder"}
    light |= {"fontgan.training.request", "fontgan.evaluation.request", "fontgan.metrics.judges"}
    light |= {"fontgan.workflows.forming", "fontgan.workflows.scanning"}
    loaded = {module.split(".")[0] for module in reachable(light)}
    assert not loaded & HEAVY


def test_help_does_not_load_torch() -> None:
    code = "import sys, fontgan.cli.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_package_is_installed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    there = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    assert sorted(listed) == sorted(there)
