"""Interact: results that come with a widget."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option
from .options import AUTOGENERATE, FROM_DATABASE, REV_ID, message

INTERACT: tuple[Command, ...] = (
    Command(
        name="explore",
        group="interact",
        summary="Look around in the history: the graph, each revision in full, and the schema through time.",
        run="explore:explore",
        arguments=(FROM_DATABASE,),
        examples=("%migrate explore", "%migrate explore --from-database"),
    ),
    Command(
        name="review",
        group="interact",
        summary="Decide about a plan, or about what the models would change: tick, answer, rehearse, apply.",
        run="review:review",
        arguments=(
            Argument(
                "target",
                "revision",
                "Where to; a downgrade if that lies behind (default: the heads).",
                metavar="TARGET",
            ),
            flag("Review what would make the database what the models say.", "--autogenerate"),
            message(),
            *(each for each in AUTOGENERATE if each.dest in {"models", "rename", "drop", "without"}),
            REV_ID,
        ),
        examples=("%migrate review", "%migrate review -1", "%migrate review --autogenerate"),
    ),
    Command(
        name="step",
        group="interact",
        summary="Run one revision operation by operation on a copy: SQL, schema, rows, seconds and locks after each.",
        run="stepping:step",
        arguments=(
            Argument("revision", "revision", "Which revision.", metavar="REV", required=True),
            flag("Step its downgrade.", "--down"),
            option("Show the copy after so many operations only.", "--at", metavar="N", kind="number"),
            option("Ask the copy there, or at the end, with a query.", "--ask", metavar="SQL"),
            option(
                "How many rows of each table to sample (default: 1,000; small SQLite files are copied whole).",
                "--rows",
                metavar="N",
                kind="number",
            ),
            flag("Copy every row.", "--full"),
        ),
        examples=(
            "%migrate step head",
            "%migrate step 4f1c --down",
            "%migrate step head --at 2 --ask 'SELECT * FROM evaluations'",
        ),
    ),
)
