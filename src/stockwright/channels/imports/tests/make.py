"""Imports for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stockwright.channels.imports.running import run_import
from stockwright.channels.imports.storing import keep_file
from stockwright.channels.queries import Report, report
from stockwright.kit.actions import perform
from stockwright.kit.people import SYSTEM, Actor
from stockwright.kit.rooms import load_rooms


def write(folder: Path, text: str, name: str = "file.csv") -> Path:
    """A file of this text."""
    (folder / name).write_bytes(text.encode())
    return folder / name


def start(path: Path, kind: str = "", *, actor: Actor = SYSTEM, **given: Any) -> int:
    """An import that nobody reads yet."""
    load_rooms()
    kept = keep_file(path)
    added = perform(
        "import.add_file",
        {"name": kept.name, "digest": kept.digest, "bytes": kept.bytes, "path": kept.path},
        actor=SYSTEM,
    )
    asked = {"file_id": added.result["file_id"], "kind": kind, "background": False, **given}
    return int(perform("import.start", asked, actor=actor).result.import_id)


def bring_in(path: Path, kind: str = "", **given: Any) -> Report:
    """A file imported to its end."""
    import_id = start(path, kind, **given)
    run_import(import_id)
    return report(import_id)


def add_location(code: str = "main", name: str = "Main warehouse") -> int:
    """A warehouse."""
    load_rooms()
    return int(perform("stock.add_location", {"code": code, "name": name}, actor=SYSTEM).result.id)
