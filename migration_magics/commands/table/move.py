"""Move: plan, upgrade, downgrade, stamp."""

from __future__ import annotations

from ..declaration import Argument, Command, flag
from .options import MOVING, PER_REVISION, TAG, X, revisions

MOVE = (
    Command(
        name="plan",
        group="move",
        summary="Show what a move to the target would run; nothing is run.",
        run="move:plan",
        arguments=(
            Argument(
                "target", "revision", "Where to; a downgrade if that lies behind.", metavar="TARGET", default="heads"
            ),
            X,
            TAG,
        ),
        examples=("%migrate plan", "%migrate plan -1"),
    ),
    Command(
        name="upgrade",
        group="move",
        summary="Run the revisions up to the target.",
        run="move:upgrade",
        arguments=(
            Argument("target", "revision", "Where to.", metavar="TARGET", default="head"),
            *MOVING,
            PER_REVISION,
        ),
        examples=("%migrate upgrade head", "%migrate upgrade +1 --dry-run", "%migrate upgrade head -x tenant=acme"),
        redirects=(("--sql", "%migrate sql"),),
    ),
    Command(
        name="downgrade",
        group="move",
        summary="Undo revisions down to the target.",
        run="move:downgrade",
        arguments=(
            Argument("target", "revision", "Where to.", metavar="TARGET", required=True),
            *MOVING,
            PER_REVISION,
        ),
        examples=("%migrate downgrade -1", "%migrate downgrade base --yes"),
        redirects=(("--sql", "%migrate sql --downgrade"),),
    ),
    Command(
        name="stamp",
        group="move",
        summary="Say where the database stands without running anything.",
        run="move:stamp",
        arguments=(
            revisions("Where it stands.", required=True),
            flag("Empty the version table first, whatever is in it.", "--purge"),
            *MOVING,
        ),
        examples=("%migrate stamp head", "%migrate stamp base --purge"),
    ),
    Command(
        name="undo",
        group="move",
        summary="Go back to where the database stood before the last move that this notebook made.",
        run="undo:undo",
        arguments=(*MOVING, flag("Undo nothing; drop the rows and copies that are kept for it.", "--forget")),
        examples=("%migrate undo", "%migrate undo --dry-run"),
    ),
    Command(
        name="ensure_version",
        group="move",
        summary="Create Alembic's version table where it is missing.",
        run="move:ensure_version",
        arguments=MOVING,
    ),
)
