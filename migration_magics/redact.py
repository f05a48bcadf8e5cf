"""Take secrets out of text before anybody sees it.

Every text of ours that quotes a URL, a driver's message or a line of configuration passes through `redact`. It works on
text alone: it opens nothing and knows no database.
"""

from __future__ import annotations

import re

MASK = "***"

# Names whose value is a secret, as URL query keys, DSN fragments ("password=... host=...") and ODBC pieces ("PWD=...").
_NAME = (
    r"(?:[\w.-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key|access_?key|private_?key|credential)s?[\w.-]*"
    r"|sslpassword)"
)

_USERINFO = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<user>[^\s:/@'\"]*):(?P<secret>.*?)@(?=[^\s@]*(?:[\s/?'\"]|$))"
)
_QUERY = re.compile(rf"(?P<key>[?&;]{_NAME})=(?P<secret>[^&;\s'\"]+)", re.IGNORECASE)
_DSN = re.compile(
    rf"(?P<key>\b{_NAME})\s*=\s*(?P<secret>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s,;&)'\"]+)", re.IGNORECASE
)
_ODBC = re.compile(r"(?P<key>odbc_connect)=(?P<secret>[^&\s'\"]+)", re.IGNORECASE)


def redact(text: str, *secrets: str) -> str:
    """Return *text* with every password, token and key replaced by `***`.

    Found by place: user info of a URL, query keys, `key=value` fragments of a DSN, `odbc_connect`. Literal *secrets* we
    know of are masked wherever they stand, whatever the place; shorter ones than three characters are left, since they
    would mask ordinary words.
    """
    for secret in sorted({s for s in secrets if len(s) >= 3}, key=len, reverse=True):
        text = text.replace(secret, MASK)
    if "=" not in text and "://" not in text:
        return text
    text = _USERINFO.sub(lambda m: f"{m['scheme']}{m['user']}:{MASK}@", text)
    text = _ODBC.sub(lambda m: f"{m['key']}={MASK}", text)
    text = _QUERY.sub(lambda m: f"{m['key']}={MASK}", text)
    return _DSN.sub(lambda m: f"{m['key']}={MASK}", text)
