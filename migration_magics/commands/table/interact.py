"""Interact: results that come with a widget."""

from __future__ import annotations

from ..declaration import Command  # noqa: TC001 - until there is one

INTERACT: tuple[Command, ...] = ()
