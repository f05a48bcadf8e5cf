"""`{{expression}}` on a magic line: hidden while the line is split, filled in afterwards.

So a value with spaces, quotes or dashes in it stays one value; nothing a variable holds is ever read as syntax.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from ..errors import UsageProblem

Evaluate = Callable[[str], object]
"""Returns the value of a Python expression in the user's namespace."""

_MARK = re.compile("\ue000(\\d+)\ue001")  # private-use characters: no shell syntax, and nothing a person types


def hide(text: str) -> tuple[str, tuple[str, ...]]:
    """Return *text* with a mark in place of each expression, and the expressions.

    An expression ends at the first `}}` with which it is Python, so dictionaries may stand in it.
    """
    expressions: list[str] = []
    done, rest = "", text
    while (start := rest.find("{{")) >= 0:
        expression, end = _expression(rest, start + 2)
        done += f"{rest[:start]}\ue000{len(expressions)}\ue001"
        expressions.append(expression)
        rest = rest[end:]
    return done + rest, tuple(expressions)


def fill(word: str, expressions: Sequence[str], evaluate: Evaluate) -> str:
    """Return *word* with the values of its expressions in place of their marks."""
    return _MARK.sub(lambda mark: _value(expressions[int(mark[1])], evaluate), word)


def _expression(text: str, start: int) -> tuple[str, int]:
    first: SyntaxError | None = None
    end = text.find("}}", start)
    while end >= 0:
        expression = text[start:end].strip()
        try:
            compile(expression, "<line>", "eval")
        except SyntaxError as error:
            first = first or error
            end = text.find("}}", end + 1)
        else:
            return expression, end + 2
    if first is None:
        raise UsageProblem(
            "A {{ is opened and never closed.", hint="{{expression}} is Python, evaluated in the notebook"
        )
    raise UsageProblem(f"{{{{...}}}} is no Python expression: {first.msg}.", hint="{{name}}") from first


def _value(expression: str, evaluate: Evaluate) -> str:
    shown = f"{{{{{expression}}}}}"
    try:
        value = evaluate(expression)
    except Exception as error:
        raise UsageProblem(f"{shown} failed: {type(error).__name__}: {error}") from error
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, (str, int, float)):
        return str(value)
    # An SQLAlchemy URL's own text has *** for its password, an engine's is no URL: wrong text is worse than none.
    kind = "None" if value is None else f"of type {type(value).__name__}"
    hint = (
        f"name the variable itself: %migrate connect {expression}"
        if expression.isidentifier() and value is not None
        else None
    )
    raise UsageProblem(f"{shown} is {kind}, not text.", hint=hint)
