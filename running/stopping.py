"""When to stop: signals, and the fate of the process that started this one."""

import os
import re
import signal
import types
from pathlib import Path

from running.errors import Stopped


class StopRequest:
    """Remembers that somebody asked this process to stop; ``check`` raises `Stopped` from then on."""

    def __init__(self, *, follow_parent: bool = False) -> None:
        self._signal: signal.Signals | None = None
        self._parent = Parent() if follow_parent else None

    def listen(self) -> None:
        """Take SIGINT, SIGTERM and SIGHUP from now on.

        A shell without job control starts background commands with SIGINT ignored, and they would pass that
        on to their children; the handlers set here end it. An ignored SIGHUP is somebody's wish (nohup).
        """
        signal.signal(signal.SIGINT, self._remember)
        signal.signal(signal.SIGTERM, self._remember)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._remember)

    def _remember(self, number: int, frame: types.FrameType | None) -> None:
        self._signal = signal.Signals(number)

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that was stopped in this way."""
        return 128 + (self._signal or signal.SIGTERM)

    def check(self) -> None:
        """Raise `Stopped` when this process has been asked to stop."""
        if self._signal:
            raise Stopped(self._signal.name)
        if self._parent and self._parent.wants_to_stop():
            raise Stopped("the process that started this one is stopping")


class Parent:
    """The process that started this one, as far as /proc shows it."""

    def __init__(self) -> None:
        self._pid = os.getppid()
        self._caught_interrupt = self._catches_interrupt()

    def wants_to_stop(self) -> bool:
        """Whether the parent has ended, or was interrupted and only waits for this process.

        `make` does not pass a SIGINT on that it alone received: it puts the signal's handling back to the
        default and waits for its children, for ever unless they notice.
        """
        if os.getppid() != self._pid:
            return True
        return self._caught_interrupt and not self._catches_interrupt()

    def _catches_interrupt(self) -> bool:
        try:
            status = Path(f"/proc/{self._pid}/status").read_text()
        except OSError:
            return False
        caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
        return bool(caught and int(caught[1], 16) & 1 << (signal.SIGINT - 1))
