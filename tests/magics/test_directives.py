"""Which names are offered inside the strings of a migration."""

from __future__ import annotations

import inspect

import pytest
from alembic.operations import BatchOperations, Operations
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.magics.directives import BATCH_OPERATIONS, OPERATIONS, names_in_string, sql_names
from migration_magics.model.names import Names

NAMES = Names.of(
    [
        ("evaluations", "column", "id"),
        ("evaluations", "column", "status"),
        ("evaluations", "index", "ix_status"),
        ("evaluations", "constraint", "fk_worker"),
        ("workers", "column", "host"),
        ("workers", "index", "ix_host"),
    ]
)
TABLES = ["evaluations", "workers"]
BATCH = "with op.batch_alter_table('workers', schema=None) as batch_op:\n    batch_op."


@pytest.mark.parametrize(
    "body, expected",
    [
        ('op.add_column("', TABLES),
        ("op.add_column('", TABLES),
        ('op.add_column("""', TABLES),
        ("op.drop_column('evaluations', '", ["id", "status"]),
        ('op.drop_column("evaluations", column_name="', ["id", "status"]),
        ("op.drop_column(column_name='", []),
        ("op.drop_column(table_name='workers', column_name='", ["host"]),
        ("op.alter_column(\n    # a comment's quote\n    'workers',\n    'ho", ["host"]),
        ("op.alter_column('workers', 'host', new_column_name='", []),
        ("op.rename_table('", TABLES),
        ("op.rename_table('workers', '", []),
        ("op.create_index('ix', 'evaluations', ['id', '", ["id", "status"]),
        ("op.create_index('ix', 'evaluations', ['id', 'status'], unique=True, postgresql_where='", []),
        ("op.create_index(op.f('ix'), 'workers', ['", ["host"]),
        ("op.create_foreign_key('fk', '", TABLES),
        ("op.create_foreign_key('fk', 'evaluations', 'workers', ['", ["id", "status"]),
        ("op.create_foreign_key('fk', 'evaluations', 'workers', ['id'], ['", ["host"]),
        ("op.drop_index('", ["ix_status", "ix_host"]),
        ("op.drop_index(table_name='workers', index_name='", ["ix_host"]),
        ("op.drop_constraint('", ["fk_worker"]),
        ("op.batch_alter_table('", TABLES),
        (BATCH + "drop_column('", ["host"]),
        (BATCH + "alter_column('host', type_=sa.String())\n    batch_op.drop_index('", ["ix_host"]),
        (BATCH + "create_foreign_key('fk', '", TABLES),
        (BATCH + "create_foreign_key('fk', 'evaluations', ['host'], ['", ["id", "status"]),
        (BATCH + "add_column(sa.Column('x'), insert_after='", ["host"]),
        ("op.add_column('evaluations', sa.Column('w', sa.ForeignKey('", ["evaluations.", "workers."]),
        ("sa.ForeignKey('workers.", ["workers.host"]),
        ("op.execute('UPDATE ", TABLES),
        ('op.execute("""\n  UPDATE evaluations\n  SET evaluations.', ["evaluations.id", "evaluations.status"]),
        ("op.execute(sa.text('SELECT ", TABLES),
        ("op.create_table('", []),
        ("op.add_column('evaluations', sa.Column('", []),
        ("print('", []),
        ("x = '", []),
    ],
)
def test_names_in_a_string(body, expected):
    found = names_in_string(body, NAMES)
    assert found is not None
    assert [name for name, _ in found[0] if name.startswith(found[1])] == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        "op.",
        "op.add_column(",
        "op.drop_table('x')",
        "# op.drop_table('",
        "x = 'a'\n",
        "'''a'''",
        "x = 'not closed\ny",
    ],
)
def test_outside_of_a_string_there_is_nothing(body):
    assert names_in_string(body, NAMES) is None


def test_words_of_sql():
    assert sql_names("", NAMES) == (("evaluations", "table"), ("workers", "table"))
    assert ("status", "column of evaluations") in sql_names("st", NAMES)
    assert sql_names("workers.", NAMES) == (("workers.host", "column of workers"),)


@pytest.mark.parametrize("ours, theirs", [(OPERATIONS, Operations), (BATCH_OPERATIONS, BatchOperations)])
def test_the_parameters_are_alembic_s(ours, theirs):
    for directive, parameters in ours.items():
        actual = list(inspect.signature(getattr(theirs, directive)).parameters)[1:]  # without self
        assert tuple(actual[: len(parameters)]) == parameters, directive


PIECES = st.sampled_from(
    [
        "op.drop_column",
        "(",
        ")",
        "[",
        "]",
        "{",
        ",",
        "=",
        "'",
        '"',
        '"""',
        "'''",
        "\\",
        "\n",
        "#",
        " ",
        "x",
        "b'",
        "as b:",
    ]
)


@given(st.lists(PIECES).map("".join))
def test_any_text_can_be_read(text):
    found = names_in_string(text, NAMES)
    assert found is None or text.endswith(found[1])
