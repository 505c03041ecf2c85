"""The import contracts of pyproject.toml, tried on a small house of the same rooms, whole and broken."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")

SOUND = {
    "kit/errors.py": "",
    "kit/states.py": "",
    "catalog/models.py": "import django\n",
    "stock/states.py": "from stockwright.kit import states\n",
    "stock/rules.py": "from stockwright.stock import states\n",
    "stock/models.py": "from stockwright.catalog import models\n",
    "stock/queries.py": "from stockwright.stock import models\n",
    "stock/actions.py": "from stockwright.stock import models, queries, rules\n",
    "stock/pages.py": "from stockwright.stock import actions\n",
    "orders/states.py": "",
    "orders/rules.py": "",
    "orders/models.py": "from stockwright.orders import states\n",
    "orders/actions.py": "from stockwright.orders import models\nfrom stockwright.stock import actions\n",
    "orders/jobs.py": "from stockwright.orders import actions\n",
    "channels/actions.py": "import httpx\nfrom stockwright.orders import actions\n",
    "web/pages.py": "from stockwright.today import actions\n",
    "today/actions.py": "from stockwright.orders import actions\n",
}

BREACHES = {
    "a lower room imports a higher one": {"stock/rules.py": "from stockwright.orders import rules\n"},
    "kit imports a room": {"kit/errors.py": "from stockwright.catalog import models\n"},
    "one door imports another": {"web/pages.py": "from stockwright import api\n"},
    "a room nobody has placed": {"attic/__init__.py": ""},
    "an action imports a page": {"stock/actions.py": "from stockwright.stock import pages\n"},
    "a rule imports a model": {"orders/rules.py": "from stockwright.orders import models\n"},
    "a page imports a job": {"orders/pages.py": "from stockwright.orders import jobs\n"},
    "another room reads stock's tables": {"orders/queries.py": "from stockwright.stock import models\n"},
    "another room reads orders' tables": {"today/queries.py": "from stockwright.orders.models import Order\n"},
    "a rule imports Django": {"stock/rules.py": "from django.db import models\n"},
    "a table of states imports Django": {"orders/states.py": "import django\n"},
    "a room calls the network itself": {"orders/jobs.py": "import httpx\n"},
}


def build(place: Path, files: dict[str, str]) -> None:
    config = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    rooms = {path.parent.name for path in (PROJECT / "src" / "stockwright").glob("*/__init__.py")}
    for room in rooms | {Path(name).parts[0] for name in files}:
        (place / "stockwright" / room).mkdir(parents=True, exist_ok=True)
        (place / "stockwright" / room / "__init__.py").touch()
    (place / "stockwright" / "__init__.py").touch()
    for name, text in files.items():
        (place / "stockwright" / name).write_text(text)
    (place / ".importlinter").write_text(as_ini(config))


def as_ini(config: dict[str, object]) -> str:
    lines = ["[importlinter]", f"root_package = {config['root_package']}", "include_external_packages = True"]
    contracts = config["contracts"]
    assert isinstance(contracts, list)
    for number, contract in enumerate(contracts):
        lines.append(f"[importlinter:contract:{number}]")
        for key, value in contract.items():
            lines.append(f"{key} = " + ("\n    ".join(["", *value]) if isinstance(value, list) else str(value)))
    return "\n".join(lines)


def lint(place: Path) -> subprocess.CompletedProcess[str]:
    command = (LINT, "--config", place / ".importlinter", "--no-cache")
    environment = os.environ | {"PYTHONPATH": str(place)}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=place, env=environment)


def test_a_sound_house_keeps_every_contract(tmp_path: Path) -> None:
    build(tmp_path, SOUND)

    done = lint(tmp_path)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("breach", BREACHES)
def test_each_breach_is_caught(tmp_path: Path, breach: str) -> None:
    build(tmp_path, SOUND | BREACHES[breach])

    done = lint(tmp_path)

    assert done.returncode == 1, done.stdout
    assert "1 broken" in done.stdout, done.stdout
