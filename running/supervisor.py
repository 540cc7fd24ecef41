"""One owner for all child processes: starts them, notices when one dies, stops them in order."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from running.children import Child, stop
from running.errors import CannotRun
from running.stopping import StopRequest

# A worker in the middle of a product is not waited for: the product is given to the next worker.
SECONDS_TO_STOP = 5.0


class Supervisor:
    """Owns the children. Servers outlive everything else; what is stopped once stays stopped."""

    def __init__(self, *, logs: Path, stop_request: StopRequest | None = None) -> None:
        self._logs = logs
        self._stop_request = stop_request
        self._servers: list[Child] = []
        self._others: list[Child] = []
        self._expected_to_end: set[Child] = set()

    def start_server(self, name: str, command: Sequence[str], **options: Any) -> Child:
        """Start a process that everything else depends on; options as for `Child`."""
        child = Child(name, command, log=self._logs / f"{name}.log", **options)
        self._servers.append(child)
        return child

    def start(self, name: str, command: Sequence[str], **options: Any) -> Child:
        """Start a process that must run until the end; options as for `Child`."""
        child = Child(name, command, log=self._logs / f"{name}.log", **options)
        self._others.append(child)
        return child

    def start_step(self, name: str, command: Sequence[str], **options: Any) -> Child:
        """Start a process that comes to an end by itself; `finish` waits for it."""
        child = self.start(name, command, **options)
        self._expected_to_end.add(child)
        return child

    def finish(self, step: Child, *, seconds: float) -> None:
        """Wait until ``step`` has ended, and raise `CannotRun` with the end of its log if it failed."""
        if not self.succeeds(step, seconds=seconds):
            raise CannotRun(describe_death(step))

    def succeeds(self, step: Child, *, seconds: float) -> bool:
        """Wait until ``step`` has ended, and tell whether all went well."""
        self.wait(lambda: step.has_ended, what=f"the end of {step.name}", seconds=seconds)
        self._others.remove(step)
        self._expected_to_end.discard(step)
        return step.exit_code() == 0

    def wait(self, ready: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait until ``ready()``; raises `Stopped` on request, `CannotRun` on a death or when time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise CannotRun(f"Waited {seconds:.0f} s in vain for {what}: the logs are in {self._logs}.")
            time.sleep(0.05)

    def watch(self) -> None:
        """Wait for a request to stop (`Stopped`) or the death of a child (`CannotRun`)."""
        while True:
            self.check()
            time.sleep(0.2)

    def check(self) -> None:
        """Raise `Stopped` when asked to stop, `CannotRun` when a child is gone that should be running."""
        if self._stop_request:
            self._stop_request.check()
        for child in [*self._servers, *self._others]:
            if child not in self._expected_to_end and child.has_ended:
                raise CannotRun(describe_death(child))

    def stop(self) -> None:
        """Stop every child: first those that use the servers, then the servers."""
        stop(self._others, seconds=SECONDS_TO_STOP)
        stop(reversed(self._servers), seconds=SECONDS_TO_STOP)
        self._others.clear()
        self._servers.clear()


def describe_death(child: Child) -> str:
    """One sentence about a child that ended by itself, followed by the last lines of its log."""
    code = child.exit_code()
    how = f"was killed by signal {-code}" if code < 0 else f"stopped by itself with exit code {code}"
    return f"{child.name} {how}; the end of {child.log}:\n{child.last_lines()}".rstrip()
