"""The style sheet: readable in light and dark, and nothing in it that could load or carry a secret."""

from __future__ import annotations

import re

import pytest

from migration_magics.display.html import style

COLOURS = ("--mm-add", "--mm-drop", "--mm-alter", "--mm-dim")
LIGHT, DARK = ("#ffffff", "#f2f2f2"), ("#111111", "#212121", "#303134")
"""Backgrounds: a page and, on it, a row that is marked or code."""


def _luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", COLOURS)
def test_every_colour_can_be_read_in_light_and_dark(name: str) -> None:
    light, dark = re.findall(rf"{name}: (#[0-9a-f]{{6}})", style())
    assert [ground for ground in LIGHT if _contrast(light, ground) < 4.5] == []
    assert [ground for ground in DARK if _contrast(dark, ground) < 4.5] == []


def test_it_loads_nothing_and_stays_in_its_own_rooms() -> None:
    """No address, no import, no ids; every rule concerns our own classes alone."""
    sheet = style()
    assert not re.search(r"url\(|@import|https?:|#mm|:root|prefers-color-scheme|<", sheet)
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", sheet) for part in rule.split(",")]
    assert [selector for selector in selectors if ".mm" not in selector] == []
