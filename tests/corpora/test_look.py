"""What can be seen of a published application before and after an upgrade."""

from __future__ import annotations

import pytest

from tests.corpora.applications import AIM_STORAGE, AIM_WEB, APPLICATIONS, FAB, KEYSTONE, MARKS, OPTUNA, PLACEHOLDER
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import snapshot

pytestmark = MARKS

KINDS = [
    pytest.param(application, kind, id=f"{application.name}-{kind}")
    for application in APPLICATIONS
    for kind in application.databases
]


@pytest.mark.parametrize("application, kind", KINDS)
def test_looking_writes_nothing(application, kind, databases, opened, folder):
    url = databases(kind)
    with left_as_it_was():
        ws = opened(url, project=application.ini(folder, PLACEHOLDER))
        results = [ws.run(line) for line in ("status", "current", "history", "heads", "branches", "plan heads", "sql")]
        results.append(ws.show(application.target))
    status, current, history, *_ = results
    assert snapshot(url)["tables"] == {}
    assert all(
        str(result) and result.to_dict() and set(result._repr_mimebundle_()) == {"text/plain", "text/html"}
        for result in results
    )
    assert (current.ids, current.behind, current.at_head) == ((), application.revisions, False)
    assert len(status.pending) == application.revisions
    assert {history.state(revision.id) for revision in history.revisions} == {"pending"}


@pytest.mark.parametrize(
    "application, revision",
    [(OPTUNA, "v1.2.0.a"), (KEYSTONE, "27e647c0fad4"), (AIM_STORAGE, "46b89d830ad8"), (FAB, "6709f7a774b9")],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_revision_that_reads_the_database_has_no_offline_sql(application, revision, databases, opened, folder):
    """Named, with the line that reads; Alembic's own command fails there, too."""
    ws = opened(databases("sqlite"), project=application.ini(folder, PLACEHOLDER))
    with left_as_it_was():
        shown = ws.sql()
    assert dict(shown.scripts) == {}
    problem = shown.problems["sqlite"]
    assert problem.startswith(f"Revision {revision} (")
    assert ", line " in problem
    assert "it reads from the database" in problem


def test_offline_sql_of_aims_web_part_is_complete(databases, opened, folder):
    ws = opened(databases("sqlite"), project=AIM_WEB.ini(folder, PLACEHOLDER))
    shown = ws.sql(dialect=("sqlite", "postgresql"))
    assert dict(shown.problems) == {}
    assert all(f"'{AIM_WEB.heads[0]}'" in script for script in shown.scripts.values())
    assert "CREATE TABLE" in ws.show("11672b13f92c").sql


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.name)
def test_a_revision_is_shown_with_its_source(application, databases, opened, folder):
    ws = opened(databases("sqlite"), project=application.ini(folder, PLACEHOLDER))
    shown = ws.show(application.target)
    assert {each.revision.id for each in shown.revisions} == set(application.heads)
    assert all("def upgrade" in each.source for each in shown.revisions)
    assert shown.sql or "has no offline SQL" in shown.problem
