"""The whole history of published applications, up, down and up again: what breaks in them is found and named."""

from __future__ import annotations

import pytest

from migration_magics.model.finding import Severity
from tests.corpora.applications import AIM_STORAGE, AIM_WEB, FAB, KEYSTONE, MARKS, OPTUNA, PLACEHOLDER, SIMPLEST_ENV_PY
from tests.corpora.process import left_as_it_was

pytestmark = MARKS

# By revision and rule, what is said of it. Read with the revisions beside it: each is a fault of the application.
BREAKS = {
    (OPTUNA, "sqlite"): {
        ("v2.4.0.a", "leftovers"): "column direction of studies is missing; table study_directions is left over",
        ("v2.4.0.a", "again-fails"): "no such column: studies.direction",
        ("v3.0.0.b", "leftovers"): "column value of trial_values is another one",
        ("v3.0.0.c", "down-fails"): "has no attribute 'FloatTypeEnum'",
    },
    # Alembic makes an enum type that a revision before it in the same run has made only once; in a run of its own it fails.
    (OPTUNA, "postgresql"): {
        ("v0.9.0.a", "leftovers"): "enum studydirection is left over; enum trialstate is left over",
        ("v0.9.0.a", "again-fails"): 'type "studydirection" already exists',
        ("v2.4.0.a", "up-fails"): 'type "studydirection" already exists',
    },
    (AIM_STORAGE, "postgresql"): {("46b89d830ad8", "down-fails"): "Can't emit DROP CONSTRAINT"},
    (AIM_WEB, "sqlite"): {},
    (AIM_WEB, "postgresql"): {
        ("73a3d004c227", "up-fails"): "cannot drop table commits because other objects depend on it"
    },
    (FAB, "sqlite"): {
        ("6709f7a774b9", "leftovers"): "table ab_group is left over; table ab_group_role is left over",
        ("02ca36b0235b", "leftovers"): "column username of ab_register_user is another one",
    },
    (FAB, "postgresql"): {("6709f7a774b9", "leftovers"): "table ab_group is left over"},
}


@pytest.fixture
def rehearsed(databases, opened, folder):
    """Rehearse all of an application's history on a database of a kind, which stays empty."""

    def run(application, kind):
        url = databases(kind)
        with left_as_it_was():
            ws = opened(url, project=application.ini(folder, PLACEHOLDER, env_py=SIMPLEST_ENV_PY))
            found = ws.rehearse("base:heads")
            assert ws.current().ids == ()
        return found

    return run


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case[0].name}-{case[1]}")
def test_what_breaks_is_named(case, rehearsed):
    found = rehearsed(*case)
    said = {
        (finding.revision, finding.rule): finding.message
        for finding in found.findings
        if finding.severity is Severity.ERROR
    }
    assert set(said) == set(BREAKS[case])
    assert found.passed is not bool(said)
    for key, words in BREAKS[case].items():
        assert words in said[key]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_all_of_keystone_is_known_to_have_no_way_back(kind, rehearsed):
    found = rehearsed(KEYSTONE, kind)
    assert [finding.rule for finding in found.findings] == ["no-downgrade"] * KEYSTONE.revisions
    assert (found.passed, len(found.revisions)) == (True, KEYSTONE.revisions)
