"""Take out of text what drives a terminal or cannot be seen: whatever a database, a driver or a file says is hostile.

Results (display/) and errors (errors.py) pass everything they show through `clean`. Escaping is HTML's own matter.
"""

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
