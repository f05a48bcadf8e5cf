"""Candidates for a sample: a bounded number of rows of each table, drawn without reading a large table through.

PostgreSQL draws pages (TABLESAMPLE SYSTEM), the others probe their key at points of chance. Values that are rare are looked
for where an index leads to them or the server's statistics name them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from ..engine import failures
from ..model.families import family
from ..model.sampling import MOST_VALUES, Candidate
from .sample_chance import brief, hashable, hashable_row, points_between
from .sample_rows import among, beyond, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.engine import Connection

    from ..model.schema import Column
    from .sample_rows import Place, Row

T = TypeVar("T")

SMALL_ROWS = 20_000
SMALL_PAGES = 300
"""A table of at most so many rows (pages of 8 kB on PostgreSQL) is read through."""

_MOST_STRATA = 30
_MOST_LOOK_UPS = 10
_PLAIN = {"boolean", "enum", "text", "integer", "uuid", "date"}


@dataclass(frozen=True, slots=True)
class Locator:
    """What tells a row of a table from all others. *columns* are SQL expressions' names; none where nothing does."""

    columns: tuple[str, ...]
    kind: str


@dataclass(slots=True)
class Pool:
    """The candidates of one table. *found* are their keys with what a query by `Locator` needs."""

    total: int
    is_exact: bool = False
    how: str = ""
    candidates: dict[Row, Candidate] = field(default_factory=dict)
    equal: Counter[Row] = field(default_factory=Counter)


def locator(place: Place) -> Locator:
    """Return how rows of *place* are told apart."""
    table, options = place.table, dict(place.table.options)
    if place.dialect == "postgresql":
        return Locator(("tableoid", "ctid"), "physical")
    if place.dialect == "sqlite" and "without rowid" not in options:
        taken = {column.name.lower() for column in table.columns}
        free = [name for name in ("rowid", "_rowid_", "oid") if name not in taken]
        if free:
            return Locator((free[0],), "physical")
    needed = {column.name for column in table.columns if not column.is_nullable}
    if table.primary_key is not None:
        return Locator(table.primary_key.columns, "key")
    for unique in table.uniques:
        if needed.issuperset(unique.columns):
            return Locator(unique.columns, "key")
    return Locator((), "row")


class Drawer:
    """Draws the pool of one table on a connection that sees one snapshot."""

    def __init__(self, connection: Connection, place: Place, rows: int, seed: int) -> None:
        self.connection, self.place, self.rows, self.seed = connection, place, rows, seed
        self.locator = locator(place)
        self.wanted = max(5 * rows, 4_000)
        self.strata = [
            column
            for column in sorted(place.columns, key=lambda one: family(one.type) not in _PLAIN)
            if not (place.table.primary_key and column.name in place.table.primary_key.columns)
            and (family(column.type) in _PLAIN or column.is_nullable)
        ][:_MOST_STRATA]

    def pool(self) -> Pool:
        """Return the candidates."""
        if self.place.dialect == "postgresql":
            return self._by_pages()
        small = self.place.select(sa.literal_column("1")).limit(SMALL_ROWS + 1).subquery()
        number = int(self.connection.execute(sa.select(sa.func.count()).select_from(small)).scalar() or 0)
        if number <= SMALL_ROWS:
            found = Pool(number, is_exact=True, how="from all rows")
            self._add(found, self._candidates())
            return found
        found = Pool(self._estimate())
        self._probe(found)
        self._rare(found)
        return found

    # -- queries of candidates

    def _expressions(self) -> list[sa.ColumnElement[Any]]:
        """The locator, then what makes the order of chance (the key, where there is one), then the strata."""
        return [*self._located(), *self._keys(), *(self._stratum(column.name, column.type) for column in self.strata)]

    def _located(self) -> list[sa.ColumnElement[Any]]:
        if self.place.dialect == "postgresql":
            return [sa.cast(sa.literal_column(name), sa.Text()) for name in self.locator.columns]
        if self.locator.kind == "row":
            return [self.place.value(column) for column in self.place.read]
        if self.locator.kind == "physical":
            return [sa.literal_column(self.locator.columns[0])]
        return self._values(self.locator.columns)

    def _values(self, names: Iterable[str]) -> list[sa.ColumnElement[Any]]:
        columns = (self.place.table.column(name) for name in names)
        return [self.place.value(column) for column in columns if column is not None]

    def _keys(self) -> list[sa.ColumnElement[Any]]:
        key = self.place.table.primary_key
        return self._values(key.columns) if key is not None and self.locator.kind == "physical" else []

    def _stratum(self, name: str, type_: str) -> sa.ColumnElement[Any]:
        column: sa.ColumnElement[Any] = named(name)
        if family(type_) not in _PLAIN:  # only whether it is NULL
            return sa.case((column.is_(None), sa.null()), else_=sa.literal_column("'x'"))
        if self.place.dialect == "postgresql":
            column = sa.cast(column, sa.Text())
        return sa.func.substr(column, 1, 64) if family(type_) == "text" else column

    def _candidates(
        self, query: sa.Select[Any] | None = None, where: Any = None, limit: int | None = None
    ) -> list[Row]:
        found = query if query is not None else self.place.select(*self._expressions())
        if where is not None:
            found = found.where(where)
        return [tuple(row) for row in self.connection.execute(found.limit(limit) if limit is not None else found)]

    def _add(self, pool: Pool, rows: Iterable[Row]) -> None:
        located, keyed = len(self._located()), len(self._keys())
        for row in rows:
            key = row[:located]
            if self.locator.kind == "row":  # rows may be equal: each has a number
                pool.equal[key] += 1
                key = (*key, pool.equal[key] - 1)
            self_key = row[located : located + keyed]
            strata = tuple(hashable(value) for value in row[located + keyed :])
            pool.candidates.setdefault(hashable_row(key), Candidate(hashable_row(self_key or key), strata))

    # -- PostgreSQL

    def _by_pages(self) -> Pool:
        pages, estimate = self._size()
        if pages <= SMALL_PAGES:
            found = Pool(0, is_exact=True, how="from all rows")
            self._add(found, self._candidates())
            found.total = len(found.candidates)
            return found
        per_page = max(1.0, estimate / pages) if estimate > 0 else 50.0
        found = Pool(round(estimate) if estimate > 0 else round(pages * per_page))
        share = 100 * max(100.0, self.wanted / per_page) / pages
        while not found.how or (len(found.candidates) < self.rows and share < 100):
            share = min(100.0, share if not found.how else share * 10)  # few rows on many pages
            found.how = f"from a {share:.3g} % sample of its pages"
            sampled = f" TABLESAMPLE SYSTEM ({share:.6f}) REPEATABLE ({self.seed % 2**31})"
            query = sa.select(*(each.label(f"c{at}") for at, each in enumerate(self._expressions()))).select_from(
                sa.text(("ONLY " if self.place.is_only else "") + self.place.name.replace(":", "\\:") + sampled)
            )
            self._add(found, self._candidates(query, limit=self.wanted * 4))
        self._rare(found)
        return found

    def _size(self) -> tuple[int, float]:
        """Pages and estimated rows, of all partitions together."""
        tree = (
            "SELECT coalesce(sum(pg_relation_size(c.oid)), 0) / 8192, coalesce(sum(greatest(c.reltuples, 0)), 0) "
            "FROM pg_class c WHERE c.oid = to_regclass(:name) OR c.oid IN "
            "(SELECT relid FROM pg_partition_tree(to_regclass(:name)))"
        )
        pages, rows = self.connection.execute(sa.text(tree), {"name": self.place.name}).one()
        return int(pages), float(rows)

    # -- the others

    def _estimate(self) -> int:
        if self.place.dialect == "sqlite":
            return self._sqlite_estimate()
        query = "SELECT table_rows FROM information_schema.tables WHERE table_schema = {} AND table_name = :name"
        where = ":schema" if self.place.table.schema else "DATABASE()"
        given = {"name": self.place.table.name} | (
            {"schema": self.place.table.schema} if self.place.table.schema else {}
        )
        return max(SMALL_ROWS + 1, int(self.connection.execute(sa.text(query.format(where)), given).scalar() or 0))

    def _sqlite_estimate(self) -> int:
        if self.locator.kind != "physical":
            return SMALL_ROWS + 1
        name: sa.ColumnElement[Any] = sa.literal_column(self.locator.columns[0])
        low, high = (self._edge(name, is_last=is_last) for is_last in (False, True))
        return max(SMALL_ROWS + 1, int(high) - int(low) + 1)

    def _edge(self, name: sa.ColumnElement[Any], *, is_last: bool) -> Any:
        query = self.place.select(name).order_by(name.desc() if is_last else name).limit(1)
        return self.connection.execute(query).scalar()

    def _probe(self, pool: Pool) -> None:
        if not self.locator.columns:
            pool.how = "from its first rows: it has no key"
            self._add(pool, self._candidates(limit=self.wanted))
            return
        names = [named(name) for name in self.locator.columns]
        ordering: list[sa.ColumnElement[Any]] = (
            [sa.literal_column(self.locator.columns[0])] if self.locator.kind == "physical" else [*names]
        )
        low, high = (self._edge(ordering[0], is_last=is_last) for is_last in (False, True))
        points = points_between(low, high, Random(self.seed))  # noqa: S311 - chance, not secrecy
        query = self.place.select(*self._expressions()).order_by(*ordering)
        if not points:
            pool.how = "from both ends of its key"
            turned = self.place.select(*self._expressions()).order_by(*(each.desc() for each in ordering))
            for one in (query, turned):
                self._add(pool, self._candidates(one, limit=self.wanted // 2))
            return
        pool.how = f"from {len(points)} places in its key"
        for point in points:
            self._add(pool, self._candidates(query, where=ordering[0] >= point, limit=self.wanted // len(points)))

    # -- rare values

    def _rare(self, pool: Pool) -> None:
        """Add rows with values that the pool lacks: by an index where one leads to them, else as the statistics say."""
        table = self.place.table
        leading = {
            index.parts[0].text for index in table.indexes if not index.where and not index.parts[0].is_expression
        }
        leading |= {unique.columns[0] for unique in table.uniques}
        if self.place.dialect == "mysql":  # InnoDB makes an index for each (manual, FOREIGN KEY constraints)
            leading |= {fk.columns[0] for fk in table.foreign_keys}
        look_ups = 0
        for at, column in enumerate(self.strata):
            seen = {one.strata[at] for one in pool.candidates.values()}
            name: sa.ColumnElement[Any] = named(column.name)
            if column.name in leading and family(column.type) in _PLAIN:
                for condition in self._through_index(column, name):
                    self._look_up(pool, condition)
            elif self.place.dialect == "postgresql" and len(seen) <= MOST_VALUES:
                for condition in self._by_statistics(column.name, name, seen):
                    look_ups += 1
                    if look_ups <= _MOST_LOOK_UPS:
                        self._look_up(pool, condition)

    def _look_up(self, pool: Pool, condition: Any) -> None:
        rows = self._briefly(lambda: self._candidates(where=condition, limit=3))
        self._add(pool, rows or [])

    def _briefly(self, ask: Callable[[], T]) -> T | None:
        """Return what *ask* returns, None where it takes long: the sample then does without."""
        try:
            with brief(self.connection):
                return ask()
        except exc.DBAPIError as error:
            if failures.is_timeout(error):
                return None
            raise

    def _through_index(self, column: Column, name: sa.ColumnElement[Any]) -> list[Any]:
        """The column's values, if they are few: from one to the next by the index."""
        found: list[Any] = [name.is_(None)]
        query = self.place.select(self.place.value(column)).where(name.is_not(None)).order_by(name).limit(1)
        last = self._briefly(lambda: self.connection.execute(query).scalar())
        for _ in range(MOST_VALUES):
            if last is None:
                return found
            found.append(among(self.place, (column.name,), [(last,)]))
            more = query.where(beyond(self.place, column, last))
            last = self._briefly(lambda more=more: self.connection.execute(more).scalar())  # type: ignore[misc]
        return found[:1] if last is not None else found

    def _by_statistics(self, column: str, name: sa.ColumnElement[Any], seen: set[Any]) -> list[Any]:
        """What the last ANALYZE saw and the pool lacks (manual, pg_stats)."""
        asked = sa.text(
            "SELECT null_frac, most_common_vals::text::text[] FROM pg_stats WHERE attname = :column "
            "AND schemaname = coalesce(:schema, current_schema()) AND tablename = :table AND n_distinct BETWEEN 0 AND :most"
        ).bindparams(sa.bindparam("schema", type_=sa.Text()))
        given = {"column": column, "schema": self.place.table.schema or None, "table": self.place.table.name}
        row = self.connection.execute(asked, {**given, "most": MOST_VALUES}).first()
        if row is None:
            return []
        wanted: list[Any] = [name.is_(None)] if row[0] and None not in seen else []
        missing = (value for value in row[1] or () if value is not None and value[:64] not in seen)
        return wanted + [sa.cast(name, sa.Text()) == value for value in missing]
