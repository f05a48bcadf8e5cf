"""A part of a form that nobody sees: it keeps JupyterLab's shortcuts away from the form's own keys."""

from __future__ import annotations

import anywidget

from .scripts import script


class Keys(anywidget.AnyWidget):
    """Put it anywhere into a form, an element of the class `mm-form`: arrow keys then move in its lists, not in the notebook."""

    def __init__(self) -> None:
        self._esm = script("keys.js")
        super().__init__()
