"""jupyterhub's history begins on a database that has tables: create them, then stamp."""

from __future__ import annotations

import pytest

from migration_magics.errors import BrownfieldBase, CheckFailed, MoveFailed
from tests.corpora.applications import ALL, MARKS, PLACEHOLDER
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import alembic, engine, script_directory, snapshot
from tests.support.corpora import installed

pytestmark = MARKS

HEAD = "f460b0348206"
EMPTY_BASE = "19c0846f6344"


@pytest.fixture
def ini(folder):
    """Write jupyterhub's own ini file, from its own template, for a URL."""
    installed("jupyterhub")
    from jupyterhub import dbutil

    def write(url, name="alembic.ini"):
        folder.mkdir(exist_ok=True)
        dbutil.write_alembic_ini(str(folder / name), url)
        return folder / name

    return write


def create_tables(url):
    from jupyterhub import orm

    with engine(url) as made:
        orm.Base.metadata.create_all(made)


@pytest.mark.parametrize("way", ["native", "lent"])
@pytest.mark.parametrize("kind", ALL)
def test_jupyterhub_is_recognised_created_and_stamped(kind, way, databases, opened, ini):
    url, elsewhere = databases(kind), databases(kind)
    ws = opened(None if way == "native" else url, project=ini(url if way == "native" else PLACEHOLDER))
    with (
        left_as_it_was(),
        pytest.raises(BrownfieldBase, match=r"expects tables that this database does not have.*users") as caught,
    ):
        ws.upgrade("head")
    error = caught.value
    assert error.trace.environment == way
    assert error.after == ws.current().ids == (EMPTY_BASE,)  # its env.py asks for one transaction per revision
    assert "create_all" in error.hint
    assert error.hint.endswith("%migrate stamp head")
    assert set(snapshot(url)["tables"]) == {"alembic_version"}

    # what the hint says
    create_tables(url)
    with left_as_it_was():
        moved = ws.stamp("head")
    assert (moved.before, moved.after) == ((EMPTY_BASE,), (HEAD,))
    assert ws.current(check_heads=True).ids == (HEAD,)
    assert ws.status().pending == ()
    create_tables(elsewhere)
    alembic(ini(elsewhere, "stock.ini"), "stamp", "head")
    assert snapshot(url) == snapshot(elsewhere)


def test_jupyterhub_cannot_go_all_the_way_back(databases, opened, ini):
    """Its 3c2384c5aae1 gives `drop_column` a Column; each revision commits by itself, so those above it stay undone."""
    url = databases("sqlite")
    ws = opened(url, project=ini(PLACEHOLDER))
    create_tables(url)
    ws.stamp("head")
    with left_as_it_was(), pytest.raises(MoveFailed) as caught:
        ws.downgrade("base")
    error = caught.value
    assert error.message.startswith(
        "Revision 3c2384c5aae1 (Add from_config column to the services table) cannot be undone"
    )
    assert error.after == ws.current().ids == ("3c2384c5aae1",)
    with pytest.raises(CheckFailed, match="5 revisions behind"):
        ws.current(check_heads=True)
    assert ws.upgrade("head").after == (HEAD,)


def test_its_history_is_alembics(databases, opened, ini):
    written = ini(PLACEHOLDER)
    ws = opened(databases("sqlite"), project=written)
    walked = [script.revision for script in script_directory(written).walk_revisions()]
    assert [revision.id for revision in ws.history().revisions] == walked
    assert len(walked) == 19
