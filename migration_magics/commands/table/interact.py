"""Interact: results that come with a widget."""

from __future__ import annotations

from ..declaration import Command

INTERACT: tuple[Command, ...] = (
    Command(
        name="explore",
        group="interact",
        summary="Look around in the history: the graph, each revision in full, and the schema through time.",
        run="explore:explore",
        examples=("%migrate explore",),
    ),
)
