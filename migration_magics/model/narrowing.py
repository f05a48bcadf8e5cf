"""Which changes of a type may lose something of the values there, and of which values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .families import family
from .remedies import TEMPORAL, enum_values, integers, literal, numbers

if TYPE_CHECKING:
    from .schema import Column

_NUMBER = r"^ *[-+]?[0-9]+([.][0-9]+)? *$"
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


def is_narrowing(before: Column, after: Column, dialect: str = "") -> bool:
    """Tell whether *after* may hold less than *before*, by their types; where that is not known it may.

    Values of an enum are another matter (`enum_values`). On SQLite a date is a text, and CAST makes a number of it.
    """
    if before.type.lower().split() == after.type.lower().split() or before.computed or after.computed:
        return False
    one, other = (each.family or family(each.type) for each in (before, after))
    if one != other:
        if other == "text":
            return bool(numbers(after.type))
        if dialect == "sqlite" and {one, other} <= TEMPORAL:
            return True
        return one != "enum" and (one, other) not in _WIDENING
    if one == "integer":
        (low, high), (least, most) = (integers(each.type) or (-(2**63), 2**63 - 1) for each in (before, after))
        return least > low or most < high
    if one in {"text", "binary"}:
        return _is_shorter(numbers(before.type), numbers(after.type))
    if one == "decimal":
        return _holds_less(numbers(before.type), numbers(after.type))
    return one == "array"


def misfit(name: str, before: str, after: str, dialect: str) -> str | None:
    """Return the condition of a value that does not fit type *after*; "" where all fit, None where that is not known.

    *name* is the column's, quoted.
    """
    one, other = family(before), family(after)
    if other == "text":
        limit = numbers(after)
        text = f"CAST({name} AS {'CHAR' if dialect == 'mysql' else 'TEXT'})"
        return f"{'length' if dialect == 'sqlite' else 'char_length'}({text}) > {limit[0]}" if limit else ""
    if one == other == "integer":
        bounds = integers(after)
        return f"{name} NOT BETWEEN {bounds[0]} AND {bounds[1]}" if bounds else ""
    if one in {"integer", "decimal"} and other == "decimal":
        digits = (*numbers(after), 0)[:2]
        if len(digits) < 2:
            return ""
        return f"round({name}, {digits[1]}) <> {name} OR abs({name}) >= {10 ** (digits[0] - digits[1])}"
    if other in {"integer", "decimal", "float"} and one == "text":
        return _not_a_number(name, other, dialect)
    if other == "enum" and one == "text" and enum_values(after):
        return f"{name} NOT IN ({', '.join(literal(value, dialect) for value in enum_values(after))})"
    if dialect == "sqlite" and one != other and {one, other} <= {*TEMPORAL, "text"}:
        return f"CAST(CAST({name} AS NUMERIC) AS TEXT) <> CAST({name} AS TEXT)"
    return "" if one == other and one not in {"other", "enum", "array"} else None


def _not_a_number(name: str, kind: str, dialect: str) -> str:
    if dialect != "sqlite":
        return f"{name} {'!~' if dialect == 'postgresql' else 'NOT REGEXP'} '{_NUMBER}'"
    text = f"trim(CAST({name} AS TEXT))"
    digits = f"CASE WHEN substr({text}, 1, 1) IN ('+', '-') THEN substr({text}, 2) ELSE {text} END"
    if kind == "integer":
        return f"({digits}) = '' OR ({digits}) GLOB '*[^0-9]*'"
    return f"({digits}) IN ('', '.') OR ({digits}) GLOB '*[^0-9.]*' OR ({digits}) GLOB '*.*.*'"


def _is_shorter(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    return bool(after) and (not before or after[0] < before[0])


def _holds_less(before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    if not before or not after:
        return bool(after)
    (digits, scale), (fewer, places) = ((*each, 0)[:2] for each in (before, after))
    return places < scale or fewer - places < digits - scale
