"""The files of autogenerate are Alembic's own, byte for byte, but for id and date."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings

from tests.engine.autogenerate_models import Day, metadata_of, models

EXAMPLES = {"sqlite": 150, "postgresql": 40, "mariadb": 12}


@pytest.fixture
def day(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", database_url)
    yield made
    made.close()


def straight(drawn, url):
    """The models without circles; without any foreign key on MariaDB, where Alembic's way back fails on them."""
    return {
        name: {**table, "target": table["target"] if (table["target"] or "~") < name and "mariadb" not in url else None}
        for name, table in drawn.items()
    }


def without_indexes(drawn, kept, url):
    """The models, on MariaDB without the indexes of tables that come or go: those we leave to the end of their table.

    A unique key is an index there.
    """
    return {
        name: table
        if name in kept or "mariadb" not in url
        else {
            **table,
            "unique": False,
            "columns": {column: {**how, "index": False} for column, how in table["columns"].items()},
        }
        for name, table in drawn.items()
    }


def test_a_file_is_alembics(day):
    """Over 200 changes of models on three databases, in batches and not. With foreign keys the order may be another."""

    @settings(
        max_examples=EXAMPLES[sa.make_url(day.url).get_backend_name()],
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(models, models)
    def holds(before, after):
        day.fill(metadata_of(without_indexes(straight(before, day.url), after, day.url)))
        wanted = metadata_of(without_indexes(straight(after, day.url), before, day.url))
        options = {"render_as_batch": len(before) % 2 == 0}
        ours, theirs = day.ours(wanted, options), day.theirs(wanted, options)
        if "foreign" in theirs.lower():
            ours, theirs = sorted(set(ours.splitlines())), sorted(set(theirs.splitlines()))
        assert ours == theirs

    holds()
