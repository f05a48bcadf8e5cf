"""Try: things that happen on copies."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option
from .options import EXPECTING

TRY = (
    Command(
        name="rehearse",
        group="try",
        summary="Run the pending revisions up, down and up again on a copy with sample rows; schema and rows must come back.",
        run="rehearse:rehearse",
        arguments=(
            Argument(
                "target",
                "range",
                "Up to which revision; base:REV tries the whole history on an empty copy.",
                metavar="TARGET",
                default="heads",
            ),
            option(
                "How many rows of each table to sample (default: 1,000; small SQLite files are copied whole).",
                "--rows",
                metavar="N",
                kind="number",
            ),
            flag("Copy every row.", "--full"),
            option("Sample the same rows again.", "--seed", metavar="N", kind="number"),
            option(
                "Replace the values of this column by others of the same form.",
                "--mask",
                metavar="TABLE.COLUMN",
                kind="table",
                repeatable=True,
            ),
            *EXPECTING,
        ),
        examples=(
            "%migrate rehearse",
            "%migrate rehearse --expect 'UPDATE evaluations: 1204 rows' --only evaluations.status",
            "%migrate rehearse base:heads",
            "%migrate rehearse head --rows 200 --mask users.email",
        ),
    ),
)
