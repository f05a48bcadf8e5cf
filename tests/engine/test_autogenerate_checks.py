"""CHECK constraints in autogenerate: what the database reads as the same is no difference, and what differs comes and goes."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.engine.autogenerate_extras import setup
from migration_magics.engine.autogenerate_renames import renames_of
from migration_magics.model.diff import Change
from tests.engine.autogenerate_models import Day
from tests.engine.test_autogenerate_extras import run, text_of


@pytest.fixture(params=["sqlite", "postgresql"])
def day(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", request.getfixturevalue(f"{request.param}_url"))
    yield made
    made.close()


def runs(*checks, naming=None, **more):
    """A table of runs with *checks*; *more* are further columns."""
    metadata = sa.MetaData(naming_convention=naming or {})
    parts = [sa.Column(name, type_) for name, type_ in more.items()]
    sa.Table(
        "Runs",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("runtime", sa.Integer),
        sa.Column("state", sa.String(9)),
        *parts,
        *(sa.CheckConstraint(sql, name=name) for name, sql in checks),
    )
    return metadata


def checks(day):
    found = sa.inspect(day.engine).get_check_constraints("Runs")
    return {each["name"]: each["sqltext"] for each in found}


POSITIVE = ("ck_positive", "runtime > 0")

SAME = [
    ("runtime>0", "( runtime > 0 )"),
    ("runtime > 0 and runtime < 9", "(runtime > 0) AND (runtime < 9)"),
    ("state IN ('new', 'done')", "state in ('new','done')"),
    ("state NOT IN ('new', 'done') OR state IS NULL", "((state NOT IN ('new', 'done')) OR state IS NULL)"),
    ("state LIKE '10%: a:b'", "\"state\" LIKE '10%: a:b'"),
    ("runtime BETWEEN 1 AND 5", "runtime  between 1 and 5"),
    ("length(state) > 2", "length( state )>2"),
    ("coalesce(runtime, 0) >= 0", "COALESCE(runtime, 0) >= 0"),
]


@pytest.mark.parametrize("one, other", SAME, ids=[one for one, _ in SAME])
def test_one_expression_written_in_two_ways_is_no_change(one, other, day):
    day.fill(runs(("ck", one)))
    assert text_of(day, runs(("ck", other))) == ""
    assert text_of(day, runs(("ck", one))) == ""


DIFFERENT = [
    ("runtime > 0", "runtime >= 0"),
    ("state IN ('new', 'done')", "state IN ('new', 'done', 'failed')"),
    ("state = 'new'", "state = 'NEW'"),
    (r"runtime > 0 OR state = 'a: \:b %s'", r"runtime > 0 OR state = 'a: \:c %s'"),
]


@pytest.mark.parametrize("before, after", DIFFERENT, ids=[before for before, _ in DIFFERENT])
def test_another_expression_comes_and_the_old_one_comes_back(before, after, day):
    day.fill(runs(("ck", before)))
    text = text_of(day, runs(("ck", after)))
    assert "drop_constraint" in text
    run(day, text, "upgrade")
    assert text_of(day, runs(("ck", after))) == ""
    run(day, text, "downgrade")
    assert list(checks(day)) == ["ck"]
    assert text_of(day, runs(("ck", before))) == ""


def test_a_check_comes_and_goes(day):
    day.fill(runs())
    text = text_of(day, runs(POSITIVE))
    assert "create_check_constraint(" in text
    run(day, text, "upgrade")
    assert list(checks(day)) == ["ck_positive"]
    assert text_of(day, runs(POSITIVE)) == ""
    run(day, text, "downgrade")
    assert checks(day) == {}


def test_a_check_that_models_lack_is_dropped_and_comes_back(day):
    day.fill(runs(POSITIVE))
    text = text_of(day, runs())
    run(day, text, "upgrade")
    assert checks(day) == {}
    run(day, text, "downgrade")
    assert text_of(day, runs(POSITIVE)) == ""


def test_a_check_of_a_column_that_comes_with_it(day):
    day.fill(runs(POSITIVE))
    wanted = runs(POSITIVE, ("ck_later", "later > runtime"), later=sa.Integer())
    text = text_of(day, wanted)
    run(day, text, "upgrade")
    assert set(checks(day)) == {"ck_positive", "ck_later"}
    assert text_of(day, wanted) == ""
    run(day, text, "downgrade")
    assert text_of(day, runs(POSITIVE)) == ""


def test_a_naming_convention_is_applied_once(day):
    naming = {"ck": "ck_%(table_name)s_%(constraint_name)s"}
    day.fill(runs(naming=naming))
    wanted = runs(POSITIVE, naming=naming)
    run(day, text_of(day, wanted), "upgrade")
    assert list(checks(day)) == ["ck_Runs_ck_positive"]
    assert text_of(day, wanted) == ""


def test_checks_of_types_and_without_a_name_are_no_change(day):
    metadata = runs((None, "runtime > 0"), yes=sa.Boolean(create_constraint=True, name="yes"))
    metadata.tables["Runs"].append_column(
        sa.Column("kind", sa.Enum("a", "b", native_enum=False, create_constraint=True, name="kind"))
    )
    day.fill(metadata)
    assert text_of(day, metadata) == ""


def test_checks_that_old_versions_made_for_types_stay(day):
    day.fill(runs(("yes", "yes IN (0, 1)"), yes=sa.Integer()))
    wanted = runs(yes=sa.Boolean())
    found = day.generated(wanted)
    assert not [each for each in found.comparison.diff.changes if "checks" in each.path]


def test_a_renamed_column_is_the_same_in_its_check(day):
    day.fill(runs(POSITIVE))
    wanted = sa.MetaData()
    sa.Table(
        "Runs",
        wanted,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("runtime_ms", sa.Integer),
        sa.Column("state", sa.String(9)),
        sa.CheckConstraint("runtime_ms > 0", name="ck_positive"),
    )
    renames = renames_of((Change("rename", ("Runs", "columns", "runtime"), "runtime", "runtime_ms"),))
    found = day.generated(wanted, setups=(setup, renames.setup))
    assert [each.kind for each in found.comparison.diff.changes] == ["rename"]


def test_nothing_stays_of_the_comparison(day):
    day.fill(runs(POSITIVE))
    before = set(sa.inspect(day.engine).get_table_names())
    text_of(day, runs(("ck_positive", "no_such_function(runtime) > 0")))
    with day.engine.connect() as connection:
        inspector = sa.inspect(connection)
        assert set(inspector.get_table_names()) | set(inspector.get_temp_table_names()) == before
    assert list(checks(day)) == ["ck_positive"]
