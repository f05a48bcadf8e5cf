"""What is in a folder: for the completion of paths."""

from __future__ import annotations

import os


def paths(begun: str, limit: int = 200) -> tuple[str, ...]:
    """Return the paths that begin with *begun*, as it is written: folders with a closing slash, hidden ones only for a dot.

    At most *limit*, sorted; none where the folder cannot be read.
    """
    folder, _, name = begun.rpartition("/")
    start = f"{folder}/" if "/" in begun else ""
    try:
        with os.scandir(os.path.expanduser(start) or ".") as entries:  # noqa: PTH111 - the text stays as it was typed
            found = [
                f"{start}{entry.name}{'/' if entry.is_dir() else ''}"
                for entry in entries
                if entry.name.startswith(name) and (name.startswith(".") or not entry.name.startswith("."))
            ]
    except OSError:
        return ()  # no such folder, or not for us: nothing to offer
    return tuple(sorted(found)[:limit])
