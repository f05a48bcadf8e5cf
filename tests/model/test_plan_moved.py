"""What has moved since a plan was made, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migration_magics.model.plan import Plan, PlannedStep

STEPS = tuple(PlannedStep(id_, "", (), (id_,), digest=id_) for id_ in ("b", "c"))
PLAN = Plan("upgrade", "heads", STEPS, ("a",), ("c",), "sqlite:x", "app", "token")


def test_nothing_has_moved():
    assert PLAN.what_moved(PLAN) == ()


@pytest.mark.parametrize(
    "now, said",
    [
        (replace(PLAN, database="sqlite:y"), ("it is another database",)),
        (replace(PLAN, from_heads=("b",), steps=STEPS[1:]), ("the database stood at a, and stands at b",)),
        (replace(PLAN, from_heads=()), ("the database stood at a, and stands at base",)),
        (replace(PLAN, schema="other"), ("its schema was changed by somebody else",)),
        (replace(PLAN, steps=(STEPS[0], replace(STEPS[1], digest="d"))), ("the file of c was changed",)),
        (replace(PLAN, steps=STEPS[:1]), ("it was 2 revisions, and would be 1 (b)",)),
    ],
)
def test_each_thing_that_can_move_is_named(now, said):
    assert PLAN.what_moved(now) == said
    assert PLAN.fingerprint != now.fingerprint
