"""Any other SQLAlchemy dialect -> a `Schema`, through the Inspector's calls for all tables at once.

What the Inspector does not know is not there: triggers, sequences' options, exclusions. The default schema only.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine.reflection import ObjectKind

from ...model.families import family
from ...model.schema import (
    Check,
    Column,
    Computed,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Seen,
    Sequence,
    Table,
    Unique,
    View,
    key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqlalchemy.engine import Connection, Inspector


def read(connection: Connection, only: frozenset[str] | None = None) -> Schema:
    """Return the default schema; with *only*, nothing but the tables of these keys. Raises SQLAlchemy's errors.

    What SQLAlchemy warns that it leaves out is among what is seen and not compared.
    """
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", exc.SAWarning)
        schema = _Reader(connection).schema(only)
    left_out = {str(warning.message) for warning in told if issubclass(warning.category, exc.SAWarning)}
    return replace(schema, seen=(*schema.seen, *(Seen("left out by SQLAlchemy", what) for what in sorted(left_out))))


class _Reader:
    """An inspector, and what it could not say."""

    def __init__(self, connection: Connection) -> None:
        self._inspector: Inspector = sa.inspect(connection)
        self._dialect = connection.dialect
        self._silent: set[str] = set()

    def schema(self, only: frozenset[str] | None) -> Schema:
        """See `read`."""
        names = None if only is None else [name for name in self._inspector.get_table_names() if key("", name) in only]
        if names is not None and not names:
            return Schema(dialect=self._dialect.name)
        tables = tuple(sorted(self._tables(names), key=lambda table: table.key))
        if only is not None:
            return Schema(dialect=self._dialect.name, tables=tables)
        views, sequences = self._views(), self._sequences()
        seen = tuple(Seen("not told by this dialect", what) for what in sorted(self._silent))
        return Schema(dialect=self._dialect.name, tables=tables, views=views, sequences=sequences, seen=seen)

    def _tables(self, names: list[str] | None) -> Iterable[Table]:
        columns = self._all("columns", self._inspector.get_multi_columns, names)
        keys = self._all("primary keys", self._inspector.get_multi_pk_constraint, names)
        foreign_keys = self._all("foreign keys", self._inspector.get_multi_foreign_keys, names)
        uniques = self._all("unique constraints", self._inspector.get_multi_unique_constraints, names)
        checks = self._all("check constraints", self._inspector.get_multi_check_constraints, names)
        indexes = self._all("indexes", self._inspector.get_multi_indexes, names)
        comments = self._all("comments", self._inspector.get_multi_table_comment, names)
        for name, some in columns.items():
            yield Table(
                name=name,
                columns=tuple(self._column(column) for column in some),
                primary_key=_primary_key(keys.get(name)),
                foreign_keys=_sorted(map(_foreign_key, foreign_keys.get(name) or ())),
                uniques=_sorted(map(_unique, uniques.get(name) or ())),
                checks=_sorted(Check(check["sqltext"], check["name"] or "") for check in checks.get(name) or ()),
                indexes=_sorted(map(_index, _free(indexes.get(name) or (), uniques.get(name) or ()))),
                comment=(comments.get(name) or {}).get("text") or "",
            )

    def _all(self, what: str, ask: Callable[..., Mapping[Any, Any]], names: list[str] | None) -> dict[str, Any]:
        try:
            found = ask(filter_names=names, kind=ObjectKind.TABLE)
        except NotImplementedError:
            self._silent.add(what)
            return {}
        return {name: value for (_schema, name), value in found.items()}

    def _column(self, column: Mapping[str, Any]) -> Column:
        type_ = self._spelled(column["type"])
        identity, computed = column.get("identity"), column.get("computed")
        return Column(
            name=column["name"],
            type=type_,
            family=family(type_),
            is_nullable=bool(column["nullable"]),
            default=column.get("default"),
            identity=None if identity is None else _identity(identity),
            computed=None if computed is None else Computed(computed["sqltext"], bool(computed.get("persisted"))),
            is_autoincrement=identity is None and column.get("autoincrement") is True,
            collation=getattr(column["type"], "collation", None) or "",
            comment=column.get("comment") or "",
        )

    def _spelled(self, type_: sa.types.TypeEngine[Any]) -> str:
        try:
            return type_.compile(dialect=self._dialect)
        except exc.CompileError:  # NullType: the dialect does not know what the database said
            return "unknown"

    def _views(self) -> tuple[View, ...]:
        views = self._some("views", self._inspector.get_view_names)
        materialized = set(self._some("materialized views", self._inspector.get_materialized_view_names))
        names = sorted({*views, *materialized})
        indexes: dict[str, Any] = {}
        if materialized:
            found = self._inspector.get_multi_indexes(kind=ObjectKind.MATERIALIZED_VIEW)
            indexes = {name: value for (_schema, name), value in found.items()}
        made = (
            View(name, self._definition(name), name in materialized, _sorted(map(_index, indexes.get(name) or ())))
            for name in names
        )
        return tuple(sorted(made, key=lambda view: view.key))

    def _definition(self, name: str) -> str:
        try:
            return str(self._inspector.get_view_definition(name) or "")
        except NotImplementedError:
            self._silent.add("definitions of views")
            return ""

    def _sequences(self) -> tuple[Sequence, ...]:
        names = self._some("sequences", self._inspector.get_sequence_names)
        return tuple(sorted(map(Sequence, names), key=lambda sequence: sequence.key))

    def _some(self, what: str, ask: Callable[[], list[str]]) -> list[str]:
        try:
            return ask()
        except NotImplementedError:
            self._silent.add(what)
            return []


def _identity(told: Mapping[str, Any]) -> Identity:
    usual = {"start": 1, "increment": 1, "cycle": False, "cache": 1, "minvalue": 1}
    options = ((name, str(value)) for name, value in told.items() if name not in {"always", "maxvalue"})
    unusual = tuple(sorted((name, value) for name, value in options if value not in {str(usual.get(name)), "None"}))
    return Identity(bool(told.get("always")), unusual)


def _primary_key(told: Mapping[str, Any] | None) -> PrimaryKey | None:
    columns = tuple((told or {}).get("constrained_columns") or ())
    return PrimaryKey(columns, (told or {}).get("name") or "") if columns else None


def _foreign_key(told: Mapping[str, Any]) -> ForeignKey:
    options = told.get("options") or {}
    deferrable = "DEFERRABLE" if options.get("deferrable") else ""
    if (options.get("initially") or "").upper() == "DEFERRED":
        deferrable = "DEFERRABLE INITIALLY DEFERRED"
    return ForeignKey(
        columns=tuple(told["constrained_columns"]),
        target=key(told.get("referred_schema") or "", told["referred_table"]),
        target_columns=tuple(told["referred_columns"]),
        name=told.get("name") or "",
        on_update=_action(options.get("onupdate")),
        on_delete=_action(options.get("ondelete")),
        match=options.get("match") or "",
        deferrable=deferrable,
    )


def _action(rule: str | None) -> str:
    said = (rule or "").upper()
    return "" if said == "NO ACTION" else said


def _unique(told: Mapping[str, Any]) -> Unique:
    return Unique(tuple(told["column_names"]), told.get("name") or "")


def _free(indexes: Iterable[Mapping[str, Any]], uniques: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Give the indexes that no constraint made: the Inspector marks one side or the other."""
    constraints = {unique["duplicates_index"] for unique in uniques if unique.get("duplicates_index")}
    for index in indexes:
        if not index.get("duplicates_constraint") and index["name"] not in constraints:
            yield index


def _index(told: Mapping[str, Any]) -> Index:
    options = dict(told.get("dialect_options") or {})
    by_suffix = {name.partition("_")[2]: value for name, value in options.items()}
    spelled = told.get("expressions") or told["column_names"]
    sorting = told.get("column_sorting") or {}
    parts = tuple(
        IndexPart(text, is_expression=name is None, is_descending="desc" in sorting.get(text, ()))
        for text, name in zip(spelled, told["column_names"], strict=True)
    )
    where = by_suffix.get("where")
    return Index(
        name=told.get("name") or "",
        parts=parts,
        is_unique=bool(told.get("unique")),
        method=_method(by_suffix.get("using")),
        where="" if where is None else str(where),
        included=tuple(by_suffix.get("include") or ()),
    )


def _method(told: str | None) -> str:
    return "" if (told or "").lower() == "btree" else told or ""


def _sorted(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(values, key=lambda value: (value.name, str(value))))
