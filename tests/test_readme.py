"""The README is true: it names every command and method, and its commands and options exist."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import typer.main
from fontgan.cli.app import load

from fontgan import methods, workflows

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GROUP = typer.main.get_command(load())


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def fontgan_lines() -> list[list[str]]:
    text = "\n".join(blocks("sh")).replace("\\\n", " ")
    parts = [part for line in text.splitlines() for part in re.split(r"(?<!\S)\|(?!\S)", line)]
    words = [shlex.split(part, comments=True) for part in parts]
    words = [line for line in words if line and Path(line[0]).name == "fontgan"]
    assert len(words) > 8
    return words


def test_every_command_and_method_is_in_the_readme() -> None:
    for name in GROUP.commands:
        assert f"`{name}`" in README, name
    for name in methods.available():
        assert name in README, name


def test_the_commands_of_the_readme_and_their_options_exist() -> None:
    for _, name, *words in fontgan_lines():
        command = GROUP.commands[name]
        if words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        used = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= known, (name, used - known)


def test_the_python_example_uses_what_there_is() -> None:
    (example,) = blocks("python")
    for node in ast.walk(ast.parse(example)):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "workflows":
            assert hasattr(workflows, node.attr)


def test_every_picture_and_path_of_the_readme_is_there() -> None:
    paths = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README) + re.findall(
        r"`((?:fontgan|cli|fonts)/[^`]*)`", README
    )
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path
