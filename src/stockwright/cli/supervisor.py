"""One parent for the web server and the worker: starts them, restarts what crashes, ends them in order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType

from stockwright.cli import say
from stockwright.cli.exits import Exit
from stockwright.cli.lifeline import PARENT_VARIABLE

_TICK_SECONDS = 0.2
_CHECK_SECONDS = 2.0
_GRACE_SECONDS = 12.0
_SLOWEST_RESTART_SECONDS = 30.0
# Who lived that long had started well: the next crash is a new one.
_HEALTHY_SECONDS = 60.0


@dataclass(slots=True)
class Child:
    """One process to keep running: `stockwright` with these arguments."""

    name: str
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    crashes: int = 0

    def start(self) -> None:
        """Start the process in a group of its own, so that Ctrl-C reaches the parent alone."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            (sys.executable, "-m", "stockwright", *self.arguments),
            env=os.environ | {PARENT_VARIABLE: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def send(self, number: signal.Signals) -> None:
        """Signal the process and what it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def ended(self) -> int | None:
        """Return the exit code once the process has ended."""
        return None if self.process is None else self.process.poll()


@dataclass(slots=True)
class Supervisor:
    """Keeps children running until it is told to end."""

    children: list[Child]
    # Called every other second; keeps the database up.
    on_tick: Callable[[], None] = field(default=lambda: None)
    _stopping: bool = False
    _hurry: bool = False

    def run(self, on_start: Callable[[], None] = lambda: None) -> int:
        """Run until SIGTERM or SIGINT, or until a child cannot start at all; return the exit code."""
        with self._signals():
            code = 0
            try:
                for child in self.children:
                    child.start()
                on_start()
                code = self._keep()
            finally:
                self._end()
            return code

    def is_stopping(self) -> bool:
        """Tell whether somebody asked to end."""
        return self._stopping

    def _keep(self) -> int:
        checked = time.monotonic()
        while not self._stopping:
            for child in self.children:
                code = self._look_after(child)
                if code is not None:
                    return code
            if time.monotonic() - checked > _CHECK_SECONDS:
                checked = time.monotonic()
                self.on_tick()
            time.sleep(_TICK_SECONDS)
        return Exit.DONE

    def _look_after(self, child: Child) -> int | None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_again_at:
                child.start()
            return None
        code = child.ended()
        if code is None or self._stopping:
            return None
        if code in (Exit.USAGE, Exit.UNAVAILABLE) and not child.crashes:
            # It has said itself what is missing; starting it again would say it again.
            return code
        child.send(signal.SIGKILL)
        child.process = None
        child.crashes = 1 if now - child.started_at > _HEALTHY_SECONDS else child.crashes + 1
        wait = min(2.0 ** (child.crashes - 1), _SLOWEST_RESTART_SECONDS)
        child.start_again_at = now + wait
        say.refuse(f"The {child.name} ended unexpectedly ({_how(code)}); starting it again in {wait:.0f} s.")
        return None

    def _end(self) -> None:
        running = [child for child in self.children if child.process is not None and child.ended() is None]
        for child in running:
            # Only the process itself: it ends what it started in its own order.
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.process.pid if child.process else 0, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while any(child.ended() is None for child in running) and time.monotonic() < deadline and not self._hurry:
            time.sleep(0.05)
        for child in self.children:
            child.send(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._hurry = self._stopping
            self._stopping = True

        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
