"""fab's own env.py, and its own version table in a database that it shares with another chain."""

from __future__ import annotations

import sys

import pytest
import sqlalchemy as sa

from tests.corpora.applications import FAB, MARKS, OPTUNA, PLACEHOLDER, SIMPLEST_ENV_PY, airflow, fab_package
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import alembic, engine, snapshot

pytestmark = MARKS


@pytest.fixture
def with_airflow(monkeypatch):
    """Let fab's env.py find `airflow.settings.engine`; the rest of Airflow is not there."""

    def use(made):
        for name, module in airflow(made, sa.MetaData()).items():
            monkeypatch.setitem(sys.modules, name, module)

    return use


@pytest.mark.parametrize("way", ["native", "lent"])
@pytest.mark.parametrize("kind", FAB.databases)
def test_fabs_own_env_py_runs_unmodified(kind, way, databases, opened, with_airflow):
    """It takes `airflow.settings.engine`, or the connection in `config.attributes`, and one transaction per revision."""
    ini, url, elsewhere = fab_package() / "alembic.ini", databases(kind), databases(kind)
    with engine(elsewhere) as made:
        with_airflow(made)
        alembic(ini, "upgrade", "head")
    with engine(url if way == "native" else databases(kind)) as made:
        with_airflow(made)
        with left_as_it_was():
            ws = opened(None if way == "native" else url, project=ini)
            moved = ws.upgrade("head")
        assert moved.trace.environment == way
        assert moved.trace.transactions == "one transaction per revision"
        assert ws.current(check_heads=True).ids == FAB.heads
    assert snapshot(url) == snapshot(elsewhere)
    assert snapshot(url)["versions"] == {"alembic_version_fab": list(FAB.heads)}


@pytest.mark.parametrize("kind", FAB.databases)
def test_two_chains_share_a_database(kind, databases, opened, folder):
    url = databases(kind)
    fab_ini = FAB.ini(folder / "fab", PLACEHOLDER, env_py=SIMPLEST_ENV_PY, version_table="alembic_version_fab")
    ws = opened(url, project=fab_ini, name="fab")
    ws.connect(url, name="optuna", project=str(OPTUNA.ini(folder / "optuna", PLACEHOLDER)))
    with left_as_it_was():
        assert ws.upgrade("head", on="fab").after == FAB.heads
        assert ws.current(on="optuna").ids == ()
        assert ws.upgrade("head", on="optuna").after == OPTUNA.heads
        assert ws.current(on="fab").ids == FAB.heads
    assert snapshot(url)["versions"] == {"alembic_version": list(OPTUNA.heads), "alembic_version_fab": list(FAB.heads)}
    ws.downgrade("base", on="fab")
    assert snapshot(url)["versions"] == {"alembic_version": list(OPTUNA.heads), "alembic_version_fab": []}
    assert {shown.name: shown.current for shown in ws.connections().connections} == {"fab": (), "optuna": OPTUNA.heads}
