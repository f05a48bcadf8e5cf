"""Small models, and every kind of change of one of their tables, for the tests of the shortcut."""

from __future__ import annotations

import warnings

import sqlalchemy as sa

TABLES = 6


def many(tables=TABLES):
    """Return models of *tables* tables that point at each other."""
    made = sa.MetaData()
    for number in range(tables):
        sa.Table(
            f"t{number}",
            made,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), server_default="x"),
            sa.Column("number", sa.Integer, index=True),
            sa.Column("up", sa.ForeignKey(f"t{number // 2}.id", name=f"fk_{number}")),
        )
    return made


def changed(change):
    """Return the models after *change*, which gets one of their tables."""
    made = many()
    change(made.tables["t4"])
    return made


CHANGES = {
    "a type": lambda table: setattr(table.c.name, "type", sa.String(80)),
    "nullable": lambda table: setattr(table.c.name, "nullable", False),
    "a default": lambda table: setattr(table.c.name, "server_default", sa.DefaultClause("y")),
    "no default": lambda table: setattr(table.c.name, "server_default", None),
    "a comment": lambda table: setattr(table, "comment", "said"),
    "a comment of a column": lambda table: setattr(table.c.name, "comment", "said"),
    "a column": lambda table: table.append_column(sa.Column("more", sa.Integer)),
    "an index": lambda table: sa.Index("ix_more", table.c.name),
    "an index, unique now": lambda table: [setattr(index, "unique", True) for index in table.indexes],
    "a unique key": lambda table: table.append_constraint(sa.UniqueConstraint("name", name="uq_more")),
    "a foreign key": lambda table: table.append_constraint(
        sa.ForeignKeyConstraint(["number"], ["t1.id"], name="fk_more")
    ),
    "a rule of a foreign key": lambda table: [
        setattr(each, "ondelete", "CASCADE") for each in table.foreign_key_constraints
    ],
    "computed": lambda table: table.append_column(sa.Column("twice", sa.Integer, sa.Computed("number * 2"))),
    "a table": lambda table: sa.Table("fresh", table.metadata, sa.Column("id", sa.Integer, primary_key=True)),
    "a table less": lambda table: table.metadata.remove(table.metadata.tables["t5"]),
}


def refill(engine, *metadatas):
    """Make the database what *metadatas* say, whatever it was."""
    kind = engine.dialect.name
    with engine.begin() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # foreign keys may form circles
        inspector = sa.inspect(connection)
        if kind == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS other CASCADE")
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            connection.exec_driver_sql("CREATE SCHEMA other")
        elif names := ", ".join(inspector.get_table_names()):
            if kind != "sqlite":
                connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
            for listed in names.split(", ") if kind == "sqlite" else [names]:
                connection.exec_driver_sql(f"DROP TABLE {listed}")
        for metadata in metadatas:
            metadata.create_all(connection)
