"""The quality report as a page that anyone can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from processing.quality.report import Check, Level, Report

_TITLES = {
    Level.INTEGRITY: (
        "Files",
        "Every file is opened again and read back, pixel by pixel. Nothing that fails here goes out.",
    ),
    Level.INPUT: ("Scenes", "Every scene is looked at before it is used. What cannot be used is left out and named."),
    Level.PIXEL: ("Pixels", "While the mosaic is made its layers are compared with each other."),
    Level.PLAUSIBILITY: (
        "Plausibility",
        "Whether the result looks like the ground. Worth a look, never a reason to hold it back.",
    ),
}

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2b33; --soft: #5b6b74; --line: #d8e0e4; --ground: #ffffff; --card: #f5f8f9;
  --good: #1b6e4b; --odd: #8a5a00; --bad: #a4262c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf0; --soft: #a3b3bb; --line: #34444d; --ground: #131c21;
  --card: #1b262c; --good: #6ed3a6; --odd: #e5b35c; --bad: #ff9a95; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.35rem; overflow-wrap: anywhere; margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .25rem; }
p { margin: 0 0 .75rem; color: var(--soft); max-width: 44rem; }
.verdict { border: 1px solid var(--line); border-left: .4rem solid var(--good); border-radius: .4rem;
  background: var(--card); padding: 1rem 1.25rem; }
.verdict.odd { border-left-color: var(--odd); }
.verdict.bad { border-left-color: var(--bad); }
.verdict strong { display: block; font-size: 1.15rem; }
.verdict p { margin: .25rem 0 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; }
td + td { overflow-wrap: anywhere; } td.subject { min-width: 7rem; }
.passed { color: var(--good); } .odd { color: var(--odd); } .failed { color: var(--bad); font-weight: 600; }
details { margin-top: .5rem; } summary { cursor: pointer; color: var(--soft); }
@media print { body { padding: 0; } tr { break-inside: avoid; } }
"""


def quality_page(report: Report, *, title: str) -> str:
    """The report as one HTML document that needs nothing else; every text in it is escaped."""
    sections = "".join(_section(level, [check for check in report.checks if check.level == level]) for level in _TITLES)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>Quality of {escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Quality of {escape(title)}</h1>\n{_verdict(report)}{sections}</body>\n</html>\n"
    )


def _verdict(report: Report) -> str:
    failed = report.failed()
    if not report.deliverable:
        kind, words = "bad", "Not delivered"
        reason = "Files are missing, damaged or not what was ordered."
    elif failed:
        kind, words = "odd", "Delivered, with remarks"
        reason = f"All files are whole. {len(failed)} of {len(report.checks)} checks found something worth knowing."
    else:
        kind, words = "good", "Delivered, nothing found"
        reason = f"All files are whole, and all {len(report.checks)} checks passed."
    return f'<div class="verdict {kind}"><strong>{words}</strong><p>{reason}</p></div>\n'


def _section(level: Level, checks: Sequence[Check]) -> str:
    if not checks:
        return ""
    name, meaning = _TITLES[level]
    failed = [check for check in checks if not check.passed]
    passed = [check for check in checks if check.passed]
    shown = _table(failed, level) if failed else ""
    folded = (
        f"<details><summary>{_counted(len(passed))} passed</summary>{_table(passed, level)}</details>\n"
        if passed
        else ""
    )
    return f"<h2>{name}</h2>\n<p>{meaning}</p>\n{shown}{folded}"


def _counted(number: int) -> str:
    return "1 check" if number == 1 else f"{number} checks"


def _table(checks: Iterable[Check], level: Level) -> str:
    rows = "".join(_row(check, level) for check in checks)
    head = "<tr><th>Result</th><th>About</th><th>What was found</th></tr>"
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>\n'


def _row(check: Check, level: Level) -> str:
    kind, word = (
        ("passed", "passed")
        if check.passed
        else ("failed", "failed")
        if level is Level.INTEGRITY
        else ("odd", "remark")
    )
    return (
        f'<tr><td class="{kind}">{word}</td><td class="subject">{escape(check.subject or "the product")}</td>'
        f"<td>{escape(check.message)}</td></tr>\n"
    )
