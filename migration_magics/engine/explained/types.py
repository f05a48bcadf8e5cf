"""How a column's type changes, as far as it decides whether a database must write the rows anew."""

from __future__ import annotations

import re

_TEXT = {"VARCHAR", "CHARACTER VARYING", "NVARCHAR", "STRING"}
_ENDLESS = {"TEXT", "CLOB"}
_EXACT = {"NUMERIC", "DECIMAL"}
_UTF8MB4, _SHORT, _ONE_BYTE = 4, 127, 255
_TYPE = re.compile(r"\s*(?P<name>[A-Za-z][A-Za-z ]*?)\s*(?:\((?P<inside>.*?)\))?(?P<rest>(?:\s.*)?)\Z", re.DOTALL)


def change(old: str, new: str) -> str:
    """Return the trait that the change from *old* to *new* has, both as a dialect writes them; "" for any other change.

    >>> change("VARCHAR(20)", "VARCHAR(40)"), change("VARCHAR(40)", "VARCHAR(20)"), change("NUMERIC(10, 2)", "NUMERIC(12, 2)")
    ('wider text', 'narrower', 'wider numeric')
    >>> change("INTEGER", "BIGINT"), change("", "BIGINT"), change("ENUM('a')", "ENUM('a','b')")
    ('', 'old type unknown', 'enum append')
    """
    if not old:
        return "old type unknown"
    (old_name, old_inside), (new_name, new_inside) = _parts(old), _parts(new)
    if (old_name, old_inside) == (new_name, new_inside):
        return "same type"
    if old_name in _TEXT and new_name in _TEXT | _ENDLESS:
        return _text(old_inside, "" if new_name in _ENDLESS else new_inside)
    if old_name in _ENDLESS and new_name in _TEXT:
        return "narrower"
    if old_name in _EXACT and new_name in _EXACT:
        return _exact(old_inside, new_inside)
    if old_name == new_name == "ENUM":
        return "enum append" if new_inside.replace(" ", "").startswith(old_inside.replace(" ", "") + ",") else ""
    if {old_name, new_name} == {"TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP WITH TIME ZONE"}:
        return "time zone"
    return ""


def needs_more_length(old: str, new: str) -> bool:
    """Say whether MariaDB copies the table for a longer text: it needs another kind of length for each value.

    From VARCHAR to TEXT; and from a VARCHAR of 128 to 255 bytes to one of more, in utf8mb4 (measured on MariaDB 10.11).

    >>> [needs_more_length(f"VARCHAR({a})", f"VARCHAR({b})") for a, b in [(20, 30), (31, 200), (40, 60), (40, 100), (80, 255)]]
    [False, False, False, True, False]
    """
    (old_name, old_inside), (new_name, new_inside) = _parts(old), _parts(new)
    if old_name not in _TEXT or new_name not in _TEXT:
        return old_name in _TEXT and new_name in _ENDLESS
    if not (old_inside.isdigit() and new_inside.isdigit()):
        return False
    return _SHORT < int(old_inside) * _UTF8MB4 <= _ONE_BYTE < int(new_inside) * _UTF8MB4


def _parts(text: str) -> tuple[str, str]:
    found = _TYPE.match(text)
    if found is None:
        return text.upper(), ""
    name = " ".join(found["name"].upper().split())
    rest = " ".join((found["rest"] or "").upper().split())
    if rest.startswith(("WITH TIME", "WITHOUT TIME")):
        name = f"{name} {rest}"
    inside = found["inside"] or ""
    return ("TIMESTAMP WITHOUT TIME ZONE" if name == "TIMESTAMP" else name), inside.strip()


def _text(old: str, new: str) -> str:
    if not new:
        return "wider text"
    return "wider text" if old.isdigit() and new.isdigit() and int(new) > int(old) else "narrower"


def _exact(old: str, new: str) -> str:
    if not new:
        return "wider numeric"
    before, after = _numbers(old), _numbers(new)
    if before is None or after is None:
        return "narrower"
    return "wider numeric" if after[1] == before[1] and after[0] >= before[0] else "narrower"


def _numbers(text: str) -> tuple[int, int] | None:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1]) if len(parts) > 1 else 0
