"""What a rehearsal says of SQLite files that were not made by Alembic."""

from __future__ import annotations

EMPTY = "The copy was empty: nothing is proved about rows."


def test_a_database_at_base_with_rows_is_not_called_empty(make, tmp_path, run_sql):
    url = f"sqlite:///{tmp_path / 'app.db'}"
    run_sql(url, "create table ev (id integer primary key, ms integer)", "insert into ev values (1, 2), (3, 4)")
    made = make(url)
    made.add("a1", "op.execute('update ev set ms = ms + 1')", "op.execute('update ev set ms = ms - 1')")
    found = made.ws.rehearse()
    assert (found.passed, found.rows[0].updated, EMPTY in found.notes) == (True, 2, False)
    run_sql(url, "delete from ev")
    assert EMPTY in made.ws.rehearse().notes


def test_a_type_in_lower_case_is_the_same_type_after_a_batch(make, tmp_path, run_sql):
    url = f"sqlite:///{tmp_path / 'app.db'}"
    run_sql(url, "create table ev (id integer primary key, name varchar(80), ms integer)")
    made = make(url)
    batch = 'with op.batch_alter_table("ev") as batch:\n    batch.{}'
    made.add("a1", batch.format('add_column(sa.Column("note", sa.Text))'), batch.format('drop_column("note")'))
    found = made.ws.rehearse()
    assert (found.passed, said(found)) == (True, "")


def said(found):
    return "\n".join(finding.message for finding in found.findings)


def test_new_orphans_on_sqlite_are_named_and_old_ones_are_not(make, tmp_path, run_sql):
    url = f"sqlite:///{tmp_path / 'app.db'}"
    run_sql(
        url,
        "CREATE TABLE ty (id INTEGER PRIMARY KEY, par INTEGER REFERENCES ty)",
        "INSERT INTO ty VALUES (1, 66), (2, 1)",
    )
    made = make(url)
    made.add("a1", "op.execute('UPDATE ty SET par = par')")
    assert said(made.ws.rehearse()) == ""
    made.add("b2", "op.execute('UPDATE ty SET par = 77')")
    assert "b2: it leaves broken foreign keys, which SQLite does not say: 1 row of ty points at" in said(
        made.ws.rehearse()
    )


def test_a_revision_that_writes_files_is_told_to_be_not_confined(make, tmp_path):
    made = make(f"sqlite:///{tmp_path / 'a.db'}")
    made.add("a1", f"open({str(tmp_path / 'log.txt')!r}, 'w').close()")
    found = made.ws.rehearse()
    assert found.passed
    assert [finding.rule for finding in found.findings if finding.rule == "not-confined"] == ["not-confined"]
    assert "a1: its code opens files: a rehearsal does that for real, each time" in said(found)
