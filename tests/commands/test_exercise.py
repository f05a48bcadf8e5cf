"""`exercise`: each starts unsolved, and its own solution, typed as shown, solves it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migration_magics.commands.api import Workspace
from migration_magics.commands.parser import execute, parse_cell
from migration_magics.errors import ProjectProblem, UsageProblem
from migration_magics.lab.exercise import tasks

TASKS = tasks()
BY_NUMBER = pytest.mark.parametrize("task", TASKS, ids=lambda task: f"{task.number}")


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace()
    yield workspace
    workspace.close()


def type_in(ws, cell):
    """Run *cell* as a notebook would; return the last result."""
    first, _, body = cell.partition("\n")
    if first.startswith("%%revision"):
        parsed = parse_cell("revision", first.removeprefix("%%revision"))
        parsed = replace(parsed, arguments={name: value for name, value in parsed.arguments.items() if name != "out"})
        return execute(ws, parsed, body=body, filename="<cell>", first_line=2)
    if first.startswith("%migrate"):
        return ws.run(first.removeprefix("%migrate"))
    exec(cell, {})  # noqa: S102 - a solution of ours
    return None


def test_there_are_ten_in_order():
    assert [task.number for task in TASKS] == list(range(1, 11))


@BY_NUMBER
def test_it_starts_unsolved_and_is_solved_by_its_solution(ws, task):
    ws.exercise(task.number)
    before = ws.exercise(task.number, check=True)
    assert not before
    assert all(point.missing for point in before.checkpoints if not point.is_met)
    for cell in task.solution:
        type_in(ws, cell)
    after = ws.exercise(task.number, check=True, answer=task.checks[0].answer or None)
    assert [point.missing for point in after.checkpoints if not point.is_met] == []
    assert after


@BY_NUMBER
def test_every_command_that_it_mentions_exists(task):
    from migration_magics.commands.parser import parse

    for text in (task.text, *task.hints):
        for part in text.split("`")[1::2]:
            if part.startswith("%migrate "):
                parse(part.removeprefix("%migrate "))


@BY_NUMBER
def test_a_missing_point_is_a_sentence(task):
    assert all(check.missing.endswith((".", "{found}")) for check in task.checks)
    assert len(task.hints) >= 3


def test_the_list_shows_how_far_one_is(ws):
    assert [lesson.state for lesson in ws.exercise().lessons] == ["new"] * 10
    ws.exercise(3)
    ws.exercise(3, answer="e4d1")
    ws.exercise(1)
    course = ws.exercise()
    assert [lesson.state for lesson in course.lessons][:3] == ["begun", "new", "done"]
    assert course.next_command == "%migrate exercise 1"


def test_the_one_after_it_comes_next(ws):
    assert ws.exercise(3, answer="e4d158").next_command == "%migrate exercise 4"


def test_a_wrong_answer_is_named_and_a_short_one_is_none(ws):
    assert ws.exercise(3, answer="f07d21").checkpoints[0].missing == "f07d21 is not it."
    assert not ws.exercise(3, answer="e")
    assert ws.exercise(3, check=True).checkpoints[0].missing == "No answer yet: `%migrate exercise 3 --answer ID`."


def test_a_right_answer_is_kept_until_it_is_started_over(ws):
    assert ws.exercise(3, answer="e4d158")
    assert ws.exercise(3, check=True)
    assert not ws.exercise(3, answer="f07d21")
    assert ws.exercise(3, check=True)
    ws.exercise(3, reset=True)
    assert not ws.exercise(3, check=True)


@pytest.mark.parametrize("asked", [{"check": True}, {"answer": "e4d158"}, {"hint": True}, {"solution": True}])
def test_looking_at_an_exercise_leaves_the_connection_in_use_and_says_so(ws, tmp_path, asked):
    """The next cell went into the exercise's folder, although one worked in another."""
    ws.exercise(3)
    ws.exercise(3, check=True)
    assert not ws.exercise(3, check=True).notes
    ws.demo()
    looked = ws.exercise(3, **asked)
    assert looked.connection == "exercise3"
    assert looked.notes == ("demo is still the connection in use; `%migrate use exercise3` goes on with the exercise.",)
    assert "%migrate use exercise3" in str(looked)
    assert ws.current().ids == ("d51e96",)
    assert str(ws.revision(message="mine", rev_id="mine").path).startswith("demo/")
    ws.use("exercise3")
    assert ws.current().ids == ("04b8fa",)


def test_a_refused_look_leaves_the_connection_in_use_too(ws):
    ws.exercise(2)
    ws.demo()
    with pytest.raises(UsageProblem, match="is shown after a try"):
        ws.exercise(2, solution=True)
    assert ws.current().ids == ("d51e96",)


def test_beginning_one_says_which_connection_it_takes_over_from(ws):
    ws.demo()
    begun = ws.exercise(3)
    assert begun.notes == ("exercise3 is the connection in use now; `%migrate use demo` goes back.",)
    assert ws.current().ids == ("04b8fa",)


def test_a_path_that_alembic_cannot_do_with_is_refused(ws, tmp_path, monkeypatch):
    place = tmp_path / "my?x"
    place.mkdir()
    monkeypatch.chdir(place)
    with pytest.raises(ProjectProblem, match="Nothing was changed") as caught:
        ws.exercise(3)
    assert "os.chdir" in caught.value.hint
    assert not list(place.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["my?x"]


def test_hints_come_one_by_one(ws):
    shown = [len(ws.exercise(1, hint=True).hints) for _ in range(4)]
    assert shown == [1, 2, 3, 3]
    assert "create_all" in ws.exercise(1).text


def test_the_solution_is_shown_after_a_try(ws):
    with pytest.raises(UsageProblem, match="is shown after a try"):
        ws.exercise(2, solution=True)
    ws.exercise(2, check=True)
    assert ws.exercise(2, solution=True).solution == TASKS[1].solution


def test_checking_changes_nothing(ws, tmp_path):
    ws.exercise(10)
    before = (tmp_path / "exercises" / "10" / "demo.db").read_bytes()
    ws.exercise(10, check=True)
    assert (tmp_path / "exercises" / "10" / "demo.db").read_bytes() == before


def test_what_was_done_stays_until_it_is_started_over(ws):
    ws.exercise(5)
    for cell in TASKS[4].solution:
        type_in(ws, cell)
    ws.exercise(5)
    assert ws.exercise(5, check=True)
    ws.exercise(5, reset=True)
    assert not ws.exercise(5, check=True)


def test_only_half_of_it_says_which_half_is_missing(ws):
    ws.exercise(5)
    type_in(ws, '%%revision -m "all of them"\nop.execute("UPDATE workers SET region = \'unknown\'")')
    ws.upgrade("head")
    points = {point.what: point.missing for point in ws.exercise(5, check=True).checkpoints if not point.is_met}
    assert points["ten unknown regions, and no more"] == "40 workers have the region 'unknown'; it should be 10."
    assert "a way back" in points


def test_a_folder_with_something_else_in_it_is_refused(ws, tmp_path):
    (tmp_path / "exercises" / "02").mkdir(parents=True)
    (tmp_path / "exercises" / "02" / "thesis.txt").write_text("mine")
    with pytest.raises(ProjectProblem, match=r"is not empty and no exercise\. Nothing was changed"):
        ws.exercise(2)
    assert [path.name for path in (tmp_path / "exercises" / "02").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("number", [0, 11])
def test_another_number_is_refused(ws, number):
    with pytest.raises(UsageProblem, match="they go from 1 to 10"):
        ws.exercise(number)


def test_a_broken_note_of_progress_is_a_beginning(ws, tmp_path):
    ws.exercise(1)
    (tmp_path / "exercises" / "01" / "exercise.json").write_text("{")
    assert not ws.exercise(1, check=True)
