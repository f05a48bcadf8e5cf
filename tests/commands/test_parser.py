"""A typed line becomes a command with its arguments, or an error that says what to type."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_magics.commands.parser import bind, execute, parse, parse_cell
from migration_magics.commands.table import CELLS, COMMANDS
from migration_magics.commands.turns import Turns
from migration_magics.errors import UsageProblem

VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def given_by(text):
    """What the line gives beyond the defaults."""
    parsed = parse(text)
    untouched = {argument.dest: argument.initial for argument in parsed.command.arguments}
    return parsed.command.name, {dest: value for dest, value in parsed.arguments.items() if value != untouched[dest]}


@pytest.mark.parametrize(
    "line,name,arguments",
    [
        ("", "status", {}),
        ("   ;", "status", {}),
        ("upgrade", "upgrade", {}),
        ("upgrade head;", "upgrade", {}),
        ("upgrade heads ;", "upgrade", {"target": "heads"}),
        ("upgrade +2", "upgrade", {"target": "+2"}),
        ("upgrade --yes ae10+1", "upgrade", {"target": "ae10+1", "yes": True}),
        ("upgrade -x a=1 -x b=2 label@head", "upgrade", {"target": "label@head", "x": ("a=1", "b=2")}),
        ("upgrade -xa=1 --plan=f00", "upgrade", {"x": ("a=1",), "plan": "f00"}),
        ("downgrade -1", "downgrade", {"target": "-1"}),
        ("downgrade -2 --dry-run", "downgrade", {"target": "-2", "dry_run": True}),
        ("downgrade -- -1", "downgrade", {"target": "-1"}),
        ("downgrade ae10-1", "downgrade", {"target": "ae10-1"}),
        ("downgrade label@-1", "downgrade", {"target": "label@-1"}),
        ("history -r -3:current", "history", {"range": "-3:current"}),
        ("history -r :-2", "history", {"range": ":-2"}),
        ("history -r-3:", "history", {"range": "-3:"}),
        ("history --rev-range=-3:current", "history", {"range": "-3:current"}),
        ("history -vir base:head", "history", {"range": "base:head", "verbose": True}),
        ("history -i", "history", {}),
        ("sql -2:-1 --dialect mysql --dialect sqlite", "sql", {"range": "-2:-1", "dialect": ("mysql", "sqlite")}),
        ("stamp a --purge b", "stamp", {"revisions": ("a", "b"), "purge": True}),
        ("merge a b -m 'join them' c", "merge", {"revisions": ("a", "b", "c"), "message": "join them"}),
        (
            "connect sqlite:///a.db --as b -n tests",
            "connect",
            {"source": "sqlite:///a.db", "name": "b", "ini_section": "tests"},
        ),
        ("connect --name tests", "connect", {"ini_section": "tests"}),
        ("connect db --attribute a=b --attribute c=d", "connect", {"source": "db", "attribute": ("a=b", "c=d")}),
        ("revision -m '- drop it'", "revision", {"message": "- drop it"}),
        ("revision -m '-fix the rest'", "revision", {"message": "-fix the rest"}),
        ("revision '--message=two words'", "revision", {"message": "two words"}),
        ("revision --message=-drop", "revision", {"message": "-drop"}),
        ('revision -m "don\'t"', "revision", {"message": "don't"}),
        ("revision -m '{x} $y {{z}}'", "revision", {"message": "{x} $y {{z}}"}),
        ("revision -m ''", "revision", {"message": ""}),
        ("ensure-version", "ensure_version", {}),
        ("help upgrade", "help", {"command": "upgrade"}),
    ],
)
def test_a_line_is_read(line, name, arguments):
    assert given_by(line) == (name, arguments)


def test_defaults_are_filled_in():
    assert dict(parse("merge").arguments) == {
        "revisions": (),
        "message": None,
        "branch_label": None,
        "rev_id": None,
        "splice": False,
    }
    assert parse("upgrade").arguments["target"] == "head"
    assert parse("plan").arguments["target"] == "heads"


def test_what_is_accepted_for_alembics_sake_is_not_passed_on():
    assert sorted(parse("history -i").arguments) == ["from_database", "grep", "range", "table", "verbose"]


def test_on_is_no_argument_of_the_command():
    parsed = parse("status --on staging")
    assert parsed.on == "staging"
    assert parsed.arguments == {"all": False}


@pytest.mark.parametrize("line", ["upgrade --help", "upgrade -h", "downgrade --help", "upgrade head --help --yes"])
def test_help_is_wanted_before_anything_is_missing(line):
    parsed = parse(line)
    assert parsed.wants_help
    assert parsed.command.name == line.split()[0]


@pytest.mark.parametrize(
    "line,message,hint",
    [
        ("upgrde", "no command 'upgrde'", "%migrate upgrade"),
        ("hist", "no command 'hist'", "%migrate history"),
        ("rollback", "no command 'rollback'", "%migrate downgrade"),
        ("list_templates", "no command", "%migrate init"),
        ("frobnicate", "no command 'frobnicate'", "%migrate help"),
        ("sqlite:///app.db", "URL is no command", "%migrate connect sqlite:///app.db"),
        ("-x a=1 upgrade", "command comes first", "upgrade head -x"),
        ("upgrade --yess", "no option --yess", "--yes"),
        ("upgrade --dryrun", "no option --dryrun", "--dry-run"),
        ("upgrade --dry", "no option --dry", "--dry-run"),
        ("upgrade --frobnicate=1", "no option --frobnicate", "%migrate upgrade --help"),
        ("upgrade -q", "no option -q", "%migrate upgrade --help"),
        ("upgrade --sql", "--sql", "%migrate sql"),
        ("upgrade head tail", "'tail'", "%migrate upgrade --help"),
        ("upgrade --tag", "--tag needs a value", "--tag TEXT"),
        ("upgrade --tag --yes", "--tag needs a value", "--tag=--yes"),
        ("upgrade --plan a --plan b", "--plan is given twice", "%migrate upgrade --help"),
        ("history -vz", "no option -z", "%migrate history --help"),
        ("upgrade --yes=1", "--yes takes no value", "%migrate upgrade --help"),
        ("downgrade", "TARGET is missing", "%migrate downgrade -1"),
        ("stamp --purge", "REVS is missing", "%migrate stamp head"),
        ("revision", "--message is missing", "-m"),
        ("revision -m add status column", "'status'", '-m "add status column"'),
        ("revision -m don't", "never closed", "double quotes"),
        ("revision -m a\\", "backslash", "quotes"),
        ("use a --on b", "takes no --on", "%migrate use --help"),
    ],
)
def test_a_bad_line_says_what_to_type(line, message, hint):
    with pytest.raises(UsageProblem) as caught:
        parse(line)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_password_in_a_bad_line_is_not_repeated():
    with pytest.raises(UsageProblem) as caught:
        parse("postgresql://ann:hunter22@db/app")
    assert "hunter22" not in f"{caught.value} {caught.value.hint}"


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_line_fails_in_any_other_way(text):
    with contextlib.suppress(UsageProblem):
        parse(text)


@given(VALUES, VALUES)
def test_a_quoted_value_arrives_as_it_was(message, label):
    parsed = parse(f"revision --message={shlex.quote(message)} --branch-label={shlex.quote(label)}")
    assert parsed.arguments["message"] == message
    assert parsed.arguments["branch_label"] == label


@given(
    VALUES, st.sampled_from(["--message={{value}}", "-m{{value}}", "-m {{value}}", "-m '{{value}}'", '-m "{{value}}"'])
)
def test_a_value_in_braces_arrives_as_it_is(value, spelled):
    assert parse(f"revision {spelled}", evaluate={"value": value}.__getitem__).arguments["message"] == value


def test_what_a_variable_holds_is_never_an_option():
    parsed = parse("upgrade {{value}}", evaluate={"value": "--yes"}.__getitem__)
    assert parsed.arguments["target"] == "--yes"
    assert not parsed.arguments["yes"]


def test_a_message_shows_the_expression_and_not_its_value():
    with pytest.raises(UsageProblem) as caught:
        parse("upgrade a {{value}}", evaluate={"value": "hunter22"}.__getitem__)
    assert "'{{value}}'" in caught.value.message
    assert "hunter22" not in caught.value.message


class TestCell:
    def test_message_may_be_bare(self):
        assert parse_cell("revision", "add a status column --apply").arguments["message"] == "add a status column"

    def test_message_may_be_an_option(self):
        arguments = parse_cell("revision", '-m "add status" --sql').arguments
        assert (arguments["message"], arguments["sql"]) == ("add status", True)

    def test_there_is_one_message(self):
        with pytest.raises(UsageProblem, match="two messages"):
            parse_cell("revision", "-m a b")

    def test_there_is_a_message(self):
        with pytest.raises(UsageProblem, match="needs a message"):
            parse_cell("revision", "--sql")

    def test_help_needs_none(self):
        assert parse_cell("revision", "--help").wants_help

    def test_options_are_those_the_issues_name(self):
        wanted = (
            "-m --message --sql --dry-run --apply --reapply --force --yes --head --splice --branch-label --depends-on "
            "--rev-id --version-path --expect --only --invariant --on --out -h --help"
        )
        assert {flag for option in CELLS["revision"].options for flag in option.flags} == set(wanted.split())


class TestBind:
    """The same command from Python."""

    def test_says_the_same_as_the_line(self):
        assert bind("upgrade", ("head",), {"yes": True, "x": ("a=1",)}) == parse("upgrade head --yes -x a=1")
        assert bind("stamp", ("a", "b"), {"purge": True}) == parse("stamp a b --purge")
        assert bind("merge", (), {"revisions": ["a", "b"], "message": "m"}) == parse("merge a b -m m")
        assert bind("status", (), {"on": "staging"}) == parse("status --on staging")

    def test_one_value_is_enough_for_a_repeatable_argument(self):
        assert bind("sql", (), {"dialect": "mysql"}).arguments["dialect"] == ("mysql",)

    def test_takes_objects_as_they_are(self):
        engine = object()
        assert bind("connect", (engine,)).arguments["source"] is engine

    @pytest.mark.parametrize(
        "name,values,options,message,hint",
        [
            ("upgrade", ("a", "b"), {}, "'b'", "help"),
            ("upgrade", (), {"dryrun": True}, "dryrun", "dry_run"),
            ("upgrade", ("a",), {"target": "b"}, "twice", "help"),
            ("downgrade", (), {}, "TARGET is missing", "downgrade -1"),
            ("use", ("a",), {"on": "b"}, "'on'", "help"),
        ],
    )
    def test_a_bad_call_says_so(self, name, values, options, message, hint):
        with pytest.raises(UsageProblem) as caught:
            bind(name, values, options)
        assert message in caught.value.message
        assert hint in (caught.value.hint or "")


class Connections:
    """A workspace of which only the connection in use is known."""

    current = "first"
    protected_name = ""
    elsewhere_name = ""
    turns = Turns()

    @contextlib.contextmanager
    def using(self, name):
        before, self.current = self.current, name
        try:
            yield
        finally:
            self.current = before


def seen(workspace, **arguments):
    """Run as a command: what it was called with."""
    return SimpleNamespace(current=workspace and workspace.current, is_about_one_connection=True, **arguments)


class TestExecute:
    commands = COMMANDS | {"plan": replace(COMMANDS["plan"], run=f"{__name__}:seen", context=("known",))}

    def test_calls_the_function_with_the_arguments_as_keywords(self, monkeypatch):
        result = self.run("plan -1", monkeypatch)
        assert (result.target, result.x, result.tag, result.current) == ("-1", (), None, "first")

    def test_uses_the_other_connection_only_meanwhile(self, monkeypatch):
        workspace = Connections()
        assert self.run("plan --on staging", monkeypatch, workspace).current == "staging"
        assert workspace.current == "first"

    def test_gives_of_the_context_what_the_command_declares(self, monkeypatch):
        result = self.run("plan", monkeypatch, known=1, unknown=2)
        assert result.known == 1
        assert not hasattr(result, "unknown")

    def test_help_runs_nothing(self, monkeypatch):
        page = self.run("plan --help", monkeypatch, None)
        assert page.title == "%migrate plan"

    def run(self, line, monkeypatch, workspace=..., **context):
        monkeypatch.setitem(__import__("sys").modules, __name__, SimpleNamespace(seen=seen))
        workspace = Connections() if workspace is ... else workspace
        return execute(workspace, parse(line, commands=self.commands), **context)
