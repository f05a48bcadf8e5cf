"""Share: SQL, help, the last error."""

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
