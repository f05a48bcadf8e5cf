"""Take secrets out of text before anybody sees it.

Every text of ours that quotes a URL, a driver's message, a line of configuration or SQL passes through `redact`. It works
on text alone: it opens nothing and knows no database. What is known to be a secret is remembered with `remember`.

A secret is found by its place:

- the password of a URL, also of half a URL: `postgresql://app:***@db/eval`, `app:***@localhost`;
- a value whose name ends in a word for secrets (password, pwd, token, api_key, ...) in a query string, a DSN, an ODBC
  string, an ini line, keyword arguments, JSON;
- the whole of `odbc_connect`;
- SQL that sets a password: `PASSWORD '***'`, `IDENTIFIED BY '***'`.

What only looks like it stays: other names (`compass=3`, `max_tokens=512`, `password_length=8`), no value at all
(`password = NULL`, `token = :token`), code that computes one (`token = sa.Column(...)`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MASK = "***"

SHORTEST = 3
"""Literal secrets shorter than this are left: they would mask ordinary words."""

# A name's last word. "pass" only as a word of its own or after the usual prefixes: a compass is no secret.
_WORD = (
    r"(?:password|passwd|passphrase|passcode|pwd|secret|token|credentials?"
    r"|(?<![A-Za-z])pass|(?-i:(?<=[a-z])Pass)|(?<![A-Za-z])(?:db|my|pg|sql|user|root|admin)pass"
    r"|(?:api|access|private|secret|account|auth|signing|encryption|shared)[_.-]?key)[_-]?\d*"
)
_NAME = re.compile(rf"{_WORD}\Z", re.IGNORECASE)

_SINGLE = r"'(?:[^'\\]|\\.|'')*(?:'|\Z)"
_DOUBLE = r'"(?:[^"\\]|\\.|"")*(?:"|\Z)'
_BRACES = r"\{(?:[^}]|\}\})*(?:\}|\Z)"
# No value: nothing, a placeholder of a driver, or a call or subscript after `name = `, which is code.
_NO_VALUE = r"(?:NULL|None|True|False|DEFAULT|\?|\*{3}|:\w+|\$\d+|%s|%\(\w+\)s)(?![^\s,;&)'\"])"
_CODE = r"(?<=\s)[A-Za-z_][\w.]*[(\[]"

# The end of a value: of a query key at `&`, of a line of an ini or YAML file at its end, else at a space.
_QUERY = re.compile(rf"(?P<key>[?&][\w.-]*{_WORD}=)[^&\s]+", re.IGNORECASE)
_LINE = re.compile(
    rf"^(?P<key>[ \t]*[\w.-]*{_WORD}(?:[ \t]+=[ \t]+(?!{_CODE})|[ \t]*:[ \t]+))(?!{_NO_VALUE})(?!['\"]).+$",
    re.IGNORECASE | re.MULTILINE,
)
_PAIR = re.compile(
    rf"(?P<key>{_WORD}['\"]?\s*=\s*)(?!{_NO_VALUE})(?!{_CODE})(?:{_SINGLE}|{_DOUBLE}|{_BRACES}|\S+)", re.IGNORECASE
)
# ODBC ends a value at the semicolon, not at a space (Microsoft, "SQLDriverConnect").
_ODBC_PAIR = re.compile(
    rf"(?P<key>;\s*[\w.-]*{_WORD}\s*=\s*)(?!{_NO_VALUE})(?!{_CODE})(?:{_BRACES}|[^;'\"\n]+)", re.IGNORECASE
)
_ITEM = re.compile(rf"(?P<key>{_WORD}(?P<quote>['\"])\s*:\s*)(?:{_SINGLE}|{_DOUBLE})", re.IGNORECASE)
_ODBC_CONNECT = re.compile(r"(?P<key>odbc_connect\s*=\s*)[^&'\"\n]+", re.IGNORECASE)
_SQL = re.compile(
    r"(?P<key>\b(?:password|identified\s+(?:with\s+\S+\s+)?(?:by|as)(?:\s+password)?)(?:\s+|\s*\(\s*))" + _SINGLE,
    re.IGNORECASE,
)
# `***@` is there already where SQLAlchemy drew the URL. A password may hold raw spaces; a port and what follows may not be one.
_URL = r"(?P<key>(?<![\w+.-])[\w+.-]+:/+[^\s:/@'\"]*:)(?!\*{3}@)"
_USERINFO = re.compile(_URL + r"\S*@")
_USERINFO_WITH_SPACES = re.compile(_URL + r"(?!\d+(?:[/\s?]|\Z))[^@\n]*@(?=[^\s@]*(?:[\s/?'\"]|\Z))")

# Without its scheme only before what can only be a host: `base:metrics@head` is a range of revisions.
_SCHEMELESS = re.compile(
    r"(?P<key>(?<![\w:/.@-])[\w.%+-]*:)(?!\*{3}@)[^\s@/][^\s]*@(?=localhost\b|[\w-]+(?:\.[A-Za-z0-9]|:\d|/))"
)

_HINTS = ("pass", "pwd", "secret", "token", "key", "credential", "identified", "odbc_connect")

_known: WeakKeyDictionary[object, tuple[str, ...]] = WeakKeyDictionary()


def redact(text: str, *secrets: str) -> str:
    """Return *text* with every password, token and key replaced by `***`.

    Found by place (see above). Literal *secrets*, and those that were remembered, are masked wherever they stand as
    words of their own.
    """
    for secret in sorted(
        {*secrets, *(each for known in tuple(_known.values()) for each in known)}, key=len, reverse=True
    ):
        if len(secret) >= SHORTEST and secret in text:
            text = _literal(secret).sub(MASK, text)
    if "@" in text and ":" in text:
        for pattern in (_USERINFO, _USERINFO_WITH_SPACES, _SCHEMELESS):
            text = pattern.sub(_masked_before_at, text)
    lowered = text.lower()
    if any(hint in lowered for hint in _HINTS):
        for pattern in (_ODBC_CONNECT, _QUERY, _LINE, _ODBC_PAIR, _PAIR, _ITEM, _SQL):
            text = pattern.sub(lambda found: found["key"] + MASK, text)
    return text


def remember(owner: object, secrets: Iterable[str]) -> None:
    """Mask *secrets* in all text as long as *owner* lives, also in the forms a URL writes them in."""
    forms = {
        form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret), unquote(secret))
    }
    _known[owner] = tuple(sorted(forms))


def is_secret(name: str) -> bool:
    """Say whether what is called *name* is a secret, by the last word of the name."""
    return name.lower() == "odbc_connect" or _NAME.search(name) is not None


def secrets_of(values: Mapping[str, object]) -> tuple[str, ...]:
    """Return the values of *values* that are secrets by their names, and what is secret in an `odbc_connect`."""
    found: list[str] = []
    for name, value in values.items():
        texts = [str(each) for each in value] if isinstance(value, (tuple, list)) else [str(value)]
        if name.lower() == "odbc_connect":
            pairs = (part.partition("=") for text in texts for part in unquote(text).split(";"))
            found += [secret.strip().strip("{}") for key, _, secret in pairs if is_secret(key.strip())]
        elif is_secret(name):
            found += texts
    return tuple(secret for secret in found if secret)


def _masked_before_at(found: re.Match[str]) -> str:
    return f"{found['key']}{MASK}@"


def _literal(secret: str) -> re.Pattern[str]:
    before = r"(?<!\w)" if secret[0].isalnum() else ""
    after = r"(?!\w)" if secret[-1].isalnum() else ""
    return re.compile(before + re.escape(secret) + after)
