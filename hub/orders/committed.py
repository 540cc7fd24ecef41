"""What is done once a change is really in the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction


def once_committed(action: Callable[..., Any], *arguments: Any) -> None:
    """Call ``action(*arguments)`` after the commit; what it raises is logged and goes no further.

    Not at all when the transaction is rolled back.
    """
    # A partial would do, but Django names the callable when it logs, and a partial has no name.
    transaction.on_commit(lambda: action(*arguments), robust=True)
