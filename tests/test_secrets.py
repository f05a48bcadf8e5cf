"""A secret occurs nowhere but where its owner wrote it: no output, no error, no log, no file of ours."""

from __future__ import annotations

import gc
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.redact import MASK, redact, remember, secrets_of
from tests.support.kernel import execute, notebook_of

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


# -- the notebook: nothing that ran leaves a secret behind

MARK = "Zq7"
"""Every secret has it, so that half of one is found, too."""

SECRET, SPLIT, ENCODED = f"hunt3r-{MARK}", f"p@ss{MARK}", f"enc%40d-{MARK}"
GONE = "127.0.0.1:1"  # nobody listens there
INI = "[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {}\n"
ENV = """
import os
from alembic import context
from sqlalchemy import create_engine, pool

url = context.config.get_main_option("sqlalchemy.url")
print("connecting with", url)
with create_engine(url, poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
ROLE = """%%revision -m "a role for workers"
import os
def upgrade():
    op.execute(f"CREATE ROLE {os.environ['ROLE']} PASSWORD '{os.environ['ROLE_PASSWORD']}'")
    print("on", op.get_bind().engine.url.render_as_string(hide_password=False))

def downgrade():
    op.execute(f"DROP ROLE {os.environ['ROLE']}")
"""
BREAKS = """%%revision -m "cannot work" --force
def upgrade():
    url = op.get_bind().engine.url
    raise RuntimeError(f"{url.render_as_string(hide_password=False)} does not take {url.password}")

def downgrade():
    pass
"""
FAILS = (
    (f"%migrate connect postgresql+psycopg://app:{SECRET}@{GONE}/eval", "DatabaseUnreachable"),
    (f"%migrate connect postgresql+psycopg://app:{SPLIT}@{GONE}/eval", "UsageProblem"),
    (f"%migrate connect postgresql+psycopg://app:{ENCODED}@{GONE}/eval", "DatabaseUnreachable"),
    (f"%migrate connect mysql+pymysql://app:{SECRET}@{GONE}/eval", "DatabaseUnreachable"),
    (f"%migrate connect postgresql+asyncpg://app:{SECRET}@{GONE}/eval", "DatabaseUnreachable"),
    (f"%migrate connect postgresql+psycopg://app@{GONE}/eval?password={SECRET}", "DatabaseUnreachable"),
    (f"%migrate connect postgresql+psycopg://app@{GONE}/eval?passwort={SECRET}", ""),
    (f"%migrate connect mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BUID%3Da%3BPWD%3D{SECRET}", "DriverMissing"),
    (f"%migrate connect nosuch://app:{SECRET}@{GONE}/eval", "DriverMissing"),
    (f"%migrate connect postgresql+psycopg://app:{SECRET}@{GONE}:x/eval", "UsageProblem"),
    (f"%migrate connect postgresql:/app:{SECRET}@{GONE}/eval", "ConnectionNotFound"),
    (f"%migrate connect app:{SECRET}@localhost/eval", "ConnectionNotFound"),
    (f'%migrate connect "host=localhost password={SECRET} user=app"', "ConnectionNotFound"),
    (f"%migrate connect postgresql+psycopg://app:{SECRET}@{GONE}/eval --nonsense", "UsageProblem"),
    (f"%migrate connect postgresql+psycopg://app:{SECRET}@{GONE}/eval too many", "UsageProblem"),
    (f"%migrate status postgresql+psycopg://app:{SECRET}@{GONE}/eval", "UsageProblem"),
    (f"%migrate connekt postgresql+psycopg://app:{SECRET}@{GONE}/eval", "UsageProblem"),
    ("%migrate connect --project written", "DatabaseUnreachable"),
)


def write_project(folder, url):
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI.format(url))
    (folder / "migrations" / "env.py").write_text(ENV)
    (folder / "migrations" / "script.py.mako").write_text("")


def shown(said, words):
    """What all cells with these words showed."""
    return "\n".join(text for source, text in said if words in source)


@pytest.mark.kernel
def test_a_notebook_that_ran_holds_no_secret(request, tmp_path, tmp_path_factory, monkeypatch, capfd):
    """Also where connecting fails, in every way there is; and no file holds one but those its owner wrote."""
    write_project(tmp_path / "written", f"postgresql+psycopg://app:{SECRET}@{GONE}/ini")
    write_project(tmp_path / "unescaped", f"postgresql+psycopg://app:{ENCODED}@{GONE}/ini")
    role = f"worker_{tmp_path.name}".replace("-", "_").lower()
    postgresql_url, mariadb_url = request.getfixturevalue("postgresql_url"), request.getfixturevalue("mariadb_url")
    monkeypatch.setenv("ROLE", role)
    monkeypatch.setenv("ROLE_PASSWORD", SECRET)
    wrong = mariadb_url.replace("root@", f"root:{SECRET}@")
    right = postgresql_url.replace("postgres@", f"postgres:{SECRET}@").replace("?", f"?sslpassword={SECRET}&")
    cells = [
        "%load_ext migration_magics\nimport logging; logging.basicConfig(level=logging.DEBUG)",
        *(cell for failing, _ in FAILS for cell in (failing, "%migrate why", "%migrate connections")),
        f"%migrate connect '{wrong}' --as wrong",
        f"%migrate connect '{right}' --as right --protected",
        "%migrate init other",
        f"%migrate connect '{right}' --as right --protected --project other",
        *(ROLE, "%migrate plan", "%migrate upgrade head --dry-run", "%migrate upgrade head --confirm right"),
        *("%migrate status", "%migrate connections", "%migrate history", "%migrate current -v", "%migrate sql"),
        *("%migrate downgrade base --confirm right", "%migrate why"),
        *(BREAKS, "%migrate upgrade head --confirm right", "%migrate why"),
        "moved = %migrate upgrade +1 --dry-run\nmoved.to_dict(), repr(moved), str(moved), moved.to_frame().to_dict()",
        "%migrate disconnect right",
        *("%migrate connect --project unescaped", "%migrate why"),
    ]
    notebook = notebook_of(cells)
    for cell in notebook.cells:
        cell.metadata["tags"] = ["raises-exception"]
    home = tmp_path_factory.mktemp("home")
    execute(notebook, tmp_path, home)

    ran = {cell.source: cell for cell in notebook.cells}
    for source, name in FAILS:
        (error,) = [output for output in ran[source].outputs if output.output_type == "error"]
        assert error.ename == name or not name, (source, error.evalue)
    said = [(cell.source, json.dumps([cell.outputs, cell.metadata], ensure_ascii=False)) for cell in notebook.cells]
    assert [(source, text) for source, text in said if MARK in text] == []
    # and what was to be seen was there to be seen
    assert "Access denied" in shown(said, "as wrong")
    assert "PASSWORD ***" in shown(said, "upgrade head --dry-run")
    assert "on postgresql+psycopg://postgres:***@" in shown(said, "upgrade head --dry-run")
    assert "PASSWORD ***" in shown(said, "upgrade head --confirm")
    assert "does not take ***" in shown(said, "why")
    assert "does not take ***" in shown(said, "upgrade head --confirm")

    written = [path for folder in (tmp_path, home) for path in folder.rglob("*") if path.is_file()]
    ours = [path for path in written if path.parent not in (tmp_path / "written", tmp_path / "unescaped")]
    assert (tmp_path / "alembic.ini") in ours
    assert [path for path in ours if MARK.encode() in path.read_bytes()] == []
    assert MARK not in "".join(capfd.readouterr())
