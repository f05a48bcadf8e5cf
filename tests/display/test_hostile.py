"""Everything from a database or a file is hostile text: it may neither become markup nor drive a terminal."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from enum import Enum
from html.parser import HTMLParser
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.clean import clean
from migration_magics.display import bundle
from migration_magics.display.clean import CELL_LIMIT, one_line
from migration_magics.model.graph import Graph
from tests.display.examples import EXAMPLES

TAGS = frozenset(
    (
        "div",
        "p",
        "b",
        "span",
        "code",
        "pre",
        "br",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
        "details",
        "summary",
        "svg",
        "path",
        "circle",
        "g",
        "rect",
        "text",
        "title",
        "desc",
        "style",
    )
)
ATTRIBUTES = frozenset(
    (
        "class",
        "style",
        "scope",
        "open",
        "width",
        "height",
        "fill",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "aria-hidden",
        "d",
        "cx",
        "cy",
        "r",
        "role",
        "tabindex",
        "x",
        "y",
        "rx",
        "viewbox",
        "font-size",
        "font-weight",
        "font-family",
        "text-anchor",
    )
)
VALUE = re.compile(
    r"mm[a-z -]*|(?:text-align:left;?)?(?:vertical-align:top)?|min-width:[0-9]+px|col|row|none|currentColor|true"
    r"|img|end|monospace|[0-9MLHhVC. -]*"
)
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")

NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></td></table><b>",
    "<svg onload=alert(1)>",
    "${7*7} <%! import os %> ## x \\",
    "&lt;b&gt; &amp;",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J",
    "\x1b]8;;http://evil\x1b\\link",
    "a\x00b\x08c\rd\r\ne\tf",
    "abc\u202ecod.exe\u2066\u2069\u200f",
    "\ud800 lone \udfff",
    "two\nlines",
    "wide 表格 e\u0301 👩\u200d💻",
    "x" * 10_000,
    "; -- '",
)
KEPT = {"direction", "environment", "downgrade", "state", "kind", "mark", "keys"}
"""Fields whose words are ours and closed."""

hostile = st.one_of(st.sampled_from(NASTY), st.text(max_size=40), st.text("<>&\"'/\x1b[]\u202e \n\r", max_size=40))


def poisoned(value: Any, spoil: Callable[[str], str]) -> Any:
    """Return *value* with every text in it spoiled, the same text always in the same way."""
    if isinstance(value, str):
        return spoil(value) if value else value
    if isinstance(value, Graph):
        return Graph(poisoned(revision, spoil) for revision in value.newest_first)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(
            **{name: field if name in KEPT else poisoned(field, spoil) for name, field in fields.items()}
        )
    if isinstance(value, Mapping):
        return {poisoned(key, spoil): poisoned(item, spoil) for key, item in value.items()}
    if isinstance(value, (tuple, frozenset)) and not isinstance(value, Enum):
        return type(value)(poisoned(item, spoil) for item in value)
    return value


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.foreign.append(tag)
        self.foreign += [f"{name}={value}" for name, value in attrs if not _is_ours(name, value)]
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.foreign.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.foreign.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def _is_ours(name: str, value: str | None) -> bool:
    return name in ATTRIBUTES and (value is None or VALUE.fullmatch(value) is not None)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(EXAMPLES)), hostile, st.booleans())
def test_hostile_text_stays_text(name: str, text: str, is_before: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    spoil = (lambda said: text + said) if is_before else (lambda said: said + text)
    shown = bundle(poisoned(EXAMPLES[name], spoil))
    markup = _Markup()
    markup.feed(shown["text/html"])
    markup.close()
    assert (markup.foreign, markup.open) == ([], [])
    assert FORBIDDEN.findall(shown["text/plain"]) == []
    assert FORBIDDEN.findall(shown["text/html"]) == []
    shown["text/html"].encode()
    shown["text/plain"].encode()


def test_the_poison_reaches_the_page() -> None:
    """The test above would pass on nothing: hostile words are indeed shown, escaped."""
    shown = bundle(poisoned(EXAMPLES["moved"], lambda said: f"<i>{said}"))
    assert "&lt;i&gt;" in shown["text/html"]
    assert "<i>" in shown["text/plain"]
    assert "<i>" not in shown["text/html"]


@given(st.text() | hostile)
def test_clean_text_is_clean_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert FORBIDDEN.search(once) is None
    assert clean(once) == once


@given(st.text("abc .,-_\n", max_size=60))
def test_harmless_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@given(st.text() | hostile, st.integers(2, 60))
def test_a_line_is_one_line_of_limited_length(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert "\n" not in line
    assert len(line) <= limit


def test_colours_of_other_programs_vanish_without_a_trace() -> None:
    assert clean("\x1b[1;32mINFO\x1b[0m  ready") == "INFO  ready"


def test_an_absurdly_long_cell_is_cut() -> None:
    shown = bundle(poisoned(EXAMPLES["connections"], lambda said: said + "x" * 10_000))
    assert "x" * CELL_LIMIT not in shown["text/plain"].replace("\n", "")
    assert len(shown["text/html"]) < 20_000
