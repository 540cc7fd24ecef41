"""Why a product cannot be looked into, or not in the way that was asked for."""

from __future__ import annotations

from processing.errors import ProcessingError


class LookRefused(ProcessingError):
    """What was asked to be shown cannot be: ``field`` names the choice, ``reason`` says why by one of a few words."""

    code = "look_refused"
    mender = "user"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ProductUnreadable(ProcessingError):
    """The product's files are not whole. Names paths: not to be told to users."""

    code = "product_unreadable"
