"""Web server and worker as children of one process, with the database beneath them."""

from __future__ import annotations

import threading

from django.db import connections

from stockwright.cli import say
from stockwright.cli.address import url, wait_for_answer
from stockwright.cli.supervisor import Child, Supervisor
from stockwright.kit.embedded import EmbeddedPostgres, outside_url
from stockwright.kit.embedded.errors import SetupError
from stockwright.kit.home import home

_PATIENCE_SECONDS = 120


def run_all(host: str, port: int, *, also_say: str = "") -> int:
    """Run web server and worker until told to end, and say the address once it answers; return the exit code."""
    connections.close_all()
    keeper = Supervisor(
        children=[
            Child("web server", ("web", "--host", host, "--port", str(port))),
            Child("worker", ("worker",)),
        ],
        on_tick=_keep_database,
    )

    def announce() -> None:
        if wait_for_answer(host, port, patience_seconds=_PATIENCE_SECONDS, given_up=keeper.is_stopping):
            say.out.print(f"Stockwright is ready at {url(host, port)}")
            if also_say:
                say.out.print(also_say, markup=False)
            say.tell("Ctrl-C ends it.")

    code = keeper.run(on_start=threading.Thread(target=announce, daemon=True).start)
    say.tell("Stopped.")
    return code


def _keep_database() -> None:
    if outside_url() is not None:
        return
    server = EmbeddedPostgres(home(), progress=say.tell)
    if not server.is_running():
        say.refuse("The database ended unexpectedly; starting it again.")
        try:
            server.ensure_running()
        except SetupError as error:
            say.refuse(str(error))
