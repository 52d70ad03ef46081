"""The table of faces in fonts/README.md, made from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

START, END = "<!-- faces -->", "<!-- /faces -->"


def update_readme(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Put the table of embedded and of fetched faces between the two marks of the file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    embedded = [record for record in records if record["embedded"]]
    others = [record for record in records if not record["embedded"]]
    table = "\n".join([
        "", "### Embedded", "", *_table(embedded), "", "### By `fontgan fonts fetch` only", "",
        *_table(others), "",
    ])  # fmt: skip
    path.write_text(before + START + table + END + after, encoding="utf-8")


def _table(records: Sequence[Mapping[str, Any]]) -> list[str]:
    head = [
        "| face | class | licence | reserved names | package, version |",
        "|---|---|---|---|---|",
    ]
    return head + [_row(record) for record in records]


def _row(record: Mapping[str, Any]) -> str:
    reserved = ", ".join(record.get("reserved_names", [])) or "none"
    where = "" if record["source"] == "npm" else "Debian "
    package = f"{where}`{record['package']}` {record['version']}"
    return (
        f"| {record['family']} (`{record['id']}`) | {record['class']} | {record['licence']} "
        f"| {reserved} | {package} |"
    )
