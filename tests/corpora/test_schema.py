"""Schemas and diffs of published applications are those of databases that Alembic upgraded separately."""

from __future__ import annotations

import contextlib
import itertools
import random

import pytest

import migration_magics
from migration_magics.model.diff import apply, diff, invert
from tests.corpora.applications import AIM_STORAGE, AIM_WEB, FAB, KEYSTONE, MARKS, OPTUNA, PLACEHOLDER, SIMPLEST_ENV_PY
from tests.corpora.process import left_as_it_was
from tests.corpora.separately import Separately

pytestmark = MARKS

PAIRS = 20
ON_A_SERVER = 3
"""How many revisions are looked at where each costs an upgrade of a second or more."""

CASES = [
    *((application, "sqlite") for application in (OPTUNA, AIM_STORAGE, AIM_WEB, FAB, KEYSTONE)),
    (KEYSTONE, "postgresql"),
    (KEYSTONE, "mariadb"),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].name}-{case[1]}")
def both(request, tmp_path_factory):
    """An application on one kind of database: Alembic's databases, and our workspace on an empty one."""
    application, kind = request.param
    folder = tmp_path_factory.mktemp("schema")
    number = itertools.count()
    with contextlib.ExitStack() as stack:

        def new_database():
            if kind == "sqlite":
                return f"sqlite:///{folder / f'{next(number)}.db'}"
            return stack.enter_context(request.getfixturevalue(kind).new_database())

        ini = application.ini(folder / "ours", PLACEHOLDER, env_py=SIMPLEST_ENV_PY)
        ws = migration_magics.open(new_database(), project=ini)
        stack.callback(ws.close)
        ids = [revision.id for revision in ws.history().revisions]
        chosen = ids if kind == "sqlite" else random.Random(4).sample(ids, ON_A_SERVER)  # noqa: S311 - nothing is secret
        yield ws, Separately(application, folder / "stock", new_database), chosen


def pairs(ids):
    """Twenty pairs of places, the same in every run; some of few."""
    every = list(itertools.permutations(("base", *ids), 2))
    return random.Random(4).sample(every, min(PAIRS, len(every)))  # noqa: S311 - nothing is secret


def test_the_schema_at_every_revision_is_what_alembic_makes(both):
    ws, separately, ids = both
    with left_as_it_was():
        found = {id_: ws.schema(id_).schema for id_ in ids}
    for id_ in ids:
        assert diff(separately.at(id_), found[id_]).changes == (), id_
        assert found[id_] == separately.at(id_), id_


def test_the_schema_of_the_heads_is_what_alembic_makes(both):
    ws, separately, _ids = both
    assert ws.schema("heads").schema == separately.at("heads")


def test_a_diff_is_what_differs_between_two_databases(both):
    ws, separately, ids = both
    for before, after in pairs(ids):
        result = ws.diff(before, after)
        one, other = separately.at(before), separately.at(after)
        assert apply(one, result.diff) == other, (before, after)
        assert apply(other, invert(result.diff)) == one, (before, after)
        assert bool(result) == (one != other)
        if not any(change.kind == "rename" for change in result.diff.changes):
            assert result.diff == diff(one, other), (before, after)


def test_an_untouched_database_has_not_drifted(both, opened):
    """Upgraded by Alembic: what the history says and what is there agree."""
    _ws, separately, _ids = both
    url = separately.upgraded()
    theirs = opened(url, project=separately.application.ini(separately.folder / "check", url, env_py=SIMPLEST_ENV_PY))
    checked = theirs.check()
    assert checked.history_vs_database is not None
    assert checked.history_vs_database.changes == ()
