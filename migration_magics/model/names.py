"""The names in a database: what completion offers and did-you-mean compares. No types, no schema: that is `schema`'s work."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class TableNames:
    """The names within one table or view: columns in their order, the others sorted."""

    columns: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The tables and views of a database by name, sorted; empty where nothing is known."""

    tables: Mapping[str, TableNames] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str | None]]) -> Names:
        """Return the names that *rows* of (table, "column" | "index" | "constraint" | "table", name) tell."""
        found: dict[str, dict[str, dict[str, None]]] = {}
        for table, kind, name in rows:
            kinds = found.setdefault(table, {"column": {}, "index": {}, "constraint": {}})
            if name is not None and kind in kinds:
                kinds[kind][name] = None
        tables = {
            table: TableNames(tuple(kinds["column"]), tuple(sorted(kinds["index"])), tuple(sorted(kinds["constraint"])))
            for table, kinds in sorted(found.items())
        }
        return cls(MappingProxyType(tables))

    def table(self, name: str) -> TableNames:
        """Return the names within the table *name*, whatever its case; none where there is no such table."""
        if name in self.tables:
            return self.tables[name]
        folded = name.casefold()
        return next((inner for table, inner in self.tables.items() if table.casefold() == folded), TableNames())

    def with_more(self, more: Mapping[str, Iterable[str]]) -> Names:
        """Return these names with *more* tables and columns, which come last."""
        found = dict(self.tables)
        for name, columns in more.items():
            known = found.get(name, TableNames())
            found[name] = replace(known, columns=tuple(dict.fromkeys((*known.columns, *columns))))
        return Names(MappingProxyType(dict(sorted(found.items()))))

    def without_version_tables(self) -> Names:
        """Return these names without Alembic's tables, however they are called: one column `version_num`, and no other."""
        kept = {name: inner for name, inner in self.tables.items() if inner.columns != ("version_num",)}
        return Names(MappingProxyType(kept))

    def nearest(self, name: str) -> str:
        """Return the table that *name* most likely means, or ""."""
        folded = {table.casefold(): table for table in self.tables}
        close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
        return folded[close[0]] if close else ""
