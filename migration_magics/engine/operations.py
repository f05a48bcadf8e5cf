"""A diff as the Alembic operations that make it, in an order that works, written by Alembic's own renderers.

What Alembic has no directive for is `op.execute`; what cannot be said at all is a comment "# not written: ...". Nothing is
left out in silence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect

from ..model.diff import Change, SchemaDiff, apply
from ..model.parts import DoesNotApply, split
from . import operations_alter as alter
from . import operations_objects as objects
from . import operations_sqlite as sqlite
from .operations_sql import execute
from .operations_tables import Tables, is_simple, not_written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Dialect

    from ..model import schema as model


@dataclass(frozen=True, slots=True)
class Written:
    """The body of an `upgrade()` with `op` and `sa` in scope, not indented, and the import lines it needs besides."""

    code: str
    imports: tuple[str, ...] = ()


def code(diff: SchemaDiff, before: model.Schema, after: model.Schema, dialect: Dialect | None = None) -> Written:
    """Return the operations that make what *diff* says of *before*; *after* is what it will be.

    The diff may be a part of all that differs. Without a *dialect* it is the one that *after*, or *before*, was read from.
    """
    name = dialect.name if dialect is not None else after.dialect or before.dialect or "sqlite"
    # `registry` gives no class for "mariadb" (SQLAlchemy 2.1.9: an instance, of the driver "base")
    kind = MariaDBDialect if name == "mariadb" else registry.load(name)
    writing = kind(paramstyle="named")  # with a driver's own style percent signs would come out twice
    writer = _Writer(diff, before, after, writing)
    lines = [*objects.unread(before, after), *writer.lines()]
    return Written("\n".join(lines), tuple(sorted(writer.tables.context.imports)))


class _Writer:
    """Sorts the changes of one diff and writes them, phase by phase."""

    def __init__(self, diff: SchemaDiff, before: model.Schema, after: model.Schema, dialect: Dialect) -> None:
        self.after = after
        self.renames = [change for change in diff.changes if change.kind == "rename"]
        try:
            self.before = apply(before, SchemaDiff(tuple(self.renames)))
        except DoesNotApply:
            self.before = before
        known = {enum.key: enum for enum in (*before.enums, *after.enums)}
        self.tables = Tables(dialect, replace(after, enums=tuple(known.values())), self.before)
        self.sql, self.family = self.tables.sql, self.tables.family
        self.created: list[model.Table] = []
        self.dropped: list[model.Table] = []
        self.altered: dict[str, list[Change]] = defaultdict(list)
        self.objects: dict[str, list[Change]] = defaultdict(list)
        for change in diff.changes:
            self._sort(change)
        self.left_fks: list[tuple[model.Table, model.ForeignKey]] = []

    def _sort(self, change: Change) -> None:
        if change.kind == "rename":
            return
        if change.path[0] == "" and len(change.path) > 1:
            self.objects[change.path[1]].append(change)
        elif len(change.path) > 1:
            self.altered[change.path[0]].append(change)
        else:
            self.dropped += [change.before] if change.before is not None else []
            self.created += [change.after] if change.after is not None else []

    def lines(self) -> list[str]:
        """Return all lines in the order in which they must run."""
        views = objects.in_order(self._dropped_views())
        return [
            *objects.missing_types(self.tables, self.before, self._new_columns()),
            *(execute(self.sql.drop_view(view)) for view in reversed(views)),
            *self._renamed(),
            *self._dropped_triggers(),
            *self._dropped_foreign_keys(),
            *self._dropped_tables(),
            *self._schemas(),
            *self._types(),
            *self._created_tables(),
            *self._altered_tables(),
            *self._added_foreign_keys(),
            *self._finished_types(),
            *self._created_triggers(),
            *self._created_views(),
        ]

    def _new_columns(self) -> list[model.Column]:
        changed = (change for changes in self.altered.values() for change in changes if change.path[1] == "columns")
        new = [change.after for change in changed if change.after is not None]
        return [*new, *(column for table in self.created for column in table.columns)]

    # -- views and triggers, which hang on tables

    def _dropped_views(self) -> list[model.View]:
        gone = {change.before.key: change.before for change in self.objects["views"] if change.before is not None}
        touched = {table.name for table in self.dropped}
        for key, changes in self.altered.items():
            if self._disturbs_views(changes):
                touched.add(split(key)[1])
        has_grown = True
        while has_grown:
            names = touched | {view.name for view in gone.values()}
            more = [
                view for view in self.before.views if view.key not in gone and objects.mentions(view.definition, names)
            ]
            gone |= {view.key: view for view in more}
            has_grown = bool(more)
        return list(gone.values())

    def _disturbs_views(self, changes: list[Change]) -> bool:
        if self.family == "sqlite":
            return sqlite.is_rebuilt(changes)
        columns = [change for change in changes if change.path[1] == "columns"]
        return self.family == "postgresql" and any(
            change.kind == "drop" or (change.kind == "alter" and change.before.type != change.after.type)
            for change in columns
        )

    def _created_views(self) -> list[str]:
        made = {change.after.key: change.after for change in self.objects["views"] if change.after is not None}
        changed = {change.path[2] for change in self.objects["views"]}
        for view in self._dropped_views():
            if view.key not in changed:
                made[view.key] = view
        return [line for view in objects.in_order(list(made.values())) for line in objects.created_view(self.sql, view)]

    def _triggers(self) -> Iterable[tuple[model.Table, list[Change]]]:
        for key, changes in self.altered.items():
            table = self.after.table(key)
            if table is not None:
                yield table, [change for change in changes if change.path[1] == "triggers"]

    def _dropped_triggers(self) -> list[str]:
        lines = []
        for table, changes in self._triggers():
            on = f" ON {self.sql.of(table)}" if self.family == "postgresql" else ""
            gone = (change.before for change in changes if change.before is not None)
            lines += [execute(f"DROP TRIGGER {self.sql.name(each.name)}{on}") for each in gone]
        return lines

    def _created_triggers(self) -> list[str]:
        found = [(table, trigger) for table in self.created for trigger in table.triggers]
        for table, changes in self._triggers():
            is_anew = self.family == "sqlite" and self._is_made_anew(table.key)
            if is_anew:
                found += [(table, trigger) for trigger in table.triggers]
            else:
                found += [(table, change.after) for change in changes if change.after is not None]
        return [execute(self._trigger(trigger)) for _, trigger in found]

    def _is_made_anew(self, key: str) -> bool:
        before, after = self.before.table(key), self.after.table(key)
        if before is None or after is None:
            return False
        return any("op.rename_table(" in line for line in sqlite.altered(self.tables, before, after, self.altered[key]))

    def _trigger(self, trigger: model.Trigger) -> str:
        if trigger.definition.lstrip().upper().startswith("CREATE"):
            return trigger.definition
        return f"CREATE TRIGGER {self.sql.name(trigger.name)} {trigger.definition}"

    # -- tables

    def _renamed(self) -> list[str]:
        lines = []
        for change in self.renames:
            schema, name = split(change.path[0])
            where = f", schema={schema!r}" if schema else ""
            if len(change.path) == 1:
                new_schema, new = split(change.after)
                lines += [f"op.rename_table({name!r}, {new!r}{where})"] if new != name else []
                lines += [not_written(f"move of {change.before} to {change.after}")] if schema != new_schema else []
            elif change.path[1] == "columns":
                lines += self._renamed_column(change, name, where)
            else:
                lines.append(not_written(f"rename of {'.'.join(change.path)} to {change.after}"))
        return lines

    def _renamed_column(self, change: Change, table: str, where: str) -> list[str]:
        owner = self.sql.key(change.path[0])
        if self.family == "mysql":  # CHANGE would want the whole column again
            return [
                execute(
                    f"ALTER TABLE {owner} RENAME COLUMN {self.sql.name(change.before)} TO {self.sql.name(change.after)}"
                )
            ]
        return [f"op.alter_column({table!r}, {change.before!r}, new_column_name={change.after!r}{where})"]

    def _dropped_foreign_keys(self) -> list[str]:
        if self.family == "sqlite":
            return []
        found = [
            (self.after.table(key) or self.before.table(key), change.before)
            for key, changes in self.altered.items()
            for change in changes
            if change.path[1] == "foreign keys" and change.before is not None
        ]
        found += self._in_the_way()
        gone = {table.key for table in self.dropped}
        found += [
            (table, fk)
            for table in self.dropped
            for fk in table.foreign_keys
            if fk.target in gone and fk.target != table.key
        ]
        unique = {(table.key, fk): (table, fk) for table, fk in found if table is not None}
        return [
            line for table, fk in unique.values() for line in self.tables.drop_constraint(table, fk.name, "foreignkey")
        ]

    def _in_the_way(self) -> list[tuple[model.Table | None, model.ForeignKey]]:
        """Foreign keys that stay, but not while their columns change: MySQL and MariaDB refuse that (errors 1832, 1833)."""
        if self.family != "mysql":
            return []
        changed = {
            (key, change.before.name)
            for key, changes in self.altered.items()
            for change in changes
            if change.path[1] == "columns" and change.kind == "alter"
        }
        found: list[tuple[model.Table | None, model.ForeignKey]] = []
        for table in self.before.tables if changed else ():
            present = self.after.table(table.key)
            for fk in table.foreign_keys if present is not None else ():
                ends = {(table.key, name) for name in fk.columns} | {(fk.target, name) for name in fk.target_columns}
                if present is not None and fk in present.foreign_keys and ends & changed:
                    found.append((present, fk))
        return found

    def _dropped_tables(self) -> list[str]:
        ordered = in_dependency(self.dropped)
        return [line for table in reversed(ordered) for line in self.tables.drop(table)]

    def _schemas(self) -> list[str]:
        if self.family == "sqlite":
            return []
        there = {each.schema for each in _all(self.before)}
        wanted = {each.schema for each in (*self.created, *(c.after for c in self._added_objects()))} - there - {""}
        return [execute(f"CREATE SCHEMA IF NOT EXISTS {self.sql.name(name)}") for name in sorted(wanted)]

    def _added_objects(self) -> list[Change]:
        kinds = ("enums", "domains", "sequences", "views")
        return [change for kind in kinds for change in self.objects[kind] if change.kind == "add"]

    def _created_tables(self) -> list[str]:
        lines: list[str] = []
        ordered = in_dependency(self.created)
        waiting = {table.key for table in ordered}
        for table in ordered:
            now = [fk for fk in table.foreign_keys if self.family == "sqlite" or self._is_ready(table, fk, waiting)]
            waiting.discard(table.key)
            lines += self.tables.not_written(table)
            lines += self.tables.create(table, table.name, now)
            if "partition of" in dict(table.options):
                continue  # its parent has given it keys and indexes
            self.left_fks += [(table, fk) for fk in table.foreign_keys if fk not in now]
            lines += self._completed(table)
        return lines

    def _is_ready(self, table: model.Table, fk: model.ForeignKey, waiting: set[str]) -> bool:
        return is_simple(fk) and (fk.target == table.key or fk.target not in waiting)

    def _completed(self, table: model.Table) -> list[str]:
        """What CREATE TABLE does not say."""
        lines: list[str] = []
        if self.family != "sqlite":
            lines += [line for each in table.uniques if each.options for line in self.tables.add_unique(table, each)]
            lines += [
                line
                for each in table.checks
                if not each.is_validated
                for line in alter.added_check(self.tables, table, each)
            ]
            lines += [alter.added_exclusion(self.tables, table, each) for each in table.exclusions]
        return lines + [line for index in table.indexes for line in self.tables.index(table, index)]

    def _altered_tables(self) -> list[str]:
        lines: list[str] = []
        for key, changes in self.altered.items():
            before, after = self.before.table(key), self.after.table(key)
            if before is None or after is None:
                lines.append(not_written(f"changes of {key}, which is not on both sides"))
            elif self.family == "sqlite":
                heavy = [change for change in changes if change.path[1] not in {"triggers", "comment"}]
                lines += sqlite.altered(self.tables, before, after, heavy) if heavy else []
            else:
                lines += self._altered_table(before, after, changes)
        return lines

    def _altered_table(self, before: model.Table, after: model.Table, changes: list[Change]) -> list[str]:
        lines = alter.dropped_parts(self.tables, before, changes)
        lines += alter.columns(self.tables, after, changes)
        lines += alter.added_parts(self.tables, after, changes)
        for change in changes:
            if change.path[1] == "comment":
                lines.append(self._comment(after))
            elif change.path[1] == "options":
                said = f"{change.before or 'none'} -> {change.after or 'none'}"
                lines.append(not_written(f"option {change.path[2]} of {after.key}: {said}"))
        return lines

    def _comment(self, table: model.Table) -> str:
        where = f", schema={table.schema!r}" if table.schema else ""
        if not table.comment:
            return f"op.drop_table_comment({table.name!r}{where})"
        return f"op.create_table_comment({table.name!r}, {table.comment!r}{where})"

    def _added_foreign_keys(self) -> list[str]:
        if self.family == "sqlite":
            return []
        found: list[tuple[Any, model.ForeignKey]] = list(self.left_fks)
        found += [
            (self.after.table(key), change.after)
            for key, changes in self.altered.items()
            for change in changes
            if change.path[1] == "foreign keys" and change.after is not None
        ]
        found += self._in_the_way()
        return [line for table, fk in found if table is not None for line in self.tables.add_foreign_key(table, fk)]

    # -- types and sequences

    def _types(self) -> list[str]:
        lines: list[str] = []
        for change in self.objects["enums"]:
            if change.kind == "add":
                lines.append(execute(self.sql.create_enum(change.after)))
                lines += (
                    [objects.comment(self.sql, "TYPE", change.after, change.after.comment)]
                    if change.after.comment
                    else []
                )
            elif change.kind == "alter":
                lines += objects.altered_enum(self.sql, change.before, change.after)
        for change in self.objects["sequences"]:
            if change.kind == "add":
                lines.append(execute(self.sql.create_sequence(change.after)))
            elif change.kind == "alter":
                lines += objects.altered_sequence(self.sql, change.before, change.after)
        for change in self.objects["domains"]:
            if change.kind == "add":
                lines.append(execute(self.sql.create_domain(change.after)))
            elif change.kind == "alter":
                lines += objects.altered_domain(self.sql, change.before, change.after)
        return lines

    def _finished_types(self) -> list[str]:
        lines = []
        for change in self.objects["sequences"]:
            owner = change.after.owner if change.after is not None else ""
            if change.kind == "drop":  # its owner may have taken it along
                lines.append(execute(f"DROP SEQUENCE IF EXISTS {self.sql.of(change.before)}"))
            elif owner != (change.before.owner if change.before is not None else ""):
                lines.append(execute(self.sql.own_sequence(change.after)))
        for kind, word in (("domains", "DOMAIN"), ("enums", "TYPE")):
            gone = (change.before for change in self.objects[kind] if change.kind == "drop")
            lines += [execute(f"DROP {word} {self.sql.of(each)}") for each in gone]
        return lines


def _all(schema: model.Schema) -> Iterable[Any]:
    return (*schema.tables, *schema.views, *schema.enums, *schema.domains, *schema.sequences)


def in_dependency(tables: list[model.Table]) -> list[model.Table]:
    """Return *tables* so that each comes after those its foreign keys point to, as far as there is no cycle; partitions last."""
    left = sorted(
        tables, key=lambda table: (bool({"partition of", "inherits"} & dict(table.options).keys()), table.key)
    )
    done: list[model.Table] = []
    while left:
        keys = {table.key for table in left}
        free = [
            table
            for table in left
            if not any(fk.target in keys and fk.target != table.key for fk in table.foreign_keys)
        ] or left[:1]
        done += free
        left = [table for table in left if table not in free]
    return done
