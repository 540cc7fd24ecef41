"""The order as code: what is shown orders the same by API, in Python and on the command line."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hub.orders.forms import OrderForm
from hub.orders.offer import Offer
from processing.spec import MosaicSpec

CODE = "/hub/code/"
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


def snippet(page: str, key: str) -> str:
    return html.unescape(re.search(rf'<pre id="snippet-{key}"[^>]*><code>(.*?)</code></pre>', page, re.S)[1])


@pytest.fixture
def page(client, choices) -> str:
    return client.post(CODE, choices | {"option-s2gm-threshold": "6"}, headers=HTMX).text


def test_the_json_is_the_order_of_the_form(page, spec):
    order = MosaicSpec.parse(json.loads(snippet(page, "json")))
    assert order == MosaicSpec.parse(spec.to_json() | {"method_options": {"threshold": 6}})


def test_the_curl_line_sends_the_order_with_a_token(page):
    words = shlex.split(snippet(page, "curl"))
    assert words[:2] == ["curl", "http://127.0.0.1:8000/api/v1/orders/"]
    assert "Authorization: Bearer YOUR_TOKEN" in words
    assert json.loads(words[words.index("-d") + 1]) == json.loads(snippet(page, "json"))


def test_the_python_snippet_can_be_read_and_holds_the_order(page):
    code = snippet(page, "python")
    compile(code, "snippet", "exec")
    read = code.split("answer =")[0].replace("import requests", "") + "print(json.dumps(order))"
    said = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == json.loads(snippet(page, "json"))


def test_the_json_is_what_the_command_line_takes(page, small_archive, tmp_path):
    (tmp_path / "order.json").write_text(snippet(page, "json"))
    command = snippet(page, "command").replace("SOURCE", str(small_archive)).split()
    assert command[0] == "python"
    root = Path(__file__).resolve().parent.parent.parent
    made = subprocess.run(
        [sys.executable, *command[1:]], cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(root)}
    )
    assert made.returncode == 0, made.stderr
    assert Path(tmp_path / made.stdout.strip()).is_dir()


def test_without_a_name_an_example_stands_for_it(client, choices):
    page = client.post(CODE, choices | {"name": ""}, headers=HTMX).text
    assert json.loads(snippet(page, "json"))["name"] == "My mosaic"


def test_what_is_no_order_yet_is_said(client, choices):
    page = client.post(CODE, choices | {"area": ""}, headers=HTMX).text
    assert "The area is missing" in page and "snippet-json" not in page


def test_without_scripts_the_code_comes_as_a_page(client, choices):
    page = client.post(CODE, choices).text
    assert "<html" in page and "snippet-python" in page


@pytest.mark.parametrize("name", ["It's", 'Quote " and \\', "Ünïcode"])
def test_names_cannot_break_out_of_the_snippets(client, choices, name):
    page = client.post(CODE, choices | {"name": name}, headers=HTMX).text
    assert "snippet-json" in page or "The name must" in page
    if "snippet-json" in page:
        assert json.loads(shlex.split(snippet(page, "curl"))[-1])["name"] == name


def test_the_constructor_that_other_parts_use_gives_the_spec(choices, spec):
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    for name, value in choices.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    form = OrderForm(data, offer=Offer(), may_be_unnamed=True)
    assert form.is_valid() and form.spec == spec
