"""No password survives `redact`, whatever it stands in; and what is no password stays."""

from __future__ import annotations

import pytest

from migration_magics.redact import redact

SECRETS = {
    "a URL": "postgresql+psycopg://bob:{}@db.example/app",
    "a URL without its scheme": "bob:{}@db.example/app",
    "a host without dots": "There is no variable 'bob:{}@host/db'",
    "a port": "bob:{}@host:5432",
    "this machine": "bob:{}@localhost",
    "no user": "(:{}@host/db)",
    "a query key": "postgresql://host/app?password={}",
    "a DSN": "host=db user=bob password={} port=1",
}


@pytest.mark.parametrize("place", SECRETS)
@pytest.mark.parametrize("secret", ["PW1", "p@ss", "a/b", "x:y", "S3CR%40ET"])
def test_a_password_is_masked_wherever_it_stands(place, secret):
    text = SECRETS[place].format(secret)
    found = redact(text)
    assert "***" in found
    assert secret not in found
    assert redact(found) == found


@pytest.mark.parametrize(
    "text",
    [
        "%migrate history -r base:metrics@head",
        "%migrate history -r ae10:metrics@b2c3+1",
        "%migrate upgrade metrics@head",
        "postgresql://bob@db.example/app",
        "at 10:30 by bob@db.example",
        "C:/data/app.db",
        "sqlite:///a:b/app.db",
        "git@github.com:owner/repository",
    ],
)
def test_what_is_no_password_stays(text):
    assert redact(text) == text
