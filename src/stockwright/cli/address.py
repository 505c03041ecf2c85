"""Where the web server listens."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import time
from collections.abc import Callable

from stockwright.kit.embedded.errors import SetupError

DEFAULT_PORT = 8000
DEFAULT_HOST = "127.0.0.1"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_ANYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104  (compared with, not bound)


def refuse_taken(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on. Raises: SetupError with the cure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections of a server that has just ended do not count as somebody listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise SetupError(_why(error, host, port)) from error
        except OverflowError as error:
            raise SetupError(f"{port} is no port: choose one from 1024 to 65535, as in PORT=8001.") from error


def refuse_nameless(host: str) -> None:
    """Refuse to be reached from other machines without knowing the shop's own names: a request could bring any.

    Raises: SetupError with the cure.
    """
    if host in _LOOPBACK or os.environ.get("STOCKWRIGHT_HOSTS") or os.environ.get("STOCKWRIGHT_URL"):
        return
    raise SetupError(
        f"On {host} other machines can reach the shop: say by which names, as in STOCKWRIGHT_HOSTS=shop.example.com,10.0.0.5 "
        "(and STOCKWRIGHT_URL=https://shop.example.com for links in mails)."
    )


def tell_url(host: str, port: int) -> None:
    """Have links in mails lead to where this machine's own server listens, unless they are said to lead elsewhere.

    For the processes started from here on, too.
    """
    if host in _LOOPBACK:
        os.environ.setdefault("STOCKWRIGHT_URL", f"http://{f'[{host}]' if ':' in host else host}:{port}")


def url(host: str, port: int) -> str:
    """Return what a person on this machine types into a browser."""
    name = "localhost" if host in _ANYWHERE or host == DEFAULT_HOST else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


def wait_for_answer(host: str, port: int, *, patience_seconds: float, given_up: Callable[[], bool]) -> bool:
    """Wait until the web server answers a request; tell whether it did."""
    target = DEFAULT_HOST if host in _ANYWHERE else host
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline and not given_up():
        connection = http.client.HTTPConnection(target, port, timeout=10)
        try:
            connection.request("HEAD", "/")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return True
        finally:
            connection.close()
    return False


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        free = port + 1 if port < 65535 else DEFAULT_PORT  # noqa: PLR2004
        return f"Port {port} is taken by another program: end that, or choose another port, as in PORT={free}."
    if error.errno == errno.EACCES:
        return f"Port {port} may only be opened by root: choose one above 1023, as in PORT={DEFAULT_PORT}."
    return f"{host}:{port} cannot be listened on ({os.strerror(error.errno or errno.EINVAL)}): correct --host or PORT."
