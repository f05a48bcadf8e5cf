"""The text of a table in `sqlite_master`, read for what no pragma tells.

The grammar is that of sqlite.org/src/file/src/parse.y. A text in `sqlite_master` is one that SQLite has accepted: nothing is
checked here, and what is not understood is passed over. Nothing is asked of a database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from .sqlite_words import ROWID, bare, fold, items, spelled, words

if TYPE_CHECKING:
    from collections.abc import Callable

_TELLING = (
    "CHECK", "CONSTRAINT", "UNIQUE", "AS", "COLLATE", "AUTOINCREMENT", "STRICT", "WITHOUT", "DEFERRABLE", "MATCH", "CONFLICT"
)  # fmt: skip
_TELLS = frozenset({*_TELLING, "REFERENCES"})
_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


@dataclass(slots=True)
class Reference:
    """What the text alone says of a foreign key from *columns*."""

    columns: tuple[str, ...]
    name: str = ""
    match: str = ""
    deferrable: str = ""


@dataclass(slots=True)
class TableText:
    """What the text alone says of a table.

    *uniques* are (name, columns, options), *checks* (name, expression); *references* in the order of the text. The keys of
    *computed*, with expressions, and *collations* are columns. *unplaced* says what no value of ours has a place for.
    """

    primary_key: str = ""
    uniques: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    computed: dict[str, str] = field(default_factory=dict)
    collations: dict[str, str] = field(default_factory=dict)
    autoincrement: str = ""
    is_strict: bool = False
    is_without_rowid: bool = False
    unplaced: list[tuple[str, str]] = field(default_factory=list)


def table(sql: str) -> TableText | None:
    """Return what *sql*, a CREATE TABLE, says beyond the pragmas; None where it surely says nothing."""
    upper = sql.upper()
    for word in _TELLING:
        if word in upper:
            break
    else:
        return None
    found = words(sql)
    text = TableText()
    if "(" not in found:
        return text
    parts, rest = items(found, found.index("("))
    names = _names(found[2], parts) if '"' in sql else frozenset()
    for item in parts:
        upper_item = [word.upper() for word in item]
        if not _TELLS.isdisjoint(upper_item):
            _Reader(item, upper_item, text, names).read()
    options = {word.upper() for word in rest}
    text.is_strict = "STRICT" in options
    text.is_without_rowid = "WITHOUT" in options
    return text


def _names(own: str, parts: list[list[str]]) -> frozenset[str]:
    """Return, folded, the names that an expression in the table may use: its *own* and its columns'."""
    columns = (bare(item[0]) for item in parts if item[0].upper() not in _CONSTRAINTS)
    return ROWID | frozenset(map(fold, (bare(own), *columns)))


class _Reader:
    """Read one item of a table's body, a column or constraints, into *text*."""

    def __init__(self, item: list[str], upper: list[str], text: TableText, names: frozenset[str]) -> None:
        self.item = item
        self.upper = upper
        self.text = text
        self.names = names
        self.at = 0
        self.name = ""
        self.column: tuple[str, ...] = ()
        self.said_of = ""

    def read(self) -> None:
        if self.upper[0] not in _CONSTRAINTS:
            self.column = (bare(self.item[0]),)
            self.at = 1
        steps, upper = self.steps, self.upper
        while self.at < len(upper):
            step = steps.get(upper[self.at])
            if step is None:
                self.at += 1
            else:
                step(self)

    def _word(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.upper[at] if at < len(self.upper) else ""

    def _group(self) -> list[str]:
        """Take the next brackets and return what is in them; nothing where none come next."""
        if self._word() != "(":
            return []
        depth, start = 0, self.at
        while self.at < len(self.item):
            word = self.item[self.at]
            depth += (word == "(") - (word == ")")
            self.at += 1
            if not depth:
                break
        return self.item[start + 1 : self.at - 1]

    def _named(self) -> str:
        """Return the name given to the constraint that is being read, and forget it for the next."""
        name, self.name = self.name, ""
        return name

    def _constraint(self) -> None:
        self.name = bare(self.item[self.at + 1]) if self.at + 1 < len(self.item) else ""
        self.at += 2

    def _check(self) -> None:
        self.at += 1
        self.text.checks.append((self._named(), spelled(self._group(), self.names, are_all=True)))
        self.said_of = "check"

    def _unique(self) -> None:
        self.at += 1
        columns, collations = self._columns()
        self.text.uniques.append((self._named(), columns, ", ".join(collations)))
        self.said_of = "unique"

    def _primary_key(self) -> None:
        self.at += 2
        self.text.primary_key = self._named()
        inside = self._group()
        if inside and inside[-1].upper() == "AUTOINCREMENT":
            self.text.autoincrement = bare(inside[0])
        self.said_of = "primary key"

    def _columns(self) -> tuple[tuple[str, ...], list[str]]:
        """Take a list of columns, or say which one this is; and those that have a collation of their own."""
        inside = self._group()
        if not inside:
            return self.column, []
        parts, _ = items(["(", *inside, ")"], 0)
        collations = [spelled(item[:3]) for item in parts if len(item) > 2 and item[1].upper() == "COLLATE"]
        return tuple(bare(item[0]) for item in parts), collations

    def _foreign_key(self) -> None:
        self.at += 2
        self.column = self._columns()[0]

    def _references(self) -> None:
        self.at += 2
        self._group()
        self.text.references.append(Reference(self.column, self._named()))

    def _match(self) -> None:
        match = self._word(1)
        if self.text.references and match != "SIMPLE":
            self.text.references[-1].match = match
        self.at += 2

    def _deferrable(self) -> None:
        is_deferred = self._word(1) == "INITIALLY" and self._word(2) == "DEFERRED"
        if self.text.references:
            self.text.references[-1].deferrable = "DEFERRABLE INITIALLY DEFERRED" if is_deferred else "DEFERRABLE"
        self.at += 1

    def _not(self) -> None:
        if self._word(1) == "NULL":
            self._named()
            self.said_of = "not null"
        self.at += 2  # NOT DEFERRABLE is what there is without it

    def _on(self) -> None:
        if self._word(1) == "CONFLICT":
            self._conflict(self._word(2))
        self.at += 4 if self._word(2) in {"SET", "NO"} else 3

    def _conflict(self, action: str) -> None:
        if action == "ABORT":  # the default
            return
        if self.said_of == "unique":
            name, columns, options = self.text.uniques[-1]
            said = f"ON CONFLICT {action}"
            self.text.uniques[-1] = (name, columns, f"{options}, {said}" if options else said)
        else:
            self.text.unplaced.append((f"ON CONFLICT {action} of {self.said_of}", ".".join(self.column)))

    def _default(self) -> None:
        self._named()
        self.at += 1
        if self._word() == "(":
            self._group()
        else:
            self.at += 2 if self._word() in {"+", "-"} else 1

    def _collate(self) -> None:
        self.text.collations[self.column[0]] = bare(self.item[self.at + 1])
        self.at += 2

    def _as(self) -> None:
        self.at += 1
        self.text.computed[self.column[0]] = spelled(self._group(), self.names, are_all=True)
        self._named()

    def _autoincrement(self) -> None:
        self.text.autoincrement = self.column[0]
        self.at += 1

    steps: ClassVar[dict[str, Callable[[_Reader], object]]] = {
        "CONSTRAINT": _constraint,
        "CHECK": _check,
        "UNIQUE": _unique,
        "PRIMARY": _primary_key,
        "FOREIGN": _foreign_key,
        "REFERENCES": _references,
        "MATCH": _match,
        "DEFERRABLE": _deferrable,
        "NOT": _not,
        "ON": _on,
        "DEFAULT": _default,
        "COLLATE": _collate,
        "AS": _as,
        "AUTOINCREMENT": _autoincrement,
        "(": _group,
    }
