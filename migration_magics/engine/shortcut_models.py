"""Every table of the models as a value of all that a comparison looks at; equal values compare alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.sql.elements import ClauseElement, TextClause

from .shortcut_code import PLAIN, Unknowable, is_library, signed
from .shortcut_sqlalchemy import extras, in_order, is_made_by_rule, is_nullable_said, variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

    Key = tuple[str | None, str]
    """Schema, None for the default one, and name."""

_NUMBERING = [
    "always",
    "start",
    "increment",
    "minvalue",
    "maxvalue",
    "nominvalue",
    "nomaxvalue",
    "cycle",
    "cache",
    "order",
    "on_null",
]
_NOT_OF_A_TYPE = {"dispatch", "metadata", "enum_class", "values_callable", "sort_key_function"}


def model_tables(metadatas: Sequence[sa.MetaData], dialect: Dialect) -> dict[Key, Any]:
    """Return the tables of *metadatas* by schema and name; None stands for one of which nobody can say what it means."""
    found: dict[Key, Any] = {}
    signer = _Signer(dialect)
    for metadata in metadatas:
        try:
            names = signed(dict(metadata.naming_convention))
        except Unknowable:
            names = None
        for table in metadata.tables.values():
            key = (table.schema if table.schema != dialect.default_schema_name else None, table.name)
            found[key] = (names, signer.table(table)) if names is not None and key not in found else None
            if found[key] is not None and found[key][1] is None:
                found[key] = None
    return found


class _Signer:
    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._types: dict[Any, Any] = {}

    def table(self, table: sa.Table) -> Any:
        """Return what *table* is made of, None where that is unknowable."""
        if type(table) is not sa.Table or any(map(is_made_by_rule, (*table.constraints, *table.indexes))):
            return None
        try:
            return (
                (table.schema, table.name, table.comment, self._extras(table)),
                tuple([self._column(column) for column in table.columns]),
                tuple([self._constraint(each) for each in in_order(table)]),
                tuple([self._index(each) for each in sorted(table.indexes, key=lambda each: str(each.name))]),
            )
        except (Unknowable, exc.SQLAlchemyError):
            return None

    def _column(self, column: sa.Column[Any]) -> Any:
        if type(column) is not sa.Column:
            raise Unknowable(type(column).__name__)
        return (
            column.name,
            column.key,
            self._type(column.type),
            (repr(column.nullable), column.primary_key, repr(column.autoincrement), column.index, column.unique),
            column.system,
            column.comment,
            None if column.server_default is None else self._server_default(column),
            None if column.default is None else self._default(column.default),
            type(column.server_onupdate).__name__,
            self._extras(column),
            tuple(sorted(repr(self._constraint(each)) for each in column.constraints)) if column.constraints else (),
        )

    def _default(self, default: Any) -> Any:
        return type(default).__name__, getattr(default, "name", None), getattr(default, "optional", None)

    def _server_default(self, column: sa.Column[Any]) -> Any:
        default: Any = column.server_default
        kind = type(default)
        if kind is sa.DefaultClause:
            return "default", default.arg if isinstance(default.arg, str) else self._text(default.arg)
        if kind is sa.Computed:
            return "computed", self._text(default.sqltext), default.persisted, is_nullable_said(column)
        if kind is sa.Identity:
            return "identity", tuple(repr(getattr(default, name, None)) for name in _NUMBERING), self._extras(default)
        if kind is sa.FetchedValue:
            return ("fetched",)
        raise Unknowable(kind.__name__)

    def _text(self, element: str | ClauseElement) -> str:
        if isinstance(element, str):
            return element
        if type(element) is TextClause and ":" not in element.text and "%" not in element.text:
            return element.text
        return str(element.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True}))

    def _extras(self, item: Any) -> Any:
        found = extras(item)
        if found is None or not any(found):
            return None
        info, options = found
        return signed(info), tuple((name, self._value(value)) for name, value in options.items())

    def _value(self, value: Any) -> Any:
        if isinstance(value, sa.Column):
            return "column", value.name
        if isinstance(value, ClauseElement):
            return "sql", self._text(value)
        if isinstance(value, dict):
            return "dict", tuple((signed(name), self._value(each)) for name, each in value.items())
        if isinstance(value, (list, tuple)):
            return "list", tuple(self._value(each) for each in value)
        return signed(value)

    # -- types

    def _type(self, type_: TypeEngine[Any]) -> Any:
        kind, facts = type(type_), vars(type_)
        if not facts:
            state: Any = ()
        else:
            state = tuple([(name, self._fact(name, value)) for name, value in facts.items() if name[0] != "_"])
            if "_variant_mapping" in facts:
                state = (*state, *((name, self._type(each)) for name, each in variants(type_).items()))
        known = self._types.get((kind, state))
        if known is None:
            known = (kind.__module__, kind.__qualname__, state, self._compiled(type_), self._inner(type_))
            if is_library(kind.__module__) and not issubclass(kind, sa.Enum):
                self._types[kind, state] = known
        return known

    def _fact(self, name: str, value: Any) -> Any:
        if type(value) in PLAIN or name in _NOT_OF_A_TYPE:
            return value if type(value) in PLAIN else None
        if isinstance(value, sa.types.TypeEngine):
            return self._type(value)
        if isinstance(value, str) or (
            isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value)
        ):
            return value if isinstance(value, str) else tuple(value)
        return type(value).__name__

    def _compiled(self, type_: TypeEngine[Any]) -> str | None:
        try:
            return str(type_.compile(dialect=self._dialect))
        except exc.CompileError:
            return None

    def _inner(self, type_: TypeEngine[Any]) -> Any:
        """What a type of the project comes to on this dialect. Its other methods are about values, not columns."""
        if hasattr(type_, "compare_against_backend"):
            raise Unknowable("compare_against_backend")
        if not isinstance(type_, sa.types.TypeDecorator):
            return None
        try:
            inner = type_.load_dialect_impl(self._dialect)
        except Exception as error:
            raise Unknowable(type(type_).__name__) from error
        return None if inner is type_ else self._type(inner)

    # -- keys and indexes

    def _constraint(self, one: sa.Constraint) -> Any:
        kind: Any = type(one)
        common = (kind.__name__, _name(one.name), one.deferrable, one.initially, one.comment, self._extras(one))
        if kind in {sa.PrimaryKeyConstraint, sa.UniqueConstraint}:
            return (*common, tuple([column.name for column in one.columns]))  # type: ignore[attr-defined]
        if kind is sa.CheckConstraint:
            return (*common, self._text(one.sqltext))  # type: ignore[attr-defined]
        if kind is not sa.ForeignKeyConstraint:
            raise Unknowable(kind.__name__)
        assert isinstance(one, sa.ForeignKeyConstraint)  # noqa: S101 - for mypy
        rules = (one.onupdate, one.ondelete, one.match, one.use_alter, one.link_to_name)
        return (*common, rules, tuple([(each.parent.name, *_target(each.column)) for each in one.elements]))

    def _index(self, index: sa.Index) -> Any:
        if type(index) is not sa.Index:
            raise Unknowable(type(index).__name__)
        parts = tuple(
            [each.name if type(each) is sa.Column else ("sql", self._text(each)) for each in index.expressions]
        )
        return _name(index.name), index.unique, parts, self._extras(index)


def _name(name: Any) -> Any:
    """A name that a naming convention leaves alone is another type of text, and so is one that there is not."""
    return name if name is None or type(name) is str else (type(name).__name__, str(name))


def _target(column: sa.Column[Any]) -> tuple[str | None, str, str]:
    return column.table.schema, column.table.name, column.name
