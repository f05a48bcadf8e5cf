"""An empty copy has everything that its original has in its schema, on each of the three databases."""

from __future__ import annotations

import contextlib

import pytest

from migration_magics.engine.database import Database
from migration_magics.engine.reflect import reflect
from migration_magics.lab import scratch
from migration_magics.model.diff import diff

SQLITE = (
    (
        "CREATE TABLE workers (id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL DEFAULT 'it''s' COLLATE NOCASE, "
        "boss INTEGER REFERENCES evaluations (id) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT ck CHECK (host <> ''))"
    ),
    (
        "CREATE TABLE evaluations (id INTEGER PRIMARY KEY, worker INTEGER CONSTRAINT fk REFERENCES workers ON DELETE CASCADE, "
        "score REAL, twice REAL GENERATED ALWAYS AS (score * 2) STORED, half REAL AS (score / 2), UNIQUE (worker, score))"
    ),
    "CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID",
    "CREATE INDEX part ON evaluations (score DESC) WHERE score > 1",
    "CREATE UNIQUE INDEX expression ON workers (lower(host))",
    "CREATE VIEW first AS SELECT * FROM workers",
    "CREATE VIEW second AS SELECT id FROM first",
    "CREATE TRIGGER watch AFTER DELETE ON workers BEGIN DELETE FROM evaluations WHERE worker = OLD.id; END",
    "CREATE TRIGGER instead INSTEAD OF DELETE ON first BEGIN DELETE FROM workers WHERE id = OLD.id; END",
    "CREATE VIRTUAL TABLE words USING fts5(body)",
    'CREATE TABLE "a.b; ""q"" %s é\n" ("x y" INT, "100%" TEXT)',
    "INSERT INTO workers (host) VALUES ('x')",
)
POSTGRESQL = (
    "CREATE TYPE state AS ENUM ('new', 'it''s %s', 'done')",
    "CREATE DOMAIN percent AS integer DEFAULT 0 CHECK (VALUE BETWEEN 0 AND 100)",
    "CREATE SEQUENCE ticket INCREMENT 5 START 10",
    "CREATE SCHEMA audit",
    (
        "CREATE TABLE workers (id serial PRIMARY KEY, host varchar(50) NOT NULL DEFAULT 'it''s', tags text[], "
        "load numeric(10,2), CONSTRAINT ck CHECK (host <> ''), boss integer)"
    ),
    (
        "CREATE TABLE evaluations (id bigint GENERATED ALWAYS AS IDENTITY (START 7) PRIMARY KEY, state state DEFAULT 'new', "
        "part percent, ticket integer DEFAULT nextval('ticket'), at timestamptz DEFAULT now(), data jsonb, "
        "twice integer GENERATED ALWAYS AS (part * 2) STORED, worker integer REFERENCES workers ON DELETE CASCADE, "
        "span int4range, CONSTRAINT uq UNIQUE (worker, part) DEFERRABLE, EXCLUDE USING gist (span WITH &&))"
    ),
    "ALTER TABLE workers ADD CONSTRAINT cycle FOREIGN KEY (boss) REFERENCES evaluations (id) DEFERRABLE INITIALLY DEFERRED",
    "CREATE INDEX part ON evaluations (at DESC NULLS LAST) INCLUDE (worker) WHERE part > 1",
    "CREATE UNIQUE INDEX expression ON workers (lower(host))",
    "CREATE INDEX gin ON evaluations USING gin (data)",
    "CREATE TABLE audit.log (id integer PRIMARY KEY, worker integer REFERENCES public.workers, state state)",
    "CREATE VIEW first AS SELECT id, host FROM workers",
    "CREATE VIEW a_second AS SELECT id FROM first",
    "CREATE MATERIALIZED VIEW counted AS SELECT worker, count(*) AS n FROM evaluations GROUP BY worker",
    "CREATE INDEX on_counted ON counted (n)",
    "COMMENT ON TABLE workers IS 'it''s a 100%% comment'",
    "COMMENT ON COLUMN workers.host IS 'where; it runs'",
    "CREATE TABLE parts (id integer, at date) PARTITION BY RANGE (at)",
    "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    'CREATE TABLE "a.b; ""q"" %s é" ("x y" integer, "100%" text)',
    "INSERT INTO workers (host) VALUES ('x')",
)
MARIADB = (
    (
        "CREATE TABLE workers (id INT AUTO_INCREMENT PRIMARY KEY, host VARCHAR(50) NOT NULL DEFAULT 'it''s' COMMENT '100%''', "
        "kind ENUM('new', 'it''s', 'x,y') DEFAULT 'new', at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
        "boss INT, n BIGINT UNSIGNED, CONSTRAINT ck CHECK (host <> '')) COMMENT 'it''s'"
    ),
    (
        "CREATE TABLE evaluations (id INT PRIMARY KEY, worker INT, score DECIMAL(10,2), "
        "twice DECIMAL(12,2) AS (score * 2) STORED, half DECIMAL(12,2) AS (score / 2) VIRTUAL, body TEXT, "
        "CONSTRAINT uq UNIQUE (worker, score), KEY prefix (body(10)), FULLTEXT KEY words (body), "
        "CONSTRAINT fk FOREIGN KEY (worker) REFERENCES workers (id) ON DELETE CASCADE)"
    ),
    "ALTER TABLE workers ADD CONSTRAINT cycle FOREIGN KEY (boss) REFERENCES evaluations (id)",
    "CREATE INDEX down ON evaluations (score DESC)",
    "CREATE VIEW first AS SELECT id, host FROM workers",
    "CREATE VIEW a_second AS SELECT id FROM first",
    "CREATE TRIGGER watch BEFORE INSERT ON workers FOR EACH ROW SET NEW.host = concat(NEW.host, '%')",
    "CREATE SEQUENCE ticket START WITH 10 INCREMENT BY 5",
    "CREATE TABLE latin (name VARCHAR(10) CHARACTER SET latin1 COLLATE latin1_german2_ci) CHARACTER SET latin1",
    "CREATE TABLE `a.b; ``q`` %s é` (`x y` INT, `100%` TEXT)",
    "INSERT INTO workers (host) VALUES ('x')",
)


@pytest.fixture
def copied(run_sql):
    """Run statements in a new database, copy its schema, read both: gives the two schemas and the rows of the copy."""

    def of(url, statements, row_table="workers"):
        run_sql(url, *statements)
        with contextlib.ExitStack() as stack:
            source = Database.from_url("app", url)
            stack.callback(source.dispose)
            source.reach()
            copy = stack.enter_context(scratch.furnished(source))
            rows = copy.database.run(
                lambda connection: connection.exec_driver_sql(f"SELECT count(*) FROM {row_table}").scalar()
            )
            return source.run(reflect), copy.database.run(reflect), rows

    return of


@pytest.mark.parametrize(
    "kind, statements",
    [("sqlite", SQLITE), ("postgresql", POSTGRESQL), ("mariadb", MARIADB)],
    ids=["sqlite", "postgresql", "mariadb"],
)
def test_a_copy_has_everything_and_no_row(request, copied, kind, statements):
    original, copy, rows = copied(request.getfixturevalue(f"{kind}_url"), statements)
    assert diff(original, copy).changes == ()
    assert copy == original
    assert len(original.tables) >= 4
    assert rows == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_a_copy_of_nothing_is_empty(request, copied, kind):
    original, copy, _rows = copied(request.getfixturevalue(f"{kind}_url"), (), "(SELECT 1) AS one")
    assert original == copy
    assert copy.is_empty


def test_a_file_that_is_not_there_yet_is_copied_as_nothing(sqlite_url, tmp_path):
    source = Database.from_url("app", sqlite_url)
    with scratch.furnished(source) as copy:
        assert copy.database.run(reflect).is_empty
    source.dispose()
    assert list(tmp_path.iterdir()) == []
