"""Backup and restore: every table, every file, or nothing."""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from stockwright.cli.backups import archive
from stockwright.kit.embedded import EmbeddedPostgres

Run = Callable[..., subprocess.CompletedProcess[str]]


def shop_url(home: Path) -> str:
    return EmbeddedPostgres(home).url("stockwright")


def contents(home: Path) -> dict[str, object]:
    """Every row of every table, where each sequence stands, every constraint and index, every stored file, the secret."""
    found: dict[str, object] = {}
    with EmbeddedPostgres(home).lease(), psycopg.connect(shop_url(home)) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
        ).fetchall()
        for (name,) in tables:
            query = sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(name))
            found[name] = connection.execute(query).fetchall()
        rest = {
            "sequences": "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1",
            "constraints": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
            # PostgreSQL writes the condition of the same index in other words once it has read its own.
            "indexes": "SELECT indexrelid::regclass::text, indrelid::regclass::text, indisunique, indisvalid,"
            " (SELECT string_agg(pg_get_indexdef(indexrelid, n, true), ', ') FROM generate_series(1, indnkeyatts) n)"
            " FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2",
            "triggers": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
        }
        found |= {name: connection.execute(query).fetchall() for name, query in rest.items()}
    files = home / "files"
    found["files"] = {str(path.relative_to(files)): path.read_bytes() for path in files.rglob("*") if path.is_file()}
    found["secret"] = (home / "secret").read_text()
    return found


def add_person(run: Run) -> None:
    script = "from stockwright.kit.models import Person; Person.objects.create_user('late@example.com', name='Late')"
    assert run("manage", "shell", "-c", script).returncode == 0


@pytest.fixture
def backup(home: Path, filled: Path, tmp_path: Path) -> Path:
    """A backup of the home, which is filled."""
    subprocess.run(("cp", "-a", f"{filled}/.", f"{home}/"), check=True)
    return (home / "shop.backup").rename(tmp_path / "shop.backup")


def test_restore_brings_back_every_row_of_every_table(
    home: Path, run: Run, backup: Path, new_home: Callable[[], Path]
) -> None:
    before = contents(home)
    elsewhere = new_home()

    done = run("restore", backup, "--json", STOCKWRIGHT_HOME=str(elsewhere))

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["tables"] > 30
    after = contents(elsewhere)
    # But who was at work then is not at work now.
    assert before.pop("procrastinate_workers")
    assert after.pop("procrastinate_workers") == []
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []
    assert len(after["kit_person"]) == 50  # type: ignore[arg-type]
    assert run("doctor", STOCKWRIGHT_HOME=str(elsewhere)).returncode == 0


def test_refuses_to_overwrite_a_live_shop_without_force(home: Path, run: Run, backup: Path) -> None:
    original = contents(home)
    add_person(run)
    (home / "files" / "new.txt").write_text("new")
    changed = contents(home)

    refused = run("restore", backup)

    assert refused.returncode == 1
    assert "There is a shop here already" in refused.stderr
    assert contents(home) == changed

    forced = run("restore", backup, "--force")

    assert forced.returncode == 0, forced.stderr
    # Who was at work when the backup was made is not at work now.
    assert contents(home) == {**original, "procrastinate_workers": []}


def test_refuses_even_with_force_while_the_shop_is_in_use(home: Path, run: Run, backup: Path) -> None:
    with EmbeddedPostgres(home).lease(), psycopg.connect(shop_url(home)):
        done = run("restore", backup, "--force", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "shop_is_running"


@pytest.mark.parametrize("damage", ["changed byte", "cut off", "no backup"])
def test_a_damaged_backup_changes_nothing(home: Path, run: Run, backup: Path, damage: str) -> None:
    before = contents(home)
    data = bytearray(backup.read_bytes())
    middle = len(data) // 2
    if damage == "changed byte":
        data[middle] ^= 0xFF
    broken: dict[str, bytes] = {"changed byte": bytes(data), "cut off": bytes(data[:middle]), "no backup": b"hello"}
    backup.write_bytes(broken[damage])

    done = run("restore", backup, "--force")

    assert done.returncode == 1
    assert "is no whole backup of Stockwright" in done.stderr
    assert contents(home) == before


def test_a_restore_that_postgresql_refuses_changes_nothing(home: Path, run: Run, backup: Path, tmp_path: Path) -> None:
    before = contents(home)
    manifest = archive.read_manifest(backup)
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("no dump at all")
    other = tmp_path / "other.backup"
    archive.write(other, manifest, {archive.DUMP: nonsense}, tmp_path)

    done = run("restore", other, "--force")

    assert done.returncode == 1
    assert "was not restored and is as it was before" in done.stderr
    assert contents(home) == before


def test_refuses_a_backup_of_a_newer_version(run: Run, backup: Path, tmp_path: Path) -> None:
    manifest = archive.read_manifest(backup)
    manifest.migrations.append("kit.9999_from_the_future")
    newer = tmp_path / "newer.backup"
    archive.write(newer, manifest, {}, tmp_path)

    done = run("restore", newer, "--force")

    assert done.returncode == 3
    assert "newer Stockwright (it has kit.9999_from_the_future)" in done.stderr


@pytest.mark.usefixtures("home")
def test_never_writes_over_an_earlier_backup(run: Run, backup: Path) -> None:
    before = backup.read_bytes()

    done = run("backup", backup)

    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert backup.read_bytes() == before


def test_only_its_owner_can_read_a_backup_and_nothing_is_left_beside_it(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    with tarfile.open(backup) as tar:
        assert tar.getnames()[-1] == archive.MANIFEST


def stored_files(home: Path) -> list[Path]:
    """The files in the storage that the database names, the largest first."""
    found = [path for path in (home / "files").rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: -path.stat().st_size)


def test_files_on_their_way_in_are_no_part_of_a_backup(run: Run, home: Path, backup: Path, tmp_path: Path) -> None:
    (home / "files" / "half.tmp").write_bytes(b"half of it")
    made = tmp_path / "other.backup"

    assert run("backup", made).returncode == 0

    names = [member.name for member in archive.read_manifest(made).members]
    assert names == [member.name for member in archive.read_manifest(backup).members]
    assert [name for name in names if name.startswith(archive.FILES)] != []


@pytest.mark.usefixtures("backup")
@pytest.mark.parametrize("damage", ["gone", "half", "other"])
def test_a_stored_file_that_is_not_whole_is_named_and_spoils_nothing(
    run: Run, home: Path, tmp_path: Path, new_home: Callable[[], Path], damage: str
) -> None:
    broken, whole = stored_files(home)
    content = broken.read_bytes()
    broken.unlink()
    if damage != "gone":
        broken.write_bytes(content[: len(content) // 2] if damage == "half" else content[::-1])
    made, elsewhere = tmp_path / "other.backup", new_home()

    done = run("backup", made, "--json")

    assert done.returncode == 0, done.stderr
    assert [name.split(" (")[0] for name in json.loads(done.stdout)["left_out"]] == ["orders.csv"]
    assert "Left out: orders.csv" in done.stderr
    assert run("restore", made, STOCKWRIGHT_HOME=str(elsewhere)).returncode == 0
    assert [path.read_bytes() for path in stored_files(elsewhere)] == [whole.read_bytes()]


def test_a_restore_with_other_rows_than_the_backup_says_is_taken_back(
    run: Run, home: Path, backup: Path, tmp_path: Path
) -> None:
    before = contents(home)
    manifest = archive.read_manifest(backup)
    archive.extract(backup, manifest, lambda name: tmp_path / "out" / name)
    manifest.rows["kit_person"] += 1
    other = tmp_path / "other.backup"
    archive.write(other, manifest, {archive.DUMP: tmp_path / "out" / archive.DUMP}, tmp_path)

    done = run("restore", other, "--force")

    assert done.returncode == 1
    assert "is as it was before: kit_person has other rows" in done.stderr
    assert contents(home) == before


@pytest.mark.usefixtures("migrated")
def test_says_that_a_backup_cannot_be_written_there(run: Run, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "no" / "such" / "folder" / "shop.backup")

    assert done.returncode == 3
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
