"""Share: SQL, a page for a review, help, the last error."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option
from .options import TAG, X

SHARE = (
    Command(
        name="sql",
        group="share",
        summary="Show the SQL of a range without a database, for several dialects side by side.",
        run="share:sql",
        arguments=(
            Argument("range", "range", "As START:END or END (default: everything).", metavar="RANGE"),
            option(
                "For this database (default: the connection's).",
                "--dialect",
                metavar="DIALECT",
                kind="dialect",
                repeatable=True,
            ),
            flag("The SQL of the way back.", "--downgrade"),
            X,
            TAG,
        ),
        examples=("%migrate sql base:head --dialect postgresql --dialect mysql",),
    ),
    Command(
        name="report",
        group="share",
        summary="Make one page for a review: graph, plan, schema change, SQL, rows, advice, code; as HTML or Markdown.",
        run="report:report",
        arguments=(
            Argument(
                "range",
                "range",
                "As START:END or END (default: what is pending; everything without a connection).",
                metavar="RANGE",
            ),
            option("Write the page to this file, .html or .md.", "--to", metavar="FILE", kind="path"),
            option("What the file is, where its name does not tell: html or md.", "--format", metavar="FORMAT"),
            flag("Rehearse the revisions on a copy and show what happens to rows.", "--rehearse"),
            option(
                "With --rehearse: replace the values of this column by others of the same form.",
                "--mask",
                metavar="TABLE.COLUMN",
                kind="table",
                repeatable=True,
            ),
            option(
                "With SQL for this database (default: the connection's; without one several).",
                "--dialect",
                metavar="DIALECT",
                kind="dialect",
                repeatable=True,
            ),
            X,
        ),
        examples=(
            "%migrate report --rehearse --to report.html",
            "%migrate report base:head --dialect postgresql --to review.md",
        ),
    ),
    Command(
        name="help",
        group="share",
        summary="Show this list, or all about one command.",
        run="help:help",
        arguments=(Argument("command", "command", "Which one.", metavar="COMMAND"),),
        examples=("%migrate help upgrade",),
        takes_on=False,
        uses_workspace=False,
    ),
    Command(
        name="why",
        group="share",
        summary="Show the long form of the last error: how it came about.",
        run="help:why",
        context=("last_error",),
        takes_on=False,
        uses_workspace=False,
    ),
)
