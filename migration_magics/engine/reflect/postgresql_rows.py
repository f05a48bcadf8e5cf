"""The rows that `postgresql_sql` asks for: all values are texts or None, booleans "true" and "false", numbers in digits.

`table` and `oid` are oids. `space` is a schema's name, "" for the default one. Several numbers stand in one text: "1 3".
"""

from __future__ import annotations

import json
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Relation(NamedTuple):
    """A table, a view or a materialised view."""

    oid: str
    space: str
    name: str
    kind: str
    is_unlogged: str
    storage: str | None
    partition_by: str | None
    bound: str | None
    comment: str | None
    method: str | None
    tablespace: str | None
    replica_identity: str | None
    row_security: str | None
    type: str | None
    definition: str | None


class Parent(NamedTuple):
    """A table that *table* inherits from, or is a partition of; *place* counts them."""

    table: str
    place: str
    space: str
    name: str


class Attribute(NamedTuple):
    """A column. *generated* is "s" (stored), "v" (virtual) or ""; *own_collation* None where it is its type's."""

    table: str
    number: str
    name: str
    type: str
    is_not_null: str
    expression: str | None
    identity: str
    generated: str
    own_collation: str | None
    comment: str | None
    type_oid: str
    collation: str


class Target(NamedTuple):
    """A column of a table that is not read and that a foreign key points to."""

    table: str
    number: str
    name: str


class Constraint(NamedTuple):
    """A constraint. *numbers* are its columns'; *index_oid* is what is under a primary key or UNIQUE."""

    table: str
    kind: str
    name: str
    numbers: str | None
    is_deferrable: str
    is_deferred: str
    is_validated: str
    is_enforced: str
    has_period: str
    text: str | None
    is_not_inherited: str
    target: str
    target_space: str
    target_name: str
    target_numbers: str | None
    on_update: str
    on_delete: str
    match: str
    set_numbers: str | None
    index_oid: str | None


class IndexRow(NamedTuple):
    """An index. *key_count* of the *numbers* are its key, the rest included; number 0 is the next of *expressions*."""

    oid: str
    table: str
    name: str
    method: str
    is_unique: str
    is_valid: str
    key_count: str
    numbers: str
    flags: str
    classes: str
    collations: str
    where: str | None
    expressions: str | None
    storage: str | None
    tablespace: str | None
    is_nulls_not_distinct: str
    is_of_constraint: str


class Parameters(NamedTuple):
    """What the operator class at *place* of an index is given."""

    index_oid: str
    place: str
    text: str


class OperatorClass(NamedTuple):
    """An operator class of a *method*, made for the type *type_oid*."""

    oid: str
    method: str
    type_oid: str
    is_default: str
    name: str


class Collation(NamedTuple):
    """A collation; those of pg_catalog have no *space*."""

    oid: str
    space: str
    name: str


class Type(NamedTuple):
    """An enum ("e") or a domain ("d") with what is below all domains."""

    oid: str
    kind: str
    base: str | None


class SequenceRow(NamedTuple):
    """A sequence and the column that it belongs to: as identity ("i"), as its owner ("a"), or None."""

    oid: str
    space: str
    name: str
    type: str
    start: str
    increment: str
    least: str
    most: str
    cache: str
    is_cycle: str
    is_unlogged: str
    dependency: str | None
    owner_space: str | None
    owner: str | None
    column: str | None
    table: str | None
    number: str | None


class Named(NamedTuple):
    """A trigger or a rule of *table*."""

    table: str
    name: str
    text: str


class EnumRow(NamedTuple):
    """An enum; *values* are a JSON array."""

    oid: str
    space: str
    name: str
    comment: str | None
    values: str


class DomainRow(NamedTuple):
    """A domain; *collation* None where it is its type's."""

    oid: str
    space: str
    name: str
    type: str
    is_not_null: str
    default: str | None
    collation: str | None


class DomainCheck(NamedTuple):
    """A CHECK of *domain*."""

    domain: str
    name: str
    text: str
    is_validated: str


class Other(NamedTuple):
    """What is not compared; *rest* follows its name."""

    kind: str
    space: str
    name: str
    rest: str


class Rows(NamedTuple):
    """All that one reading gives."""

    relations: Sequence[Relation] = ()
    inherits: Sequence[Parent] = ()
    columns: Sequence[Attribute] = ()
    targets: Sequence[Target] = ()
    constraints: Sequence[Constraint] = ()
    indexes: Sequence[IndexRow] = ()
    index_options: Sequence[Parameters] = ()
    classes: Sequence[OperatorClass] = ()
    collations: Sequence[Collation] = ()
    types: Sequence[Type] = ()
    sequences: Sequence[SequenceRow] = ()
    triggers: Sequence[Named] = ()
    rules: Sequence[Named] = ()
    enums: Sequence[EnumRow] = ()
    domains: Sequence[DomainRow] = ()
    domain_checks: Sequence[DomainCheck] = ()
    seen: Sequence[Other] = ()

    @classmethod
    def of(cls, found: Iterable[tuple[str, str]]) -> Rows:
        """Return the rows *found*: names of parts, and the values of each of their columns, as JSON."""
        return cls(**{part: list(starmap(SHAPES[part], zip(*json.loads(text), strict=True))) for part, text in found})


SHAPES: Mapping[str, type[Any]] = {
    "relations": Relation,
    "inherits": Parent,
    "columns": Attribute,
    "targets": Target,
    "constraints": Constraint,
    "indexes": IndexRow,
    "index_options": Parameters,
    "classes": OperatorClass,
    "collations": Collation,
    "types": Type,
    "sequences": SequenceRow,
    "triggers": Named,
    "rules": Named,
    "enums": EnumRow,
    "domains": DomainRow,
    "domain_checks": DomainCheck,
    "seen": Other,
}
"""What the rows of each part are."""
