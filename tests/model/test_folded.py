"""Folding makes fewer statements of many, and never another schema."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from migration_magics.engine.host.running import run_body
from migration_magics.engine.reflect import reflect
from migration_magics.model.carried import Source, carried

CREATE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))"
ADD = "op.add_column('t', sa.Column('x', sa.Integer))"


def source(number, up, down="pass"):
    return Source(
        f"r{number}",
        f"step {number}",
        f"from alembic import op\nimport sqlalchemy as sa\n\ndef upgrade():\n    {up}\n\ndef downgrade():\n    {down}\n",
    )


def code(*ups, is_folded=True):
    return carried([source(number, up) for number, up in enumerate(ups)], is_folded=is_folded)


def upgrade_of(made):
    return made.code.partition("def upgrade() -> None:\n")[2].partition("\n\n\ndef downgrade")[0]


def test_an_added_column_stands_in_its_table():
    made = code(CREATE, ADD)
    assert made.saved == 1
    assert upgrade_of(made) == (
        "    # r0: step 0\n"
        "    op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('x', sa.Integer))"
    )


def test_the_layout_of_the_table_is_kept():
    made = code("op.create_table(\n        't',\n        sa.Column('id', sa.Integer),\n    )", ADD)
    assert "    sa.Column('id', sa.Integer),\n        sa.Column('x', sa.Integer),\n    )" in upgrade_of(made)


@pytest.mark.parametrize(
    "between",
    [
        "op.execute('SELECT 1')",
        "op.bulk_insert(sa.table('t'), [])",
        "op.rename_table('t', 'u')",
        "op.drop_table('t')",
        "op.alter_column('t', 'id', new_column_name='key')",
        "with op.batch_alter_table('t') as batch:\n        batch.drop_column('id')",
        "op.drop_column('t', 'id')",
        "op.get_bind().execute(sa.text('SELECT 1'))",
        "x = 1",
    ],
)
def test_nothing_is_folded_past_what_may_look(between):
    assert code(CREATE, between, ADD).saved == 0


@pytest.mark.parametrize(
    "added",
    [
        "op.add_column('t', sa.Column('x', sa.Integer), schema='s')",
        "op.add_column('t', sa.Column('x', sa.Integer, sa.ForeignKey('u.id')))",
        "op.add_column('t', sa.Column('x', sa.Integer, index=True))",
        "op.add_column('u', sa.Column('x', sa.Integer))",
        "op.add_column(table, sa.Column('x', sa.Integer))",
    ],
)
def test_a_column_with_conditions_is_left_where_it_is(added):
    assert code(CREATE, added).saved == 0


def test_what_is_dropped_with_its_table_is_not_dropped_before():
    made = carried(
        [
            source(1, CREATE, "op.drop_table('t')"),
            source(2, ADD, "op.drop_column('t', 'x')"),
            source(3, "op.create_index('i', 't', ['x'])", "op.drop_index('i', table_name='t')"),
        ],
        is_folded=True,
    )
    assert made.saved == 3
    assert made.code.endswith("def downgrade() -> None:\n    # r1: step 1\n    op.drop_table('t')\n")


TABLES = ("t", "u")
TYPES = ("sa.Integer", "sa.String(20)", "sa.Numeric(8, 2)", "sa.Boolean")


@st.composite
def histories(draw):
    """Some steps that run one after the other, each with its way back."""
    steps, columns, dropped, indexed = [], {}, 0, 0
    for number in range(draw(st.integers(2, 14))):
        table = draw(st.sampled_from(TABLES))
        kind = draw(st.sampled_from(("add", "add", "index", "drop", "insert")))
        name = f"c{number}"
        if table not in columns:
            columns[table] = []
            steps.append(
                (
                    f"op.create_table('{table}', sa.Column('id', sa.Integer, primary_key=True))",
                    f"op.drop_table('{table}')",
                )
            )
        elif kind == "add":
            type_, default = draw(st.sampled_from(TYPES)), draw(st.sampled_from(("", ", server_default='0'")))
            columns[table].append(name)
            steps.append(
                (
                    f"op.add_column('{table}', sa.Column('{name}', {type_}{default}))",
                    f"op.drop_column('{table}', '{name}')",
                )
            )
        elif kind == "index" and columns[table]:
            indexed += 1
            on = columns[table].pop()  # so that it is not dropped below its index
            steps.append(
                (
                    f"op.create_index('i{number}', '{table}', ['{on}'])",
                    f"op.drop_index('i{number}', table_name='{table}')",
                )
            )
        elif kind == "drop" and columns[table]:
            dropped += 1
            gone = columns[table].pop()
            steps.append(
                (f"op.drop_column('{table}', '{gone}')", f"op.add_column('{table}', sa.Column('{gone}', sa.Integer))")
            )
        else:
            steps.append(
                (f"op.execute('INSERT INTO {table} (id) VALUES ({number})')", f"op.execute('DELETE FROM {table}')")
            )
    return [source(number, up, down) for number, (up, down) in enumerate(steps)]


def outcome(made):
    """The schema and rows after the upgrade, and the schema after the downgrade."""
    engine = sa.create_engine("sqlite://")
    found = []
    with engine.connect() as connection:
        for direction in ("upgrade", "downgrade"):
            run_body(connection, f"{made.code}\n{direction}()\n".replace("from alembic import op\n", ""))
            schema = reflect(connection)
            rows = [
                connection.exec_driver_sql(f"SELECT * FROM {table.name} ORDER BY id").all() for table in schema.tables
            ]
            found.append((schema, rows))
    engine.dispose()
    return found


@settings(max_examples=60, deadline=None)
@given(histories())
def test_folded_comes_to_the_same(sources):
    plain, folded = carried(sources), carried(sources, is_folded=True)
    assert outcome(folded) == outcome(plain)
    assert len(folded.code.splitlines()) <= len(plain.code.splitlines())
