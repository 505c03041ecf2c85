"""The scripts behind make, on machines that lack something."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the scripts and what they read, in a git repository of its own."""
    place = tmp_path / "copy"
    place.mkdir()
    for name in ("tools", "requirements"):
        shutil.copytree(PROJECT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", place)
    subprocess.run(("git", "init", "-q"), check=True, cwd=place)
    return place


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run(copy: Path, tool: str, path: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path, "HOME": str(copy)}
    command = (shutil.which("bash") or "bash", f"tools/{tool}")
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=copy, env=environment, timeout=60)


@pytest.fixture
def basics(tmp_path: Path) -> Path:
    """A folder of programs that every machine has, without any Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dirname", "cat", "cksum", "tr", "rm", "touch", "id", "env", "mktemp", "tail"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def test_set_up_says_that_python_is_missing(copy: Path, basics: Path) -> None:
    done = run(copy, "setup", str(basics))

    assert done.returncode == 3
    assert done.stderr.startswith("Stockwright: Python 3.11 or newer is needed and was not found: install it")


def test_set_up_says_that_python_is_too_old(copy: Path, basics: Path) -> None:
    script(basics / "python3", "exit 1")

    done = run(copy, "setup", str(basics))

    assert done.returncode == 3
    assert "Python 3.11 or newer is needed" in done.stderr


def test_set_up_says_that_venv_is_missing(copy: Path, basics: Path) -> None:
    script(basics / "python3", 'case "$*" in *ensurepip*) exit 1;; --version) echo Python 3.12.1;; esac')

    done = run(copy, "setup", str(basics))

    assert done.returncode == 3
    assert "Python 3.12.1 has no venv module: install it" in done.stderr


def test_browser_says_what_to_install_where_it_may_not(copy: Path, basics: Path) -> None:
    script(basics / "apt-get", "exit 1")
    script(basics / "sudo", "exit 1")
    (basics / "id").unlink()
    script(basics / "id", "echo 1000")

    done = run(copy, "browser", str(basics))

    assert done.returncode == 3
    assert "sudo apt-get install chromium" in done.stderr


def test_browser_is_content_with_one_that_is_there(copy: Path, basics: Path) -> None:
    script(basics / "chromium", "exit 0")

    assert run(copy, "browser", str(basics)).returncode == 0


@pytest.mark.parametrize(
    "line",
    [
        "index" + "-url = https://example.com/simple",
        "--find" + "-links wheels",
        'open("/ro' + 'ot/secret")',
        '"/ho' + 'me/ada/shop"',
    ],
)
def test_the_guard_finds_addresses_and_paths_of_one_machine(copy: Path, line: str) -> None:
    assert run(copy, "guard", os.environ["PATH"]).returncode == 0
    (copy / "new.py").write_text(f"{line}\n")

    done = run(copy, "guard", os.environ["PATH"])

    assert done.returncode == 1
    assert "new.py:1:" in done.stderr
