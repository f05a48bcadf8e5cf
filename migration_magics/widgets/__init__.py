"""Explore, review, step: the interactive twins of results. Thin views that call commands and show what these return.

A widget is never the only answer: its static result is shown before it, and stays where widgets can't be drawn.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..commands.api import Workspace
    from ..results import Result

_WIDGETS: dict[str, str] = {
    "Explorer": "explore:ExploreWidget",
    "Review": "review:ReviewForm",
    "Stepper": "step:StepWidget",
}
"""Where the widget of a result lives, by the name of the result's class: "module:class", imported when it is shown."""


def has_widget(result: object) -> bool:
    """There is an interactive twin of *result*. Imports nothing."""
    return type(result).__name__ in _WIDGETS


def look_up(workspace: object) -> None:
    """Let open widgets find out whether what they show of *workspace* is old: after a command that changes. Imports nothing."""
    module = sys.modules.get(f"{__name__}.explore")
    if module is not None:
        module.look_up(workspace)


def widget(result: Result, workspace: Workspace, *, on: str | None = None) -> Any:
    """Return the interactive twin of *result*, or None where it has none.

    *on* names the connection it is about, so that it stays with it whichever is in use later; without it: the one in use.
    ipywidgets and anywidget are imported here.
    """
    where = _WIDGETS.get(type(result).__name__)
    if where is None:
        return None
    module, _, name = where.partition(":")
    return getattr(import_module(f".{module}", __name__), name)(result, workspace, on=on or workspace.current_name)
