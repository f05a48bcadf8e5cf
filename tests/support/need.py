"""What a test needs from the machine, and what happens where it is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

KNOWN = ("pg", "mariadb", "chromium", "corpora")


def missing(name: str, why: str) -> NoReturn:
    """Skip the test because *name* is not on this machine, or fail it where `MM_REQUIRE` lists *name*.

    `MM_REQUIRE=pg,mariadb,chromium,corpora` is how CI makes sure that a green run is a complete one. A name in
    `MM_REQUIRE` that nothing here knows is a `ValueError`: a misspelt requirement would require nothing.
    """
    required = {part.strip() for part in os.environ.get("MM_REQUIRE", "").split(",") if part.strip()}
    if unknown := required.difference(KNOWN):
        msg = f"MM_REQUIRE names {sorted(unknown)}; known are {', '.join(KNOWN)}"
        raise ValueError(msg)
    if name in required:
        pytest.fail(f"MM_REQUIRE wants {name}: {why}", pytrace=False)
    pytest.skip(f"{name}: {why}")
