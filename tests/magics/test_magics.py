"""What a cell with a magic does in a shell."""

from __future__ import annotations

import pytest

from migration_magics.commands.table import COMMANDS
from migration_magics.errors import CellInvalid, NotConnected, RehearsalFailed, UsageProblem
from migration_magics.results import HelpPage, Why


def outcome(shell, cell):
    done = shell.run_cell(cell, store_history=True)
    return done.error_before_exec or done.error_in_exec or done.result


def test_a_line_runs_its_command_and_gives_its_result(shell):
    result = outcome(shell, "%migrate upgrade +1 -x tenant=acme --yes")
    assert result.arguments["target"] == "+1"
    assert result.arguments["x"] == ("tenant=acme",)
    assert result.arguments["yes"]


def test_nothing_is_status(shell):
    assert outcome(shell, "%migrate").arguments == {"all": False}


def test_the_other_name_does_the_same(shell):
    assert outcome(shell, "%migration plan -1").arguments["target"] == "-1"


def test_a_rehearsal_that_fails_is_shown_before_its_error(bare_shell, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    bare_shell.run_line_magic("load_ext", "migration_magics")
    outcome(bare_shell, "%migrate init migrations;")
    outcome(bare_shell, "%migrate connect sqlite:///app.db;")
    made = (
        'op.create_table("ev", sa.Column("id", sa.Integer, primary_key=True))\nop.execute("INSERT INTO ev VALUES (1)")'
    )
    capsys.readouterr()
    failed = outcome(bare_shell, f'%%revision -m "ev" --expect "INSERT ev: 2 rows"\n{made}')
    assert isinstance(failed, RehearsalFailed)
    assert "Rows of ev" in capsys.readouterr().out


def test_a_result_can_be_assigned(shell):
    outcome(shell, "planned = %migrate plan")
    assert shell.user_ns["planned"].arguments["target"] == "heads"


def test_a_semicolon_silences(shell):
    assert outcome(shell, "%migrate upgrade head;") is None


@pytest.mark.parametrize("cell", ["%%revision m\nx = 1;", "%%revision m\nx = 1;\n"])
def test_a_semicolon_in_a_body_belongs_to_the_body(shell, cell):
    assert outcome(shell, cell).arguments["message"] == "m"


def test_all_commands_share_one_workspace(shell):
    first, second = outcome(shell, "%migrate status"), outcome(shell, "%migrate history")
    assert first.workspace is second.workspace


def test_on_uses_another_connection_for_one_command(shell):
    assert outcome(shell, "%migrate status --on staging").connection == "staging"
    assert outcome(shell, "%migrate status").connection == "first"


def test_braces_are_python_and_one_value(shell):
    outcome(shell, "words = 'it is --yes, \"quoted\"'")
    result = outcome(shell, "%migrate revision -m {{words.upper()}} --head {{'a' + str(1)}}@head")
    assert result.arguments["message"] == 'IT IS --YES, "QUOTED"'
    assert result.arguments["head"] == "a1@head"


def test_single_braces_and_dollars_stay(shell):
    outcome(shell, "x = 1")
    assert outcome(shell, "%migrate revision -m '{x} $x'").arguments["message"] == "{x} $x"


def test_braces_see_the_variables_of_the_calling_function(shell):
    outcome(shell, "def move(step):\n    moved = %migrate plan {{step}}\n    return moved")
    assert outcome(shell, "move(-3)").arguments["target"] == "-3"


def test_connect_finds_the_notebooks_variables(shell):
    outcome(shell, "engine = object()")
    assert outcome(shell, "%migrate connect engine").arguments["found"] is shell.user_ns["engine"]
    assert outcome(shell, "%migrate connect nobody").arguments["found"] is None


def test_connect_finds_the_calling_functions_variables(shell):
    outcome(shell, "def start(engine):\n    found = %migrate connect engine\n    return found")
    assert outcome(shell, "start('mine')").arguments["found"] == "mine"


def test_help_makes_no_workspace(shell):
    made = shell.magics_manager.registry["MigrateMagics"]
    for line in ("%migrate help", "%migrate upgrade --help", "%migrate --help", "%%revision --help", "%migrate why"):
        assert isinstance(outcome(shell, line), (HelpPage, Why)), line
    assert made._workspace is None


def test_question_mark_shows_every_command(shell, capsys):
    shell.run_cell("%migrate?")
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"    {name} " not in shown] == []


def test_an_error_passes_as_it_is(shell, capsys):
    error = outcome(shell, "%migrate current")
    assert isinstance(error, NotConnected)
    assert "Hint:" in capsys.readouterr().out


def test_an_unexpected_error_keeps_its_traceback(shell, capsys):
    assert isinstance(outcome(shell, "%migrate heads"), ZeroDivisionError)
    assert "return 1 / 0" in capsys.readouterr().out


def test_a_bad_line_is_a_usage_problem(shell):
    error = outcome(shell, "%migrate upgrade --yess")
    assert isinstance(error, UsageProblem)
    assert "--yes?" in error.hint


def test_why_tells_how_the_last_error_came_about_without_secrets(shell):
    outcome(shell, "%migrate current")
    told = outcome(shell, "%migrate why")
    assert (told.error, told.hint) == ("NotConnected", "%migrate connect URL")
    assert "FileNotFoundError" in told.traceback
    assert "hunter22" not in told.traceback
    assert "interactiveshell.py" not in told.traceback


def test_why_knows_a_caught_error_and_a_later_one_of_the_python_object(shell):
    outcome(shell, "try:\n    %migrate current\nexcept Exception:\n    pass")
    assert outcome(shell, "%migrate why").error == "NotConnected"
    outcome(shell, "from migration_magics.errors import Refused\nraise Refused('no')")
    assert outcome(shell, "%migrate why").error == "Refused"
    outcome(shell, "%migrate current")
    assert outcome(shell, "%migrate why").error == "NotConnected"


def test_why_without_an_error_is_empty(shell, monkeypatch):
    monkeypatch.delattr("sys.last_value", raising=False)
    assert not outcome(shell, "%migrate why").records()


def test_edit_fills_the_next_cell(shell):
    outcome(shell, "%migrate edit ae10")
    assert shell.rl_next_input == "%%revision -m ae10\npass"


class TestRevisionCell:
    def test_hands_over_options_and_body(self, shell):
        result = outcome(shell, "%%revision -m 'add email' --apply --depends-on a1\nx = {}\nassert not x")
        assert result.arguments["message"] == "add email"
        assert result.arguments["apply"]
        assert result.arguments["depends_on"] == ("a1",)
        assert result.arguments["body"] == "x = {}\nassert not x\n"
        assert "out" not in result.arguments

    def test_takes_a_bare_message(self, shell):
        assert (
            outcome(shell, "%%revision add a status column --yes\npass").arguments["message"] == "add a status column"
        )

    def test_body_is_never_expanded(self, shell):
        body = "a = '{{x}} {x} $x'\n"
        assert outcome(shell, f"%%revision -m m\n{body}").arguments["body"] == body

    def test_out_keeps_the_result(self, shell):
        result = outcome(shell, "%%revision -m m --out made\npass")
        assert shell.user_ns["made"] is result

    @pytest.mark.parametrize("name", ["2x", "class", "a.b"])
    def test_out_is_checked_before_anything_runs(self, shell, name):
        error = outcome(shell, f"%%revision -m m --out {name}\nimport sys; sys.ran = True")
        assert isinstance(error, UsageProblem)
        assert name in error.message

    @pytest.mark.parametrize(
        "cell", ["%%revision -m m", "%%revision -m m\n", "%%revision -m m\n  \n\n", "%revision -m m"]
    )
    def test_without_a_body_says_what_to_write(self, shell, cell):
        error = outcome(shell, cell)
        assert isinstance(error, CellInvalid)
        assert "op.add_column" in error.hint

    def test_on_uses_another_connection(self, shell):
        assert outcome(shell, "%%revision m --on staging\npass").connection == "staging"

    @pytest.mark.parametrize("before,line", [("", 4), ("\n\n", 6)])
    def test_an_error_in_the_body_points_at_the_cells_line(self, shell, capsys, before, line):
        error = outcome(shell, f"{before}%%revision -m m\nx = 1\n\nx / 0  # here\n")
        assert isinstance(error, ZeroDivisionError)
        trace = error.__traceback__
        while trace.tb_next:
            trace = trace.tb_next
        assert trace.tb_lineno == line
        shown = capsys.readouterr().out
        assert f"line {line}" in shown
        assert "x / 0  # here" in shown

    def test_from_code_it_points_at_what_was_run(self, shell):
        outcome(shell, "r = get_ipython().run_cell_magic('revision', 'm', 'x = 1\\n')")
        assert shell.user_ns["r"].arguments["first_line"] == 2

    def test_a_terminal_waits_for_the_body(self, shell):
        assert shell.check_complete("%%revision -m m")[0] == "incomplete"
