"""Learn: the exercises of the teaching lab."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option

LEARN = (
    Command(
        name="exercise",
        group="learn",
        summary="List the ten exercises of the teaching lab, or begin one: it checks itself.",
        run="exercise:exercise",
        arguments=(
            Argument("number", "number", "Which one, 1 to 10 (default: list them).", metavar="N"),
            flag("Say what is still missing.", "--check"),
            option("Answer a question that the exercise asks.", "--answer", metavar="TEXT"),
            flag("Show one more hint.", "--hint"),
            flag("Show cells that solve it, once you have tried.", "--solution"),
            flag("Start over, in the exercise's own folder.", "--reset"),
        ),
        examples=("%migrate exercise", "%migrate exercise 3", "%migrate exercise 3 --check"),
        takes_on=False,
    ),
)
