"""The order of the form as code: JSON, curl, Python, command line."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hub.orders.forms import OrderForm
from hub.orders.offer import Offer
from hub.orders.views.form import is_sound
from hub.orders.views.sent_area import sent_area

if TYPE_CHECKING:
    from processing.spec import MosaicSpec

TOKEN = "YOUR_TOKEN"  # noqa: S105  stands for it in the examples
DEFAULT_NAME = "My mosaic"

Snippet = tuple[str, str, str, str]
"""Key, title, help, text."""


@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """The choices as code that orders the same; or what they lack to be an order."""
    data = request.POST.copy()
    data["name"] = data.get("name", "").strip() or DEFAULT_NAME
    sent = sent_area(data, request.FILES)
    form = OrderForm(sent.data, offer=Offer())
    snippets = snippets_of(form.spec) if is_sound(form, sent) else ()
    template = "hub/_code.html" if request.htmx else "hub/code.html"
    return render(request, template, {"form": form, "snippets": snippets})


def snippets_of(spec: MosaicSpec) -> tuple[Snippet, ...]:
    """Code for ``spec``; each text can be run as it stands once the token is put in."""
    url = settings.SITE_URL + reverse("api:orders-list")
    order = _order_json(spec)
    return (
        ("json", _("Order"), _("What the service and the command line take, say as order.json."), order),
        ("curl", "curl", "", _curl(url, order)),
        ("python", "Python", "", _python(url, order)),
        ("command", _("Command line"), _("Makes the mosaic without the service."), _command()),
    )


def _order_json(spec: MosaicSpec) -> str:
    """The order over several lines, with its coordinates on one."""
    order = spec.to_json()
    coordinates = json.dumps(order["area"]["coordinates"])
    mark = "<coordinates>"
    shape = order | {"area": {"type": order["area"]["type"], "coordinates": mark}}
    return json.dumps(shape, indent=2, ensure_ascii=False).replace(f'"{mark}"', coordinates)


def _curl(url: str, order: str) -> str:
    return (
        f"curl {shlex.quote(url)} \\\n"
        f"  -H 'Authorization: Bearer {TOKEN}' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        f"  -d {shlex.quote(order)}"
    )


def _python(url: str, order: str) -> str:
    return f'''import json
import requests

order = json.loads("""{_in_triple_quotes(order)}""")
answer = requests.post({url!r}, json=order, headers={{"Authorization": "Bearer {TOKEN}"}})
answer.raise_for_status()
print(answer.json())
'''


def _in_triple_quotes(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _command() -> str:
    return "python -m processing order.json --source SOURCE --out ."
