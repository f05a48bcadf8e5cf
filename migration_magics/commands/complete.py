"""What Tab may offer on a command line: from the command table, and from what a notebook knows (`Facts`).

Pure: a line up to the cursor goes in, candidates come out. Nothing is asked of a database, and nothing heavy is imported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .declaration import ON, Argument, Command
from .table import CELLS, COMMANDS
from .unfinished import Unfinished, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..model.graph import Graph, Revision
    from ..model.names import Names

LIMIT = 200
"""Candidates offered at most: more only make a pop-up slow (IPython itself stops at 500)."""

DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql")
TEMPLATES = ("generic", "async", "multidb", "pyproject", "pyproject_async")

_WORDS = {
    "upgrade": ("head", "heads", "+1"),
    "downgrade": ("-1", "base"),
    "plan": ("heads", "head", "+1", "-1", "base"),
    "stamp": ("head", "heads", "base"),
    "merge": ("heads",),
    "revision": ("head", "base"),
    "history": ("base", "current", "head", "heads", "-3"),
    "sql": ("base", "head", "heads"),
}
_OTHER_WORDS = ("head", "heads", "current", "base")
_ABOUT = {
    "head": "target: the newest revision",
    "heads": "target: the newest of all branches",
    "base": "target: before the first revision",
    "current": "target: where the database stands",
    "+1": "target: the next revision",
    "-1": "target: one revision back",
    "-3": "target: three revisions back",
}
_ENDS = ("head", "heads", "base")
"""What may follow a label and its @."""
_LOOKS_BACK = {"blame", "history"}
"""Commands that know a table by the names it had, too."""
_PLAIN = re.compile(r"[\w./:@+\-=,~%]+\Z")
_RELATIVE = re.compile(r"[+-]\d*\Z")


@dataclass(frozen=True, slots=True)
class Candidate:
    """*text* is what is written; *about*, its kind and what it is, stands beside it in one line."""

    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The candidates, best first, each in place of *fragment*, the end of the line."""

    candidates: tuple[Candidate, ...] = ()
    fragment: str = ""


class Facts(Protocol):
    """What a notebook knows without asking a database. *on* names a connection, None is the one in use."""

    def graph(self, on: str | None) -> Graph | None:
        """Return the revisions of the project, or None where none is open."""

    def names(self, on: str | None) -> Names:
        """Return the names of tables and columns as they were last seen."""

    def tables(self, on: str | None, *, is_former: bool) -> Names:
        """Return what one can look at: of the database and of the last replay; with *is_former* also old names."""

    def connections(self) -> Mapping[str, str]:
        """Return the connections by name, each with what it is."""

    def sources(self) -> Mapping[str, str]:
        """Return the variables one can connect to, each with the name of its type."""

    def frames(self) -> Mapping[str, str]:
        """Return the variables that hold a DataFrame, each with how many rows and columns it has."""

    def paths(self, begun: str) -> tuple[str, ...]:
        """Return the paths that begin so."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the cursor stands among the arguments of *command*."""

    command: Command
    facts: Facts
    pending: Argument | None
    given: frozenset[Argument]
    values: tuple[str, ...]
    on: str | None
    only_values: bool


def complete(text: str, facts: Facts, commands: Mapping[str, Command] = COMMANDS) -> Offer:
    """Return what may stand at the end of *text*, the part between `%migrate ` and the cursor."""
    typed = unfinished(text)
    if typed is None:
        return Offer()
    if not typed.words:
        named = (Candidate(command.name, f"command: {command.summary}") for command in commands.values())
        return _offer(named, typed.value, typed)
    name = typed.words[0]
    command = commands.get(name) or commands.get(name.replace("-", "_"))
    return Offer() if command is None else _arguments(command, typed.words[1:], typed, facts)


def complete_cell(name: str, text: str, facts: Facts, cells: Mapping[str, Command] = CELLS) -> Offer:
    """Return what may stand at the end of *text*, the part between the cell magic *name* and the cursor."""
    typed = unfinished(text)
    return Offer() if typed is None else _arguments(cells[name], typed.words, typed, facts)


def _arguments(command: Command, words: tuple[str, ...], typed: Unfinished, facts: Facts) -> Offer:
    place = _place(command, words, facts)
    if place.pending is not None:
        return _values(place.pending, typed.value, typed, place)
    is_dash = typed.value.startswith("-") and not place.only_values and not typed.quote
    flag, equals, value = typed.value.partition("=")
    if is_dash and equals:
        option = command.option(flag)
        return Offer() if option is None or option.kind == "flag" else _values(option, value, typed.after_equals, place)
    positional = _positional(place)
    offer = Offer() if positional is None else _values(positional, typed.value, typed, place)
    if is_dash or (not offer.candidates and not typed.value and not place.only_values):
        options = _offer(_options(place, typed.value), typed.value, typed)
        return Offer((*offer.candidates, *options.candidates), typed.fragment)
    return offer


def _place(command: Command, words: tuple[str, ...], facts: Facts) -> _Place:
    """Read *words* as the parser does, forgiving what it would refuse."""
    pending: Argument | None = None
    given: set[Argument] = set()
    values: list[str] = []
    on: str | None = None
    only_values = False
    for word in words:
        if pending is not None:
            on = word if pending is ON else on
            pending = None
        elif only_values or not re.match(r"-[A-Za-z-]", word):
            values.append(word)
        elif word == "--":
            only_values = True
        else:
            flag, equals, value = word.partition("=")
            option = command.option(flag if word.startswith("--") else word[:2])
            if option is not None:
                given.add(option)
                on = value if option is ON and equals else on
                takes_next = not equals if word.startswith("--") else len(word) == 2
                pending = option if option.kind != "flag" and takes_next else None
    return _Place(command, facts, pending, frozenset(given), tuple(values), on, only_values)


def _positional(place: _Place) -> Argument | None:
    positionals = place.command.positionals
    if len(place.values) < len(positionals):
        return positionals[len(place.values)]
    return positionals[-1] if positionals and positionals[-1].repeatable else None


def _options(place: _Place, begun: str) -> Iterator[Candidate]:
    for option in place.command.options:
        if option in place.given and not option.repeatable:
            continue
        flag = next((flag for flag in reversed(option.flags) if flag.startswith(begun)), None)
        if flag is not None:
            yield Candidate(flag, f"option: {option.help}")


def _values(argument: Argument, value: str, typed: Unfinished, place: _Place) -> Offer:
    """Return the candidates for a value of *argument*'s kind that begins with *value*."""
    if argument.kind == "range":
        done, colon, begun = value.rpartition(":")
        return _offer(_prefixed(done + colon, _revisions(begun, place)), value, typed, keeps_order=True)
    if argument.kind == "side":
        sides = (*_SIDES, *_revisions(value, place))
        found = (each for each in sides if each.text.startswith(value) or each not in _SIDES)
        return _offer(found, value, typed, keeps_order=True)
    if argument.kind in {"revision", "revisions"}:
        taken = set(place.values)
        found = (each for each in _revisions(value, place) if each.text not in taken)
        return _offer(found, value, typed, keeps_order=True)
    kinds: dict[str, Callable[[], Iterable[Candidate]]] = {
        "connection": lambda: _connections(place.facts),
        "variable": lambda: () if argument.flags else _sources(place.facts, value),
        "command": lambda: (Candidate(each.name, f"command: {each.summary}") for each in COMMANDS.values()),
        "rows": lambda: _rows(place.facts, value),
        "path": lambda: (Candidate(path, "path") for path in place.facts.paths(value)),
        "dialect": lambda: (Candidate(each, "dialect") for each in DIALECTS),
        "template": lambda: (Candidate(each, "template") for each in TEMPLATES),
        "table": lambda: _tables(place.facts.tables(place.on, is_former=place.command.name in _LOOKS_BACK), value),
    }
    return _offer(kinds.get(argument.kind, tuple)(), value, typed)


_SIDES = (Candidate("db", "the connected database"), Candidate("models", "what env.py's target_metadata says"))


def _connections(facts: Facts) -> Iterator[Candidate]:
    return (Candidate(name, f"connection: {about}") for name, about in facts.connections().items())


def _sources(facts: Facts, value: str) -> Iterator[Candidate]:
    start = "sqlite:///"
    yield from _connections(facts)
    yield from (Candidate(name, f"variable: {kind}") for name, kind in facts.sources().items())
    if value.startswith(start):
        yield from (Candidate(start + path, "path") for path in facts.paths(value[len(start) :]))
    else:
        yield Candidate(start, "URL of a file")


def _rows(facts: Facts, value: str) -> Iterator[Candidate]:
    yield from (Candidate(name, f"variable: {shape}") for name, shape in facts.frames().items())
    yield from (Candidate(path, "path") for path in facts.paths(value) if path.endswith(("/", ".csv")))


def _tables(names: Names, value: str) -> Iterator[Candidate]:
    """Yield tables; after the name of one and a dot, its columns."""
    table, dot, _ = value.rpartition(".")
    if dot and names.table(table).columns:
        yield from (Candidate(f"{table}.{column}", "column") for column in names.table(table).columns)
    yield from (Candidate(name, "table") for name in names.tables)


def _revisions(value: str, place: _Place) -> Iterator[Candidate]:
    """Yield words, labels and ids that begin with *value*; where none does, revisions with it in their message."""
    graph = place.facts.graph(place.on)
    if _RELATIVE.match(value):
        steps = (f"{value[0]}{number}" for number in range(1, 4))
        yield from (Candidate(step, _steps(step)) for step in steps if step.startswith(value))
        return
    if graph is None:
        yield from _words(place.command, value)
        return
    label, at, rest = value.partition("@")
    if at:
        if label in graph.labels or label in graph:
            yield from (Candidate(f"{label}@{end}", _ABOUT[end]) for end in _ENDS if end.startswith(rest))
        return
    named = [
        *_words(place.command, value),
        *(Candidate(f"{label}@head", "branch") for label in sorted(graph.labels) if label.startswith(value)),
    ]
    yield from named
    begun = bool(named)
    for revision in graph.newest_first:
        if revision.id.startswith(value):
            begun = True
            yield Candidate(revision.id, _about(revision))
    if not begun:
        folded = value.casefold()
        yield from (Candidate(one.id, _about(one)) for one in graph.newest_first if folded in one.message.casefold())


def _words(command: Command, value: str) -> Iterator[Candidate]:
    words = _WORDS.get(command.name, _OTHER_WORDS)
    return (Candidate(word, _ABOUT[word]) for word in words if word.startswith(value))


def _steps(step: str) -> str:
    number, way = abs(int(step)), "on" if step[0] == "+" else "back"
    return f"target: {number} {'revision' if number == 1 else 'revisions'} {way}"


def _about(revision: Revision) -> str:
    created = f"{revision.created_at:%Y-%m-%d} " if revision.created_at else ""
    return f"revision: {created}{revision.message}"


def _prefixed(before: str, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    return (Candidate(before + each.text, each.about) for each in candidates)


def _offer(candidates: Iterable[Candidate], value: str, typed: Unfinished, *, keeps_order: bool = False) -> Offer:
    """Return those of *candidates* that begin with *value*, written as the line needs them.

    With *keeps_order* they were chosen already (a revision may be found by its message).
    """
    folded = value.casefold()
    found: dict[str, Candidate] = {}
    for each in candidates:
        if (
            each.text.isprintable()
            and "{{" not in each.text
            and (keeps_order or each.text.casefold().startswith(folded))
        ):
            text = _written(each.text, typed.quote)
            found.setdefault(text, Candidate(text, _one_line(each.about)))
            if len(found) == LIMIT:
                break
    return Offer(tuple(found.values()), typed.fragment)


def _written(text: str, quote: str) -> str:
    """Return *text* as one word of the line; the quote that is open already stays where it is."""
    if quote == "'" or (not quote and _PLAIN.match(text)):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return escaped if quote else f'"{escaped}"'


def _one_line(about: str) -> str:
    """Return *about* without anything that moves a cursor, and short enough for a pop-up."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in about[:200]).split())
    return line if len(line) <= 72 else f"{line[:71]}…"
