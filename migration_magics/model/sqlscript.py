"""A text of SQL statements -> the Python that runs them: `op.execute(...)`, one call per statement.

A statement ends at a `;` outside of quotes, dollar quotes, comments and the BEGIN ... END body of a trigger or routine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<dollar> (?<![\w$]) \$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? \$(?P=tag)\$ )
    | (?P<quoted> (?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` )
    | (?P<string> ' )
    | (?P<word> [^\W\d][\w$]* )
    | (?P<end> ; )
    | (?P<space> \s+ )
    | (?P<unclosed> /\* | " | ` | (?<![\w$])\$(?:[^\W\d]\w*)?\$ )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_STANDARD_STRING = re.compile(r"'(?:[^']|'')*'")
_ESCAPED_STRING = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)
_DOWNGRADE = re.compile(r"--\s*downgrade\s*:?\s*\Z", re.IGNORECASE)
_ROUTINE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:DEFINER\s*=\s*\S+\s+)?(?:TEMP(?:ORARY)?\s+)?(?:AGGREGATE\s+)?"
    r"(?:TRIGGER|PROCEDURE|FUNCTION|EVENT)\b",
    re.IGNORECASE,
)
_BIND = re.compile(r"(?<![:\w\x5c]):(?=\w+(?![:\w]))|\x5c(?=:\w*(?![:\w]))")
_NOT_NESTING = frozenset({"IF", "WHILE", "LOOP", "REPEAT", "FOR"})


class Unreadable(Exception):
    """A text that is not a series of statements; *line* is where, counted from 1."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.line, self.message, self.hint = line, message, hint


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement without its `;`, as it was written, comments included."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Comments that belong to no statement."""

    text: str


Part = Sql | Remark


def split(text: str, dialect: str = "") -> tuple[tuple[Part, ...], tuple[Part, ...] | None]:
    """Return the parts above and below the line `-- downgrade`; None for the second where there is no such line.

    Raises Unreadable for a quote or comment that is never closed, a second such line, and `DELIMITER`.
    """
    reader = _Reader(text, _ESCAPED_STRING if dialect in {"mysql", "mariadb"} else _STANDARD_STRING)
    return reader.read()


class _Reader:
    def __init__(self, text: str, string: re.Pattern[str]) -> None:
        self.text = text
        self.string = string
        self.sides: list[list[Part]] = [[]]
        self.start = 0
        self.code_start: int | None = None
        self.depth = 0
        self.last_word = ""

    def read(self) -> tuple[tuple[Part, ...], tuple[Part, ...] | None]:
        at = 0
        while at < len(self.text):
            at = self._step(at)
        self._close(len(self.text))
        first, *second = self.sides
        return tuple(first), tuple(second[0]) if second else None

    def _step(self, at: int) -> int:
        match = _TOKEN.match(self.text, at)
        if match is None:  # pragma: no cover - `other` takes any character
            raise self._unclosed(at, self.text[at])
        kind = match.lastgroup
        if kind in {"comment", "space", "end"}:
            return self._between(kind, match)
        if kind == "string":
            quoted = self.string.match(self.text, at)
            if quoted is None:
                raise self._unclosed(at, "'")
            return self._code(at, quoted.end())
        if kind == "unclosed":
            raise self._unclosed(at, match[0])
        if kind == "word":
            self._word(match[0].upper(), at)
        return self._code(at, match.end())

    def _between(self, kind: str, match: re.Match[str]) -> int:
        """Pass what is no code: comments, white space, the end of a statement."""
        if kind == "comment" and not self.depth and _DOWNGRADE.match(match[0]) and self._is_own_line(match.start()):
            self._next_side(match.start(), match.end())
        if kind == "end" and not self.depth:
            self._close(match.start())
            self.start = match.end()
        return match.end()

    def _code(self, start: int, end: int) -> int:
        if self.code_start is None:
            self.code_start = start
        return end

    def _word(self, word: str, at: int) -> None:
        if self.code_start is None and word == "DELIMITER":
            hint = "leave the DELIMITER lines out: a body from BEGIN to END is kept together anyway"
            raise Unreadable(self._line(at), "DELIMITER is a command of the mysql program, not SQL.", hint)
        if self.code_start is not None and _ROUTINE.match(self.text, self.code_start):
            if self.last_word == "END":
                self.depth += word in _NOT_NESTING  # END IF closes what was never counted
            elif word in {"BEGIN", "CASE"}:
                self.depth += 1
            if word == "END":
                self.depth = max(self.depth - 1, 0)
        self.last_word = "" if self.last_word == "END" and word == "CASE" else word

    def _close(self, end: int) -> None:
        """End a statement, or the comments that follow the last one."""
        text = self.text[self.start : end].strip()
        if text:
            self.sides[-1].append(Sql(text) if self.code_start is not None else Remark(text))
        self.start, self.code_start, self.depth, self.last_word = end, None, 0, ""

    def _next_side(self, at: int, end: int) -> None:
        if len(self.sides) > 1:
            raise Unreadable(
                self._line(at),
                "There is a second line `-- downgrade`.",
                "keep one: the upgrade above it, the downgrade below",
            )
        self._close(at)
        self.sides.append([])
        self.start = end

    def _is_own_line(self, at: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, at) + 1 : at].strip()

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def _unclosed(self, at: int, opening: str) -> Unreadable:
        return Unreadable(
            self._line(at), f"{opening} is opened here and never closed.", "close it, then run the cell again"
        )


def as_python(parts: tuple[Part, ...]) -> str:
    """Return *parts* as Python statements: an `op.execute` per statement; comments of their own stay comments."""
    return "\n".join(
        f"op.execute({literal(escaped(part.text))})" if isinstance(part, Sql) else _commented(part.text)
        for part in parts
    )


def escaped(sql: str) -> str:
    """Return *sql* so that SQLAlchemy's `text()` reads exactly it: no `:name` in it is a bound value.

    `text()` takes `:name` for one unless a backslash stands before it, and takes that backslash away (SQLAlchemy 2.1,
    sql/elements.py `TextClause`, sql/compiler.py `visit_textclause`). It doubles `%` by itself where a driver needs that.
    """
    return _BIND.sub(lambda match: "\\" + match[0], sql)


def literal(text: str) -> str:
    """Return a Python string literal for *text* that a person can read: one line, or triple quotes with the lines as they are."""
    if any(_is_hidden(character) for character in text):
        return repr(text)
    quotes = '"""' if "\n" in text or '"' in text else '"'
    if "\\" in text and not text.endswith(("\\", '"')) and quotes not in text:
        return f"r{quotes}{text}{quotes}"
    body = text.rstrip('"')
    inner = body.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + '\\"' * (len(text) - len(body))
    return f"{quotes}{inner}{quotes}"


def _is_hidden(character: str) -> bool:
    is_control = (ord(character) < 32 and character not in "\n\t") or character == "\x7f"
    return is_control or "\ud800" <= character <= "\udfff"


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.split("\n"))
