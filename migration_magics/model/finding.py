"""Advice: what a rule or the guard noticed, how sure it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

WILL_FAIL = "will-fail"
"""The rule of an upgrade that is sure not to go through."""


class Severity(Enum):
    """How much it matters."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Confidence(Enum):
    """How we know."""

    PROVED = "proved"
    MEASURED = "measured"
    STATIC = "static"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of advice: *rule* noticed something about *revision*; *remedy* is what to type or write.

    *about* is the object that it concerns, where that has to be named: "evaluations.runtime_ms"; *rows* how many rows of it,
    None where that was not counted.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    revision: str | None
    message: str
    remedy: str = ""
    evidence: tuple[str, ...] = ()
    about: str = ""
    rows: int | None = None
