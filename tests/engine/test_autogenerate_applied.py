"""What autogenerate writes makes the schema that Alembic's file makes, foreign keys and all."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings

from migration_magics.engine.reflect import reflect
from tests.engine.autogenerate_models import Day, metadata_of, models
from tests.engine.test_autogenerate_draft import straight
from tests.engine.test_autogenerate_order import fitting, run

EXAMPLES = {"sqlite": 300, "postgresql": 12, "mariadb": 4}


@pytest.fixture
def day(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", database_url)
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore:Cannot correctly sort tables")
def test_both_files_make_the_same_schema(day):
    """Where Alembic's can be applied at all; ours always can. On servers without circles of foreign keys."""
    kind = sa.make_url(day.url).get_backend_name()

    def as_it_can_be(drawn):
        return drawn if kind == "sqlite" else straight(drawn, day.url)

    def after(before, text):
        day.fill(metadata_of(before))
        run(day, text, "upgrade")
        return day.database.read(reflect)

    @settings(
        max_examples=EXAMPLES[kind],
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(models, models)
    def holds(before, wanted):
        before, wanted = as_it_can_be(before), as_it_can_be(wanted)
        day.fill(metadata_of(before))
        metadata = metadata_of(fitting(before, wanted))
        options = {"render_as_batch": kind == "sqlite"}
        ours, theirs = day.ours(metadata, options), day.theirs(metadata, options)
        made = after(before, ours)
        try:
            expected = after(before, theirs)
        except sa.exc.SQLAlchemyError:
            return  # tables dropped before those that point to them, say: ours could be applied
        compared.append(before)
        assert made == expected

    compared = []
    holds()
    assert len(compared) > EXAMPLES[kind] / 2
