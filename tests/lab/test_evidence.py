"""What the live database says about questions, on three databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.engine.database import Database
from migration_magics.lab.evidence import LiveFacts

ODD = "o \"d`d % 't'"


@pytest.fixture
def facts(database_url):
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    metadata = sa.MetaData()
    table = sa.Table(
        ODD,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(ODD, sa.String(200)),
        sa.Column("n", sa.Integer),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("more", sa.JSON),
    )
    metadata.create_all(engine)
    rows = [("a", 1, 1.25), ("a", 40000, 2), ("12", None, 1000), (None, 3, None), ("x" * 100, 3, 5), ("%'\"<b>", 3, 7)]
    with engine.begin() as connection:
        connection.execute(
            table.insert(),
            [
                {"id": at, ODD: text, "n": n, "price": price, "more": {"a": 1}}
                for at, (text, n, price) in enumerate(rows, 1)
            ],
        )
    database = Database.from_url("test", database_url)
    yield LiveFacts(database)
    database.dispose()


def test_counts(facts):
    assert (facts.rows(ODD), facts.values(ODD, ODD), facts.values(ODD, "n")) == (6, 5, 5)
    assert (facts.uses(ODD, ODD, "a"), facts.uses(ODD, ODD, "%'\"<b>"), facts.uses(ODD, ODD, "b")) == (2, 1, 0)
    assert facts.duplicates(ODD, (ODD,)) == 1
    assert facts.duplicates(ODD, ("n",)) == 2
    assert facts.duplicates(ODD, (ODD, "n")) == 0


def test_samples_are_different_short_and_text(facts):
    found = facts.samples(ODD, ODD, 5)
    assert set(found) == {"a", "12", "%'\"<b>", "x" * 79 + "…"}
    assert len(facts.samples(ODD, ODD, 2)) == 2
    assert len(facts.samples(ODD, "more", 5)) == 1


@pytest.mark.parametrize(
    "column, type_, misfits",
    [
        (ODD, "VARCHAR(50)", 1),
        (ODD, "TEXT", 0),
        ("n", "SMALLINT", 1),
        ("n", "BIGINT", 0),
        ("n", "VARCHAR(2)", 1),
        ("price", "NUMERIC(10, 1)", 1),
        ("price", "NUMERIC(4, 2)", 1),
        ("n", "JSON", None),
    ],
)
def test_misfits(column, type_, misfits, facts):
    assert facts.misfits(ODD, column, type_) == misfits


def test_text_as_numbers(facts):
    assert facts.misfits(ODD, ODD, "INTEGER") == 4
    assert facts.misfits(ODD, ODD, "FLOAT") == 4


def test_a_file_that_is_not_there_holds_nothing(tmp_path):
    facts = LiveFacts(Database.from_url("test", f"sqlite:///{tmp_path / 'none.db'}"))
    assert (facts.rows("t"), facts.values("t", "c")) == (0, 0)
    assert not (tmp_path / "none.db").exists()


def test_what_cannot_be_counted_counts_as_something(facts):
    """A table nobody may read, or that is locked: better a question too many."""
    assert facts.rows("not there") == 1
