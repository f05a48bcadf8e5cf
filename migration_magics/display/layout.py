"""Columns of text for a terminal: how wide a text is, where to wrap it, how wide each column gets."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
_NARROWEST = 16
_HARDLY = 6


def width(text: str) -> int:
    """Return how many columns *text* takes: wide East Asian characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_width_of(character) for character in text)


def _width_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int, *, is_number: bool = False) -> str:
    """Return *text* filled up with spaces to *columns*: numbers from the left, the rest from the right."""
    filling = " " * max(0, columns - width(text))
    return filling + text if is_number else text + filling


def wrap(text: str, columns: int, *, indent: str = "") -> list[str]:
    """Return *text* in lines no wider than *columns*; following lines start with *indent*. Never empty."""
    if width(text) <= columns:
        return [text]
    lead = text[: len(text) - len(text.lstrip())]
    columns = max(columns, width(lead + indent) + 2)  # room for a wide character, whatever was asked for
    lines, line = [], lead
    for word in text.split():
        rest = word
        joined = f"{line} {rest}" if line.strip() else line + rest
        if width(joined) <= columns:
            line = joined
            continue
        if line.strip():
            lines.append(line)
            line = lead + indent
        while width(line + rest) > columns:
            head = _fitting(rest, columns - width(line))
            lines.append(line + head)
            line, rest = lead + indent, rest[len(head) :]
        line += rest
    return [*lines, line]


def _fitting(word: str, columns: int) -> str:
    """Return as much of *word* as fits, at least a character; rather up to a separator than to the last column."""
    taken, end = 0, len(word)
    for index, character in enumerate(word):
        taken += _width_of(character)
        if taken > columns and index:
            end = index
            break
    separator = max(word.rfind(character, 0, end) for character in "/,;:.@_-")
    return word[: separator + 1] if end < len(word) and separator >= end // 3 else word[:end]


def column_widths(natural: Sequence[int], narrow: Sequence[bool], available: int) -> list[int]:
    """Return a width per column: what it wants, or where that is too much, the widest that may wrap give way first.

    Where that is not enough they get narrower than is good to read, and at last the *narrow* ones wrap, too.
    """
    widths = list(natural)
    room = available - len(GAP) * (len(widths) - 1)
    flexible = [index for index, is_narrow in enumerate(narrow) if not is_narrow]
    for giving_way, least in ((flexible, _NARROWEST), (flexible, _HARDLY), (range(len(widths)), _HARDLY)):
        _give_way(widths, giving_way, least, room)
    return widths


def _give_way(widths: list[int], giving_way: Sequence[int], least: int, room: int) -> None:
    """Make the columns *giving_way* narrower, the widest first and down to *least*, until all have *room*."""
    while giving_way and (over := sum(widths) - room) > 0:
        widest = max(giving_way, key=lambda index: widths[index])
        second = max((widths[index] for index in giving_way if index != widest), default=least)
        target = max(least, widths[widest] - over, min(second, widths[widest] - 1))
        if target >= widths[widest]:
            return
        widths[widest] = target
