"""What a type means, whatever database spells it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.model.families import family

CASES = {
    "integer": "INTEGER|integer|INT|int(11)|int(10) unsigned|BIGINT|bigint(20)|smallint|mediumint(9)|tinyint(4)|"
    "tinyint|serial|bigserial|year(4)|oid|UNSIGNED BIG INT",
    "decimal": "NUMERIC|numeric(10,2)|decimal(10,2) unsigned|DECIMAL(10, 2)|money",
    "float": "REAL|float|FLOAT(53)|double|double precision|DOUBLE PRECISION|float unsigned",
    "boolean": "BOOLEAN|boolean|bool|tinyint(1)|tinyint(1) unsigned|TINYINT( 1 )",
    "text": "TEXT|VARCHAR(50)|character varying(50)|character varying|character(3)|char(1)|bpchar|CLOB|longtext|"
    "tinytext|NVARCHAR(10)|citext|name|varchar(50) CHARACTER SET latin1|NATIVE CHARACTER(70)",
    "binary": "BLOB|bytea|varbinary(16)|binary(16)|longblob|bit(1)|bit varying(5)",
    "date": "DATE|date",
    "time": "TIME|time without time zone|time(3) with time zone|time(6)",
    "datetime": "DATETIME|datetime(6)|TIMESTAMP|timestamp without time zone|timestamp(3) with time zone|timestamptz",
    "interval": "interval|interval day to second(3)|interval(3)",
    "json": "JSON|json|jsonb",
    "uuid": "uuid|UUID",
    "enum": "enum('a')|enum('int[]','set(')",
    "set": "set('a')",
    "array": "integer[]|character varying(50)[]|integer[][]|numeric(10,2)[]",
    "geometry": "geometry|point|geometry(Point,4326)|multipolygon|public.geography(Point)",
    "other": "tsvector|inet|xml|int4range|status|whatever(3)|hstore",
}


@pytest.mark.parametrize(
    "spelled,expected", [(each, name) for name, spellings in CASES.items() for each in spellings.split("|")]
)
def test_a_type_belongs_to_its_family(spelled, expected):
    assert family(spelled) == expected


@pytest.mark.parametrize("spelled", ["", " ", "(", "()", "[", '"', '""', "'", ".", "..", "(1)"])
def test_what_is_no_type_is_other(spelled):
    assert family(spelled) == "other"


@given(st.text() | st.text(alphabet="int(1)[] \"`'.,array\n"))
def test_every_text_has_a_family(spelled):
    assert family(spelled) in CASES
