"""What the engine says in English is read in French."""

from __future__ import annotations

import pytest
from django.utils import translation

from hub.errors import told_to_users
from hub.management.commands import engine_texts
from hub.wording import extraction
from hub.wording.engine import SENTENCES, TITLES
from hub.wording.sentences import OURS, _patterns, told
from processing.errors import InvalidOrder, SourceUnreachable
from processing.spec import MosaicSpec

SQUARE = {"type": "Polygon", "coordinates": [[[14, 46], [15, 46], [15, 47], [14, 47], [14, 46]]]}
ORDER = {
    "name": "Marsh",
    "area": SQUARE,
    "period": {"kind": "month", "start": "2024-06-01"},
    "resolution": 60,
    "bands": ["B04"],
}


@pytest.fixture(autouse=True)
def french():
    with translation.override("fr"):
        yield


def test_the_list_for_translators_is_up_to_date():
    assert engine_texts.TARGET.read_text() == engine_texts.listing(), "run: manage.py engine_texts"


def test_everything_that_can_be_chosen_has_a_french_title():
    same = {text for text in TITLES if translation.gettext(text) == text}
    # Names, and words that French has too.
    assert same <= {
        "GeoTIFF", "JPEG 2000", "NetCDF", "S2GM", "S2GM 1.0", "Validation", "Red edge 1", "Red edge 2", "Red edge 3",
        "description",
    }  # fmt: skip


@pytest.mark.parametrize("template", [*SENTENCES, *OURS])
def test_every_sentence_is_recognised_with_its_values(template):
    values = [f"v{number}" for number in range(template.count("{"))]
    assert told(template.format(*values)) == translation.gettext(template).format(*values)


def refusals(**changes) -> list[str]:
    with pytest.raises(InvalidOrder) as refused:
        MosaicSpec.parse(ORDER | changes)
    return [told(problem.message) for problem in refused.value.problems]


def test_refusals_of_an_order_are_french_with_their_values():
    assert refusals(bands=["B99"])[0].startswith("'B99' n’est pas, comme bande, au choix")
    assert refusals(name="x" * 65) == ["a plus de 64 caractères"]
    assert refusals(period={"kind": "month", "start": "2024-06-02"}) == [
        "2024-06-02 n’est pas le premier jour de sa période (mois)\N{NO-BREAK SPACE}; "
        "cette période commence le 2024-06-01"
    ]
    assert refusals(period={"kind": "month", "start": "2199-08-01"}) == [
        "est dans le futur\N{NO-BREAK SPACE}: août 2199 commence le 2199-08-01"
    ]
    assert refusals(period={"kind": "quarter", "start": "2199-07-01"})[0].startswith(
        "est dans le futur\N{NO-BREAK SPACE}: T3 2199"
    )


def test_a_sentence_within_a_sentence_is_french_too():
    inner = "The disk filled up while the product was written; make room and try again."
    whole = told(f"1 of 3 products failed: {inner}")
    assert whole == f"1 produits sur 3 ont échoué\N{NO-BREAK SPACE}: {translation.gettext(inner)}"
    assert told("B02_M10.tiff: has no coordinates") == "B02_M10.tiff\N{NO-BREAK SPACE}: n’a pas de coordonnées"


def test_numbers_are_written_as_the_language_writes_them():
    assert told("has 60,000 corners, more than 50000; simplify it").startswith("a 60\N{NO-BREAK SPACE}000 sommets")
    assert "14,50 à 15,00" in told(
        "lies outside the archive, which covers 14.50 to 15.00 degrees east and 45.00 to 46.00 degrees north"
    )


def test_what_is_not_known_stays_as_it_is():
    for text in ("", "Something else.", "x" * 5000, "{0} of {1}", "a: b: c: d: e: f", "100 % (sure)"):
        assert told(text) == text


def test_english_is_not_touched():
    with translation.override("en"):
        assert told("has no coordinates") == "has no coordinates"


def test_what_replaces_the_archives_own_words_is_french():
    assert told(told_to_users(SourceUnreachable("/secret/path"))).startswith("L’archive des scènes ne répond pas")


def test_no_pattern_takes_another_ones_sentence():
    """Each text, with values in it, is recognised as itself: none is so general that it swallows others."""
    for _pattern, template in _patterns():
        said = template.format(*(["B04"] * template.count("{")))
        first = next(text for pattern, text in _patterns() if pattern.fullmatch(said))
        assert translation.gettext(first) == translation.gettext(template), (first, template)


def test_the_engine_itself_knows_no_other_language():
    assert not any("gettext" in path.read_text() for path in extraction.ROOT.rglob("*.py"))
