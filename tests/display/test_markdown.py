"""Markdown for GitHub: whatever a text says, the structure is ours, and the text comes out as it went in."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from migration_magics.display.clean import one_line
from migration_magics.display.markdown import escaped, fenced, in_code, paragraph, render_markdown
from migration_magics.display.view import Column, Piece, Prose, Row, Table, cell, code, plain
from migration_magics.model.mermaid_history import mermaid_history
from tests.display.examples import EXAMPLES, GRAPH
from tests.display.test_hostile import hostile, poisoned

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HTML = re.compile(
    r"<br>|</?details( open)?>|<details( open)?><summary>[^<>]*</summary>|<!-- migration_magics report -->"
)
MARKDOWN = st.text("*_~`[]()<>!#|\\-+=.:@&$ 0123456789aGHwbc/\n", max_size=30)
TEXTS = hostile | MARKDOWN


def inline(text: str) -> list[Token]:
    (_, token, _) = PARSER.parse(text)
    return [each for each in token.children or [] if each.type != "text" or each.content]


def walked(tokens: list[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *walked(token.children or []))]


def said(tokens: list[Token]) -> str:
    """What a reader sees, without what cannot be seen."""
    joined = "".join(each.content for each in tokens if each.type in {"text", "text_special", "code_inline"})
    return joined.replace("\u200b", "")


@pytest.mark.parametrize(
    "text",
    [
        "**bold** __strong__ _x_ *y* ~~z~~ ~z~",
        "[link](http://evil.example) ![image](x.png) [ref][1] [^1]",
        "<script>alert(1)</script> <!-- x --> &lt; &#64;",
        "`code` ``two`` $x$",
        "# heading",
        "- item",
        "+ item",
        "1. item",
        "12) item",
        "> quote",
        "===",
        "---",
        "| a | b |",
        "a \\| b \\",
        "http://evil.example www.evil.example mailto:a@b.example",
    ],
)
def test_running_text_is_no_markup(text: str) -> None:
    tokens = inline(paragraph(escaped(text)))
    assert {each.type for each in tokens} <= {"text", "text_special"}
    assert said(tokens) == one_line(text)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    drawn = paragraph(escaped(text, 60))
    if not drawn:
        return
    tokens = inline(drawn)
    assert {each.type for each in tokens} <= {"text", "text_special"}
    assert said(tokens) == one_line(text, 60).strip()


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_code_comes_out_as_it_went_in_also_in_a_table(text: str) -> None:
    drawn = in_code(text, 60)
    rows = render_markdown((Table("", (Column("a"), Column("b")), (Row((cell(code(text)), cell("end"))),)),))
    tokens = PARSER.parse("\n".join(rows))
    body = [each for each in tokens if each.type == "inline"][2:]
    assert [said(each.children or []) for each in body][1:] == ["end"]
    if drawn:
        inside = [each for each in body[0].children or [] if each.type != "html_inline"]
        assert {each.type for each in inside} <= {"code_inline", "text", "text_special"}
        assert said(inside).strip() == one_line(text).strip()


@pytest.mark.parametrize(
    "text, broken",
    [
        ("ask @octocat", "@octocat"),
        ("mail a@b.example", "@b"),
        ("see #12", "#12"),
        ("see GH-12", "GH-12"),
        ("see https://evil.example", "https://"),
        ("see www.evil.example", "www."),
        ("no :boom: here", ":boom:"),
    ],
)
def test_what_github_makes_of_text_by_itself_is_broken(text: str, broken: str) -> None:
    shown = html.unescape(escaped(text))
    assert broken not in shown
    assert broken in shown.replace("\u200b", "")


@pytest.mark.parametrize(
    "text", ["base:heads", "17:49:20", "add runtime_ms", "a-b", "snake_case_name", "50 % of #", "~ alter"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert escaped(text) == text


@settings(max_examples=100, deadline=None)
@given(st.text("`~\n a", max_size=40), st.sampled_from(["", "sql"]))
def test_no_code_closes_its_own_fence(text: str, language: str) -> None:
    tokens = PARSER.parse("\n".join(fenced(text, language)))
    assert [each.type for each in tokens] == ["fence"]


def test_details_of_cells_stand_below_their_table() -> None:
    drawn = "\n".join(EXAMPLES["report"].markdown.splitlines())  # type: ignore[attr-defined]
    assert "<details><summary>! error: Safer code</summary>" in drawn


@settings(max_examples=80, deadline=None)
@given(TEXTS)
def test_hostile_text_stays_text_in_a_whole_report(text: str) -> None:
    """No link, no image, no heading of its own, and of HTML only what is ours."""
    page = poisoned(EXAMPLES["report"], lambda word: word + text).markdown
    tokens = walked(PARSER.parse(page))
    assert {each.type for each in tokens} & {
        "link_open",
        "image",
        "s_open",
        "blockquote_open",
        "code_block",
        "ordered_list_open",
        "hr",
    } == set()
    for each in tokens:
        if each.type in {"html_inline", "html_block"}:
            assert HTML.fullmatch(each.content.strip()), each.content
    headings = [tokens[number + 1].content for number, each in enumerate(tokens) if each.type == "heading_open"]
    assert len(headings) == 1 + len(EXAMPLES["report"].sections) + 1  # type: ignore[attr-defined] # title, findings


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_no_message_breaks_the_flowchart(text: str) -> None:
    graph = poisoned(GRAPH, lambda word: word + text)
    drawn = mermaid_history(graph.newest_first, {one.id: "pending" for one in graph.newest_first})
    nodes = re.compile(r'    r\d+\["[^"`<>#&;%\\\n]*"\]')
    edges = re.compile(r"    r\d+ -(-|\.-)> r\d+")
    lines = drawn.split("\n")
    assert lines[0] == "flowchart BT"
    assert sum(bool(nodes.fullmatch(line)) for line in lines) == 7
    assert sum(bool(edges.fullmatch(line)) for line in lines) == 7
    assert len(lines) == 1 + 7 + 7 + 2


def test_a_line_of_several_pieces_reads_as_one() -> None:
    drawn = render_markdown(
        (Prose((Piece("stands at", "strong"), code("a1"), Piece(",", is_glued=True), *plain("b"))),)
    )
    assert drawn == ["**stands at** `a1`, b"]
