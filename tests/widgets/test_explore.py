"""The widget of `explore` without a browser: what a page asks, and what it is told."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from migration_magics import widgets
from migration_magics.commands import explore as explore_command
from migration_magics.model.graph import Graph, Revision
from migration_magics.results import Explorer, History, Status
from migration_magics.widgets.explore import ExploreWidget
from migration_magics.widgets.explore_state import packed
from tests.engine.making import Made

HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\u202e" + "x" * 10_000


class Heard(ExploreWidget):
    """Keeps what it would send."""

    def __init__(self, *arguments, **keywords):
        self.heard = []
        super().__init__(*arguments, **keywords)

    def send(self, content, buffers=None):
        assert buffers is None
        json.dumps(content)
        self.heard.append(content)

    def ask(self, kind, slot="s", **question):
        """Ask, wait, and return the one answer."""
        self.heard.clear()
        self._hear({"kind": kind, "slot": slot, "number": 7, "view": "v", **question})
        self.wait(30)
        (answer,) = (each for each in self.heard if each.get("kind") != "told")
        assert {key: answer.pop(key) for key in ("slot", "number", "view")} == {"slot": slot, "number": 7, "view": "v"}
        return answer


@pytest.fixture
def made(tmp_path, monkeypatch, sqlite_url):
    """a1 makes a table, b2 adds a column, c3 branches from a1 and d4 merges; the database stands at b2."""
    monkeypatch.chdir(tmp_path)
    project = Made(tmp_path, sqlite_url)
    project.add("a1", "op.create_table('workers', sa.Column('id', sa.Integer, primary_key=True))")
    project.add("b2", "op.add_column('workers', sa.Column('host', sa.String(20)))", labels=["hosts"])
    project.add("c3", "op.create_table('metrics', sa.Column('id', sa.Integer))", parents=("a1",))
    project.add("d4", parents=("b2", "c3"), message=HOSTILE)
    project.ws.upgrade("b2")
    yield project
    project.ws.close()


@pytest.fixture
def widget(made):
    found = Heard(made.ws.explore(), made.ws, on=made.ws.current_name)
    yield found
    found.close()


def row(widget, id_):
    return widget.history["ids"].split("\n").index(id_)


class Tags(HTMLParser):
    """Collects what tags there are."""

    def __init__(self, html):
        super().__init__()
        self.names = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_it_is_the_widget_of_the_result(made):
    result = made.ws.explore()
    assert widgets.has_widget(result)
    found = widgets.widget(result, made.ws)
    assert isinstance(found, ExploreWidget)
    data, _ = found._repr_mimebundle_()
    assert {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"} <= set(data)
    assert "%migrate explore" in data["text/plain"]
    found.close()


def test_its_state_is_the_compact_history(widget):
    history = widget.history
    assert history["ids"].split("\n") == ["d4", "b2", "c3", "a1"]
    assert history["flags"] == "c311"[:1] + history["flags"][1:]
    assert [int(flag, 32) for flag in history["flags"]] == [4 + 8, 1 + 2, 0, 1]
    assert history["labels"] == {"1": ["hosts"]}
    assert history["notes"] == ["4 revisions", "2 pending"]
    assert history["lanes"].split(" ")[0][0] == "0"
    assert "\n" not in history["messages"].split("\n")[0]
    assert history["messages"].startswith("<img src=x onerror=alert(1)>x")


@pytest.mark.parametrize("id_", ["a1", "b2", "c3", "d4"])
def test_a_revision_is_shown_as_show_has_it(widget, made, id_):
    answer = widget.ask("show", at=row(widget, id_))
    names = [name for name, _ in answer["pages"]]
    assert names == ["Schema change", "Rows", "SQL", "Source", "Findings"]
    pages = dict(answer["pages"])
    shown = made.ws.show(id_)
    assert "def" in pages["Source"]
    assert ("ALTER TABLE" in pages["SQL"]) == ("ALTER TABLE" in shown.sql)
    assert ("(~" in pages["Schema change"] or "leaves the schema" in pages["Schema change"]) or "+ add" in str(pages)
    for html in (answer["above"], *pages.values()):
        assert Tags(html).names.isdisjoint({"script", "img", "style", "iframe"})


def test_rows_and_findings_come_from_the_last_rehearsal(widget, made):
    before = dict(widget.ask("show", at=row(widget, "c3"))["pages"])
    assert "%migrate rehearse" in before["Rows"]
    made.ws.rehearse("c3")
    after = widget.ask("show", at=row(widget, "c3"))["pages"]
    assert "As it ran on a copy" in dict(after)["Rows"]
    assert "%migrate rehearse" not in dict(after)["Rows"]
    assert after[-1][0] == "Findings (2)"  # as rehearse says
    made.ws.upgrade("c3")
    assert "As it ran on the database" in dict(widget.ask("show", at=row(widget, "c3"))["pages"])["Rows"]


def test_two_revisions_are_compared_as_diff_does(widget):
    answer = widget.ask("compare", before=row(widget, "a1"), after=row(widget, "c3"))
    assert "metrics" in answer["html"]
    assert "<svg" in answer["html"]
    same = widget.ask("compare", before=row(widget, "d4"), after=row(widget, "d4"))
    assert "same schema" in same["html"]


def test_time_goes_in_the_order_in_which_the_history_ran(widget):
    past = widget.ask("past")
    ids = widget.history["ids"].split("\n")
    assert [ids[at] for at in past["order"]] == ["a1", "c3", "b2", "d4"]  # as `upgrade heads` runs them
    assert past["names"] == ["metrics", "workers"]
    tables = [{box[0] for box in widget.ask("scene", step=step)["scene"]["boxes"]} for step in range(5)]
    assert tables == [set(), {"workers"}, {"workers", "metrics"}, {"workers", "metrics"}, {"workers", "metrics"}]
    marked = widget.ask("scene", step=3)["scene"]
    assert [(line[0], line[3]) for box in marked["boxes"] for line in box[10] if box[6]] == [("id", ""), ("host", "+")]
    assert "What changed" in widget.ask("words", step=2)["html"]
    assert "Schema of base" in widget.ask("words", step=0)["html"]


def test_revisions_are_found_by_what_they_touched(widget):
    ids = widget.history["ids"].split("\n")
    assert [ids[at] for at in widget.ask("find", target="workers")["rows"]] == ["b2", "a1"]
    assert [ids[at] for at in widget.ask("find", target="workers.host")["rows"]] == ["b2"]
    assert "never made anything called" in widget.ask("find", target="<b>")["said"]


def test_of_several_questions_for_one_place_the_last_is_answered(widget, made):
    with made.ws.turns.take("a command"):  # the first waits for its turn, the others queue behind it
        for number in range(4):
            widget._hear({"kind": "show", "at": number, "slot": "about", "number": number, "view": "v"})
        widget._hear({"kind": "past", "slot": "past", "number": 9, "view": "v"})
    widget.wait(30)
    assert [answer["number"] for answer in widget.heard] in ([0, 3, 9], [3, 9])


def test_it_stays_with_its_connection(made, tmp_path):
    first = made.ws.current_name
    found = Heard(made.ws.explore(), made.ws, on=first)
    made.ws.connect(f"sqlite:///{tmp_path / 'other.db'}", name="other")
    answer = found.ask("look")
    assert answer == {}
    assert found.history["title"] == f"History of {first}"
    assert made.ws.current_name == "other"
    found.close()


def test_looking_again_shows_what_is_new(widget, made):
    made.add("e5", parents=("d4",))
    made.ws.upgrade("heads")
    assert widget.ask("look") == {}
    assert widget.history["ids"].split("\n")[0] == "e5"
    assert widget.history["notes"] == ["5 revisions", "all applied"]
    assert len(widget.ask("past")["order"]) == 5


def olds(widget):
    return [each for each in widget.heard if each == {"kind": "told", "what": "old"}]


def test_after_a_command_that_changed_something_it_tells_that_it_is_old(widget, made):
    widgets.look_up(made.ws)
    widget.wait(30)
    assert olds(widget) == []
    made.ws.upgrade("heads")
    widgets.look_up(object())  # another workspace
    widget.wait(30)
    assert olds(widget) == []
    widgets.look_up(made.ws)
    widget.wait(30)
    assert len(olds(widget)) == 1
    widget.ask("look")
    widgets.look_up(made.ws)
    widget.wait(30)
    assert olds(widget) == []
    (made.versions / "a1.py").write_text((made.versions / "a1.py").read_text() + "\n# later\n")
    widgets.look_up(made.ws)
    widget.wait(30)
    assert len(olds(widget)) == 1


def test_whoever_looks_at_a_revision_hears_of_a_new_one(widget, made):
    widget.ask("show", at=0)
    assert olds(widget) == []
    made.add("e5", parents=("d4",))
    widget.ask("show", at=0)
    assert len(olds(widget)) == 1


def test_a_closed_one_is_told_nothing(widget, made):
    made.ws.upgrade("heads")
    widget.close()
    widget.heard.clear()
    widgets.look_up(made.ws)
    widget.wait(30)
    assert widget.heard == []


def test_a_history_that_fails_is_told_where_the_schema_would_be_and_the_rest_works(made):
    text = (made.versions / "a1.py").read_text()
    (made.versions / "a1.py").write_text(
        text.replace("op.create_table(", "op.add_column('users', sa.Column('x')) or (")
    )
    found = Heard(made.ws.explore(), made.ws)
    problem = found.ask("past")["problem"]
    assert "a1" in problem
    assert dict(found.ask("show", at=3)["pages"])["Source"]
    assert "order" not in found.ask("past")
    found.close()


def test_a_long_history_is_replayed_when_asked_and_tells_how_far_it_is(made, monkeypatch):
    monkeypatch.setattr(explore_command, "REPLAYED_AT_ONCE", 1)
    found = Heard(made.ws.explore(), made.ws)
    assert found.ask("past") == {}
    assert "not known" in dict(found.ask("show", at=0)["pages"])["Schema change"]
    assert len(found.ask("past", asked=True)["order"]) == 4
    assert {each["done"] for each in found.heard if each.get("what") == "progress"} == {4}
    found.close()


@pytest.mark.parametrize(
    "question",
    [
        {"kind": "nonsense"},
        {"kind": "show", "at": 99},
        {"kind": "show"},
        {"kind": "scene", "step": 1},
        {},
        {"at": "<b>"},
    ],
)
def test_no_error_is_lost(widget, question):
    widget._hear({"slot": "s", "number": 1, "view": "v", **question})
    widget.wait(30)
    (answer,) = widget.heard
    assert "Error" in answer["error"]
    assert "<b>&lt;" not in answer["error"]


def test_what_is_no_question_is_ignored(widget):
    for content in (None, "text", [], {"kind": "stop"}):
        widget._hear(content)
    widget.wait(5)
    assert widget.heard == []


def test_a_broken_project_is_an_answer(widget, made):
    for path in made.versions.glob("*.py"):
        path.write_text("revision = 'same'\n")
    assert "down_revision" in widget.ask("look")["error"]


def test_the_kernel_answers_while_it_works(widget, made):
    """A question is taken in at once, whatever goes on."""
    hearing = threading.Thread(target=lambda: widget._hear({"kind": "past", "slot": "s", "number": 1, "view": "v"}))
    with made.ws.turns.take("a command"):
        hearing.start()
        hearing.join(5)
        assert not hearing.is_alive()
    widget.wait(30)
    assert [answer["number"] for answer in widget.heard] == [1]


def test_nothing_is_answered_after_it_was_closed(made):
    found = Heard(made.ws.explore(), made.ws)
    found.close()
    found.wait(30)
    assert not found._work.is_going_on


@pytest.mark.parametrize("message, most_kb", [("Add a column to evaluations", 700), ("\u7528" * 300, 2000)])
def test_ten_thousand_revisions_are_a_small_state(message, most_kb):
    ids = [f"{number:012x}" for number in range(10_000)]
    revisions = [Revision(id_, tuple(ids[max(0, at - 1) : at]), message=message) for at, id_ in enumerate(ids)]
    graph = Graph(revisions)
    history = History(graph.newest_first, graph, graph.heads, (ids[5],), graph.ancestors((ids[5],)))
    status = Status(None, None, (), (), (), "")
    state = packed(Explorer(status, history, {}))
    assert len(json.dumps(state, ensure_ascii=False).encode()) < most_kb * 1000
    assert state["ids"].count("\n") == state["messages"].count("\n") == state["days"].count("\n") == 9_999
    assert len(state["flags"]) == 10_000


def test_a_state_is_safe_whatever_names_are():
    revisions = [
        Revision("a" * 300, message=f"{HOSTILE}\n\nmore"),
        Revision("b\nc\u202e", ("a" * 300,), labels=(HOSTILE,), message=""),
    ]
    graph = Graph(revisions)
    history = replace(History(graph.newest_first, graph, graph.heads), broken=("b\nc\u202e",))
    state = packed(Explorer(Status(None, None, (), (), (), ""), history, {}))
    assert state["ids"].split("\n")[0] == "b c"
    assert len(state["messages"]) < 500
    assert not {"\x1b", "\u202e"} & set(json.dumps(state, ensure_ascii=False))


def test_its_state_and_what_it_is_told_have_no_url(widget, made):
    told = [widget.get_state(), widget.ask("past"), widget.ask("show", at=0), widget.ask("scene", step=1)]
    assert made.url not in json.dumps(told, default=str)
    assert {"history", "at"} == {name for name in widget.keys if not name.startswith("_")} - {
        "layout",
        "tabbable",
        "tooltip",
    }
