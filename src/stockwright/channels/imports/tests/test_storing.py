"""Files on the disk: whole or not at all, once, and in words where there is no room."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from stockwright.channels.imports.storing import keep, keep_file
from stockwright.channels.imports.tests.make import write
from stockwright.kit.actions import perform
from stockwright.kit.models import StoredFile
from stockwright.kit.people import SYSTEM
from stockwright.kit.rooms import load_rooms
from stockwright.kit.tests.make import at_once

# Gives the pieces of a file slowly, or stops in a file that may not grow so large.
CHILD = """
import sys, time
import django
django.setup()
from stockwright.channels.imports.storing import keep
from stockwright.kit.errors import StockwrightError

def pieces():
    for n in range(20):
        yield b"x" * 100_000
        print("piece", flush=True)
        time.sleep(float(sys.argv[1]))

try:
    print(keep("orders.csv", pieces()).digest)
except StockwrightError as error:
    print(f"{error.kind}: {error.message}")
"""
WHOLE = [b"x" * 100_000] * 20


def child(home: Path, pause: float, **more: object) -> subprocess.Popen[str]:
    environment = {
        **os.environ, "STOCKWRIGHT_HOME": str(home), "DJANGO_SETTINGS_MODULE": "stockwright.kit.settings",
        # Nothing of it needs a database.
        "STOCKWRIGHT_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    }  # fmt: skip
    command = [sys.executable, "-c", CHILD, str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True, **more)  # type: ignore[call-overload,no-any-return]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_of_an_upload_that_is_killed_nothing_is_found_under_its_digest(tmp_path: Path) -> None:
    with child(tmp_path, 5) as half:
        assert half.stdout is not None
        assert half.stdout.readline() == "piece\n"
        half.send_signal(signal.SIGKILL)
    (left,) = files(tmp_path / "files")
    assert left.name.startswith(".coming-")
    os.utime(left, (time.time() - 100_000,) * 2)
    with child(tmp_path, 0) as whole:
        assert whole.stdout is not None
        digest = whole.stdout.read().split()[-1]
    (found,) = files(tmp_path / "files")
    assert (found.name, found.stat().st_size) == (digest, 2_000_000)


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    with child(tmp_path, 0, preexec_fn=small) as run:
        assert run.stdout is not None
        said = run.stdout.read().splitlines()[-1]
    assert said == "unavailable: orders.csv can't be kept: File too large. Make room, then try again."
    assert files(tmp_path / "files") == []


def test_a_half_file_of_earlier_days_is_written_again() -> None:
    kept = keep("half.csv", WHOLE)
    place = Path(default_storage.path(kept.path))
    place.write_bytes(b"x" * 1000)
    assert keep("half.csv", WHOLE) == kept
    assert place.stat().st_size == 2_000_000


def test_a_file_that_can_not_be_read_is_not_said_to_have_no_room(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        keep_file(tmp_path / "none.csv")
    with pytest.raises(IsADirectoryError):
        keep_file(tmp_path)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_given_twice_at_once_is_one_file(tmp_path: Path) -> None:
    load_rooms()
    path = write(tmp_path, "sku,title\nA,Mug\n", "twice.csv")

    def give() -> int:
        kept = keep_file(path)
        given = {"name": kept.name, "digest": kept.digest, "bytes": kept.bytes, "path": kept.path}
        return int(perform("import.add_file", given, actor=SYSTEM).result["file_id"])

    found = at_once(*[give] * 4)
    stored = StoredFile.objects.get()
    assert found == [stored.pk] * 4
    assert Path(default_storage.path(stored.path)).read_bytes() == path.read_bytes()
