"""Make hostile text short enough to look at, on top of `clean`: nothing endless, one line where one is meant."""

from __future__ import annotations

from ..clean import clean

CELL_LIMIT = 300
PROSE_LIMIT = 2_000
LINE_LIMIT = 2_000
LINES_LIMIT = 400


def one_line(text: object, limit: int = CELL_LIMIT) -> str:
    """Return *text* clean, on one line, and cut with an ellipsis where it is longer than *limit* characters."""
    raw = str(text)
    cut = clean(raw[: limit * 4])
    if "\n" in cut or "  " in cut:
        cut = " ".join(cut.split())
    return f"{cut[: limit - 1]}…" if len(cut) > limit or len(raw) > limit * 4 else cut


def lines(text: object, limit: int = LINES_LIMIT) -> tuple[tuple[str, ...], int]:
    """Return *text* as at most *limit* clean lines, without blank ones around, and how many more there would be."""
    every = clean(text).strip("\n").split("\n")
    kept = tuple(line if len(line) <= LINE_LIMIT else f"{line[: LINE_LIMIT - 1]}…" for line in every[:limit])
    return tuple(line.rstrip() for line in kept), max(0, len(every) - limit)
