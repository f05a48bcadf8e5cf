"""Try: a rehearsal on a copy, and a data change that can be stopped."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option
from .options import EXPECTING, message

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
            flag("PostgreSQL: on the database itself, in a transaction that is rolled back.", "--in-place"),
            flag("Go ahead in place although others have to wait meanwhile.", "--yes"),
            option(
                "Go ahead in place on the protected connection of this name.",
                "--confirm",
                metavar="NAME",
                kind="connection",
            ),
        ),
        examples=(
            "%migrate rehearse",
            "%migrate rehearse --expect 'UPDATE evaluations: 1204 rows' --only evaluations.status",
            "%migrate rehearse base:heads",
            "%migrate rehearse head --rows 200 --mask users.email",
        ),
    ),
    Command(
        name="sample",
        group="try",
        summary="Rehearse with rows of your own in place of a table's; without arguments: list what is remembered.",
        run="sample:sample",
        arguments=(
            Argument("table", "table", "For which table.", metavar="TABLE"),
            Argument("source", "rows", "A variable with a DataFrame, or the path of a CSV file.", metavar="SOURCE"),
            flag("Rehearse with the rows of the database again.", "--forget"),
        ),
        examples=(
            "%migrate sample evaluations frame",
            "%migrate sample evaluations rows.csv",
            "%migrate sample",
            "%migrate sample evaluations --forget",
        ),
    ),
    Command(
        name="backfill",
        group="try",
        summary="Set columns of a table batch by batch; stopped, the same command goes on where it was.",
        run="backfill:backfill",
        arguments=(
            Argument("table", "table", "Which table.", metavar="TABLE", required=True),
            option(
                "What to set: a column and an SQL expression; once for each column.",
                "--set",
                metavar='"COLUMN = EXPR"',
                repeatable=True,
                required=True,
            ),
            option("Only rows for which this SQL condition holds.", "--where", metavar="EXPR"),
            option("How many rows the first batch has (default: 1,000).", "--batch", metavar="N", kind="number"),
            option("Pause so many seconds after each batch (default: 0).", "--pause", metavar="S"),
            option("Let batches grow until locks are held so many seconds (default: 0.3).", "--lock-time", metavar="S"),
            flag("Forget where it was stopped: begin at the first row.", "--restart"),
            flag("Go ahead although it overwrites values.", "--yes"),
            option(
                "Go ahead on the protected connection of this name.", "--confirm", metavar="NAME", kind="connection"
            ),
            flag("Change nothing: write the revision that does the same.", "--revision"),
            message(),
        ),
        examples=(
            '%migrate backfill evaluations --set "status = \'new\'" --where "status IS NULL"',
            '%migrate backfill evaluations --set "status = \'new\'" --where "status IS NULL" --revision -m "fill status"',
        ),
    ),
)
