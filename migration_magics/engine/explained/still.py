"""Which locks of a transaction are still held while its later operations run: on PostgreSQL all, until it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model.explanation import Deed, DeedExplained, Facts

_DIALECT = "postgresql"

# The strongest first, of those for which readers or writers wait (PostgreSQL 18 manual, 13.3.1, Table 13.2).
_FELT = ("ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE")
_WEAKER = len(_FELT)
_NO_NAMES = frozenset({"", "the table", "its table", "the schema"})
_MOST_NAMED = 2


class Held:
    """The locks that one revision has taken so far, by table: each with the operation it is of, counted from 1."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[str, int, str]] = {}
        self._new: set[str] = set()

    def told(
        self, number: int, deeds: Sequence[Deed], explained: Sequence[DeedExplained], *, is_outside: bool
    ) -> list[DeedExplained]:
        """Return *explained* (of *deeds*, in order) with what is still held meanwhile, and note what they lock.

        *is_outside*: it stands in an autocommit_block, which ends the transaction.
        """
        found = []
        for deed, told in zip(deeds, explained, strict=True):
            if is_outside or _commits(deed):
                self._locks.clear()
            facts = told.facts.get(_DIALECT)
            if facts is None:
                found.append(told)
                continue
            found.append(replace(told, facts={**told.facts, _DIALECT: self._with_held(deed, facts, number)}))
            if not is_outside:
                self._note(number, deed, facts)
        return found

    def _with_held(self, deed: Deed, facts: Facts, number: int) -> Facts:
        table = _key(deed.values.get("table", ""))
        own = self._locks.get(table)
        if own is not None and _rank(own[0]) < _rank(facts.lock):
            facts = replace(facts, waits=_WAITS[own[0]])
        felt = [
            f"{lock} on {name} ({'this operation' if by == number else f'operation {by}'})"
            for key, (lock, by, name) in self._locks.items()
            if key != table or _rank(lock) < _rank(facts.lock)
        ]
        more = len(felt) - _MOST_NAMED
        named = [*felt[:_MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])]
        return replace(facts, held=", ".join(named))

    def _note(self, number: int, deed: Deed, facts: Facts) -> None:
        table = deed.values.get("table", "")
        if deed.kind == "create_table":
            self._new.add(_key(table))
            return
        for name in (table, deed.values.get("referred", "")):
            known = self._locks.get(_key(name), ("", 0, ""))
            is_stronger = _rank(facts.lock) < _rank(known[0])
            if is_stronger and name not in _NO_NAMES and _key(name) not in self._new:
                self._locks[_key(name)] = (facts.lock, number, name)
        if deed.kind == "rename_table" and _key(table) in self._locks:
            lock, by, _name = self._locks.pop(_key(table))
            self._locks[_key(deed.values["new"])] = (lock, by, deed.values["new"])


_WAITS = {
    "ACCESS EXCLUSIVE": "Everybody waits, readers too.",
    "EXCLUSIVE": "Writers wait; readers go on.",
    "SHARE ROW EXCLUSIVE": "Writers wait; readers go on.",
    "SHARE": "Writers wait; readers go on.",
}


def _rank(lock: str) -> int:
    return _FELT.index(lock) if lock in _FELT else _WEAKER


def _key(name: str) -> str:
    return name.casefold()


def _commits(deed: Deed) -> bool:
    return "transaction" in deed.traits and deed.values.get("sql", "").upper().rstrip("; ") in {"COMMIT", "ROLLBACK"}
