"""A sample is closed over foreign keys, has the rare values, is the same for the same seed, and hides what is masked."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migration_magics.engine.database import Database
from migration_magics.errors import ObjectNotFound, UsageProblem
from migration_magics.lab import copies, sample_pool


def run(url, *statements):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        admin = connection.execution_options(isolation_level="AUTOCOMMIT", no_parameters=True)
        for statement in statements:
            result = admin.exec_driver_sql(statement)
        return [tuple(row) for row in result] if result.returns_rows else []


@dataclass(frozen=True)
class Made:
    """Tables of a random schema: how many columns their keys have, where foreign keys point, and all rows."""

    widths: tuple[int, ...]
    links: tuple[tuple[int, int], ...]
    rows: tuple[tuple[tuple[int | None, ...], ...], ...]

    def columns(self, table):
        own = [f"k{at}" for at in range(self.widths[table])]
        return own + [
            f"r{at}_{part}"
            for at, link in enumerate(self.links)
            if link[0] == table
            for part in range(self.widths[link[1]])
        ]

    def statements(self, *, is_inline, is_keyed=True):
        last = []
        for table, width in enumerate(self.widths):
            key = ", ".join(f"k{at}" for at in range(width))
            parts = [f"{name} INTEGER{' NOT NULL' if name.startswith('k') else ''}" for name in self.columns(table)]
            parts.append(f"{'PRIMARY KEY' if is_keyed else 'UNIQUE'} ({key})")
            for at, (child, parent) in enumerate(self.links):
                if child == table:
                    own = ", ".join(f"r{at}_{part}" for part in range(self.widths[parent]))
                    other = ", ".join(f"k{part}" for part in range(self.widths[parent]))
                    text = f"CONSTRAINT f{at} FOREIGN KEY ({own}) REFERENCES t{parent} ({other})"
                    parts += [text] if is_inline else []
                    last += [] if is_inline else [f"ALTER TABLE t{table} ADD {text}"]
            yield f"CREATE TABLE t{table} ({', '.join(parts)})"
            for row in self.rows[table]:
                yield f"INSERT INTO t{table} VALUES ({', '.join('NULL' if each is None else str(each) for each in row)})"
        yield from last


@st.composite
def schemas(draw):
    widths = draw(st.lists(st.integers(1, 2), min_size=1, max_size=4).map(tuple))
    table = st.integers(0, len(widths) - 1)
    links = tuple(draw(st.lists(st.tuples(table, table), max_size=5)))
    key = st.integers(-3, 12)
    keys = [draw(st.lists(st.tuples(*[key] * width), max_size=8, unique=True)) for width in widths]
    rows = []
    for at in range(len(widths)):
        found = []
        for own in keys[at]:
            row = list(own)
            for child, parent in links:
                if child == at:
                    nothing = st.sampled_from([(None,) * widths[parent], (None, 7)[: widths[parent]]])
                    row += draw(st.one_of(nothing, st.sampled_from(keys[parent])) if keys[parent] else nothing)
            found.append(tuple(row))
        rows.append(tuple(found))
    return Made(widths, links, tuple(rows))


def read(database, made):
    def rows(connection):
        return tuple(
            frozenset(map(tuple, connection.exec_driver_sql(f"SELECT {', '.join(made.columns(at))} FROM t{at}")))
            for at in range(len(made.widths))
        )

    return database.run(rows)


def hold(made, tables):
    """Every reference of every row leads to a row."""
    for at, (child, parent) in enumerate(made.links):
        names = made.columns(child)
        own = [names.index(f"r{at}_{part}") for part in range(made.widths[parent])]
        targets = {row[: made.widths[parent]] for row in tables[parent]}
        for row in tables[child]:
            values = tuple(row[each] for each in own)
            assert None in values or values in targets


def check(url, made, rows, seed):
    source = Database.from_url("app", url)
    with copies.sampled(source, rows, seed) as copy:
        found = read(copy.database, made)
        told = copy.sampled
        assert copy.notes == ()
    with copies.sampled(source, rows, seed) as again:
        assert read(again.database, made) == found
        assert again.sampled == told
    hold(made, found)
    for at, table in enumerate(told.tables):
        assert found[at] <= frozenset(made.rows[at])
        assert table.chosen == len(found[at]) == min(rows, len(made.rows[at])) + table.parents
        assert (table.total, table.is_exact) == (len(made.rows[at]), True)
    source.dispose()


KEYED = st.booleans()
ROWS, SEED = st.integers(0, 6), st.integers(0, 10**6)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(made=schemas(), rows=ROWS, seed=SEED, is_keyed=KEYED)
def test_a_sample_of_sqlite_is_closed_over_foreign_keys(tmp_path_factory, made, rows, seed, is_keyed):
    url = f"sqlite:///{tmp_path_factory.mktemp('law') / 'a.db'}"
    run(url, *made.statements(is_inline=True, is_keyed=is_keyed), "SELECT 1")
    check(url, made, rows, seed)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
@settings(max_examples=4, deadline=None, suppress_health_check=QUIET)
@given(made=schemas(), asked=st.tuples(ROWS, SEED), is_keyed=KEYED)
def test_a_sample_of_a_server_is_closed_over_foreign_keys(request, kind, made, asked, is_keyed):
    with request.getfixturevalue(kind).new_database() as url:
        run(url, *made.statements(is_inline=False, is_keyed=is_keyed), "SELECT 1")
        check(url, made, *asked)


@pytest.fixture
def source_of():
    with contextlib.ExitStack() as stack:

        def of(url, *statements):
            if statements:
                run(url, *statements)
            source = Database.from_url("app", url)
            stack.callback(source.dispose)
            return source

        yield of


def rows_of(copy, sql):
    return copy.database.run(lambda connection: [tuple(row) for row in connection.exec_driver_sql(sql)])


SERIES = {
    "sqlite": "INSERT INTO big WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 30000) SELECT {} FROM n",
    "postgresql": "INSERT INTO big SELECT {} FROM generate_series(1, 30000) AS n (x)",
    "mariadb": "INSERT INTO big SELECT {} FROM (SELECT seq AS x FROM seq_1_to_30000) n",
}
KINDS = pytest.mark.parametrize("kind", list(SERIES))
RARE = "CASE x WHEN 20011 THEN 'rare' WHEN 29999 THEN NULL ELSE 'usual' END"


@KINDS
@pytest.mark.parametrize("key", ["x", "text"])
def test_rare_values_of_a_large_table_are_there_where_an_index_leads_to_them(
    request, source_of, monkeypatch, kind, key
):
    monkeypatch.setattr(sample_pool, "SMALL_PAGES", 20)
    url = request.getfixturevalue(f"{kind}_url")
    expression = {"x": "x", "text": "substr('000000' || x, -6)"}[key]
    if key == "text" and kind != "sqlite":
        expression = "lpad(CAST(x AS CHAR(6)), 6, '0')"
    source = source_of(
        url,
        f"CREATE TABLE big (id {'INTEGER' if key == 'x' else 'VARCHAR(9)'} PRIMARY KEY, state VARCHAR(9), other INTEGER)"
        + (" WITHOUT ROWID" if kind == "sqlite" and key == "text" else ""),
        SERIES[kind].format(f"{expression}, {RARE}, x % 1000"),
        "CREATE INDEX by_state ON big (state)",
        "ANALYZE TABLE big" if kind == "mariadb" else "ANALYZE",
    )
    with copies.sampled(source, 100, seed=3) as copy:
        found = dict(rows_of(copy, "SELECT state, count(*) FROM big GROUP BY state"))
        ids = [int(row[0]) for row in rows_of(copy, "SELECT id FROM big")]
        (table,) = copy.sampled.tables
    assert found == {"rare": 1, None: 1, "usual": 98}
    assert (table.chosen, table.is_exact) == (100, False)
    assert abs(table.total - 30000) < 15000 or (kind, key) == ("sqlite", "text")
    assert len({each // 3000 for each in ids}) >= 6  # from all over the table


def test_rare_values_are_found_by_the_statistics_of_postgresql(postgresql_url, source_of):
    source = source_of(
        postgresql_url,
        "CREATE TABLE big (id integer, state varchar(9), pad text)",
        SERIES["postgresql"].format("x, CASE WHEN x IN (20011, 20012) THEN 'rare' ELSE 'usual' END, repeat('x', 200)"),
        "ANALYZE",
    )
    with copies.sampled(source, 20) as copy:
        assert dict(rows_of(copy, "SELECT state, count(*) FROM big GROUP BY state")) == {"rare": 2, "usual": 18}


def test_no_large_table_of_postgresql_is_read_through(postgresql_url, source_of):
    """The server counts sequential scans; parents are reached by their key."""
    source = source_of(
        postgresql_url,
        "CREATE TABLE big (id integer PRIMARY KEY, pad text)",
        SERIES["postgresql"].format("x, repeat('x', 200)"),
        "CREATE TABLE child (id integer PRIMARY KEY, big integer REFERENCES big)",
        "INSERT INTO child SELECT x, x * 40 FROM generate_series(1, 500) AS n (x)",
        "ANALYZE",
    )
    scans = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'big'"
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

    def settled():
        while run(postgresql_url, others) != [(0,)]:
            time.monotonic()
        return run(postgresql_url, scans)

    before = settled()
    with copies.sampled(source, 300) as copy:
        assert [table.parents > 0 for table in copy.sampled.tables] == [True, False]
    assert settled() == before


def test_another_seed_gives_other_rows(sqlite_url, source_of):
    source = source_of(sqlite_url, "CREATE TABLE big (id INTEGER PRIMARY KEY)", SERIES["sqlite"].format("x"))
    found = []
    for seed in (1, 2, 1):
        with copies.sampled(source, 50, seed) as copy:
            found.append(rows_of(copy, "SELECT id FROM big ORDER BY id"))
    assert found[0] == found[2] != found[1]


def test_a_pool_is_bounded_whatever_the_table(mariadb_url, source_of, monkeypatch):
    """Without a key there is no place to jump to."""
    monkeypatch.setattr(sample_pool, "SMALL_ROWS", 50)
    source = source_of(
        mariadb_url, "CREATE TABLE big (x INT, y INT)", SERIES["mariadb"].format("x, x % 3"), "ANALYZE TABLE big"
    )
    with copies.sampled(source, 40) as copy:
        (table,) = copy.sampled.tables
        assert table.how == "from its first rows: it has no key"
        assert rows_of(copy, "SELECT count(*) FROM big") == [(40,)]


MASKED = (
    "CREATE TABLE people (id INTEGER PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE, born DATE, n SMALLINT, uid CHAR(36))",
    "CREATE TABLE notes (email VARCHAR(60), text VARCHAR(60), CONSTRAINT fk FOREIGN KEY (email) REFERENCES people (email))",
    (
        "INSERT INTO people VALUES (1, 'Ada.L@example.com', '1815-12-10', 32767, '550e8400-e29b-41d4-a716-446655440000'), "
        "(2, 'bob@example.com', NULL, -5, NULL), (3, 'eve@example.com', '1999-01-01', NULL, NULL)"
    ),
    "INSERT INTO notes VALUES ('bob@example.com', 'x'), ('Ada.L@example.com', 'y'), (NULL, 'z'), ('bob@example.com', NULL)",
)
JOINED = "SELECT p.id, n.text FROM people p JOIN notes n ON n.email = p.email"


@KINDS
def test_masks_keep_form_and_reach_through_foreign_keys(request, source_of, kind):
    source = source_of(request.getfixturevalue(f"{kind}_url"), *MASKED)
    masks = ["notes.email", "people.born", "people.n", "people.uid"]
    with copies.sampled(source, 10, 5, masks) as copy:
        rows = sorted(rows_of(copy, "SELECT id, email, born, n, uid FROM people"))
        assert copy.sampled.masks == ("notes.email", "people.born", "people.email", "people.n", "people.uid")
        assert sorted(rows_of(copy, JOINED), key=repr) == sorted([(1, "y"), (2, "x"), (2, None)], key=repr)
        assert copy.notes == ()
    with copies.sampled(source, 10, 5, masks) as again:
        assert sorted(rows_of(again, "SELECT id, email, born, n, uid FROM people")) == rows
    ada, bob, eve = rows
    assert [len(row[1]) for row in rows] == [17, 15, 15]
    assert ada[1][3] == "."
    assert ada[1][5] == "@"
    assert ada[1][0].isupper()
    assert ada[1] != "Ada.L@example.com"
    assert 10000 <= ada[3] <= 32767
    assert -9 <= bob[3] <= -1
    assert eve[3] is None
    assert str(ada[2]) != "1815-12-10"
    assert bob[2] is None
    assert ada[4][14] == "4"
    assert ada[4][8] == ada[4][13] == "-"
    assert bob[4] is None
    assert run(source.engine.url, "SELECT email FROM people WHERE id = 1") == [("Ada.L@example.com",)]


def test_what_cannot_be_masked_is_said_before_anything_is_read(postgresql_url, source_of):
    source = source_of(
        postgresql_url, "CREATE TABLE t (a integer[], b integer, c integer GENERATED ALWAYS AS (b) STORED)"
    )
    for mask, error, words in (
        ("t.a", UsageProblem, "its type is integer"),
        ("t.c", UsageProblem, "it is computed"),
        ("t.x", ObjectNotFound, "no column t.x"),
    ):
        with pytest.raises(error, match=words), copies.sampled(source, 5, 0, [mask]):
            pass
    with pytest.raises(UsageProblem, match="fewer than 0"), copies.sampled(source, -1):
        pass


def test_foreign_keys_to_nowhere_are_noted(sqlite_url, source_of):
    source = source_of(
        sqlite_url,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a REFERENCES gone, b REFERENCES t)",
        "INSERT INTO t VALUES (1, NULL, 1)",
    )
    with copies.sampled(source, 5) as copy:
        assert any("which is not there" in note for note in copy.notes)
        assert rows_of(copy, "SELECT id FROM t") == [(1,)]
