"""`{{expression}}` on a magic line: hidden while the line is split, filled in afterwards.

So a value with spaces, quotes or dashes in it stays one value: nothing a variable holds is ever read as an option.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import UsageProblem

Evaluate = Callable[[str], object]
"""Returns the value of a Python expression in the user's namespace."""

_MARK = re.compile("\ue000(\\d+)\ue001")  # private-use characters: no shell syntax, and nothing a person types


@dataclass(frozen=True, slots=True)
class Line:
    """A line with a mark in place of each expression. Without *evaluate* nothing is an expression and all text is literal."""

    text: str
    expressions: tuple[str, ...] = ()
    evaluate: Evaluate | None = None

    def value(self, word: str) -> str:
        """Return *word*, a piece of the text, with the values of its expressions in place of their marks."""
        return self._replace(word, self._value)

    def shown(self, word: str) -> str:
        """Return *word* as it was typed: what messages quote, so that they show no variable's content."""
        return self._replace(word, lambda expression: f"{{{{{expression}}}}}")

    def _replace(self, word: str, by: Callable[[str], str]) -> str:
        known = len(self.expressions)
        return _MARK.sub(lambda mark: by(self.expressions[int(mark[1])]) if int(mark[1]) < known else mark[0], word)

    def _value(self, expression: str) -> str:
        return "" if self.evaluate is None else _text(expression, self.evaluate)


def read(text: str, evaluate: Evaluate | None) -> Line:
    """Return *text* with its expressions taken out.

    An expression ends at the first `}}` with which it is Python, so dictionaries may stand in it.
    """
    if evaluate is None:
        return Line(text)
    expressions: list[str] = []
    done, rest = "", text
    while (start := rest.find("{{")) >= 0:
        expression, end = _expression(rest, start + 2)
        done += f"{rest[:start]}\ue000{len(expressions)}\ue001"
        expressions.append(expression)
        rest = rest[end:]
    return Line(done + rest, tuple(expressions), evaluate)


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


def _text(expression: str, evaluate: Evaluate) -> str:
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
