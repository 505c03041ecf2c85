"""Where this installation keeps what it owns: database, files, run-time sockets."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return the folder of this installation: STOCKWRIGHT_HOME, else the user's data folder.

    Nothing is created here, and the variable is read at every call.
    """
    chosen = os.environ.get("STOCKWRIGHT_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_data_path("stockwright", appauthor=False)


def files_folder() -> Path:
    """Return the folder of stored files (attachments, imports, exports) within the installation."""
    return home() / "files"
