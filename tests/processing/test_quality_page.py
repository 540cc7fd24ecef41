"""The quality report as people read it."""

import json
import xml.etree.ElementTree as ElementTree

from processing.quality.page import quality_page
from processing.quality.report import Check, Level, Report

WHOLE = Check(Level.INTEGRITY, "whole", True, "Read back, it holds what was made.", "B02", 5)
BROKEN = Check(Level.INTEGRITY, "readable", False, "B08 is damaged.", "B08")
ODD = Check(Level.INPUT, "agreement", False, "They disagree.", "S2A_<script>alert(1)</script>&")


def body(*checks, title="Trial"):
    """The page's text; it is well-formed."""
    page = quality_page(Report(checks), title=title)
    root = ElementTree.fromstring(page.removeprefix("<!doctype html>\n"))
    return page, " ".join("".join(root.find("body").itertext()).split())


def test_the_verdict_comes_first():
    assert body(WHOLE)[1].startswith("Quality of Trial Delivered, nothing found")
    assert "Delivered, with remarks" in body(WHOLE, ODD)[1]
    assert "Not delivered" in body(WHOLE, ODD, BROKEN)[1]


def test_failed_checks_stand_open_and_passed_ones_are_folded():
    page, text = body(WHOLE, BROKEN)
    assert page.index("B08 is damaged") < page.index("<details>") < page.index("holds what was made")
    assert "1 check passed" in text


def test_names_cannot_bring_markup():
    page, text = body(ODD, title="<b>")
    assert "<script" not in page
    assert "<b>" not in page
    assert "S2A_<script>alert(1)</script>&" in text


def test_the_page_needs_nothing_else():
    page, _ = body(WHOLE, ODD, BROKEN)
    assert "http" not in page
    assert "src=" not in page


def test_the_report_as_json_says_the_same():
    report = Report([WHOLE, ODD, BROKEN])
    told = json.loads(json.dumps(report.to_json()))
    assert (told["deliverable"], told["checks_made"], told["checks_failed"]) == (False, 3, 2)
    assert told["checks"][0] == {
        "level": "L0",
        "name": "whole",
        "subject": "B02",
        "passed": True,
        "message": "Read back, it holds what was made.",
        "measured": 5,
    }
    assert Report([WHOLE, ODD]).deliverable
    assert BROKEN.sentence == "B08: B08 is damaged."
