"""What answers of the API and pages with forms have in common."""

from __future__ import annotations

import html
import re
from typing import Any


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, which every refusal has."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert {"type", "title", "status", "detail", "code"} <= set(document)
    assert (document["status"], document["code"]) == (status, code)
    return document


def errors_at(response: Any, field: str) -> str:
    """The text of the error list that stands at ``field``."""
    found = re.search(rf'<ul class="errorlist" id="id_{field}_error">(.*?)</ul>', response.text, re.S)
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""
