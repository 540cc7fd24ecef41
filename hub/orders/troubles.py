"""From whatever stopped a worker to one sentence for the owner, a code, and whether to try again."""

from __future__ import annotations

import errno
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from hub.errors import told_to_users
from processing.errors import OutOfMemoryLimit, ProcessingError, QualityRejected, StorageFull

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
UNEXPECTED = "Something unexpected went wrong in the service; write to the service desk if it stays so."
SILENT = "The worker that was making this product stopped without a word."

CHANGE_IT = _("Change the order and send it again.")
TRY_LATER = _("This is not of your making: repeat the order later, and tell the service desk if it fails again.")
# By the code of what went wrong; what is not here goes by who can mend it.
REMEDIES = {
    QualityRejected.code: _(
        "Its files could not be trusted, so nothing of it is handed out. Repeat the order; if it fails again, "
        "report the problem, so that an operator looks into it."
    ),
}


def remedy(codes: Collection[str]) -> str:
    """What the owner can do about products that failed with ``codes``; what is theirs to mend comes first."""
    if {error.code for error in _family(ProcessingError) if error.mender == "user"} & set(codes):
        return str(CHANGE_IT)
    return str(next((told for code, told in REMEDIES.items() if code in codes), TRY_LATER))


def _family(kind: type[ProcessingError]) -> list[type[ProcessingError]]:
    return [kind] + [member for child in kind.__subclasses__() for member in _family(child)]


@dataclass(frozen=True)
class Trouble:
    """Why an attempt at a product came to nothing."""

    code: str
    sentence: str
    """For the owner; in English, for it is kept in rows. Pages show it through ``hub.wording.sentences``."""
    retry: bool

    @classmethod
    def of(cls, error: BaseException) -> Trouble:
        """What ``error`` means for the product."""
        if isinstance(error, OSError) and error.errno in NO_SPACE:
            error = StorageFull("The disk of the service is full; order again later, or write to the service desk.")
        elif isinstance(error, MemoryError):
            error = OutOfMemoryLimit("Making this product took more memory than a worker has.")
        if isinstance(error, ProcessingError):
            return cls(code=error.code, sentence=told_to_users(error), retry=error.retry)
        # A fault of ours or of the machine. What it says may name paths and hosts: that is for the log.
        return cls(code="internal_error", sentence=UNEXPECTED, retry=True)

    @classmethod
    def silent_worker(cls) -> Trouble:
        """A worker that has not been heard of for too long: killed, out of memory, or cut off."""
        return cls(code="worker_lost", sentence=SILENT, retry=True)
