"""A database's schema as a value: tables with all that belongs to them, views, enums, domains, sequences.

Everything is as the database itself spells it when asked, so that two schemas read from databases of one dialect are equal
exactly when the databases agree. Collections are tuples sorted by name, but for columns, which keep their order. Equal parts
may be shared between schemas: nothing here changes.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field


def key(schema: str, name: str) -> str:
    """Return how an object is called here: `name`, or `schema.name` where *schema* is not "" (the default schema).

    A part with a dot in it stands in double quotes, so that no two objects share a key.
    """
    if not schema and "." not in name:
        return name
    return ".".join(f'"{part}"' if "." in part else part for part in (schema, name) if part)


class _Keyed:
    """What has a name of its own in a schema."""

    __slots__ = ()
    name: str
    schema: str

    @property
    def key(self) -> str:
        """See `key`."""
        return key(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Identity:
    """A column that numbers itself (GENERATED ... AS IDENTITY). *options* are its sequence's, where not the default."""

    is_always: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Computed:
    """A generated column's expression; *is_stored* tells it from a virtual one."""

    expression: str
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column. *type* is what the database spells ("character varying(50)"), *family* what it means on any ("text").

    *default* is the SQL of the default, None without one. *on_update* is MariaDB's and MySQL's `ON UPDATE`.
    """

    name: str
    type: str
    family: str = ""
    is_nullable: bool = True
    default: str | None = None
    identity: Identity | None = None
    computed: Computed | None = None
    is_autoincrement: bool = False
    collation: str = ""
    comment: str = ""
    on_update: str = ""


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """A primary key. *name* is "" where the database does not keep one."""

    columns: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A column of an index, or an expression. *options* are in the database's words: collation, operator class, prefix."""

    text: str
    is_expression: bool = False
    is_descending: bool = False
    options: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that no constraint made. *method* is "" for the database's usual one (B-tree); *where* makes it partial."""

    name: str
    parts: tuple[IndexPart, ...]
    is_unique: bool = False
    method: str = ""
    where: str = ""
    included: tuple[str, ...] = ()
    options: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key. *target* is the `key` of the table it points to; actions are "" for the usual NO ACTION.

    *deferrable* is "", "DEFERRABLE" or "DEFERRABLE INITIALLY DEFERRED".
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    name: str = ""
    on_update: str = ""
    on_delete: str = ""
    match: str = ""
    deferrable: str = ""
    is_validated: bool = True


@dataclass(frozen=True, slots=True)
class Unique:
    """A UNIQUE constraint; the index under it is not listed again. *options* as in the database's words."""

    columns: tuple[str, ...]
    name: str = ""
    deferrable: str = ""
    options: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint."""

    expression: str
    name: str = ""
    is_validated: bool = True


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A PostgreSQL EXCLUDE constraint, whole in the server's words."""

    definition: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger with its whole definition."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class Table(_Keyed):
    """A table. *schema* is "" for the default one. *options* are what else belongs to it, sorted by name.

    Known options: `strict`, `without rowid`, `autoincrement`, `virtual` (its module and arguments), `engine`,
    `collation`, `partition by`, `partition of`, `inherits`, `unlogged`.
    """

    name: str
    columns: tuple[Column, ...] = ()
    primary_key: PrimaryKey | None = None
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    comment: str = ""
    options: tuple[tuple[str, str], ...] = ()
    schema: str = ""

    def column(self, name: str) -> Column | None:
        """Return the column *name*, or None."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True)
class View(_Keyed):
    """A view with its query. A materialised one may have indexes."""

    name: str
    definition: str
    is_materialized: bool = False
    indexes: tuple[Index, ...] = ()
    comment: str = ""
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Enum(_Keyed):
    """An enumerated type of PostgreSQL; *values* in their order."""

    name: str
    values: tuple[str, ...]
    comment: str = ""
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Domain(_Keyed):
    """A domain of PostgreSQL: a type with constraints."""

    name: str
    type: str
    is_nullable: bool = True
    default: str | None = None
    checks: tuple[Check, ...] = ()
    collation: str = ""
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Sequence(_Keyed):
    """A sequence, but for those of identity columns. *options* where not the default; *owner* is "table.column" or ""."""

    name: str
    type: str = ""
    options: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that is there and is not compared: a function, an extension, a policy. *kind* in the database's words."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A whole schema. *dialect* is SQLAlchemy's name of the family: sqlite, postgresql, mysql."""

    dialect: str = ""
    tables: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    enums: tuple[Enum, ...] = ()
    domains: tuple[Domain, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    seen: tuple[Seen, ...] = field(default=(), compare=False)

    def table(self, name: str) -> Table | None:
        """Return the table whose `key` is *name*, or None."""
        at = bisect_left(self.tables, name, key=_key_of)
        return self.tables[at] if at < len(self.tables) and self.tables[at].key == name else None

    @property
    def is_empty(self) -> bool:
        """Nothing that could be compared is in it."""
        return not (self.tables or self.views or self.enums or self.domains or self.sequences)


def _key_of(table: Table) -> str:
    return table.key
