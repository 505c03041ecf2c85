"""The page of import formats names everything that is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from stockwright.channels.files.mapped import shipped_mappings
from stockwright.channels.files.mapped.spec import FIELDS, Column, Invoices, Mapping
from stockwright.channels.files.registry import FORMATS, MODULES

PAGE = (Path(__file__).parents[5] / "docs" / "reference" / "files.md").read_text(encoding="utf-8")


def named(part: str) -> set[str]:
    """What a part of the page puts between backticks."""
    return {name.casefold() for name in re.findall(r"`([^`]+)`", part)}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.FORMAT.code)
def test_the_reference_names_every_column_of_a_format(module: Any) -> None:
    part = PAGE.split(f"\n## {module.FORMAT.code}\n")[1].split("\n## ")[0]
    assert {alias.casefold() for names in module.NAMES.values() for alias in names} - named(part) == set()


def test_the_reference_names_every_format_and_everything_a_mapping_may_say() -> None:
    assert set(re.findall(r"^## (\S+-\S+)$", PAGE, re.MULTILINE)) == FORMATS.keys()
    part = PAGE.split("\n## Files of your own\n")[1]
    said = {*Mapping.model_fields, *Column.model_fields, *Invoices.model_fields} - {"columns", "invoices"}
    assert (said | shipped_mappings().keys()) - named(part) == set()
    rows = dict(re.findall(r"^\| `(\w+)` (\|.*)\|$", part, re.MULTILINE))
    for kind, fields in FIELDS.items():
        required, further = rows[kind].strip("|").split("|")
        assert named(required) == {name for name, (must, _) in fields.items() if must}
        assert named(further) == {name for name, (must, _) in fields.items() if not must}
