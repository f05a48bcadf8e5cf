"""Replayed histories on disk, by the hash of all that they depend on, so that a later kernel answers without replaying.

A cache and nothing else: it may be deleted at any time, and where it cannot be read or written everything still works.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from ..model.encoded import decode, encode

if TYPE_CHECKING:
    from ..model.timeline import Timeline

KEPT = 100
"""How many replays are kept; those not used for longest go first."""


def folder() -> Path:
    """Return where they are kept: `MIGRATION_MAGICS_CACHE`, else the user's cache folder as the system has it."""
    named = os.environ.get("MIGRATION_MAGICS_CACHE")
    return (
        Path(named) if named else Path(platformdirs.user_cache_dir("migration_magics", appauthor=False)) / "timelines"
    )


def read(name: str) -> Timeline | None:
    """Return what is kept under *name*, or None; what is no replay of ours counts as not there."""
    path = folder() / f"{name}.json"
    try:
        data = json.loads(path.read_bytes())
        found = decode(data)
    except (OSError, ValueError):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return found


def write(name: str, timeline: Timeline) -> None:
    """Keep *timeline* under *name*; a reader sees the whole of it or nothing."""
    with contextlib.suppress(OSError):
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(encode(timeline), file, separators=(",", ":"))
            os.replace(temporary, place / f"{name}.json")  # noqa: PTH105 - atomic on every system
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        _prune(place)


def _prune(place: Path) -> None:
    files = sorted(place.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[KEPT:]:
        path.unlink(missing_ok=True)
