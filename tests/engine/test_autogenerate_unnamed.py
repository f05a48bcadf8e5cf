"""Constraints without a name on SQLite: the file of autogenerate makes them, drops them, and comes back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.engine.autogenerate_models import Day
from tests.engine.test_autogenerate_order import run

BATCH = {"render_as_batch": True}


@pytest.fixture
def day(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", sqlite_url)
    yield made
    made.close()


def models(*parts):
    metadata = sa.MetaData()
    sa.Table("par%nts", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table("things", metadata, sa.Column("id", sa.Integer, primary_key=True), *parts)
    return metadata


def plain():
    return models(sa.Column("a", sa.String(5)), sa.Column("p", sa.Integer))


def unique():
    return models(sa.Column("a", sa.String(5), unique=True), sa.Column("p", sa.Integer))


def key():
    return models(sa.Column("a", sa.String(5)), sa.Column("p", sa.ForeignKey("par%nts.id")))


def other_key():
    return models(sa.Column("a", sa.String(5)), sa.Column("q", sa.ForeignKey("par%nts.id")))


@pytest.mark.parametrize(
    "before, after",
    [(plain, unique), (plain, key), (key, plain), (key, other_key), (unique, key)],
    ids=["unique", "key", "key goes", "key goes with its column", "both"],
)
def test_it_can_be_applied_and_taken_back(before, after, day):
    day.fill(before())
    text = day.ours(after(), BATCH)
    assert "None," not in text.replace("schema=None,", "")
    run(day, text, "upgrade")
    assert not day.generated(after(), BATCH).comparison.diff
    run(day, text, "downgrade")
    assert not day.generated(before(), BATCH).comparison.diff


def test_names_are_those_of_the_usual_conventions(day):
    day.fill(plain())
    text = day.ours(
        models(sa.Column("a", sa.String(5), unique=True), sa.Column("p", sa.ForeignKey("par%nts.id"))), BATCH
    )
    assert "batch_op.create_unique_constraint('uq_things_a', ['a'])" in text
    assert "batch_op.create_foreign_key('fk_things_p_par%nts', 'par%nts', ['p'], ['id'])" in text


@pytest.mark.filterwarnings("ignore:Autogenerate rendered a drop_constraint")
def test_without_batches_the_file_is_alembics(day):
    day.fill(plain())
    assert day.ours(unique()) != day.ours(unique(), {"render_as_batch": False})
    assert day.ours(unique(), {"render_as_batch": False}) == day.theirs(unique(), {"render_as_batch": False})
