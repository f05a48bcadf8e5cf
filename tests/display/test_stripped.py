"""What is left when a front end takes styles, pictures and classes away, as untrusted notebooks and GitHub do."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from migration_magics.clean import clean
from migration_magics.display import bundle
from migration_magics.display import text as text_of
from tests.display.examples import EXAMPLES, FAILED

BLOCKS = {
    "p",
    "div",
    "tr",
    "td",
    "th",
    "li",
    "ul",
    "table",
    "caption",
    "details",
    "summary",
    "pre",
    "br",
    "tbody",
    "thead",
}
GRAPH = re.compile("[◂▸●○│┊├╮╯╭╰┤┬┴┼─╷╵╴╶└]+")


class _Bare(HTMLParser):
    """Collects what a reader sees: no style, no picture; blocks stand apart, inline parts only by their own spaces."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += tag in ("style", "svg")
        if tag in BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag in ("style", "svg")
        if tag in BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.said.append(data)


def bare(html: str) -> str:
    """Return *html* as a reader without styles and pictures sees it."""
    parser = _Bare()
    parser.feed(html)
    parser.close()
    return "".join(parser.said).replace("\N{NO-BREAK SPACE}", " ")


def _words(said: str) -> set[str]:
    return set(re.findall(r"[^\s()]+", GRAPH.sub(" ", said)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_text_and_bare_html_say_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words in both; only the label of the graph, the colons after labels and dashes of lists differ."""
    monkeypatch.setattr("migration_magics.display._columns", 5_000)  # no word is broken
    shown = bundle(EXAMPLES[name])
    in_text = {word.rstrip(":") for word in _words(shown["text/plain"])}
    # the text shows SQL at once, without a heading to click
    html = re.sub(r"<summary>SQL(, \d+ statements)?</summary>", "", shown["text/html"])
    in_html = {word.rstrip(":") for word in _words(bare(html))}
    ours = {"", "-", "·", "graph"}
    assert in_text - in_html - ours == set()
    assert in_html - in_text - ours == set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_inline_parts_stand_apart(name: str) -> None:
    """No two words run together: neither around a chip nor after an id."""
    said = bare(bundle(EXAMPLES[name])["text/html"])
    assert re.findall(r"\w\((?:head|current|pending|applied|merge|metrics|dry run)\)|\)\w", said) == []


@pytest.mark.parametrize(
    "name, words",
    [
        ("history", ("f07d21 (head)", "a41c9e (current)", "pending", "applied", "○", "● ┊", "│ ●")),
        ("current_behind", ("a41c9e (3 revisions behind)",)),
        ("current_head", ("f07d21 (head)",)),
        ("planned", ("(! loses data)", "! none", "88aa01")),
        ("moved_dry_run", ("Dry run", "Nothing was kept", "rolled back")),
        ("moved_failed", ("! failed", "not run", "did not go through")),
        ("connections", ("live (protected)", "eval (in use)")),
    ],
)
def test_meaning_stays(name: str, words: tuple[str, ...]) -> None:
    shown = bundle(EXAMPLES[name])
    stripped = re.sub(r' (?:class|style)="[^"]*"', "", shown["text/html"])
    said = bare(stripped)
    assert [word for word in words if word not in said] == []


def test_a_database_without_revisions_says_so() -> None:
    assert text_of(EXAMPLES["current_none"]).startswith("no revision applied (12 revisions behind)")


def test_a_failure_shows_the_databases_own_words() -> None:
    error = FAILED.trace.steps[1].error
    shown = bundle(FAILED)
    assert clean(error) in shown["text/plain"]
    assert clean(error) in bare(shown["text/html"])


def test_tables_are_for_screen_readers_too() -> None:
    """Every table that has a head has a caption, every heading a scope; pictures are hidden from readers."""
    html = bundle(EXAMPLES["history"])["text/html"]
    assert html.count("<caption ") == html.count("<thead>") == 1
    assert html.count("<th ") == html.count('<th scope="col"')
    assert "<th>" not in html
    assert html.count("<svg") == html.count('aria-hidden="true"><') == 7


def test_the_table_of_a_branched_history_tells_the_graph_without_its_drawing() -> None:
    """Merges, and both sides of a branch point, say in words what they build on; the rest builds on the row below."""
    said = bare(bundle(EXAMPLES["history"])["text/html"]).split()
    joined = " ".join(said)
    assert "builds on a41c9e, 77e0f4" in joined.replace(" ,", ",")
    assert joined.count("builds on 1d5520") == 2
    assert joined.count("builds on") == 3
