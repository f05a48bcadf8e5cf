"""Make hostile text harmless to look at: no control characters, nothing invisible, nothing endless. Escaping is HTML's."""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Whole terminal sequences go without a trace, so that coloured output of an env.py stays readable: OSC (to BEL or ST),
# CSI, and two-character escapes, as in ECMA-48, 5th edition, sections 5.4 and 5.6.
_SEQUENCES = re.compile(r"\x1b\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")

# Left over: C0 and C1 without newline, DEL, line and paragraph separators, lone surrogates (they can't be encoded).
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# Bidirectional controls reorder what stands around them; the others can't be seen. Joiners stay: scripts and emoji need them.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_SUSPECT = re.compile("[^\n -~\u00a1-\u00ac\u00ae-\u02ff]")

CELL_LIMIT = 300
PROSE_LIMIT = 2_000
LINE_LIMIT = 2_000
LINES_LIMIT = 400


def clean(text: object) -> str:
    r"""Return *text* without control, bidirectional and invisible characters; newlines stay, tabs become spaces.

    >>> clean("a\x1b[31mred\x1b[0m\r\nb\x00")
    'ared\nb�'
    """
    text = str(text)
    if not _SUSPECT.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return _INVISIBLE.sub("", _CONTROLS.sub(REPLACEMENT, _SEQUENCES.sub("", text)))


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
