"""The help page (usage, what it does, commands by group or arguments and options, examples) and the last error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...redact import redact
from ...results import HelpEntry, HelpPage, Why
from ..view import Block, Code, Column, Prose, Row, Table, View, cell, code, plain
from .base import view_of

if TYPE_CHECKING:
    from ...settings import Settings


def _group_table(group: str, entries: tuple[HelpEntry, ...]) -> Table:
    has_default = any(entry.default for entry in entries)
    columns: tuple[Column, ...] = (Column("name", is_code=True, is_narrow=True), Column("what it does"))
    if has_default:
        columns += (Column("unless given", is_narrow=True),)
    rows = tuple(
        Row((cell(code(entry.name)), cell(entry.summary), *((cell(code(entry.default)),) if has_default else ())))
        for entry in entries
    )
    return Table(group, columns, rows)


_USAGE_WIDTH = 74


def _folded(usage: str) -> str:
    """Return the usage on lines of readable length, broken between options only."""
    lines: list[str] = []
    for word in usage.replace(" [", "\n[").split("\n"):
        if lines and len(lines[-1]) + 1 + len(word) <= _USAGE_WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(f"    {word}" if lines else word)
    return "\n".join(lines)


@view_of.register(HelpPage)
def _(result: HelpPage, _settings: Settings) -> View:
    """Every entry is shown, whatever the display limit: half a help page helps nobody."""
    groups: dict[str, list[HelpEntry]] = {}
    for entry in result.entries:
        groups.setdefault(entry.group or "Arguments and options", []).append(entry)
    blocks: list[Block] = []
    if result.summary:
        blocks.append(Prose(plain(result.summary)))
    if result.usage:
        blocks.append(Code(_folded(result.usage), label="Usage"))
    blocks += [_group_table(group, tuple(entries)) for group, entries in groups.items()]
    if result.examples:
        blocks.append(Code("\n".join(result.examples), label="Examples"))
    return View(result.title, blocks=tuple(blocks))


@view_of.register(Why)
def _(result: Why, _settings: Settings) -> View:
    if not result.error:
        return View("Why", blocks=(Prose(plain("No command has failed since this notebook was started.")),))
    blocks: list[Block] = [Prose(plain(redact(result.message)))]
    if result.traceback.strip():
        blocks.append(Code(redact(result.traceback), label="How it came about, the first cause first"))
    return View(
        result.error, blocks=tuple(blocks), foot=(plain(f"Hint: {redact(result.hint)}"),) if result.hint else ()
    )
