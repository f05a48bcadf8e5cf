"""Every `%migrate` line that a page shows is one that is understood, also where it is not run."""

from __future__ import annotations

import re

import pytest

from migration_magics.commands.parser import parse, parse_cell
from migration_magics.commands.table import CELLS, COMMANDS
from migration_magics.errors import UsageProblem
from tests.docs.pages import Page, pages

PLACEHOLDER = re.compile(r"\[|\.\.\.|…|%migrate COMMAND|--option|\bX\b")


def lines(page: Page) -> list[str]:
    """The lines in blocks of text and between backticks; what explains a line stands after two spaces."""
    text = page.path.read_text(encoding="utf-8")
    inline = re.findall(
        r"(?<!`)`(%%?(?:migrate|revision|models)\b[^`]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    )
    blocks = [line for block in page.blocks if block.language == "text" for line in block.text.splitlines()]
    shown = [
        re.split(r" {2,}", line.strip())[0] for line in blocks if re.match(r"%%?(migrate|revision|models)\b", line)
    ]
    return [line for line in (*inline, *shown) if not PLACEHOLDER.search(line)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_line_that_is_shown_is_understood(page: Page):
    for line in lines(page):
        name, _, rest = line.lstrip("%").partition(" ")
        if line.startswith("%%"):
            if rest:
                assert parse_cell(name, rest).command is CELLS[name], line
            assert name in CELLS
        elif rest not in COMMANDS:  # the bare name of a command is no call of it
            understood(line, rest)


def understood(line: str, rest: str) -> None:
    """Read a line as `%migrate` would; that it speaks of a command and leaves out what that needs is no mistake."""
    try:
        parse(rest, evaluate=lambda _: "a")
    except UsageProblem as problem:
        if not problem.message.endswith("is missing."):
            pytest.fail(f"{line}: {problem}")
