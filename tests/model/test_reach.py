"""What stays in its database, what is the whole server's, what leads into another database."""

from __future__ import annotations

import pytest

from migration_magics.model.reach import Reach, into, reach

OTHERS = into(("sales", "users"))


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (kill_ integer, note text DEFAULT 'x; grant all; drop user bob')",
        "INSERT INTO t VALUES ('see sales.t; flush tables')",
        "-- grant\nUPDATE t SET a = 1",
        "SELECT users.id FROM users JOIN t ON users.id = t.user_id",
        "UPDATE users SET name = users.title WHERE users.id = 1",
        "DELETE FROM users WHERE users.id = 3",
        "INSERT INTO t SELECT * FROM sales.t",
        "CREATE FUNCTION f() RETURNS void AS $$ BEGIN EXECUTE 'CREATE ROLE r'; END $$ LANGUAGE plpgsql",
        "DO $$ BEGIN CREATE TABLE t (id integer); END $$",
        "",
    ],
)
def test_what_stays_inside(sql):
    assert reach(sql, OTHERS) is Reach.INSIDE


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE ROLE reader",
        "/* who */ create user bob",
        "GRANT SELECT ON t TO reader; REVOKE ALL ON t FROM PUBLIC;",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
        "SET GLOBAL max_connections = 5",
        "DROP DATABASE other",
    ],
)
def test_what_is_of_the_whole_server(sql):
    assert reach(sql) is Reach.SERVER


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t (id integer); CREATE ROLE reader",
        "DO $$ BEGIN CREATE ROLE reader; END $$",
        "DO $$ BEGIN EXECUTE 'CREATE ROLE reader'; END $$",
        "SELECT dblink_exec('host=a', 'drop table t')",
        "CREATE TABLE sales.t (id integer)",
        "CREATE TABLE IF NOT EXISTS `sales`.`t` (id integer)",
        "INSERT INTO sales.t VALUES (1)",
        "UPDATE sales.t SET a = 1",
        "DELETE FROM sales.t",
        "TRUNCATE sales.t",
        "DROP TABLE a, sales.t",
        "CREATE INDEX ix ON sales.t (a)",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES sales.t (id)",
        "RENAME TABLE t TO sales.t",
        "USE sales",
        "CREATE SCHEMA sales",
    ],
)
def test_what_leads_beyond(sql):
    assert reach(sql, OTHERS) is Reach.BEYOND
