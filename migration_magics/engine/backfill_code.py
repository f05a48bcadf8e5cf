"""The revision that does what a backfill does: plain SQLAlchemy and Alembic, to be read and changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model.batches import Job
    from ..model.schema import Table

_BEYOND = '''\
def beyond(key, position):
    """Return the condition that a row's key lies above *position*: first by the first column, then by the next."""
    (column, *others), (value, *rest) = key, position
    return sa.or_(column > value, sa.and_(column == value, beyond(others, rest))) if others else column > value


'''

_UPGRADE = """\
def upgrade() -> None:
    {doc}
    table = sa.table({table})
    key = [{key}]
    change = table.update().values({{{values}}}){where}
    if op.get_context().as_sql:  # offline: there is nothing to walk
        op.execute(change)
        return
{loop}

def downgrade() -> None:
    pass  # the values of before are not kept
"""

_LOOP = """\
connection, position = op.get_bind(), None
while True:
    ahead = sa.select(*key).order_by(*key).limit({size})
    rows = connection.execute(ahead if position is None else ahead.where({above})).all()
    if not rows:
        break
    batch = change.where({upto})
    connection.execute(batch if position is None else batch.where({above}))
    position = rows[-1]
"""

_BLOCK = "with op.get_context().autocommit_block():  # each batch commits by itself, so that no lock is held for long\n"


def revision_code(job: Job, table: Table, key: tuple[str, ...], size: int, *, is_sqlite: bool) -> str:
    """Return the functions of the revision for *job*: the same walk in batches of *size* rows, without a checkpoint.

    On SQLite all batches stay in the one transaction of the run, which holds the only write lock anyhow.
    """
    columns = dict.fromkeys((*key, *(each.column for each in job.assignments)))
    parts = [repr(table.name), *(f"sa.column({name!r})" for name in columns)]
    parts += [f"schema={table.schema!r}"] if table.schema else []
    values = ", ".join(f"{each.column!r}: {_sql(each.expression)}" for each in job.assignments)
    is_single = len(key) == 1
    loop = _LOOP.format(
        size=size,
        above="key[0] > position[0]" if is_single else "beyond(key, position)",
        upto="key[0] <= rows[-1][0]" if is_single else "sa.not_(beyond(key, rows[-1]))",
    )
    loop = _indented(loop) if is_sqlite else _BLOCK + _indented(loop)
    named = ", ".join(each.column for each in job.assignments)
    code = _UPGRADE.format(
        doc=repr(f"Set {named} of {table.key}, {size:,} rows at a time."),
        table=", ".join(parts),
        key=", ".join(f"table.c[{name!r}]" for name in key),
        values=values,
        where=f".where({_sql(job.where)})" if job.where else "",
        loop=loop if is_sqlite else _indented(loop),
    )
    return code if is_single else _BEYOND + code


def _sql(text: str) -> str:
    """A condition or value in the person's own SQL, in brackets, which a comment at its end does not swallow."""
    end = "\n)" if "--" in text or "#" in text else ")"
    return f"sa.literal_column({f'({text}{end}'!r})"


def _indented(code: str) -> str:
    return "".join(f"    {line}" for line in code.splitlines(keepends=True))
