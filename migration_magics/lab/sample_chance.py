"""Chance and bounds for the drawing of candidates: points in a key, look-ups that are given up soon, values to compare by."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from .sample_snapshot import session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from sqlalchemy.engine import Connection

    from .sample_rows import Row

_LOOK_UP_MS = 300
_PROBES = 200


@contextlib.contextmanager
def brief(connection: Connection) -> Iterator[None]:
    """A look-up that is given up soon: on PostgreSQL in a savepoint, since the error would end the transaction."""
    if connection.dialect.name == "postgresql":
        savepoint = connection.begin_nested()
        try:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_LOOK_UP_MS}")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            yield
        finally:
            savepoint.rollback()  # takes the settings back with it
    elif getattr(connection.dialect, "is_mariadb", False):
        with session(connection, {"max_statement_time": _LOOK_UP_MS / 1000}):
            yield
    else:
        yield


def points_between(low: Any, high: Any, chance: Random) -> list[Any]:
    """Values between *low* and *high*, in order; none where the type is one that we cannot lay between."""
    if isinstance(low, int) and isinstance(high, int):
        return [low, *sorted(chance.randint(low, high) for _ in range(_PROBES - 1))]
    if not (isinstance(low, str) and isinstance(high, str) and low.isascii() and high.isascii()):
        return []
    shared = next((at for at, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    first, last = (_fraction(text[shared:]) for text in (low, high))
    drawn = sorted(chance.uniform(first, last) for _ in range(_PROBES - 1))
    return [low, *(low[:shared] + _spelled(point) for point in drawn)]


def _fraction(text: str) -> float:
    return sum((max(32, min(ord(sign), 126)) - 32) / 95.0 ** (at + 1) for at, sign in enumerate(text[:8]))


def _spelled(point: float) -> str:
    signs = []
    for _ in range(6):
        point *= 95
        signs.append(chr(32 + min(94, int(point))))
        point -= int(point)
    return "".join(signs).rstrip() or " "


def hashable(value: Any) -> Any:
    """Return *value* as something that can be a key."""
    return bytes(value) if isinstance(value, (bytearray, memoryview)) else value


def hashable_row(row: Sequence[Any]) -> Row:
    """Return *row* as something that can be a key."""
    return tuple(map(hashable, row))
