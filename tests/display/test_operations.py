"""What a step did, as far as a page can take it."""

from __future__ import annotations

import pytest

from migration_magics.display.operations import operations_cell
from migration_magics.display.view import Details
from migration_magics.model.trace import Operation, Outcome, Statement, Step


def step(*operations: Operation) -> Step:
    return Step("a1", "many", "upgrade", operations)


def said(cell) -> list[str]:
    return [part.code.text if isinstance(part, Details) else " ".join(p.text for p in part) for part in cell.parts]


def insert(number: int, outcome: Outcome = Outcome.APPLIED) -> Operation:
    return Operation("execute", statements=(Statement(f"insert {number}", 0.0),), outcome=outcome)


def test_many_operations_are_counted_beyond_the_limit():
    lines = said(operations_cell(step(*map(insert, range(3000))), is_merge=False, limit=50))
    assert len(lines) == 101
    assert lines[-1] == "… 2,950 more operations, see .to_frame()"


def test_many_statements_of_one_operation_are_counted_beyond_the_limit():
    operation = Operation("sql", statements=tuple(Statement(f"insert {n}", 0.0) for n in range(3000)))
    (_, sql) = said(operations_cell(step(operation), is_merge=False, limit=50))
    assert sql.splitlines()[49:] == ["insert 49;", "-- 2,950 more, see .to_frame()"]


def test_the_one_that_failed_is_shown_however_many_there_are():
    operations = [*map(insert, range(300)), insert(300, Outcome.FAILED), insert(301)]
    lines = said(operations_cell(step(*operations), is_merge=False, limit=5))
    assert "insert 300;" in lines
    assert lines[-1] == "… 296 more operations, see .to_frame()"


def test_what_fits_is_shown_whole():
    lines = said(operations_cell(step(*map(insert, range(5))), is_merge=False, limit=5))
    assert len(lines) == 10
    assert "more" not in " ".join(lines)


@pytest.mark.parametrize(
    "operation, words",
    [
        (Operation("rename_table", "evaluation", "evaluations"), "~ rename table evaluation to evaluations"),
        (Operation("rename_table", "app.e", "f g"), '~ rename table app.e to "f g"'),
        (Operation("alter_column", "t x", "na=me b"), '~ alter column "t x"."na=me b"'),
        (Operation("drop_column", "app.t", "a.b\n"), '- drop column app.t."a.b\\n"'),
        (Operation("add_column", "app.größen", "größe_ms"), "+ add column app.größen.größe_ms"),
        (Operation("drop_table", 'a"b'), '- drop table "a\\"b"'),
        (Operation("batch_alter_table", "t"), "~ batch-alter table t"),
    ],
)
def test_what_an_operation_touches_can_be_told_from_the_words_around_it(operation, words):
    assert said(operations_cell(step(operation), is_merge=False, limit=5)) == [words]
