"""Generated tables of MariaDB are read as SQLAlchemy's Inspector sees them."""

from __future__ import annotations

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql as types

from migration_magics.engine.reflect import mysql, other

# No newline: SQLAlchemy reads SHOW CREATE TABLE line by line, and loses an index that has one in its name.
_names = st.text(st.sampled_from("aB é'\"%.:;,()[]\\{}-#$\t/*ß中"), min_size=1, max_size=8)
_types = st.sampled_from(
    [
        sa.Integer(), sa.BigInteger(), sa.String(40), sa.Text(), sa.Numeric(7, 3), sa.Boolean(), sa.DateTime(), sa.Date(),
        sa.Float(), sa.LargeBinary(), types.ENUM("a", "it's", 'q"%,'), types.TINYINT(unsigned=True), sa.JSON(),
        sa.Time(), types.YEAR(),
    ]
)  # fmt: skip
_keyed = (sa.Integer, sa.BigInteger, sa.String, sa.Date)


@st.composite
def _metadata(draw):
    metadata = sa.MetaData()
    before = None
    for at in range(draw(st.integers(1, 3))):
        columns = [
            sa.Column(
                f"{draw(_names)}{place}",
                draw(_types),
                nullable=draw(st.booleans()),
                comment=draw(st.none() | _names),
            )
            for place in range(draw(st.integers(1, 4)))
        ]
        key = sa.Column("id", sa.Integer, primary_key=True)
        table = sa.Table(f"{draw(_names)}{at}", metadata, key, *columns, comment=draw(st.none() | _names))
        able = [
            column for column in columns if isinstance(column.type, _keyed) and not isinstance(column.type, sa.Text)
        ]
        for place, column in enumerate(able):
            kind = draw(st.sampled_from(["index", "unique", "both", "none"]))
            if kind != "none":
                others = [table.c.id] if kind == "both" else []
                sa.Index(f"{draw(_names)}{place}", column, *others, unique=kind == "unique")
        if before is not None and draw(st.booleans()):
            table.append_column(sa.Column("up", sa.Integer))
            action = draw(st.sampled_from([None, "CASCADE", "SET NULL", "NO ACTION"]))
            name = f"fk{at}{draw(_names)}x"
            table.append_constraint(sa.ForeignKeyConstraint(["up"], [before.c.id], name=name, ondelete=action))
        before = table
    return metadata


def _comparable(schema):
    """Return what the Inspector can tell, too, by table."""
    return {
        table.name: (
            [(column.name, column.family, column.is_nullable, column.comment) for column in table.columns],
            table.primary_key,
            table.foreign_keys,
            {(unique.name, unique.columns) for unique in table.uniques},
            {(index.name, tuple(part.text for part in index.parts)) for index in table.indexes},
            table.comment,
        )
        for table in schema.tables
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(metadata=_metadata())
def test_the_inspector_sees_the_same(mariadb, metadata):
    with mariadb.new_database() as url:
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            metadata.create_all(connection)
            native = mysql.read(connection)
            assert _comparable(native) == _comparable(other.read(connection))
            assert {table.name for table in native.tables} == set(metadata.tables)
            one = next(iter(native.tables))
            assert mysql.read(connection, frozenset({one.key})).tables == (one,)
