"""A lock on a folder that the kernel takes back when its holder dies, however it dies."""

import fcntl
import json
from pathlib import Path
from typing import Any, Self


class FolderLock:
    """The right to run servers in a folder. The file ``lock`` in it says who holds it."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "lock").open("a+")

    def take(self, **note: Any) -> bool:
        """Take the lock and leave a note for others; False when somebody else has it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self.leave_note(**note)
        return True

    def leave_note(self, **note: Any) -> None:
        """Replace the note; only for the holder."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(note))
        self._file.flush()

    def read_note(self) -> dict[str, Any]:
        """What the holder wrote last; empty while it is just writing."""
        self._file.seek(0)
        try:
            return dict(json.loads(self._file.read()))
        except ValueError:
            return {}

    def close(self) -> None:
        """Give the lock back."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
