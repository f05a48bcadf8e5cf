"""PostgreSQL's catalogues -> a `Schema`: every schema but the server's own, without what belongs to an extension.

Names of the default schema (`current_schema()`) stand alone, all others with their schema, also inside definitions.
What a partition or an inheriting table has only from its parent (constraints, indexes, triggers) is listed at the parent.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import exc

from ...model import schema as model
from . import postgresql_keys as keys
from . import postgresql_parts as parts
from .postgresql_rows import Rows
from .postgresql_sql import ENTER, query

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.engine import Connection


_SAVEPOINT = "migration_magics_reading"


def read(connection: Connection, only: frozenset[str] | None = None) -> model.Schema:
    """Return the schema that *connection* sees; with *only*, nothing but the tables of these keys that exist.

    Two statements are sent, whatever there is; all comes from one snapshot. The search path is another one meanwhile, in a
    savepoint that is rolled back. Raises SQLAlchemy's errors.
    """
    version = connection.dialect.server_version_info or ()
    statement = sa.text(query(int(version[0]), is_whole=only is None))
    bound = {} if only is None else {"only": json.dumps(sorted(only))}
    with _rolled_back(connection):
        connection.exec_driver_sql(ENTER)
        rows = Rows.of(tuple(row) for row in connection.execute(statement, bound))
    return _schema(rows)


@contextlib.contextmanager
def _rolled_back(connection: Connection) -> Iterator[None]:
    """Whatever is set inside is as before afterwards, in a transaction and in autocommit."""
    if not getattr(connection.connection.dbapi_connection, "autocommit", False):
        savepoint = connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()
        return
    try:  # the caller may have sent BEGIN; only the server knows, and refuses a savepoint where not
        connection.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
    except exc.DBAPIError:
        connection.exec_driver_sql("BEGIN READ ONLY")
        back = ["ROLLBACK"]
    else:
        back = [f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}", f"RELEASE SAVEPOINT {_SAVEPOINT}"]
    try:
        yield
    finally:
        for statement in back:
            connection.exec_driver_sql(statement)


def _schema(rows: Rows) -> model.Schema:
    names = parts.Names.of(rows)
    owned = parts.Sequences.of(rows.sequences)
    indexes = keys.indexes(rows, names)
    triggers, rules = parts.triggers(rows.triggers), parts.named(rows.rules)
    views, seen = [], list(parts.seen(rows.seen))
    for row in rows.relations:
        if row.definition is not None:
            text, options = parts.view_text(row.definition, row.storage)
            views.append(model.View(row.name, text, row.kind == "m", indexes[row.oid], row.comment or "", row.space))
            key = views[-1].key
            seen += [model.Seen("view option", f"{key} {option}") for option in options]
            seen += [model.Seen("trigger", f"{key}.{trigger.name}") for trigger in triggers[row.oid]]
            seen += [model.Seen("rule", f"{key}.{rule}") for rule, _text in rules[row.oid]]
    tables = _tables(rows, names, owned, indexes=indexes, triggers=triggers, rules=rules)
    return model.Schema(
        "postgresql",
        tables=tuple(sorted(tables, key=_key)),
        views=tuple(sorted(views, key=_key)),
        enums=tuple(sorted(parts.enums(rows.enums), key=_key)),
        domains=tuple(sorted(parts.domains(rows, names), key=_key)),
        sequences=tuple(sorted(owned.others, key=_key)),
        seen=tuple(sorted(seen, key=lambda one: (one.kind, one.name))),
    )


def _tables(
    rows: Rows,
    names: parts.Names,
    owned: parts.Sequences,
    *,
    indexes: Mapping[str, tuple[model.Index, ...]],
    triggers: Mapping[str, tuple[model.Trigger, ...]],
    rules: Mapping[str, list[tuple[str, str]]],
) -> Iterator[model.Table]:
    columns = parts.columns(rows, names, owned.identities)
    constraints = keys.Constraints.of(rows, names)
    inherits = parts.parents(rows.inherits)
    for row in rows.relations:
        if row.kind not in {"r", "p"}:
            continue
        oid = row.oid
        yield model.Table(
            row.name,
            columns=columns[oid],
            primary_key=constraints.primary_keys.get(oid),
            foreign_keys=constraints.foreign_keys[oid],
            uniques=constraints.uniques[oid],
            checks=constraints.checks[oid],
            exclusions=constraints.exclusions[oid],
            indexes=indexes[oid],
            triggers=triggers[oid],
            comment=row.comment or "",
            options=parts.table_options(row, inherits[oid], rules[oid], constraints.key_options.get(oid, "")),
            schema=row.space,
        )


def _key(one: model.Table | model.View | model.Enum | model.Domain | model.Sequence) -> str:
    return one.key
