"""Everything that is heard of a revision, explained: words and facts by `rules`, SQL by Alembic."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from ...model.explanation import Deed, OperationExplained
from ..host import directives as host
from . import heard, written
from .deeds import Reader
from .still import Held

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ...model.explanation import DeedExplained
    from ...model.schema import Schema
    from .heard import Hearing, Named, Operation

    Explain = Callable[[Deed, Sequence[str]], DeedExplained]
    """Tells of a deed, with its facts for some dialects: what `rules` knows."""


def explained(
    hearings: Mapping[str, Hearing],
    unheard: Sequence[Named],
    explain: Explain,
    *,
    options: Mapping[str, Any],
    before: Schema | None,
) -> tuple[OperationExplained, ...]:
    """Return what was heard in words, then what is only read in the file.

    *hearings* are one per dialect, of which the first counts; the SQL of each dialect is that of the same place in its own
    hearing. *before* is the schema at the start, None where it is not known.
    """
    first = next(iter(hearings.values()))
    readers = {dialect: Reader(written.dialect_named(dialect), type_finder(before)) for dialect in hearings}
    held = Held()
    certain = [
        _one(number, hearings, readers, explain, held, options=options, before=before)
        for number in range(len(first.operations))
    ]
    return (*certain, *(_unheard(each, explain) for each in unheard))


def _one(
    number: int,
    hearings: Mapping[str, Hearing],
    readers: Mapping[str, Reader],
    explain: Explain,
    held: Held,
    *,
    options: Mapping[str, Any],
    before: Schema | None,
) -> OperationExplained:
    kind, table, name = heard.named(next(iter(hearings.values())).operations[number])
    deeds: list[DeedExplained] = []
    sql: dict[str, str] = {}
    problems: dict[str, str] = {}
    for dialect, hearing in hearings.items():
        operation = hearing.operations[number]
        found = deeds_of(operation, readers[dialect], "autocommit" if number in hearing.outside else "")
        told = [explain(deed, asked(deed, operation, dialect)) for deed in found]
        told = (
            held.told(number + 1, found, told, is_outside=number in hearing.outside)
            if dialect == "postgresql"
            else told
        )
        deeds = _joined(deeds, told)
        try:
            sql[dialect] = written.sql(operation, dialect, options, before, hearing.operations[:number])
        except written.Unwritten as why:
            problems[dialect] = str(why)
    return OperationExplained(kind, _target(kind, table, name), tuple(deeds), sql, problems)


def deeds_of(operation: Operation, reader: Reader, further: str = "") -> tuple[Deed, ...]:
    """Return what *operation* does; a batch is one deed and those of all its directives."""
    traits = tuple(each for each in (further,) if each)
    if not isinstance(operation, host.Batch):
        return reader.deeds(operation, *traits)
    rebuild = frozenset({"rebuild"} if _rebuilds(operation) else ())
    table = heard.named(operation)[1]
    inner = [deed for each in operation.operations for deed in reader.deeds(each, "batch", *traits)]
    return (Deed("batch_alter_table", rebuild, {"table": table}), *inner)


def asked(deed: Deed, operation: Operation, dialect: str) -> tuple[str, ...]:
    """Return for which dialects facts are told: a batch is one thing on SQLite, and its operations are on the others."""
    is_batch = isinstance(operation, host.Batch)
    is_whole = deed.kind == "batch_alter_table"
    return (dialect,) if not is_batch or is_whole == (dialect == "sqlite") else ()


def _rebuilds(batch: host.Batch) -> bool:
    """As Alembic 1.20 decides on SQLite (`requires_recreate_in_batch`): all but these needs a new table."""
    recreate = str(batch.keywords.get("recreate", "auto"))
    if recreate in {"always", "never"}:
        return recreate == "always"
    return any(not isinstance(each, (ops.AddColumnOp, ops.CreateIndexOp, ops.DropIndexOp)) for each in batch.operations)


def _joined(deeds: list[DeedExplained], told: Sequence[DeedExplained]) -> list[DeedExplained]:
    """The deeds of one dialect put to those of the others: the words are of the first, the facts of each."""
    if not deeds:
        return list(told)
    pairs = zip_longest(deeds, told[: len(deeds)])
    return [
        replace(known, facts={**known.facts, **more.facts}) if more is not None and more.kind == known.kind else known
        for known, more in pairs
        if known is not None
    ]


def _unheard(named: Named, explain: Explain) -> OperationExplained:
    values = {"table": named.table or "a table", "name": named.name, "what": "constraint", "rows": "rows"}
    told = explain(Deed(named.kind, frozenset(), values), ())
    return OperationExplained(
        named.kind, _target(named.kind, named.table, named.name), (told,), {}, {}, named.line, is_certain=False
    )


def _target(kind: str, table: str, name: str) -> str:
    return (" to " if kind == "rename_table" else ".").join(part for part in (table, name) if part)


def type_finder(before: Schema | None) -> Callable[[str, str], str]:
    """Return what finds the type that a column of a table has in the schema *before*, "" where that is not known."""
    types = {
        (table.key.casefold(), column.name.casefold()): str(column.type)
        for table in (before.tables if before is not None else ())
        for column in table.columns
    }
    return lambda table, column: types.get((table.casefold(), column.casefold()), "")
