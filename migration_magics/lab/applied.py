"""What the files of revisions were when we applied them, by database, and what we made of them since: hashes, cached.

It knows only what this package ran on this machine, and is a cache and nothing else: where it cannot be read or written
everything still works.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import cache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model.plan import Plan


def known(database: str) -> Mapping[str, str]:
    """Return the hash each revision's file had when it was last applied to the *database* of that identity, by id."""
    try:
        found = json.loads(_path(database).read_bytes())
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(found, dict) and all(isinstance(value, str) for value in found.values())
    return found if is_ours else {}


def remember(plan: Plan, ran: frozenset[str]) -> None:
    """Note the files of those revisions of *plan* that *ran*: of an upgrade they are applied, of a downgrade no longer."""
    digests = {step.revision: step.digest for step in plan.steps if step.revision in ran and step.digest}
    if plan.direction == "stamp" or not digests or plan.database.startswith("sqlite:memory"):
        return
    before = known(plan.database)
    kept = {id_: digest for id_, digest in before.items() if id_ not in digests}
    after = {**kept, **digests} if plan.direction == "upgrade" else kept
    if after != before:
        _write(_path(plan.database), after)


def remember_rewritten(digests: Mapping[str, str]) -> None:
    """Note files that this package itself rewrote, their hash before and now: they do what they did, wherever applied."""
    pairs = _rewritten()
    after = pairs | {(before, now) for before, now in digests.items() if before and now and before != now}
    if after != pairs:
        _write(_rewrites(), sorted(after))


def is_as_applied(applied: str, now: str) -> bool:
    """Tell whether a file of the hash *now* is the one that was *applied*, or what this package alone made of that."""
    pairs, seen, todo = _rewritten() if applied != now else frozenset(), {applied}, [applied]
    while todo:
        found = todo.pop()
        upcoming = [after for before, after in pairs if before == found and after not in seen]
        seen.update(upcoming)
        todo += upcoming
    return now in seen


def _rewritten() -> frozenset[tuple[str, str]]:
    try:
        found = json.loads(_rewrites().read_bytes())
        return frozenset((str(before), str(now)) for before, now in found)
    except (OSError, ValueError, TypeError):
        return frozenset()


def _rewrites() -> Path:
    return cache.folder() / "rewritten.applied"


def _path(database: str) -> Path:
    name = hashlib.blake2b(database.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return cache.folder() / f"{name}.applied"


def _write(path: Path, digests: Mapping[str, str] | list[tuple[str, str]]) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(digests, file)
            os.replace(temporary, path)  # noqa: PTH105 - atomic on every system
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
