"""Mend a history: doctor."""

from __future__ import annotations

from ..declaration import Command, option

MEND = (
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
