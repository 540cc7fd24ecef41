"""Child processes that never outlive this one."""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from running.accounts import Account

# The kernel tells a child of its parent's death only from the moment on when it was asked to. If the
# parent died before that, somebody else is the parent by now, and the child ends itself.
_UNLESS_ORPHANED = '[ "$PPID" = "$0" ] || kill -KILL $$; exec "$@"'


class Child:
    """A started command with its own log, in a session of its own.

    A Ctrl-C in the terminal does not reach it: whoever started it stops it, in the right order. Should
    this process be killed outright, the kernel sends the child ``orphan_signal``. That also happens when
    the *thread* that started the child ends, so children are started from the main thread.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        orphan_signal: signal.Signals = signal.SIGKILL,
        shows_output: bool = False,
    ) -> None:
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        if log.exists():
            log.replace(log.with_name(f"{log.name}.1"))
        leash = ["setpriv", "--pdeathsig", orphan_signal.name.removeprefix("SIG")]
        if account:
            leash += account.setpriv_options
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                [*leash, "--", "sh", "-c", _UNLESS_ORPHANED, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=None if shows_output else written,
                stderr=written,
                env=environment,
                cwd=folder,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone; it is not reaped, so that its group's number stays reserved."""
        if self._process.returncode is not None:
            return True
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def exit_code(self) -> int:
        """The exit code (negative: the signal that ended it), waiting for the end of the process."""
        return self._process.wait()

    def last_lines(self, count: int = 15) -> str:
        """The end of the log, indented, for a message."""
        with self.log.open(errors="replace") as lines:
            return "".join(f"    {line.rstrip()}\n" for line in deque(lines, count))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process if it still runs."""
        if not self.has_ended:
            os.kill(self.pid, number)

    def kill_group(self) -> None:
        """Kill whatever is left of the process and its descendants, and reap it."""
        if self._process.returncode is None:
            # The unreaped leader still holds the number of its group: nobody else can be hit.
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


def stop(children: Iterable[Child], *, seconds: float) -> None:
    """Ask all ``children`` to stop at the same time, and kill what is left after ``seconds``."""
    asked = list(children)
    for child in asked:
        child.signal(child.stop_signal)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not all(child.has_ended for child in asked):
        time.sleep(0.02)
    for child in asked:
        child.kill_group()
