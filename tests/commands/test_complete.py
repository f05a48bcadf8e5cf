"""Completion of a command line: what is offered where, and that what is offered can be run."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from migration_magics.commands.complete import LIMIT, TEMPLATES, complete, complete_cell
from migration_magics.commands.declaration import Argument, Command, option
from migration_magics.commands.parser import parse
from migration_magics.commands.table import COMMANDS
from migration_magics.model.graph import Graph, Revision
from migration_magics.model.names import Names

GRAPH = Graph(
    [
        Revision("ae10", (), message="create evaluations", created_at=datetime(2024, 1, 2), labels=("core",)),  # noqa: DTZ001 - as files have it
        Revision("ae27", ("ae10",), message="add runtime_ms"),
        Revision("c3d4", ("ae27",), message="add status\x1b[31m\nwith a default"),
    ]
)
NAMES = Names.of(
    [
        ("evaluations", "column", "id"),
        ("evaluations", "column", "runtime_ms"),
        ("order items", "column", "id"),
        ("workers", "column", "id"),
    ]
)
BLAME = Command(
    "blame",
    "look",
    "",
    "browse:blame",
    arguments=(Argument("table", "table", "", metavar="TABLE"), option("", "--other", metavar="TABLE", kind="table")),
)


class Facts:
    """A notebook with one project and two connections."""

    def __init__(self, graph=GRAPH, names=NAMES):
        self.asked = []
        self._graph, self._names = graph, names

    def graph(self, on):
        self.asked.append(on)
        return self._graph

    def names(self, on):
        return self._names

    def tables(self, on, *, is_former):
        return self._names

    def connections(self):
        return {"app": "SQLite 3.45", "my staging": "PostgreSQL 18"}

    def sources(self):
        return {"engine": "Engine", "session": "Session"}

    def frames(self):
        return {"frame": "DataFrame, 3 rows, 2 columns"}

    def paths(self, begun):
        return tuple(path for path in ("migrations/", "my notes/", "app.db", "rows.csv") if path.startswith(begun))


class Nothing(Facts):
    """A notebook in which no command has run yet."""

    def graph(self, on):
        return None

    def names(self, on):
        return Names()

    def tables(self, on, *, is_former):
        return Names()

    def connections(self):
        return {}

    def sources(self):
        return {}

    def frames(self):
        return {}


def offered(text, facts=None, **options):
    return [each.text for each in complete(text, facts or Facts(), **options).candidates]


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("up", ["upgrade"]),
        ("dis", ["disconnect"]),
        ("upgrade ", ["head", "heads", "+1", "core@head", "c3d4", "ae27", "ae10"]),
        ("downgrade ", ["-1", "base", "core@head", "c3d4", "ae27", "ae10"]),
        ("upgrade h", ["head", "heads"]),
        ("upgrade ae", ["ae27", "ae10"]),
        ("upgrade +", ["+1", "+2", "+3"]),
        ("downgrade -2", ["-2"]),
        ("upgrade core@", ["core@head", "core@heads", "core@base"]),
        ("upgrade core@b", ["core@base"]),
        ("upgrade nothing@", []),
        ("show runtime", ["ae27"]),  # by its message
        ("show zzz", []),
        ("merge ae10 ae", ["ae27"]),
        ("history -r ", ["base", "current", "head", "heads", "-3", "core@head", "c3d4", "ae27", "ae10"]),
        ("history -r ae27:c", ["ae27:current", "ae27:core@head", "ae27:c3d4"]),
        ("history --rev-range=:ae", [":ae27", ":ae10"]),
        ("use ", ["app", '"my staging"']),
        ("use my", ['"my staging"']),
        ('use "my', ["my staging"]),
        ("use 'my", ["my staging"]),
        ("sample evaluations ", ["frame", "migrations/", '"my notes/"', "rows.csv"]),
        ("sample evaluations f", ["frame"]),
        ("upgrade --on a", ["app"]),
        ("upgrade --on=a", ["app"]),
        ('upgrade --on="my', ["my staging"]),
        ("upgrade head --confirm ", ["app", '"my staging"']),
        ("connect ", ["app", '"my staging"', "engine", "session", "sqlite:///"]),
        ("connect sqlite:///a", ["sqlite:///app.db"]),
        ("connect engine --project m", ["migrations/", '"my notes/"']),
        ("init m", ["migrations/", '"my notes/"']),
        ("init --template async", ["async"]),
        ("init -t pyp", ["pyproject", "pyproject_async"]),
        ("sql --dialect my", ["mysql"]),
        ("sql --dialect mysql --dialect p", ["postgresql"]),
        ("help down", ["downgrade"]),
        ("current -", ["--verbose", "--check-heads", "--on", "--help"]),
        ("current -v -", ["--check-heads", "--on", "--help"]),
        ("current -c", ["-c"]),
        ("current ", ["--verbose", "--check-heads", "--on", "--help"]),
        ("ensure_version -x a=1 -", ["--yes", "--plan", "--confirm", "--dry-run", "-x", "--tag", "--on", "--help"]),
        ("upgrade -- -", ["-1", "-2", "-3"]),
        ("nothing ", []),
        ("upgrade {{re", []),
        ("upgrade {{revision}}", []),
        ("merge {{ a }} ae", ["ae27", "ae10"]),
        ("revision -m he", []),
        ("revision -m 'he", []),
        ("revision --depends-on ae", ["ae27", "ae10"]),
        ("upgrade --yes=", []),
        ("upgrade head more", []),
    ],
)  # fmt: skip
def test_what_is_offered(typed, expected):
    assert offered(typed) == expected


def test_commands_come_in_the_order_of_help_with_their_summaries():
    offer = complete("", Facts())
    assert [each.text for each in offer.candidates] == list(COMMANDS)
    assert offer.candidates[0].about == f"command: {COMMANDS['connect'].summary}"


def test_a_revision_is_told_with_date_and_message_in_one_clean_line():
    about = {each.text: each.about for each in complete("show ", Facts()).candidates}
    assert about["ae10"] == "revision: 2024-01-02 create evaluations"
    assert about["c3d4"] == "revision: add status [31m with a default"


@pytest.mark.parametrize(
    "typed, expected",
    [
        ("e", ["evaluations"]),
        ("evaluations.", ["evaluations.id", "evaluations.runtime_ms"]),
        ("EVALUATIONS.R", ["EVALUATIONS.runtime_ms"]),
        ("o", ['"order items"']),
        ('"order i', ["order items"]),
        ('or"der i', ['"order items"']),
        ('--other="order items.', ["order items.id"]),
        ("--other w", ["workers"]),
    ],
)
def test_tables_and_columns(typed, expected):
    assert offered(f"blame {typed}", commands={"blame": BLAME}) == expected


def test_the_project_of_the_connection_that_is_named_is_looked_at():
    facts = Facts()
    complete("upgrade --on other ", facts)
    complete("upgrade --on=third ", facts)
    complete("upgrade ", facts)
    assert facts.asked == ["other", "third", None]


def test_before_the_first_command_words_and_options_are_there():
    assert offered("upgrade ", Nothing()) == ["head", "heads", "+1"]
    assert offered("connect ", Nothing()) == ["sqlite:///"]
    assert "--yes" in offered("upgrade --", Nothing())


def test_the_first_line_of_a_cell():
    def cell(text):
        return [each.text for each in complete_cell("revision", text, Facts()).candidates]

    assert cell('-m "add x" --re') == ["--reapply", "--rev-id"]
    assert cell("--head a") == ["ae27", "ae10"]
    assert cell("add a column --app") == ["--apply"]
    assert cell("add a col") == []
    assert cell("--out r") == []


def test_a_long_history_is_cut():
    many = Graph([Revision(f"{number:04}", (f"{number - 1:04}",) if number else ()) for number in range(1000)])
    found = offered("show ", Facts(many))
    assert len(found) == LIMIT
    assert "0999" in found
    assert offered("show 0001", Facts(many)) == ["0001"]


def test_the_templates_are_alembic_s():
    from pathlib import Path

    import alembic

    assert set(TEMPLATES) == {
        path.name for path in (Path(alembic.__file__).parent / "templates").iterdir() if path.is_dir()
    }


def test_every_kind_of_value_has_candidates_or_is_known_to_have_none():
    """A new kind in the command table must be given its candidates."""
    import typing

    from migration_magics.commands import declaration

    without = {"text", "number", "flag"}
    for kind in set(typing.get_args(declaration.Kind)) - without:
        command = Command("c", "look", "", "x:y", arguments=(Argument("a", kind, "", metavar="A"),))
        assert offered("c ", commands={"c": command}), kind


WORDS = st.text("ab_ -'\"\\=:@.{}%;+1é\t", max_size=12)
LINES = st.lists(
    st.sampled_from([*COMMANDS, "--on", "--on=", "-m", "-x", "-v", "{{", "}}", "'", '"', "head"]) | WORDS, max_size=5
)


@given(LINES, st.sampled_from(["", " "]))
def test_it_never_fails_and_replaces_an_end_of_the_line(words, end):
    text = " ".join(words) + end
    for offer in (complete(text, Facts()), complete_cell("revision", text, Facts())):
        assert text.endswith(offer.fragment)


@example("{{")
@example('a "b\\')
@given(
    st.text(st.characters(blacklist_categories=("C", "Z")) | st.just(" "), min_size=1).filter(
        lambda name: not name.startswith("-")
    )
)
def test_what_is_offered_is_read_back_as_one_value(name):
    """Whatever a table is called: the line with the candidate in it means that table."""
    names = Names.of([(name, "table", None)])
    for begun in ("", '"'):
        line = f"blame {begun}"
        offer = complete(line, Facts(names=names), commands={"blame": BLAME})
        if "{{" in name or not name.isprintable():
            assert all(each.about != "table" for each in offer.candidates)
            continue
        done = line.removesuffix(offer.fragment) + offer.candidates[0].text + begun
        assert parse(done, evaluate=str, commands={"blame": BLAME}).arguments["table"] == name
