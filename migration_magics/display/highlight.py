"""Source and SQL as lines of classified runs of text. The classes only colour; the text is complete without them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .clean import lines

_LARGEST = 40_000
"""Above this many characters code stays plain: colouring it would take longer than drawing it."""

Run = tuple[str, str]
"""A class ("k", "s", "c", "n", "f" or "") and its text."""


@lru_cache(maxsize=4)
def _lexer(language: str) -> Any:
    # Imported here: the first highlighted result pays for it, `%load_ext` doesn't. Pygments has no type information.
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


@lru_cache(maxsize=4)
def _classes() -> tuple[tuple[Any, str], ...]:
    from pygments.token import Comment, Keyword, Name, Number, Operator, String  # type: ignore[import-untyped]

    return (
        (Comment, "c"),
        (Keyword, "k"),
        (Operator.Word, "k"),
        (String, "s"),
        (Number, "n"),
        (Name.Function, "f"),
        (Name.Class, "f"),
        (Name.Decorator, "f"),
    )


def _class_of(token: Any) -> str:
    return next((name for kind, name in _classes() if token in kind), "")


def highlight(text: str, language: str) -> tuple[tuple[Run, ...], int]:
    """Return *text* cleaned and cut to what can be shown, as classified runs, and how many lines were left out."""
    kept, hidden = lines(text)
    joined = "\n".join(kept)
    if not language or len(joined) > _LARGEST:
        return (("", joined),), hidden
    runs: list[list[str]] = []
    for token, value in _lexer(language).get_tokens(joined):
        name = _class_of(token)
        if runs and (runs[-1][0] == name or value.isspace()):
            runs[-1][1] += value
        else:
            runs.append([name, value])
    return tuple((name, value) for name, value in runs), hidden
