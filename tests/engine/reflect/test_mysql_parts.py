"""MySQL by the rows that its manual shows, for no server of it is at hand."""

from __future__ import annotations

import pytest

from migration_magics.engine.reflect import mysql_parts, mysql_queries
from migration_magics.model.schema import Column, Computed, Index, IndexPart


@pytest.mark.parametrize(
    "type_, default, extra, expected",
    [
        ("int", None, "", None),
        ("int", "3", "", "3"),
        ("int unsigned", "3", "", "3"),
        ("varchar(9)", "it's", "", "'it''s'"),
        ("varchar(9)", "NULL", "", "'NULL'"),
        ("varchar(9)", "", "", "''"),
        ("varchar(9)", "CURRENT_TIMESTAMP", "", "'CURRENT_TIMESTAMP'"),
        ("bit(3)", "b'101'", "", "b'101'"),
        ("binary(16)", "uuid_to_bin(uuid())", "DEFAULT_GENERATED", "(uuid_to_bin(uuid()))"),
        ("int", "(1 + 2)", "DEFAULT_GENERATED", "((1 + 2))"),
        ("timestamp(3)", "CURRENT_TIMESTAMP(3)", "DEFAULT_GENERATED", "CURRENT_TIMESTAMP(3)"),
        ("datetime", "2020-01-01 00:00:00", "", "'2020-01-01 00:00:00'"),
    ],
)
def test_defaults_of_mysql(type_, default, extra, expected):
    row = ("t", 1, "x", type_, "YES", default, extra, None, "", "")
    assert mysql_parts.Columns("d", has_quoted_defaults=False).of(row, "utf8mb4_bin").default == expected


def test_columns_of_mysql():
    columns = mysql_parts.Columns("d", has_quoted_defaults=False)
    row = ("t", 1, "x", "int", "YES", None, "STORED GENERATED", None, "", "(`a` + 1)")
    assert columns.of(row, "") == Column("x", "int", "integer", computed=Computed("(`a` + 1)", is_stored=True))
    row = (
        "t",
        1,
        "x",
        "timestamp",
        "NO",
        "CURRENT_TIMESTAMP",
        "DEFAULT_GENERATED on update CURRENT_TIMESTAMP",
        None,
        "",
        "",
    )
    made = columns.of(row, "")
    assert (made.default, made.on_update, made.computed) == ("CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", None)


def test_an_expression_in_an_index_of_mysql():
    rows = [
        ("t", "i", 1, 0, None, None, "A", "BTREE", "", "INVISIBLE", "lower(`a`)"),
        ("t", "i", 2, 0, "b", 3, "D", "BTREE", "", "INVISIBLE", None),
    ]
    parts = (IndexPart("lower(`a`)", is_expression=True), IndexPart("b", is_descending=True, options="(3)"))
    assert mysql_parts.keys(rows) == (None, "", [], [Index("i", parts, is_unique=True, options="INVISIBLE")])


@pytest.mark.parametrize(
    "is_mariadb, version, said, not_said",
    [
        (False, (5, 7, 44), "NULL", "is_visible"),
        (False, (8, 0, 12), "is_visible", "expression"),
        (False, (8, 4, 3), "expression", "ignored"),
        (True, (10, 5, 9), "NULL", "ignored"),
        (True, (11, 8, 2), "ignored", "expression"),
    ],
)
def test_what_each_version_can_be_asked_about_indexes(is_mariadb, version, said, not_said):
    query = mysql_queries.index_query(mysql_queries.Asked(None, is_mariadb, version))
    assert said in query
    assert not_said not in query
