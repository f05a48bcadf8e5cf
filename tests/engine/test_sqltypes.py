"""A type as a database spells it, made of SQLAlchemy's type, is read back as it was spelled."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import TypeEngine

from migration_magics.engine.reflect import reflect
from migration_magics.engine.sqltypes import Verbatim, sqlalchemy_type
from migration_magics.model.schema import Enum, Schema

DIALECTS = (sqlite.dialect(), postgresql.dialect(), mysql.dialect())

SPELLINGS = {
    "sqlite": "INTEGER, VARCHAR(50), varchar(50), NUMERIC(10; 2), NUMERIC(10,2), BOOLEAN, TEXT, INT UNSIGNED, JSON, DATETIME, "
    "TIMESTAMP, DOUBLE, REAL, BLOB, CHAR(3), MONEY, LONG VARCHAR",
    "postgresql": "integer, bigint, smallint, character varying(50), character varying, character(3), text, boolean, date, "
    "double precision, real, numeric, numeric(10;2), bytea, json, jsonb, uuid, inet, cidr, macaddr, money, tsvector, int4range, "
    "timestamp without time zone, timestamp(3) with time zone, time with time zone, time(2) without time zone, interval, "
    "interval(3), interval day to second, bit(3), bit varying(5), integer[], character varying(5)[], point, xml, "
    'timestamp(1) without time zone[], numeric(5;1)[], "char", bpchar, oid',
    "mariadb": "int(11), int(10) unsigned, int(5), bigint(20), bigint(20) unsigned, smallint(6), mediumint(9), tinyint(1), "
    "tinyint(4), tinyint(3) unsigned, varchar(50), char(3), text, tinytext, mediumtext, longtext, date, datetime, datetime(6), "
    "time, time(3), year(4), float, double, double(10;2), decimal(10;2), decimal(5;0) unsigned, blob, longblob, binary(16), "
    "varbinary(8), bit(3), enum('a'/'it''s'), set('x'/'y'), uuid, inet6, point, int(11) unsigned zerofill",
}


def spelled(kind):
    return [each.strip().replace(";", ",").replace("/", ",") for each in SPELLINGS[kind].split(", ")]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_what_is_made_is_read_back_as_it_was_spelled(kind, request):
    engine = sa.create_engine(request.getfixturevalue(f"{kind}_url"), poolclass=sa.NullPool)
    with engine.begin() as connection:
        columns = ", ".join(f"c{at} {each}" for at, each in enumerate(spelled(kind)))
        connection.exec_driver_sql(f"CREATE TABLE one ({columns})")
        read = reflect(connection).table("one").columns
        types = [sqlalchemy_type(column.type, connection.dialect) for column in read]
        sa.Table("two", sa.MetaData(), *(sa.Column(c.name, t) for c, t in zip(read, types, strict=True))).create(
            connection
        )
        assert [column.type for column in reflect(connection).table("two").columns] == [column.type for column in read]


@pytest.mark.parametrize(
    "dialect, text, code",
    [
        ("sqlite", "VARCHAR(50)", "String(length=50)"),
        ("sqlite", "varchar(50)", None),
        ("postgresql", "character varying(50)", "String(length=50)"),
        ("postgresql", "timestamp(3) with time zone", "TIMESTAMP(timezone=True, precision=3)"),
        ("postgresql", "timestamp with time zone", "DateTime(timezone=True)"),
        ("postgresql", "integer[]", "ARRAY(Integer())"),
        ("postgresql", "numeric(10,2)", "Numeric(precision=10, scale=2)"),
        ("postgresql", "geometry(Point,4326)", None),
        ("mysql", "int(11)", "Integer()"),
        ("mysql", "int(10) unsigned", "INTEGER(unsigned=True)"),
        ("mysql", "tinyint(1)", "Boolean()"),
    ],
)
def test_the_plainest_type_that_says_it(dialect, text, code):
    found = sqlalchemy_type(text, next(each for each in DIALECTS if each.name == dialect))
    assert isinstance(found, Verbatim) if code is None else repr(found) == code


def test_enums_are_looked_up():
    schema = Schema("postgresql", enums=(Enum("Mood x", ("a", "it's")), Enum("kind", ("b",), schema="other")))
    mood, kind = (sqlalchemy_type(text, DIALECTS[1], schema) for text in ('"Mood x"', "other.kind[]"))
    assert (mood.name, mood.enums, mood.create_type) == ("Mood x", ["a", "it's"], False)
    assert (kind.item_type.name, kind.item_type.schema) == ("kind", "other")


def test_code_of_an_unknown_type_makes_it():
    made = eval(Verbatim("GEOMETRY('x', 5)").code, {"sa": sa})  # noqa: S307 - our own code
    assert made.compile(DIALECTS[0]) == "GEOMETRY('x', 5)"


@given(st.text(max_size=30), st.sampled_from(DIALECTS), st.sampled_from(["", "C", 'a"b']))
def test_any_text_gives_a_type(text, dialect, collation):
    assert isinstance(sqlalchemy_type(text, dialect, collation=collation), TypeEngine)
