"""A report as a page of its own: one HTML file that needs no network and no script, or Markdown for a pull request.

What it shows is what the results of its sections show, without what differs from run to run: how long things took.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from ..model.mermaid_history import mermaid_history
from ..model.trace import Trace
from ..redact import redact
from ..results import Compared, History, Planned, Rehearsed, SqlShown
from ..settings import Settings
from .clean import one_line
from .html import read_style, template
from .markdown import drawn, escaped, fenced, folded, line, paragraph, render_markdown
from .view import Beside, Code, Details, Table, View
from .views.base import findings_table, view_of
from .views.report import cards, chips_of, missing, subject, title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..model.rehearsal import Rehearsal
    from ..model.trace import Step
    from ..results import Report, Result
    from .view import Block, Cards, Line, Piece

_Value = TypeVar("_Value")
_SETTINGS = Settings(display_limit=500)
_DARK = re.compile(r"html\[theme=dark\] \.mm \{(.*?)\}")
_FOLDED = frozenset({"revisions", "sql"})
"""What is long and stands last: in Markdown it is folded away."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page under a heading."""

    name: str
    title: str
    chips: tuple[Piece, ...] = ()
    notes: tuple[Line, ...] = ()
    blocks: tuple[Block, ...] = ()
    foot: tuple[Line, ...] = ()
    diagram: str = ""
    """The same in Mermaid's words, for what is a picture only beside a table."""


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page shows."""

    title: str
    chips: tuple[Piece, ...]
    notes: tuple[Line, ...]
    cards: Cards
    missing: tuple[Line, ...]
    parts: tuple[Part, ...]


def page_of(report: Report) -> Page:
    """Return what both pages of *report* show, in their order: findings first, code last."""
    found = tuple(
        replace(block, caption="") if isinstance(block, Table) else block
        for block in findings_table(report.findings, _SETTINGS)
    )
    advice = (Part("findings", "Findings", blocks=found),) if found else ()
    parts = tuple(_part(each.name, each.title, each.result) for each in report.sections if each.result is not None)
    offline = report.section("sql").result
    if isinstance(offline, SqlShown) and offline.problems:
        parts = tuple(
            replace(each, blocks=(*each.blocks, *_sent(report))) if each.name == "sql" else each for each in parts
        )
    return _redacted(
        Page(title(report), chips_of(report), subject(report), cards(report), missing(report), (*advice, *parts))
    )


def _part(name: str, heading: str, result: Result) -> Part:
    """What a section shows: its findings stand above, and of commands only the one that runs the plan is of use here."""
    if isinstance(result, Rehearsed):
        result = _timeless(result)
    if isinstance(result, Compared):
        result = replace(result, code="")
    view = view_of(result, _SETTINGS)
    above = findings_table(result.findings, _SETTINGS) if isinstance(result, (Planned, Rehearsed)) else ()
    blocks = tuple(block for block in view.blocks if block not in above)
    foot = view.foot if isinstance(result, Planned) else ()
    return Part(name, heading, view.chips, view.notes, blocks, foot, _diagram(result))


def _redacted(value: _Value) -> _Value:
    """*value* with no secret in any text: a page is read by more people than the notebook, and files quote what they like."""
    if isinstance(value, str):
        return type(value)(redact(value))
    if isinstance(value, tuple):
        return type(value)(_redacted(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{each.name: _redacted(getattr(value, each.name)) for each in fields(value)})
    return value


def _sent(report: Report) -> tuple[Block, ...]:
    """The SQL that the rehearsal sent on the way up, where there was one: what has no offline SQL has this."""
    result = report.section("rehearsal").result
    steps = result.trace.steps if isinstance(result, Rehearsed) else ()
    texts = [
        "\n".join((f"-- {one_line(step.revision)}", *(f"{each.sql.strip()};" for each in step.statements)))
        for step in steps
        if step.statements
    ]
    return (Details("SQL that the rehearsal sent", Code("\n\n".join(texts), "sql")),) if texts else ()


def _diagram(result: Result) -> str:
    if not isinstance(result, History):
        return ""
    return mermaid_history(result.revisions, {one.id: result.state(one.id) for one in result.revisions})


def _timeless(result: Rehearsed) -> Rehearsed:
    """*result* without durations, which are never the same twice."""
    revisions = tuple(_without_times(each) for each in result.revisions)
    return replace(result, revisions=revisions, trace=Trace(), estimates=(), next_command="")


def _without_times(each: Rehearsal) -> Rehearsal:
    def quiet(step: Step | None) -> Step | None:
        return None if step is None else replace(step, duration_s=0.0)

    return replace(each, up=quiet(each.up), down=quiet(each.down), again=quiet(each.again))


# -- HTML ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def page_style() -> str:
    """Return the style sheet of the page: that of all results, the page's own, and dark where the reader's screen is."""
    shared = read_style("style.css")
    dark = _DARK.search(shared)
    tokens = dark[1] if dark else ""
    return f"{shared} {read_style('report.css')} @media screen and (prefers-color-scheme: dark) {{ .mm {{{tokens}}} }}"


@lru_cache(maxsize=1)
def policy() -> str:
    """Return the Content-Security-Policy: nothing is loaded or run, and no style sheet but ours counts."""
    digest = base64.b64encode(hashlib.sha256(page_style().encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; "  # for browsers that do not know the next two
        f"style-src-elem 'sha256-{digest}'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def html_page(report: Report) -> str:
    """Return *report* as one HTML file."""
    return str(template("report.mako").render(page=page_of(report), css=page_style(), policy=policy()))


# -- Markdown ------------------------------------------------------------------------------------------------------


def markdown_page(report: Report) -> str:
    """Return *report* as Markdown."""
    page = page_of(report)
    head = " · ".join((*(f"**{escaped(piece.text)}**" for piece in page.chips), *(line(note) for note in page.notes)))
    parts = [
        "<!-- migration_magics report -->",
        f"# {escaped(page.title)}",
        "",
        head,
        "",
        *render_markdown((page.cards,)),
    ]
    if page.missing:
        parts += ["", "Not in this report:", "", *(f"- {paragraph(line(each))}" for each in page.missing)]
    for part in page.parts:
        parts += ["", f"## {escaped(part.title)}", "", *_markdown_part(part)]
    return "\n".join(parts) + "\n"


def _markdown_part(part: Part) -> list[str]:
    said = [f"({escaped(piece.text)})" for piece in part.chips]
    head = " · ".join((*([" ".join(said)] if said else []), *(line(note) for note in part.notes)))
    blocks = render_markdown(part.blocks) if part.name not in _FOLDED else _folded_one_by_one(part.blocks)
    every = [[paragraph(head)] if head else [], drawn(part.diagram) if part.diagram else [], blocks]
    every += [[line(each)] for each in part.foot]
    return [text for number, each in enumerate(filter(None, every)) for text in (*([""] if number else []), *each)]


def _folded_one_by_one(blocks: Iterable[Block]) -> list[str]:
    """Revisions and scripts folded away, each behind what it is; what else there is stays in view."""
    every: list[list[str]] = []
    for block in blocks:
        if isinstance(block, View):
            said = " ".join((block.title, *(f"({piece.text})" for piece in block.chips)))
            every.append(folded(said, render_markdown(block.blocks)))
        elif isinstance(block, Beside):
            every += [folded(f"SQL on {one.label}", fenced(one.text, one.language)) for one in block.scripts]
        else:
            every.append(render_markdown((block,)))
    return [text for number, each in enumerate(every) for text in (*([""] if number else []), *each)]
