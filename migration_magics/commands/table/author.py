"""Author: revision, merge, edit; and the cells."""

from __future__ import annotations

from ..declaration import Argument, Command, flag
from .options import AUTOGENERATE, BRANCH_LABEL, REV_ID, REVISION_OPTIONS, SPLICE, message, revisions

AUTHOR = (
    Command(
        name="revision",
        group="author",
        summary="Write a new revision file for you to fill in; %%revision writes one from a cell.",
        run="author:revision",
        arguments=(
            message(required=True),
            *REVISION_OPTIONS,
            *AUTOGENERATE,
            flag("Let env.py run offline while the file is made, as Alembic's.", "--sql"),
        ),
        examples=(
            '%migrate revision -m "add status to evaluations"',
            "%migrate revision --autogenerate -m auto",
            '%migrate revision --autogenerate -m "call it title" --rename evaluations.name=title',
        ),
    ),
    Command(
        name="merge",
        group="author",
        summary="Join several heads by a revision that does nothing else.",
        run="author:merge",
        arguments=(
            revisions("What to join (default: all heads).", required=False),
            message(),
            BRANCH_LABEL,
            REV_ID,
            SPLICE,
        ),
        examples=('%migrate merge heads -m "join metrics and workers"',),
    ),
    Command(
        name="edit",
        group="author",
        summary="Open a revision as a %%revision cell; running the cell writes it back.",
        run="author:edit",
        arguments=(Argument("revision", "revision", "Which one.", metavar="REV", required=True),),
        examples=("%migrate edit head",),
    ),
)
