"""The widget of `step` by pressing its buttons: it moves along the stops, and asks a copy in the background."""

from __future__ import annotations

import threading
import time

import pytest

from migration_magics.widgets import has_widget, widget
from tests.engine.making import Made
from tests.lab.test_stepping import START, UP


@pytest.fixture
def project(tmp_path, monkeypatch, sqlite_url):
    monkeypatch.chdir(tmp_path)
    made = Made(tmp_path, source=sqlite_url)
    made.add("a1", START)
    made.ws.upgrade("a1")
    yield made
    made.ws.close()


@pytest.fixture
def form(project):
    """The widget of a revision."""
    made = []

    def shown(up=UP, **options):
        project.add("b2", up, "op.drop_table('metrics')")
        made.append(widget(project.ws.step("b2", **options), project.ws))
        return made[-1]

    yield shown
    for each in made:
        each.close()


def enabled(form):
    return [button.description for button in (form.start, form.back, form.next, form.end) if not button.disabled]


def test_forward_and_back(form):
    shown = form()
    assert (shown.at, enabled(shown)) == (0, ["Next", "End"])
    assert "before the first operation" in shown.panel.value
    shown.next.click()
    shown.next.click()
    assert (shown.at, enabled(shown)) == (2, ["Start", "Back", "Next", "End"])
    assert "20 of 30 updated" in shown.panel.value
    assert "After 2 of 9: Changes rows of evaluations." in shown.said.value
    shown.back.click()
    assert shown.at == 1
    shown.end.click()
    assert (shown.at, enabled(shown)) == (9, ["Start", "Back"])
    shown.next.click()  # one that is disabled: nothing is beyond the end
    assert shown.at == 9
    shown.start.click()
    assert shown.at == 0


def test_run_to_a_table_or_to_what_is_slow(form):
    shown = form()
    places = dict(shown.places.options)
    assert places["the first on metrics"] == 5
    assert places["the first on machines"] == 8
    shown.places.value = 8
    shown.run_to.click()
    assert shown.at == 8
    assert set(places) == {
        "the slowest operation",
        *(f"the first on {name}" for name in ("evaluations", "machines", "metrics", "workers")),
    }


def test_the_list_says_each_operation_and_follows(form):
    shown = form()
    labels = [label for label, _ in shown.list.options]
    assert labels[:2] == [
        "0  before the first operation",
        "1  Adds the column grade (VARCHAR(5)) to evaluations; it is NULL in r…",
    ]
    shown.list.value = 4
    assert "Deletes rows of evaluations" in shown.said.value


def test_what_fails_is_drawn_and_one_can_go_back_from_it(form):
    shown = form("op.drop_table('workers')\nop.execute('UPDATE missing SET x = 1')")
    assert dict(shown.places.options)["the one that fails"] == 2
    shown.end.click()
    assert "It fails." in shown.said.value
    assert "no such table: missing" in shown.panel.value
    assert shown.list.options[2][0].startswith("2  ! ")
    shown.back.click()
    assert "drops" not in shown.panel.value
    assert "workers" in shown.panel.value


def test_a_question_is_answered_here_and_wherever_one_goes(form):
    shown = form()
    shown.question.value = "SELECT count(grade), count(*) FROM evaluations"
    shown.go(2)
    shown.ask.click()
    shown.wait(10)
    assert ">20<" in shown.answer.value
    assert (shown.ask.disabled, shown.stop.disabled) == (False, True)
    shown.go(4)
    shown.wait(10)
    assert ">28<" in shown.answer.value
    shown.go(2)  # known already
    assert ">20<" in shown.answer.value
    shown.question.value = ""
    shown.ask.click()
    assert "Type a question first" in shown.answer.value


def test_an_error_of_a_question_is_drawn_not_raised(form, project):
    shown = form()
    shown.question.value = "SELECT <b>nonsense</b>"
    shown.ask.click()
    shown.wait(10)
    assert 'role="alert"' in shown.answer.value
    assert "<b>" not in shown.answer.value
    assert "cannot answer" in str(project.ws.drawn_error)
    assert not shown.ask.disabled
    shown.next.click()
    assert shown.stop.disabled  # nothing is asked again by itself
    shown.question.value = "SELECT 1 AS one"
    shown.ask.click()
    shown.wait(10)
    assert "one" in shown.answer.value


def test_a_question_that_fails_at_once_has_the_last_word(form, monkeypatch):
    shown = form()
    begin = shown._work.begin

    def quickly(work):
        begun = begin(work)
        shown.wait(10)
        return begun

    monkeypatch.setattr(shown._work, "begin", quickly)
    shown.question.value = "SELECT nonsense FROM nowhere"
    shown.ask.click()
    assert 'role="alert"' in shown.answer.value
    assert (shown.ask.disabled, shown.stop.disabled) == (False, True)


def test_what_an_interrupt_breaks_on_its_way_is_stopped_too(form):
    """It falls anywhere: code that cleans up may raise something else then."""
    shown = form()
    has_begun = threading.Event()

    def asked(_number, _sql):
        try:
            has_begun.set()
            while True:
                time.sleep(0.001)
        except KeyboardInterrupt:
            raise LookupError("Cannot operate on a closed database.") from None

    shown._asked = asked
    shown.question.value = "SELECT 1"
    shown.ask.click()
    assert has_begun.wait(10)
    shown.stop.click()
    shown.wait(10)
    assert "stopped" in shown.answer.value
    assert (shown.ask.disabled, shown.stop.disabled) == (False, True)


# an interrupt may fall between `os.scandir(...)` and its `with`: then nobody but the garbage collector closes it
@pytest.mark.filterwarnings("ignore:.*ScandirIterator:pytest.PytestUnraisableExceptionWarning")
def test_a_question_without_an_end_can_be_stopped(form, project):
    shown = form()
    shown.question.value = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    shown.ask.click()
    assert (shown.ask.disabled, shown.stop.disabled) == (True, False)
    shown.next.click()  # one can go on meanwhile
    assert shown.at == 1
    shown.stop.click()
    shown.wait(20)
    assert "stopped" in shown.answer.value
    assert (shown.ask.disabled, shown.stop.disabled) == (False, True)
    assert project.ws.current().ids == ("a1",)  # nobody holds the workspace


def test_a_downgrade_asks_the_way_down(form):
    shown = form(down=True)
    assert shown.command == "%migrate step b2 --down"
    shown.question.value = "SELECT count(*) FROM metrics"
    shown.ask.click()
    shown.wait(10)
    assert ">1<" in shown.answer.value


def test_a_revision_without_operations_has_nothing_to_press(form):
    shown = form("pass")
    assert (enabled(shown), shown.run_to.disabled, shown.list.options) == (
        [],
        True,
        (("0  before the first operation", 0),),
    )


def test_it_has_a_twin_only_for_the_whole(project):
    project.add("b2", "op.drop_table('workers')")
    assert has_widget(project.ws.step("b2"))
    assert not has_widget(project.ws.step("b2", at=1))


def test_it_falls_back_to_what_to_type(form):
    data, _ = form()._repr_mimebundle_()
    assert "%migrate step b2" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data
