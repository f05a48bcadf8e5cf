"""The pages of a report: complete by themselves, harmless whatever stands in them, the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from migration_magics.model.finding import Confidence, Finding, Severity
from migration_magics.results import Rehearsed, Report
from tests.display.examples import EXAMPLES
from tests.display.test_hostile import FORBIDDEN, hostile, poisoned
from tests.display.test_stripped import bare

WHOLE = EXAMPLES["report"]
STATIC = EXAMPLES["report_static"]
PARTS = ("findings", "history", "plan", "schema", "sql", "rehearsal", "revisions")
OWN = {"html", "head", "meta", "title", "body", "header", "h1", "h2", "nav", "a", "main", "section", "footer"}


class _Page(HTMLParser):
    """Collects tags, what they load or run, and whether they are closed."""

    VOID = frozenset(("meta", "br", "!doctype"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.foreign: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.foreign.append(tag)

    def values(self, name: str) -> list[str]:
        return [value or "" for each, value in self.attributes if each == name]


def test_a_page_needs_nothing_and_runs_nothing() -> None:
    page = _Page(WHOLE.html)
    assert page.foreign == page.open == []
    assert {"script", "link", "img", "iframe", "object", "form", "base"} & set(page.tags) == set()
    assert page.values("src") == []
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert page.values("href") == [f"#{name}" for name in PARTS]
    assert set(PARTS) <= set(page.values("id"))
    assert "url(" not in WHOLE.html
    assert "@import" not in WHOLE.html


def test_the_policy_admits_our_style_sheet_and_nothing_else() -> None:
    page = WHOLE.html
    css = page[page.index("<style>") + len("<style>") : page.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    (policy,) = (value for value in _Page(page).values("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'")
    assert f"style-src-elem 'sha256-{digest}';" in policy
    assert "script" not in policy


def test_light_and_dark_follow_the_system_with_the_colours_of_all_results() -> None:
    page = WHOLE.html
    assert "@media screen and (prefers-color-scheme: dark) { .mm { --mm-add: #6cbcf0;" in page
    assert "@media print" in page


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_on_both_pages(part: str) -> None:
    title = "SQL" if part == "sql" else part.capitalize()
    assert f'<section id="{part}" aria-labelledby="{part}-title">' in WHOLE.html
    assert f"\n## {title}\n" in WHOLE.markdown


def test_what_is_not_there_is_named_with_its_reason() -> None:
    for page in (bare(STATIC.html), STATIC.markdown.replace("**", "")):
        said = " ".join(page.split())
        assert "Plan: No database is connected." in said
        assert "Rehearsal: It was not asked for:" in said
    assert 'id="plan"' not in STATIC.html
    assert "## Plan" not in STATIC.markdown


def test_findings_stand_once_and_first() -> None:
    told = Finding("loses-data", Severity.ERROR, Confidence.MEASURED, "88aa01", "one sentence that is said once")
    sections = tuple(
        replace(each, result=replace(each.result, findings=(told,))) if hasattr(each.result, "findings") else each
        for each in WHOLE.sections
    )
    report = replace(WHOLE, sections=sections)
    assert report.findings == (told,)
    for page, next_part in ((report.html, '<section id="history"'), (report.markdown, "## History")):
        assert page.count("one sentence that is said once") == 1
        assert page.index("one sentence that is said once") < page.index(next_part)


def test_errors_come_before_remarks() -> None:
    order = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    found = [order.index(each.severity) for each in WHOLE.findings]
    assert found == sorted(found)
    assert len(set(found)) > 1


def test_how_long_something_took_is_on_no_page() -> None:
    """Two rehearsals of the same never take the same time, and a report is the same all the same."""
    rehearsed = WHOLE.section("rehearsal").result
    assert isinstance(rehearsed, Rehearsed)
    slower = tuple(
        replace(
            each,
            **{
                way: replace(step, duration_s=step.duration_s * 7 + 3)
                for way in ("up", "down", "again")
                if (step := getattr(each, way))
            },
        )
        for each in rehearsed.revisions
    )
    later = replace(rehearsed, revisions=slower, trace=replace(rehearsed.trace, duration_s=99.0), estimates=())
    sections = tuple(replace(each, result=later) if each.name == "rehearsal" else each for each in WHOLE.sections)
    other = replace(WHOLE, sections=sections)
    assert str(rehearsed) != str(later)
    assert other.html == WHOLE.html
    assert other.markdown == WHOLE.markdown


def test_tables_are_not_cut_as_in_a_notebook() -> None:
    planned = WHOLE.section("plan").result
    many = tuple(replace(planned.plan.steps[0], revision=f"r{number:03}") for number in range(120))  # type: ignore[union-attr]
    longer = replace(planned, plan=replace(planned.plan, steps=many))  # type: ignore[arg-type, union-attr, type-var]
    report = replace(
        WHOLE, sections=tuple(replace(each, result=longer) if each.name == "plan" else each for each in WHOLE.sections)
    )
    assert "r119" in report.html
    assert "r119" in report.markdown


@settings(max_examples=60, deadline=None)
@given(hostile)
def test_hostile_text_stays_text_on_the_page(text: str) -> None:
    page = poisoned(WHOLE, lambda said: said + text).html
    drawn = _Page(page)
    usual = _Page(WHOLE.html)
    assert drawn.foreign == drawn.open == []
    assert set(drawn.tags) <= set(usual.tags) | {"br"}
    assert {name for name, _ in drawn.attributes} <= {name for name, _ in usual.attributes}
    assert "javascript:" not in "".join(drawn.values("href"))
    assert FORBIDDEN.findall(page) == []


def test_the_text_of_a_result_says_what_it_comes_to() -> None:
    said = str(WHOLE)
    assert said.startswith("Migration report (! rehearsal found problems) · 3 revisions")
    assert "Written to review/report.html" in said
    assert isinstance(STATIC, Report)
    assert (STATIC.fingerprint, STATIC.passed) == ("", None)
    assert [row["missing"] == "" for row in STATIC.records()] == [True, False, True, True, False, True]
    assert re.search(r"without a database", str(STATIC))
