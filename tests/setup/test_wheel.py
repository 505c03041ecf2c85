"""The wheel, installed into an empty environment in another folder, is a working Stockwright."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stockwright import __version__

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src"
LOGIN_PAGE = """
from django.test import Client
from django.contrib.staticfiles import finders
page = Client(headers={"host": "localhost"}).get("/accounts/login/")
print(page.status_code, finders.find("unfold/css/styles.css") is not None)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without an environment of its own."""
    folder = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    subprocess.run(command, check=True, capture_output=True, cwd=PROJECT)
    (built,) = folder.glob("*.whl")
    return built


def pip(*arguments: str | Path) -> None:
    """Run our pip, wherever it installs into."""
    command = (sys.executable, "-m", "pip", *map(str, arguments), "--quiet", "--disable-pip-version-check")
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`stockwright` in an empty environment elsewhere, which gets what the wheel asks for and nothing else.

    It can only choose among the locked packages, checked by their hashes: what the wheel forgets to ask for is missing
    there, and what the lock forgets cannot be installed.
    """
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    place, locked = elsewhere / "venv", elsewhere / "locked"
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(place)), check=True)
    pip("download", "--require-hashes", "--no-deps", "--dest", locked, "-r", PROJECT / "requirements" / "app.txt")
    # Compiling everything takes longer than all else here.
    pip("--python", place / "bin" / "python", "install", "--no-index", "-f", locked, "--no-compile", wheel)
    return place / "bin" / "stockwright"


def call(program: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("STOCKWRIGHT_", "PYTHON", "PYTEST_"))
    }
    environment = kept | {"STOCKWRIGHT_HOME": str(home)}
    command = (str(program), *arguments)
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=home, timeout=240)


def test_holds_every_file_of_the_package_but_its_tests(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(("git", "ls-files", "-z", "src/stockwright"), check=True, capture_output=True, cwd=PROJECT)
    tracked = {Path(name).relative_to("src") for name in listed.stdout.decode().split("\0") if name}
    wanted = {path.as_posix() for path in tracked if "tests" not in path.parts}

    assert {name for name in wanted if (SOURCE / name).exists()} - packed == set()
    assert [name for name in packed if "/tests/" in name or "__pycache__" in name or name.endswith("conftest.py")] == []
    assert f"stockwright-{__version__}.dist-info/licenses/LICENSE" in packed


def test_runs_from_its_own_files(program: Path, home: Path) -> None:
    assert call(program, home, "version").stdout == f"Stockwright {__version__}\n"

    shown = call(program, home, "manage", "shell", "-v", "0", "-c", "import stockwright; print(stockwright.__file__)")

    assert shown.stdout.strip().startswith(str(program.parents[1])), shown.stderr


def test_the_doctor_is_content_and_pages_find_templates_and_style(program: Path, home: Path, template: Path) -> None:
    subprocess.run(("cp", "-a", f"{template}/.", f"{home}/"), check=True)

    examined = json.loads(call(program, home, "doctor", "--json").stdout)

    assert examined["ok"], examined
    page = call(program, home, "manage", "shell", "-v", "0", "-c", LOGIN_PAGE)
    assert page.stdout.strip() == "200 True", page.stderr
