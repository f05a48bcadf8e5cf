"""What autogenerate never looks at is told, and only where it is there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.engine.autogenerate import not_compared, not_read
from migration_magics.engine.reflect import reflect
from migration_magics.engine.uncompared import is_on
from migration_magics.model.schema import Check, Column, Enum, PrimaryKey, Schema, Seen, Table, View

PLAIN = Table("t", (Column("id", "INTEGER"),))


def test_nothing_is_told_of_nothing():
    assert not_compared(Schema("sqlite"), {}) == ()
    assert not_compared(Schema("sqlite", (PLAIN,)), {}) == ()


@pytest.mark.parametrize(
    "options, sentences",
    [
        ({}, ("CHECK constraints: t.ck", "server defaults (compare_server_default is off): t.a")),
        ({"compare_server_default": True}, ("CHECK constraints: t.ck",)),
        (
            {
                "compare_server_default": True,
                "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
            },
            ("the expressions of CHECK constraints: t.ck",),
        ),
        (
            {"compare_server_default": True, "compare_type": False},
            ("CHECK constraints: t.ck", "types of columns (compare_type is off): t.a"),
        ),
    ],
)
def test_it_depends_on_the_options(options, sentences):
    table = Table("t", (Column("a", "INTEGER", default="1"),), checks=(Check("a > 0", "ck"),))
    assert not_compared(Schema("sqlite", (table,)), options) == sentences


def test_what_our_own_comparators_compare_is_not_told():
    checks = (Check("a > 0", "ck"), Check("a < 9"))
    table = Table("t", (Column("a", "INTEGER"),), PrimaryKey(("a",)), checks=checks)
    views = (View("v", "SELECT 1"),)
    options = {"compare_server_default": True}
    assert not_compared(Schema("sqlite", (table,), views), options, has_extras=True) == (
        'views that no MetaData.info["views"] declares: v',
        "CHECK constraints without a name: t: a < 9",
    )
    assert not_compared(Schema("mysql", (table,), views), options, has_extras=True) == (
        "views: v",
        "CHECK constraints: t.ck, t.a < 9",
    )


def test_many_are_counted():
    schema = Schema("postgresql", views=tuple(View(f"v{number}", "SELECT 1") for number in range(5)))
    assert not_compared(schema, {}) == ("views: v0, v1, v2, and 2 more (5 in all)",)


def test_objects_of_servers_and_filters():
    schema = Schema(
        "postgresql",
        (Table("t", (Column("id", "integer"),), PrimaryKey(("id",)), schema="audit"),),
        enums=(Enum("mood", ("a",)),),
        seen=(Seen("function", "f()"),),
    )
    assert not_compared(schema, {"include_object": print}) == (
        "the values of enums: mood",
        "changes of primary keys: audit.t",
        "tables of other schemas (include_schemas is off): audit.t",
        "whatever include_object of env.py leaves out",
    )
    assert not_read(schema, None) == ("objects of the kind function: f()",)


def test_a_schema_is_read_where_the_history_has_something_in_it():
    spaces = (Seen("schema", "audit"), Seen("schema", "third"))
    table = Table("t", (Column("id", "integer"),), schema="audit")
    schema = Schema("postgresql", (table, Table("zz", schema="third")), seen=spaces)
    assert not_read(schema, Schema("postgresql", (table,))) == ("schemas in which the history makes nothing: third",)
    assert not_read(schema, None) == ()


def test_what_is_told_of_a_real_database():
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        connection.exec_driver_sql("CREATE VIEW v AS SELECT a FROM t")
        connection.exec_driver_sql("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END")
        assert not_compared(reflect(connection), {}) == ("views: v", "triggers: t.tr")


@pytest.mark.parametrize(
    "patterns, is_in",
    [
        (["alembic.autogenerate.*"], True),
        (["alembic.*", "~alembic.autogenerate.types"], False),
        (["other"], False),
        ([], False),
    ],
)
def test_plugins_by_pattern(patterns, is_in):
    assert is_on("alembic.autogenerate.types", patterns) is is_in
