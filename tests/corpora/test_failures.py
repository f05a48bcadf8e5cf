"""Where a published application's own revisions fail, the error tells the state of the database, and tells it right."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from migration_magics.errors import MoveFailed, NotReversible
from tests.corpora.applications import AIM_STORAGE, AIM_WEB, FAB, KEYSTONE, MARKS, OPTUNA, PLACEHOLDER
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import engine, snapshot

pytestmark = MARKS

WAYS = pytest.mark.parametrize("way", ["native", "lent"])


def outcomes(trace):
    return {step.revision: step.outcome.value for step in trace.steps}


def failed_move(move, *arguments):
    with left_as_it_was(), pytest.raises(MoveFailed) as caught:
        move(*arguments)
    assert type(caught.value) is MoveFailed
    return caught.value


@WAYS
def test_optuna_fails_half_way_on_mariadb(way, databases, opened, folder):
    """Its v2.4.0.a drops a column that a key still needs; what MariaDB committed by itself until then is named."""
    url = databases("mariadb")
    ini = OPTUNA.ini(folder, url if way == "native" else PLACEHOLDER)
    ws = opened(None if way == "native" else url, project=ini)
    error = failed_move(ws.upgrade, "head")

    assert (
        error.message
        == "Revision v2.4.0.a (empty message) failed (v2.4.0.a.py, line 171): Key column 'step' doesn't exist in table"
    )
    assert error.trace.environment == way
    assert (error.before, error.after) == ((), ("v1.3.0.a",)) == ((), ws.current().ids)
    assert outcomes(error.trace) == {
        "v0.9.0.a": "applied",
        "v1.2.0.a": "applied",
        "v1.3.0.a": "applied",
        "v2.4.0.a": "failed",
    }
    done = (
        "create_table study_directions, create_table trial_intermediate_values, DELETE FROM trial_values, "
        "batch_alter_table trial_values, batch_alter_table studies"
    )
    assert error.details[1:] == (
        f"Done and kept of v2.4.0.a (its DDL commits itself): {done}.",
        "Not done: batch_alter_table trial_values, and what follows it.",
        "Not reached: v2.6.0.a, v3.0.0.a, v3.0.0.b, v3.0.0.c, v3.0.0.d and 1 more.",
        "Statement: ALTER TABLE trial_values DROP COLUMN step",
    )
    assert error.details[0].endswith(" now stands at v1.3.0.a: v0.9.0.a, v1.2.0.a, v1.3.0.a applied and committed.")
    for what in (f"undo by hand what is done ({done})", "mend v2.4.0.a.py", "%migrate upgrade head"):
        assert what in error.hint

    # and so it is
    with engine(url) as made:
        inspector = sa.inspect(made)
        assert {"study_directions", "trial_intermediate_values"} <= set(inspector.get_table_names())
        values = {column["name"] for column in inspector.get_columns("trial_values")}
        assert {"step", "objective"} <= values
        assert "direction" not in {column["name"] for column in inspector.get_columns("studies")}
        assert "value" in {column["name"] for column in inspector.get_columns("trials")}


@WAYS
@pytest.mark.parametrize("kind", OPTUNA.databases)
def test_optuna_cannot_go_back_and_loses_nothing(way, kind, databases, opened, folder):
    """Its v3.0.0.c has a mistake in `downgrade`; the two revisions undone before it come back with it."""
    url = databases(kind)
    ini = OPTUNA.ini(folder, url if way == "native" else PLACEHOLDER)
    ws = opened(None if way == "native" else url, project=ini)
    ws.upgrade("head")
    before = snapshot(url)
    error = failed_move(ws.downgrade, "base")

    assert snapshot(url) == before
    named = "Revision v3.0.0.c (Add intermediate_value_type column to represent +inf and -inf)"
    assert error.message.startswith(f"{named} cannot be undone (v3.0.0.c.py, line 191): AttributeError: ")
    assert (error.before, error.after) == (("v3.2.0.a",), ("v3.2.0.a",))
    assert outcomes(error.trace) == {"v3.2.0.a": "rolled back", "v3.0.0.d": "rolled back", "v3.0.0.c": "failed"}
    assert error.details[0].endswith(" still stands at v3.2.0.a.")
    assert error.details[1:] == (
        "Nothing of v3.0.0.c is left: it was rolled back.",
        "Rolled back: v3.2.0.a, v3.0.0.d.",
        "Not reached: v3.0.0.b, v3.0.0.a, v2.6.0.a, v2.4.0.a, v1.3.0.a and 2 more.",
    )


def test_optuna_undone_one_revision_at_a_time_keeps_what_worked(databases, opened, folder):
    url = databases("sqlite")
    ws = opened(url, project=OPTUNA.ini(folder, PLACEHOLDER))
    ws.upgrade("head")
    with left_as_it_was(), pytest.raises(MoveFailed) as caught:
        ws.downgrade("base", per_revision=True)
    error = caught.value
    assert (error.after, ws.current().ids) == (("v3.0.0.c",), ("v3.0.0.c",))
    assert outcomes(error.trace) == {"v3.2.0.a": "applied", "v3.0.0.d": "applied", "v3.0.0.c": "failed"}
    assert error.details[0].endswith(" now stands at v3.0.0.c: v3.2.0.a, v3.0.0.d undone and committed.")
    assert ws.upgrade("head").after == ("v3.2.0.a",)


def test_aims_storage_cannot_drop_an_unnamed_foreign_key(databases, opened, folder):
    url = databases("sqlite")
    ws = opened(url, project=AIM_STORAGE.ini(folder, PLACEHOLDER))
    ws.upgrade("head")
    before = snapshot(url)
    error = failed_move(ws.downgrade, "base")
    assert snapshot(url) == before
    assert error.message.startswith(
        "Revision 46b89d830ad8 (empty message) cannot be undone (46b89d830ad8_.py, line 49): NotImplementedError"
    )


def test_aims_web_part_is_rolled_back_whole_on_postgresql(databases, opened, folder):
    """It drops a table that another one points at, which only SQLite allows."""
    url = databases("postgresql")
    ws = opened(url, project=AIM_WEB.ini(folder, PLACEHOLDER))
    error = failed_move(ws.upgrade, "head")
    assert snapshot(url)["tables"] == {}
    assert (error.after, ws.current().ids) == ((), ())
    assert outcomes(error.trace) == {
        "11672b13f92c": "rolled back",
        "5ae8371b7481": "rolled back",
        "73a3d004c227": "failed",
    }
    assert "Statement: DROP TABLE commits" in error.details


@pytest.mark.parametrize("kind", KEYSTONE.databases)
def test_keystone_cannot_go_back_and_that_is_known_before_anything_runs(kind, databases, opened, folder):
    url = databases(kind)
    ws = opened(url, project=KEYSTONE.ini(folder, PLACEHOLDER))
    planned = ws.plan("heads")
    assert len(planned.plan.irreversible) == KEYSTONE.revisions
    assert planned.notes[0].startswith("10 of 10 revisions cannot be undone: ")
    ws.upgrade("heads")
    before = snapshot(url)
    with (
        left_as_it_was(),
        pytest.raises(NotReversible, match=r"^10 of 10 revisions cannot be undone: .*Nothing was changed") as caught,
    ):
        ws.downgrade("base")
    assert caught.value.hint == "write it: %migrate edit 742c857f1dfb"
    with pytest.raises(NotReversible):
        ws.downgrade("expand@-1")
    assert snapshot(url) == before


def test_aims_web_part_goes_down_and_up_again(databases, stock, opened, folder):
    url = databases("sqlite")
    ws = opened(url, project=AIM_WEB.ini(folder, PLACEHOLDER))
    ws.upgrade("head")
    assert ws.downgrade("base").after == ()
    assert set(snapshot(url)["tables"]) == {"alembic_version"}
    ws.upgrade("head")
    assert snapshot(url) == stock(AIM_WEB, "sqlite")


@pytest.mark.parametrize("kind", FAB.databases)
def test_fab_goes_down_and_keeps_its_tables(kind, databases, opened, folder):
    """Its base revision undoes nothing, on purpose."""
    url = databases(kind)
    ws = opened(url, project=FAB.ini(folder, PLACEHOLDER))
    ws.upgrade("head")
    assert ws.downgrade("base").after == ()
    assert len(snapshot(url)["tables"]) == 12


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_dry_run_of_an_application_leaves_nothing(kind, databases, opened, folder):
    url = databases(kind)
    ws = opened(url, project=OPTUNA.ini(folder, PLACEHOLDER))
    with left_as_it_was():
        moved = ws.upgrade("head", dry_run=True)
    assert snapshot(url)["tables"] == {}
    assert set(outcomes(moved.trace).values()) == {"rolled back"}
    assert ws.upgrade("head").after == ("v3.2.0.a",)
