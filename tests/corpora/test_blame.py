"""`blame` of published applications is what a walk with Alembic finds, one revision at a time."""

from __future__ import annotations

import contextlib
import itertools

import pytest

from migration_magics.model.parts import PARTS, label, labelled
from tests.corpora.applications import AIM_STORAGE, AIM_WEB, FAB, KEYSTONE, MARKS, OPTUNA, PLACEHOLDER, SIMPLEST_ENV_PY
from tests.corpora.separately import Separately

pytestmark = MARKS

CASES = [
    *((application, "sqlite") for application in (OPTUNA, AIM_STORAGE, AIM_WEB, FAB, KEYSTONE)),
    (KEYSTONE, "postgresql"),
]


def parts(schema):
    """Everything in the tables of *schema*, by path."""
    found = {}
    for table in schema.tables:
        key = table.key
        found[(key,)] = (table.comment, table.options)
        found.update({(key, "columns", column.name): column for column in table.columns})
        if table.primary_key is not None:
            found[key, "primary key"] = table.primary_key
        for kind, attribute in PARTS.items():
            found.update(
                {(key, kind, label(*name)): part for name, part in labelled(getattr(table, attribute)).items()}
            )
    return found


def walked(steps):
    """Who made and who last changed what is there at the end, knowing nothing but the schemas after each revision."""
    created, changed, before = {}, {}, {}
    for id_, schema in steps:
        now = parts(schema)
        for path, value in now.items():
            if path not in before:
                created[path] = id_
            if before.get(path) != value:
                changed[path] = id_
        before = now
    return {path: (created[path], changed[path]) for path in before}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name}-{case[1]}")
def test_blame_is_what_a_walk_finds(case, request, tmp_path, opened):
    application, kind = case
    number = itertools.count()
    with contextlib.ExitStack() as stack:

        def new_database():
            if kind == "sqlite":
                return f"sqlite:///{tmp_path / f'{next(number)}.db'}"
            return stack.enter_context(request.getfixturevalue(kind).new_database())

        ws = opened(new_database(), project=application.ini(tmp_path / "ours", PLACEHOLDER, env_py=SIMPLEST_ENV_PY))
        steps = Separately(application, tmp_path / "stock", new_database).walk()
        expected = walked(steps)
        found = {
            row.path: (row.created_by, row.changed_by)
            for table in steps[-1][1].tables
            for row in ws.blame(table.key).rows
        }
        assert found == expected
