"""Options that several commands take, declared once."""

from __future__ import annotations

from ..declaration import Argument, flag, option

VERBOSE = flag("Show everything about each revision.", "-v", "--verbose")
X = option("A value for the project's env.py, as Alembic's -x.", "-x", metavar="KEY=VALUE", repeatable=True)
TAG = option("A tag for the project's env.py.", "--tag", metavar="TEXT")
YES = flag("Go ahead although it loses data.", "--yes")
DRY_RUN = flag("Run it in a transaction and roll it back.", "--dry-run")
MOVING = (
    YES,
    option("Refuse unless the plan is still this one.", "--plan", metavar="FINGERPRINT"),
    option("Go ahead on the protected connection of this name.", "--confirm", metavar="NAME", kind="connection"),
    DRY_RUN,
    X,
    TAG,
)
FROM_DATABASE = flag(
    "Start from what the database is now and walk outward, for a history that cannot run on an empty one.",
    "--from-database",
)
MODELS = option(
    "Whose models: a variable, or package.module:attribute (default: %%models, pyproject.toml, env.py).",
    "--models",
    metavar="NAME",
)
PER_REVISION = flag("Commit after each revision instead of once at the end.", "--per-revision")
SPLICE = flag("Allow building on a revision that is no head: the history branches there.", "--splice")
BRANCH_LABEL = option("Give the branch a label.", "--branch-label", metavar="LABEL")
REV_ID = option("Use this revision id instead of a new random one.", "--rev-id", metavar="ID")
REVISION_OPTIONS = (
    option("Build on this revision (default: the head, where there is one).", "--head", metavar="REV", kind="revision"),
    SPLICE,
    BRANCH_LABEL,
    option("Needs this revision of another branch.", "--depends-on", metavar="REV", kind="revision", repeatable=True),
    REV_ID,
    option("Write the file into this one of the version locations.", "--version-path", metavar="PATH", kind="path"),
)
AUTOGENERATE = (
    flag("Write what makes the database what the models say.", "--autogenerate"),
    option(
        "With --autogenerate: the models, a variable or package.module:attribute.",
        "--models",
        metavar="NAME",
        kind="variable",
    ),
    flag("With --autogenerate: write nothing, open the result as a %%revision cell.", "--cell"),
    option(
        "With --autogenerate: this table or column was renamed.",
        "--rename",
        metavar="TABLE[.COLUMN]=NAME",
        repeatable=True,
    ),
    option(
        "With --autogenerate: this table or column was not renamed, drop it.",
        "--drop",
        metavar="TABLE[.COLUMN]",
        kind="table",
        repeatable=True,
    ),
    option(
        "With --autogenerate: leave this operation out: drop column evaluations.tmp, or the object's name alone.",
        "--without",
        metavar="OPERATION",
        repeatable=True,
    ),
)
EXPECTING = (
    option(
        "What has to happen to rows, else it fails: UPDATE evaluations: 1204 rows (also with <, <=, >, >=).",
        "--expect",
        metavar="ROWS",
        repeatable=True,
    ),
    option(
        "Rows may change only here, else it fails.", "--only", metavar="TABLE[.COLUMN]", kind="table", repeatable=True
    ),
    option(
        "A query that gives the same before and after, else it fails.", "--invariant", metavar="SQL", repeatable=True
    ),
)


def message(*, required: bool = False) -> Argument:
    """The message of a revision."""
    return option("What the revision does, in a few words.", "-m", "--message", metavar="MESSAGE", required=required)


def revisions(help_: str, *, required: bool) -> Argument:
    """Several revisions."""
    return Argument("revisions", "revisions", help_, metavar="REVS", repeatable=True, required=required)
