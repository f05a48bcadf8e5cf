"""The files of autogenerate are Alembic's own, byte for byte, but for id and date."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from tests.engine.autogenerate_models import Day, metadata_of, models

EXAMPLES = {"sqlite": 150, "postgresql": 40, "mariadb": 12}


@pytest.fixture
def day(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", database_url)
    yield made
    made.close()


def test_a_file_is_alembics(day):
    """Over 200 changes of models on three databases, in batches and not."""

    @settings(
        max_examples=EXAMPLES[sa.make_url(day.url).get_backend_name()],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(models, models)
    def holds(before, after):
        day.fill(metadata_of(before))
        wanted = metadata_of(after)
        options = {"render_as_batch": len(before) % 2 == 0}
        assert day.ours(wanted, options) == day.theirs(wanted, options)

    holds()
