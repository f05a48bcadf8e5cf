"""A history as short as it can be: 10,000 revisions in less than a megabyte of a widget's state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..display.clean import one_line
from ..display.views.history import graph_rows
from ..display.words import day
from ..model.collecting import collection_paused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..display.view import GraphRow
    from ..model.graph import Revision
    from ..results import Explorer, History

_MOST_BYTES = 900_000
"""How long all messages together may be in UTF-8; where they are longer, each is cut."""

_LENGTHS = (200, 120, 80, 40, 20)
_ID_LENGTH = 40
_MOST_LABELS = 500
_MOST_LANES = 24
_DIGITS = "0123456789abcdefghijklmnopqrstuv"


def packed(result: Explorer) -> dict[str, Any]:
    """Return what the widget draws its list of: columns as lines of text, lanes and flags as digits; see history.js."""
    with collection_paused():
        return _packed(result)


def _packed(result: Explorer) -> dict[str, Any]:
    history = result.history
    rows = history.revisions
    connection = result.status.connection
    return {
        "title": one_line(f"History of {connection.name}" if connection else "History", _ID_LENGTH * 2),
        "notes": _notes(history),
        "ids": "\n".join(one_line(one.id, _ID_LENGTH) for one in rows),
        "messages": _messages(rows),
        "days": "\n".join(day(one.created_at) for one in rows),
        "flags": "".join(_flags(history, one) for one in rows),
        "lanes": " ".join(map(_lane, graph_rows(history, rows))),
        "labels": dict(_labels(rows)),
        "known": history.applied is not None,
    }


def _notes(history: History) -> list[str]:
    notes = [f"{len(history.revisions):,} {'revision' if len(history.revisions) == 1 else 'revisions'}"]
    if history.applied is not None:
        pending = len(history.revisions) - len(history.applied)
        notes.append(f"{pending:,} pending" if pending else "all applied")
    if len(history.heads) > 1:
        notes.append(f"{len(history.heads):,} heads")
    return notes


def _messages(rows: Sequence[Revision]) -> str:
    text = ""
    for length in _LENGTHS:
        text = "\n".join(one_line(one.message, length) for one in rows)
        if len(text.encode()) <= _MOST_BYTES:
            break
    return text


def _flags(history: History, one: Revision) -> str:
    is_current = bool(history.current and one.id in history.current)
    bits = (
        bool(history.applied and one.id in history.applied),
        is_current,
        one.id in history.heads,
        len(one.parents) > 1,
        one.id in history.broken,
    )
    return _DIGITS[sum(bit << place for place, bit in enumerate(bits))]


def _lane(row: GraphRow) -> str:
    links = (link for link in row.links if max(link.from_lane, link.to_lane) < _MOST_LANES)
    drawn = (f"{_DIGITS[link.from_lane]}{_DIGITS[link.to_lane]}{link.is_dashed + 2 * link.is_stub}" for link in links)
    return _DIGITS[min(row.lane, _MOST_LANES - 1)] + "".join(drawn)


def _labels(rows: Sequence[Revision]) -> Iterable[tuple[str, list[str]]]:
    labelled = ((at, one.labels) for at, one in enumerate(rows) if one.labels)
    for (at, labels), _ in zip(labelled, range(_MOST_LABELS), strict=False):
        yield str(at), [one_line(label, _ID_LENGTH) for label in labels[:3]]
