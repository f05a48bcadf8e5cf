"""Published applications reach their heads through us as they do through Alembic."""

from __future__ import annotations

import pytest

from tests.corpora.applications import APPLICATIONS, MARKS, PLACEHOLDER, SIMPLEST_ENV_PY
from tests.corpora.process import left_as_it_was
from tests.corpora.stock import snapshot

pytestmark = MARKS

# How env.py takes part: it connects to the database in use by itself; it gets our connection; there is none.
CASES = [
    pytest.param((application, kind, way), id=f"{application.name}-{kind}-{way}")
    for application in APPLICATIONS
    for kind in application.databases
    for way in ("native", "lent", "none")
    if way != "none" or not application.has_env_py
]


@pytest.mark.parametrize("case", CASES)
def test_an_upgrade_makes_what_alembic_makes(case, databases, stock, opened, folder):
    application, kind, way = case
    expected, url = stock(application, kind), databases(kind)
    ini = application.ini(
        folder, url if way == "native" else PLACEHOLDER, env_py="" if way == "none" else SIMPLEST_ENV_PY
    )
    with left_as_it_was():
        ws = opened(None if way == "native" else url, project=ini)
        planned = ws.plan(application.target)
        moved = ws.upgrade(application.target, plan=planned.plan.fingerprint)

    assert snapshot(url) == expected
    assert moved.trace.environment == way
    assert moved.before == ()
    assert moved.after == tuple(sorted(application.heads)) == planned.plan.to_heads
    assert [step.revision for step in moved.trace.steps] == [step.revision for step in planned.plan.steps]
    assert len(moved.trace.steps) == application.revisions
    assert {step.outcome.value for step in moved.trace.steps} == {"applied"}
    assert ws.current().at_head
    assert ws.current(check_heads=True).behind == 0
    status = ws.status()
    assert status.pending == ()
    assert len(status.problems) == len(application.heads) - 1  # several heads are worth a sentence
    assert ws.plan("heads").plan.is_empty
    assert ws.upgrade("heads").trace.steps == ()
