"""Alembic's own tables in a schema, and ours: they are there for the work, and no part of what it describes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ours import BACKFILL

if TYPE_CHECKING:
    from ...model.schema import Schema
    from ..captured import Configured


def version_tables(calls: tuple[Configured, ...]) -> frozenset[str]:
    """Return the keys under which the version tables of *calls*, and the checkpoints of backfills, may stand."""
    names = {BACKFILL}  # a backfill that is not finished
    for call in calls:
        table = str(call.options.get("version_table") or "alembic_version")
        schema = call.options.get("version_table_schema")
        names |= {table, f"{schema}.{table}" if schema else table}
    return frozenset(names)


def without(schema: Schema, tables: frozenset[str]) -> Schema:
    """Return *schema* without these *tables*."""
    return replace(schema, tables=tuple(table for table in schema.tables if table.key not in tables))
