"""Learn: the exercises of the teaching lab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..model.plain import plain
from .base import Result


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One thing that an exercise asks for, whether it is there, and what is *missing* where it is not."""

    what: str
    is_met: bool
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """An exercise as the course lists it. *state* is "new", "begun" or "done"."""

    number: int
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Course(Result):
    """`exercise` without a number: all of them, and how far you are."""

    is_about_one_connection: ClassVar[bool] = False
    lessons: tuple[Lesson, ...]
    next_command: str = ""

    def records(self) -> list[dict[str, Any]]:
        return [plain(lesson) for lesson in self.lessons]


@dataclass(frozen=True, slots=True)
class Exercise(Result):
    """`exercise N`: what is to be done, or with `--check` what is still missing; True where it is done.

    *checkpoints* are there once it was checked, *hints* are those asked for so far, of *hint_count*; *solution* are cells.
    """

    is_about_one_connection: ClassVar[bool] = False
    number: int
    title: str
    text: str
    directory: str
    connection: str = ""
    checkpoints: tuple[Checkpoint, ...] = ()
    hints: tuple[str, ...] = ()
    hint_count: int = 0
    solution: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    next_command: str = ""

    @property
    def done(self) -> bool:
        """It was checked, and nothing is missing."""
        return bool(self.checkpoints) and all(point.is_met for point in self.checkpoints)

    def __bool__(self) -> bool:
        return self.done

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready data, with `done`."""
        return {**dict(plain(self)), "done": self.done}

    def records(self) -> list[dict[str, Any]]:
        return [plain(point) for point in self.checkpoints]
