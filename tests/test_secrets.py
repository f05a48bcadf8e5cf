"""A secret occurs nowhere but where its owner wrote it: no output, no error, no log, no file of ours."""

from __future__ import annotations

import gc
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.redact import MASK, redact, remember, secrets_of

# -- the law: a secret in any place it is known to stand in never survives

WORD = "".join(map(chr, range(ord("!"), 127)))  # what may stand without a space
NAMES = (
    "password",
    "PASSWORD",
    "db_password",
    "sslpassword",
    "passwd",
    "PWD",
    "client_secret",
    "accessToken",
    "api_key",
)


def odbc(secret):
    return "{" + secret.replace("}", "}}") + "}"


def quoted(secret):
    return "'" + secret.replace("\\", "\\\\").replace("'", "\\'") + "'"


def sql(secret):
    return "'" + secret.replace("'", "''").replace("\\", "\\\\") + "'"


PLACES = {
    # where: its text, what the place makes of a secret, what a secret there may be made of
    "URL": ("postgresql+psycopg://app:{}@db.example.org:5432/eval", str, WORD),
    "URL with a space in it": ("could not parse 'mysql://app:{}@localhost/eval'", str, WORD.replace("@", "") + " "),
    "URL, encoded": ("see postgresql://app:{}@h1/x and http://h2/", lambda secret: quote(secret, safe=""), WORD + " é"),
    "URL with one slash": ("postgresql:/app:{}@localhost/eval", str, WORD),
    "half a URL": ("app:{}@db.example.org/eval", str, WORD.replace("/", "")),
    "query": ("postgresql://h/x?user=a&{name}={}&port=1", quote_plus, WORD + " é"),
    "DSN": ("host=db {name}={} user=app", str, WORD),
    "DSN in quotes": ("host=db {name} = {} user=app", quoted, WORD + " \n"),
    "ODBC": (
        "DRIVER={{ODBC Driver 18}};UID=app;{name}={};Trusted=no",
        str,
        WORD.translate({34: "", 39: "", 59: ""}) + " ",
    ),
    "ODBC in braces": ("SERVER=db;{name}={};UID=app", odbc, WORD + " "),
    "odbc_connect": (
        "mssql+pyodbc:///?odbc_connect={}",
        lambda secret: quote_plus(f"DRIVER=X;PWD={secret}"),
        WORD + " ",
    ),
    "ini": ("[db]\n{name} = {}\nuser = app", str, WORD.translate({ord("("): "", ord("["): ""}) + " "),
    "YAML": ("db:\n  {name}: {}\n  user: app", str, WORD + " "),
    "JSON": ('{{"user": "app", "{name}": {}}}', json.dumps, WORD + " \n"),
    "Python": ("connect(user='app', {name}={})", repr, WORD + " \n"),
    "SQL, PostgreSQL": ("ALTER ROLE app PASSWORD {} VALID UNTIL 'infinity'", sql, WORD + " "),
    "SQL, MariaDB": ("CREATE USER app@'%' IDENTIFIED BY {} REQUIRE SSL", sql, WORD + " "),
}


@pytest.mark.parametrize("place", PLACES)
@given(data=st.data())
def test_a_secret_never_survives(place, data):
    frame, write, alphabet = PLACES[place]
    # its ends are recognised, so that half of it is found, too
    secret = f"Zq{data.draw(st.text(alphabet, max_size=12))}7X"
    text = frame.format(write(secret), name=data.draw(st.sampled_from(NAMES)))
    found = redact(text)
    assert MASK in found
    assert "Zq" not in found
    assert "7X" not in found
    assert redact(found) == found


@given(st.text(WORD, min_size=3, max_size=20), st.sampled_from(["{}", "({})", "'{}'", "failed: {}.", "{}@host"]))
def test_a_secret_we_know_is_masked_wherever_it_stands(secret, frame):
    class Owner:
        """Something that lives for a while."""

    owner = Owner()
    remember(owner, (secret,))
    assert secret not in redact(frame.format(secret)).replace(MASK, "")
    assert quote(secret, safe="") not in redact(frame.format(quote(secret, safe=""))).replace(MASK, "")


def test_what_is_remembered_is_forgotten_with_its_owner():
    class Owner:
        """Something that lives for a while."""

    owner = Owner()
    remember(owner, ("tiger",))
    assert redact("scott and tiger") == "scott and ***"
    assert redact("tigers") == "tigers"  # another word
    del owner
    gc.collect()
    assert redact("scott and tiger") == "scott and tiger"


@pytest.mark.parametrize(
    "text",
    [
        "token = sa.Column(sa.String(40))",
        "secret = os.environ['SECRET']",
        'op.add_column("users", sa.Column("password", sa.String(80), nullable=False))',
        "UPDATE users SET password = NULL, token = :token WHERE api_key = %(api_key)s AND pwd = ?",
        "SELECT 1 WHERE kind = 'password' AND name = 'bob'",
        "compass=3 bypass = 1 passenger_count=4 max_tokens=512 token_count = 3 password_length=8 primary_key=True",
        "Access denied for user 'app'@'localhost' (using password: YES)",
        'password authentication failed for user "app"',
        "http://localhost:8888/lab, or write to me@example.org",
        "history -r core@base:reports@head",
        "sqlite:///eval.db",
        "nothing of this kind",
    ],
)
def test_ordinary_text_is_left_alone(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "text, found",
    [
        ("postgresql://app:pw1@db/x?sslmode=require", "postgresql://app:***@db/x?sslmode=require"),
        ("host=db password=pw1 user=app", "host=db password=*** user=app"),
        ("?user=a&password=pw1&port=1", "?user=a&password=***&port=1"),
        ("UID=app;PWD=pw 1;Trusted=no", "UID=app;PWD=***;Trusted=no"),
        ("db_password = pw 1\nuser = app", "db_password = ***\nuser = app"),
        ('{"password": "pw1", "user": "app"}', '{"password": ***, "user": "app"}'),
        ("CREATE USER a IDENTIFIED BY 'pw1' REQUIRE SSL", "CREATE USER a IDENTIFIED BY *** REQUIRE SSL"),
    ],
)
def test_what_stands_around_a_secret_stays(text, found):
    assert redact(text) == found


def test_secrets_are_found_by_their_names():
    values = {"user": "app", "sslpassword": "pw1", "password": ("pw2", "pw3"), "odbc_connect": "UID=a;PWD={pw4};X=y"}
    assert secrets_of(values) == ("pw1", "pw2", "pw3", "pw4")
