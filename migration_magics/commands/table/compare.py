"""Compare: two schemas, or all three."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option
from .options import FROM_DATABASE, MODELS

COMPARE = (
    Command(
        name="diff",
        group="compare",
        summary="Show what differs between two of: a revision, base, head, db, models.",
        run="compare:diff",
        arguments=(
            Argument("before", "side", "From (default: db).", metavar="A"),
            Argument("after", "side", "To (default: db, or head).", metavar="B"),
            option("Only this table.", "--table", metavar="TABLE", kind="table"),
            flag("Draw an entity-relationship diagram with the changes coloured.", "--diagram"),
            FROM_DATABASE,
            MODELS,
        ),
        examples=("%migrate diff db head", "%migrate diff head-2 head", "%migrate diff models db"),
    ),
    Command(
        name="check",
        group="compare",
        summary="Compare models, history and database with each other, and list what nobody compares.",
        run="compare:check",
        arguments=(flag("Fail unless all agree.", "--strict"), MODELS),
        examples=("%migrate check", "%migrate check --strict"),
    ),
)
