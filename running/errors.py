"""What this package raises."""


class CannotRun(Exception):
    """The service cannot start or go on; the message says why and what to do, in one sentence."""


class Stopped(Exception):
    """Somebody asked the service to stop: Ctrl-C, a signal, or the end of the process it follows."""
