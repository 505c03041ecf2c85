"""The shop's own secret: made once, kept in the home folder, readable by the owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key(home: Path) -> str:
    """The signing and encryption secret: STOCKWRIGHT_SECRET_KEY, or HOME/secret, made at first use."""
    if given := os.environ.get("STOCKWRIGHT_SECRET_KEY"):
        return given
    path = home / "secret"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        draft = home / f".secret-{os.getpid()}-{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            # link() refuses an existing name: of two first starts at once exactly one wins.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
