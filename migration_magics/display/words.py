"""Numbers, durations, dates and lists in words, the same in text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun in the right form.

    >>> count(1, "revision"), count(1204, "row"), count(2, "branch", "branches")
    ('1 revision', '1,204 rows', '2 branches')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return seconds as a person says them.

    >>> [duration(seconds) for seconds in (0.0001, 0.012, 0.9996, 1.44, 59.97, 182, 3900)]
    ['< 1 ms', '12 ms', '1.0 s', '1.4 s', '1 min 0 s', '3 min 2 s', '1 h 5 min']
    """
    milliseconds = round(seconds * 1000)
    if milliseconds < 1:
        return "< 1 ms"
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60:,} h {minutes % 60} min"


def size(size_bytes: int) -> str:
    """Return bytes as a person says them, in powers of ten.

    >>> [size(number) for number in (1, 980, 1400, 5_250_000)]
    ['1 byte', '980 bytes', '1.4 kB', '5.2 MB']
    """
    if size_bytes < 1000:
        return count(size_bytes, "byte")
    value = float(size_bytes)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:,.1f} TB"


def day(moment: datetime | None) -> str:
    """Return the date, ISO 8601, or nothing."""
    return moment.date().isoformat() if moment else ""


def minute(moment: datetime | None) -> str:
    """Return date and time to the minute, ISO 8601 with a space, and the offset where there is one."""
    return moment.isoformat(" ", "minutes") if moment else ""


def listed(items: Iterable[str]) -> str:
    """Return items with commas between them."""
    return ", ".join(items)
