"""Every text that people see has a French one that fits it."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils import translation

from tests.hub.catalogue_files import FRENCH, Entry, read_po

ROOT = Path(settings.BASE_DIR)
# As makemessages knows them.
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!\d )%[sd]\b|\{\d+\}")
TAG = re.compile(r"</?[a-z]+[^>]*>")

ENTRIES = read_po()
HEAD, TEXTS = ENTRIES[0], ENTRIES[1:]


def test_no_text_is_left_untranslated_or_doubtful():
    assert [entry.texts["msgid"] for entry in TEXTS if not all(entry.translations)] == []
    assert [entry.texts["msgid"] for entry in TEXTS if entry.is_fuzzy] == []


def test_placeholders_and_markup_are_the_same_in_both_languages():
    wrong = [entry.texts["msgid"] for entry in TEXTS if not fits(entry)]
    assert wrong == []


def fits(entry: Entry) -> bool:
    """Whether every translation has what one of the originals has; the singular may leave the number out."""
    wanted = [(sorted(set(PLACEHOLDER.findall(text))), sorted(TAG.findall(text))) for text in entry.originals]
    return all(
        (sorted(set(PLACEHOLDER.findall(text))), sorted(TAG.findall(text))) in wanted for text in entry.translations
    )


def test_french_is_set_as_french_is():
    """Blanks before double punctuation do not break, quotation marks are French, apostrophes curly."""
    texts = [text for entry in TEXTS for text in entry.translations]
    assert [text for text in texts if re.search(r" [:;!?»]|« ", text)] == []
    assert [text for text in texts if re.search(r"[“”]", text)] == []
    assert [text for text in texts if re.search(r"\w'\w", TAG.sub("", text))] == []


def test_the_compiled_file_is_that_of_the_texts():
    with (FRENCH / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in TEXTS:
        singular = entry.texts["msgid"]
        if "msgid_plural" in entry.texts:
            found = [compiled.ngettext(singular, entry.texts["msgid_plural"], number) for number in (1, 2)]
            assert found == entry.translations, singular
        elif "msgctxt" in entry.texts:
            assert [compiled.pgettext(entry.texts["msgctxt"], singular)] == entry.translations, singular
        else:
            assert [compiled.gettext(singular)] == entry.translations, singular


def test_every_text_of_the_templates_is_known_to_the_translators():
    known = {entry.texts["msgid"] for entry in TEXTS}
    missing = {text for text in template_texts() if text not in known}
    assert missing == set()


def template_texts() -> Iterator[str]:
    folder = ROOT / "templates"
    for path in sorted(folder.rglob("*.*")):
        nodes = get_template(str(path.relative_to(folder))).template.nodelist
        for node in nodes.get_nodes_by_type(TranslateNode):
            if not hasattr(node.filter_expression.var, "lookups") and isinstance(node.filter_expression.var, str):
                yield str(node.filter_expression.var)
            elif isinstance(getattr(node.filter_expression.var, "literal", None), str):
                yield node.filter_expression.var.literal
        for node in nodes.get_nodes_by_type(BlockTranslateNode):
            yield node.render_token_list(node.singular)[0]


def test_every_marked_text_of_the_code_is_known_to_the_translators():
    known = {entry.texts["msgid"] for entry in TEXTS}
    missing = {text for text in code_texts() if text not in known}
    assert missing == set()


def code_texts() -> Iterator[str]:
    for folder in ("hub", "portal"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and first.value:
                        yield first.value


@pytest.mark.parametrize("folder", ["manual", "about"])
def test_long_texts_are_written_in_every_language(folder):
    """The manual has the same chapters with the same headings, samples and tables in each."""
    pages = ROOT / "templates" / "pages" / folder
    if folder == "about":
        assert {path.stem for path in pages.glob("*.html")} == {code for code, _ in settings.LANGUAGES}
        return
    english = {path.name: outline(path) for path in (pages / "en").glob("*.html")}
    for code, _ in settings.LANGUAGES:
        assert {path.name: outline(path) for path in (pages / code).glob("*.html")} == english


def outline(path: Path) -> list[str]:
    """What a chapter is built of, whatever the language."""
    text = path.read_text()
    return re.findall(r'<h2 id="[\w-]+"|<h3|<li>|<dt>|<p|<pre|include "[^"]+"|{% url [^%]+%}|{{ [^}]+}}', text)


def test_a_language_names_itself():
    for code, name in settings.LANGUAGES:
        with translation.override(code):
            assert translation.get_language_info(code)["name_local"].lower() == name.lower()
