"""How far something long is, for whoever shows progress: as a step of a run says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .runner import OnStep


@dataclass(frozen=True, slots=True)
class Told:
    """What is being done: to which revision, table or file (*revision*), in words (*message*). *unit* is what is counted."""

    revision: str
    message: str = ""
    is_done: bool = True
    unit: str = "row"


def teller(on_step: OnStep | None, message: str, unit: str) -> Callable[[int, int, str], None]:
    """Return a function that is told the number, the total and the name of what is begun, and tells *on_step*."""

    def tell(number: int, total: int, name: str) -> None:
        if on_step is not None:
            on_step(number, total, Told(name, message, is_done=False, unit=unit))

    return tell
