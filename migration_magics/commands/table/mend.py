"""Mend a history: squash, doctor."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option
from .options import REV_ID, message

MEND = (
    Command(
        name="squash",
        group="author",
        summary="Put one revision in the place of a range, proved equal on copies; shows it, and with --replace writes it.",
        run="squashing:squash",
        arguments=(
            Argument(
                "range",
                "range",
                "START:END, both included; base:END from the first one.",
                metavar="RANGE",
                required=True,
            ),
            message(required=True),
            flag(
                "Write it, move the files of the range to squashed/, let what builds on them build on it.", "--replace"
            ),
            flag("Give it the id of the last one, so that databases that stand there need no stamp.", "--keep-id"),
            REV_ID,
        ),
        examples=('%migrate squash base:ae1027 -m "schema of 2024"', '%migrate squash b2:c9 -m "metrics" --replace'),
    ),
    Command(
        name="doctor",
        group="author",
        summary="Say what is wrong with the history, why it matters, and what mends it; works on a broken one, too.",
        run="doctor:doctor",
        arguments=(
            option(
                "Let this revision, applied nowhere known, build on another one.",
                "--reparent",
                metavar="REV",
                kind="revision",
            ),
            option("What it is to build on: a revision, or base.", "--onto", metavar="REV", kind="revision"),
        ),
        examples=("%migrate doctor", "%migrate doctor --reparent b2 --onto c1"),
    ),
)
