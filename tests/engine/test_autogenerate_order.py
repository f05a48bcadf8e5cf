"""Operations in an order that works: what autogenerate writes is applied, up and down, on three databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import HealthCheck, Phase, example, given, settings

from migration_magics.engine.reflect import reflect
from tests.engine.autogenerate_models import Day, metadata_of, models

EXAMPLES = {"sqlite": 15, "postgresql": 15, "mariadb": 5}


def table(target=None, **columns):
    return {"columns": columns, "unique": bool(columns), "target": target, "comment": False}


COLUMN = {"type": "short", "nullable": True, "default": False, "index": True}
CIRCLE = {"workers": table("metrics"), "metrics": table("runs"), "runs": table("workers"), "evaluations": table("runs")}
CHAIN = {"workers": table(title=COLUMN), "evaluations": table("workers"), "metrics": table("evaluations")}
ALONE = {"evaluations": table()}


@pytest.fixture
def day(database_url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Day(tmp_path / "project", database_url)
    yield made
    made.close()


def fitting(before, after):
    """*after* with types that the values of *before* can be turned into."""
    texts = {"short", "long"}
    return {
        name: {
            **table,
            "columns": {
                column: {**how, "type": old["type"]}
                if (old := before.get(name, table)["columns"].get(column, how))
                and not {how["type"], old["type"]} <= texts
                else how
                for column, how in table["columns"].items()
            },
        }
        for name, table in after.items()
    }


def run(day, text, function):
    names: dict[str, object] = {}
    exec(text, names)  # noqa: S102 - it is the file that was just made
    with day.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        names[function]()


@pytest.mark.filterwarnings("ignore:Cannot correctly sort tables")
def test_it_can_be_applied_and_taken_back(day):
    @settings(
        max_examples=EXAMPLES[sa.make_url(day.url).get_backend_name()],
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @example({}, CIRCLE)
    @example(CIRCLE, {})
    @example(CIRCLE, ALONE)
    @example(CHAIN, {})
    @example(CHAIN, ALONE)
    @example(ALONE, CHAIN)
    @given(models, models)
    def holds(before, after):
        day.fill(metadata_of(before))
        was = day.database.read(reflect)
        wanted = metadata_of(fitting(before, after))
        text = day.ours(wanted)
        run(day, text, "upgrade")
        assert not day.generated(wanted).comparison.diff
        run(day, text, "downgrade")
        assert not day.generated(metadata_of(before)).comparison.diff
        assert [each.key for each in day.database.read(reflect).tables] == [each.key for each in was.tables]

    holds()
