"""Which changes of a type may lose something of the values there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .families import family
from .remedies import integers, numbers

if TYPE_CHECKING:
    from .schema import Column

_ENUM_VALUE = re.compile(r"'((?:[^'\\]|''|\\.)*)'", re.DOTALL)
_WIDENING = frozenset(
    {
        ("integer", "decimal"),
        ("integer", "float"),
        ("boolean", "integer"),
        ("boolean", "decimal"),
        ("date", "datetime"),
        ("decimal", "float"),
    }
)


def is_narrowing(before: Column, after: Column) -> bool:
    """Tell whether *after* may hold less than *before*, by their types; where that is not known it may.

    Values of an enum are another matter (`enum_values`).
    """
    if before.type.lower().split() == after.type.lower().split() or before.computed or after.computed:
        return False
    one, other = (each.family or family(each.type) for each in (before, after))
    if one != other:
        if other == "text":
            return bool(numbers(after.type))
        return one != "enum" and (one, other) not in _WIDENING
    if one == "integer":
        (low, high), (least, most) = (integers(each.type) or (-(2**63), 2**63 - 1) for each in (before, after))
        return least > low or most < high
    if one in {"text", "binary"}:
        return _is_shorter(numbers(before.type), numbers(after.type))
    if one == "decimal":
        return _holds_less(numbers(before.type), numbers(after.type))
    return one == "array"


def _is_shorter(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    return bool(after) and (not before or after[0] < before[0])


def _holds_less(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    if not before or not after:
        return bool(after)
    (digits, scale), (fewer, places) = ((*each, 0)[:2] for each in (before, after))
    return places < scale or fewer - places < digits - scale


def enum_values(type_: str) -> tuple[str, ...]:
    """Return the values of MariaDB's and MySQL's "enum('a','b')"; none of any other type."""
    if family(type_) != "enum" or "(" not in type_:
        return ()
    return tuple(value.replace("''", "'") for value in _ENUM_VALUE.findall(type_))
